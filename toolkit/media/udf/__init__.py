"""UDF, the file system of Windows setup discs: read, and added to in place."""
