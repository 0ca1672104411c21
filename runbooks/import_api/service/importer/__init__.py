"""A small import service: what the runbook `import_api` cuts over."""
