"""What a move says when it does not go on. The source serves from one store in every case.

Problem
├── MoveRefused     1: the source cannot move as it is; nothing was changed that serves
│   ├── MoveHeld        1: somebody else moves this source now
│   ├── StoresDiffer    1: the two stores do not hold the same
│   │   └── RolledBack  4: … which was seen after the switch; the source is in SQLite again
│   ├── RowRefused      1: a row of the file is none for PostgreSQL
│   └── GaveUp          1: writes would have waited for too long; the source serves as before
└── CannotMeasure
    └── OutcomeUnknown  3: a server went away while it was told; the registry knows
"""

from __future__ import annotations

from typing import ClassVar

from cutline.errors import CannotMeasure, Exit, Problem


class MoveRefused(Problem):
    """A source cannot move as it is. `ends_attempt`: what was loaded is of no use any more."""

    code = "move-refused"
    exit_code = Exit.BLOCKED
    ends_attempt: ClassVar[bool] = False


class MoveHeld(MoveRefused):
    """Another process moves this source."""

    code = "move-held"

    def __init__(self, source_id: str) -> None:
        super().__init__(
            "somebody else moves this source now",
            where=f"source {source_id}",
            why="one process at a time may; its lock ends with it, however it ends",
            remedy=f"postroom source status {source_id} shows how far it is",
        )


class StoresDiffer(MoveRefused):
    """A comparison found rows that are not the same in both stores."""

    code = "stores-differ"
    ends_attempt = True


class RolledBack(StoresDiffer):
    """The stores did not hold the same at the switch, and the source was brought back."""

    code = "rolled-back"
    exit_code = Exit.ROLLED_BACK


class RowRefused(MoveRefused):
    """PostgreSQL does not take a row of the file."""

    code = "row-refused"
    ends_attempt = True


class GaveUp(MoveRefused):
    """The switch was undone before it was made, so that writers do not wait any longer."""

    code = "gave-up"


class OutcomeUnknown(CannotMeasure):
    """Whether a change of the registry was made is not known yet."""

    code = "outcome-unknown"
