"""Actions: one kind a file."""
