"""Postroom v1: a loop over pypff that writes row by row. The baseline of the cutover."""
