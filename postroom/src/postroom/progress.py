"""How long work tells how far it is."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called from time to time by every task; cheap, may be called thousands of times a second."""

    def __call__(self, phase: str, done: int, total: int | None) -> None:
        """`done` of `total` in `phase`; `total` is None where it is not known."""
        ...


def silent(phase: str, done: int, total: int | None) -> None:
    """Tell nobody."""
