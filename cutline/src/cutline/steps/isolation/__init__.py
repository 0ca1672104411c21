"""Staging names nothing of production: what is forbidden, in which spellings, and where we look."""

from cutline.steps.isolation.step import run

__all__ = ["run"]
