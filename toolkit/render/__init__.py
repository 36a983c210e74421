"""Guest -> files in memory. Python decides, templates print."""
