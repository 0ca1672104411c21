"""What sets the share of traffic that goes to v2, and reads it back: one kind a file."""
