"""Facts about Windows, read on demand from the tables in `toolkit/data`."""
