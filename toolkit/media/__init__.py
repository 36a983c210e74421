"""Named bytes onto a floppy or an ISO, and back."""
