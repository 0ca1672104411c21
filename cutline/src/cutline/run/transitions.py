"""Where a run can be, and every way from one place to another.

The fold refuses what is not in these tables, so a bug shows itself instead of moving traffic.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NoReturn


class Phase(StrEnum):
    """What a run is at."""

    BETWEEN = "between"  # before the first stage, and from one to the next
    WAITING = "waiting"  # for the instant that a stage names with `at`
    APPROVING = "approving"
    STEPPING = "stepping"
    RAISING = "raising"  # wants to set the switch; hours, pauses and gates may hold it
    CONFIRMING = "confirming"  # set and applied; traffic has to show it
    BAKING = "baking"
    ENDING = "ending"  # every gate passed; the baseline is taken
    ROLLING_BACK = "rolling back"
    CLOSING = "closing"  # the outcome is known; evidence is closed
    ENDED = "ended"


class Back(StrEnum):
    """How far a rollback is."""

    LOWERING = "lowering"
    READ_BACK = "read back"
    CONFIRMING = "confirming"
    DRAINING = "draining"
    UNDOING = "undoing"
    ROLLED_BACK = "rolled back"


class NoSuchTransition(AssertionError):  # noqa: N818  # a bug, named as what it is
    """The fold was asked to go where no way leads: a bug, or a journal of other hands."""


_WORK = (
    Phase.WAITING,
    Phase.APPROVING,
    Phase.STEPPING,
    Phase.RAISING,
    Phase.CONFIRMING,
    Phase.BAKING,
    Phase.ENDING,
)

# A stage goes through its phases in order and leaves out those that it does not have; traffic is
# confirmed only where it was raised.
_FORWARD = {
    (one, other)
    for number, one in enumerate(_WORK)
    for other in _WORK[number + 1 :]
    if other is not Phase.CONFIRMING or one is Phase.RAISING
}
_ENTERED = {(Phase.BETWEEN, phase) for phase in _WORK if phase is not Phase.CONFIRMING}
_BACK_TO_WORK = {
    # An approval lapsed before it was used.
    (Phase.STEPPING, Phase.APPROVING),
    (Phase.RAISING, Phase.APPROVING),
    # Somebody pulled the cord: the stage's traffic is raised again once a person resumes.
    (Phase.CONFIRMING, Phase.RAISING),
    (Phase.BAKING, Phase.RAISING),
    (Phase.ENDING, Phase.RAISING),
}
_TO_ROLLBACK = {(phase, Phase.ROLLING_BACK) for phase in (Phase.BETWEEN, *_WORK)}

PHASES: frozenset[tuple[Phase, Phase]] = frozenset(
    _FORWARD
    | _ENTERED
    | _BACK_TO_WORK
    | _TO_ROLLBACK
    | {
        (Phase.ENDING, Phase.BETWEEN),
        (Phase.BETWEEN, Phase.CLOSING),
        (Phase.ROLLING_BACK, Phase.CLOSING),
        (Phase.CLOSING, Phase.ENDED),
    }
)

BACK: frozenset[tuple[Back, Back]] = frozenset(
    {
        (Back.LOWERING, Back.READ_BACK),
        (Back.READ_BACK, Back.CONFIRMING),
        (Back.CONFIRMING, Back.DRAINING),
        (Back.DRAINING, Back.UNDOING),
        (Back.UNDOING, Back.ROLLED_BACK),
        # The switch is not where it was put: it is lowered again.
        (Back.READ_BACK, Back.LOWERING),
        (Back.CONFIRMING, Back.LOWERING),
        (Back.DRAINING, Back.LOWERING),
        (Back.UNDOING, Back.LOWERING),
    }
)


def check_phase(one: Phase, other: Phase) -> None:
    """Raise `NoSuchTransition` for a way that the table does not have."""
    if one is not other and (one, other) not in PHASES:
        _refuse(one, other)


def check_back(one: Back, other: Back) -> None:
    """Raise `NoSuchTransition` for a way of a rollback that the table does not have."""
    if one is not other and (one, other) not in BACK:
        _refuse(one, other)


def _refuse(one: StrEnum, other: StrEnum) -> NoReturn:
    raise NoSuchTransition(f"no way leads from {one.value} to {other.value}")
