"""The archive: one store for each source."""
