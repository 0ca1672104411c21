"""Postroom: PST mail ingestion for e-discovery."""

__version__ = "0.1.0"
