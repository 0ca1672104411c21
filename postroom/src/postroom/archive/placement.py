"""Which of its two stores a source lives in, and every way in which that may change.

    sqlite ──freeze──▶ freezing ──switch──▶ postgres ──withdraw──▶ returning ──give_back──▶ sqlite
      ▲                   │                    ▲                        │
      └──────undo─────────┘                    └──────────undo──────────┘

Each change raises the epoch by one and is made by compare-and-set on owner and epoch: of two who
would change it, one does. Pure: the row itself lies in `source_registry`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from postroom.archive.transaction import Backend

Owner = Literal["sqlite", "freezing", "postgres", "returning"]

UNDONE_AFTER_S: Final = 10
"""A change that stands half-way for longer is undone by whoever sees it first."""

_UNDO: Final[dict[Owner, Owner]] = {"freezing": "sqlite", "returning": "postgres"}


@dataclass(frozen=True, slots=True)
class Placement:
    """A row of the registry: `owner` at `epoch`; `generation` is the schema that PostgreSQL serves.

    `is_paused` tells tasks not to begin on this source. `age_s` is how long ago the owner changed,
    by the clock of the registry.
    """

    owner: Owner
    epoch: int
    generation: int = 0
    is_paused: bool = False
    age_s: float = 0.0

    @property
    def reads(self) -> Backend:
        """The store that holds everything that was acknowledged."""
        return "sqlite" if self.owner in ("sqlite", "freezing") else "postgres"

    @property
    def writes(self) -> Backend | None:
        """The store that takes writes; None while the source is between its stores."""
        if self.owner == "sqlite":
            return "sqlite"
        return "postgres" if self.owner == "postgres" else None

    @property
    def is_stuck(self) -> bool:
        """Whether it is between its stores for so long that it may be undone."""
        return self.owner in _UNDO and self.age_s > UNDONE_AFTER_S

    def freeze(self) -> Placement:
        """SQLite takes no more writes; the rest of them is carried over."""
        return self._next("sqlite", "freezing")

    def switch(self, generation: int) -> Placement:
        """PostgreSQL serves, from `generation`."""
        return replace(self._next("freezing", "postgres"), generation=generation)

    def withdraw(self) -> Placement:
        """PostgreSQL takes no more writes; the rest of them is carried back."""
        return self._next("postgres", "returning")

    def give_back(self) -> Placement:
        """SQLite serves again."""
        return self._next("returning", "sqlite")

    def undo(self) -> Placement:
        """What was begun does not happen: the former owner serves on."""
        if self.owner not in _UNDO:
            raise AssertionError(f"nothing to undo of {self.owner}")
        return self._next(self.owner, _UNDO[self.owner])

    def _next(self, before: Owner, after: Owner) -> Placement:
        if self.owner != before:
            raise AssertionError(f"{self.owner} does not become {after}")
        return replace(self, owner=after, epoch=self.epoch + 1, age_s=0.0)
