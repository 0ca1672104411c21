"""Counts by labels, as Prometheus text and as JSON."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

OTHER: Final = "(other)"
"""The label of what came after the limit of distinct labels was reached."""


def _utc() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Tally:
    """How often one combination of labels was counted, and when first and last."""

    labels: tuple[str, ...]
    times: int
    first_at: datetime
    last_at: datetime


class Counts:
    """Counts events by labels; the sum is always that of all events.

    Labels come from outside, so their number is bounded: once `limit` combinations are known,
    further ones are counted together under `(other)`. Safe to use from several threads.
    """

    __slots__ = ("_known", "_lock", "_now", "help", "labels", "limit", "name")

    def __init__(
        self,
        name: str,
        labels: tuple[str, ...],
        *,
        help: str = "",  # noqa: A002  # the word that Prometheus has for it
        limit: int = 1_000,
        now: Callable[[], datetime] = _utc,
    ) -> None:
        self.name = name
        self.labels = labels
        self.help = help
        self.limit = limit
        self._now = now
        self._known: dict[tuple[str, ...], Tally] = {}
        self._lock = threading.Lock()

    def add(self, *labels: str) -> None:
        """Count one event."""
        at = self._now()
        with self._lock:
            if labels not in self._known and len(self._known) >= self.limit:
                labels = (OTHER,) * len(self.labels)
            known = self._known.get(labels)
            if known is None:
                self._known[labels] = Tally(labels, 1, at, at)
            else:
                known.times += 1
                known.last_at = at

    @property
    def total(self) -> int:
        """Return the number of all events."""
        with self._lock:
            return sum(tally.times for tally in self._known.values())

    def as_json(self) -> list[dict[str, str | int]]:
        """Return one object for each combination, the most frequent first."""
        with self._lock:
            tallies = sorted(self._known.values(), key=lambda tally: (-tally.times, tally.labels))
            return [
                {
                    **dict(zip(self.labels, tally.labels, strict=True)),
                    "calls": tally.times,
                    "first_at": tally.first_at.isoformat(),
                    "last_at": tally.last_at.isoformat(),
                }
                for tally in tallies
            ]

    def prometheus(self) -> str:
        """Return the counts in Prometheus's text format 0.0.4."""
        lines = [f"# HELP {self.name} {self.help}", f"# TYPE {self.name} counter"]
        with self._lock:
            for labels, tally in sorted(self._known.items()):
                pairs = zip(self.labels, labels, strict=True)
                shown = ",".join(f'{name}="{_escaped(value)}"' for name, value in pairs)
                lines.append(f"{self.name}{{{shown}}} {tally.times}")
        return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
