"""What a code, or a line of somebody's log, means: offline, from the catalog."""
