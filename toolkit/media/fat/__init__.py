"""FAT as Windows reads it from floppies (FAT12) and small disks (FAT16): laid out from scratch, and read back."""
