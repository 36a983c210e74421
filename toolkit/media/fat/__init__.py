"""The FAT file system as Windows reads it from a floppy: laid out from scratch, and read back."""
