"""How a source moves between its SQLite file and PostgreSQL, under writes and losing none."""
