"""unattend.toml, read strictly and turned into a Guest. The only part that knows pydantic."""
