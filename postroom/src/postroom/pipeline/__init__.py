"""The tasks of an ingest on a queue: durable, retried, taken over when a worker dies."""
