"""Actions: one kind a file, each run in a process of its own."""

from cutline.steps.context import Context
from cutline.steps.run import run_step, run_undo

__all__ = ["Context", "run_step", "run_undo"]
