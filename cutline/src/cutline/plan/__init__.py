"""What a plan is, and what makes it valid."""
