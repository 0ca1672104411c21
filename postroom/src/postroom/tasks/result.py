"""What every task hands back."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TaskResult:
    """The outcome of one task on one ingest.

    `counts` are what a second run would find again (`{"documents": 12}`) and go into the task's
    manifest; `item_errors` is the number of items that could not be processed, each of them
    recorded elsewhere by name; `metrics` vary from run to run (seconds, bytes a second) and go into
    a file of their own.
    """

    task: str
    counts: dict[str, int] = field(default_factory=dict)
    item_errors: int = 0
    metrics: dict[str, float] = field(default_factory=dict)
