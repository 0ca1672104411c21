"""The pure core, and the loop around it."""
