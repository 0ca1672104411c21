"""Numbered migrations, one SQL file for each engine and number."""
