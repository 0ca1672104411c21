"""Conditions on readings: one kind a file, all pure."""
