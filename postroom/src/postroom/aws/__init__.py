"""The pipeline on AWS: its jobs, how it is looked at, and how it is stopped."""
