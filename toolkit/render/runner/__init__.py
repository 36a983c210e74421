"""What runs on the guest, phase by phase: steps with a log, an exit code each, and a way on after a restart."""
