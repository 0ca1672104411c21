"""The text of attachments: extracted in child processes, kept by content."""
