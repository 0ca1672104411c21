"""Cutline: a cutover engine, the runbook as code."""

__version__ = "0.1.0"
