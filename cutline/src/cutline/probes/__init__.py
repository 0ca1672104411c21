"""Ways to measure: one kind a file."""
