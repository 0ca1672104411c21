"""The bake clock (rules 2, 3 and 14): how long the gates of a stage have held.

All pure: an instant with what the gates said goes in, the next clock comes out. The journal keeps
the result, and the fold reads it back without adding anything up again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

# Less than a clock can show: sums of distances are compared with it.
EPSILON_S = 1e-6


class Held(StrEnum):
    """What the BLOCKERs that were due at one instant say together; the worst comes last."""

    PASSED = "passed"
    WAITING = "waiting"  # at a mark: for `needs`, or for a person's word
    TOLERATED = "tolerated"  # FAIL, not yet for longer than `tolerate`
    BLIND = "blind"
    FAILED = "failed"

    @property
    def rank(self) -> int:
        """Return the place in the order from good to bad."""
        return _RANK[self]


_RANK = {held: rank for rank, held in enumerate(Held)}


@dataclass(frozen=True, slots=True)
class BakeRules:
    """What a stage asks of its clock; all in seconds. `marks_s` end with the end of the bake."""

    for_s: float
    every_s: float
    gap_s: float
    max_hold_s: float
    marks_s: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class BakeClock:
    """How long a stage has held.

    `total_s` is the clock, `held_s` for how long it was stopped by blindness and gaps.
    `last_at` is the last instant that was judged and `last` what it said. `mark_at` is when the
    last mark was taken (or the bake began): at a mark `needs` count from there. `span_at` is when
    the mark before that was taken: what a raise looks back to. `standing_s` is the mark at which
    the clock stands.
    """

    total_s: float = 0.0
    held_s: float = 0.0
    last_at: datetime | None = None
    last: Held = Held.PASSED
    taken_s: tuple[float, ...] = ()
    standing_s: float | None = None
    began_at: datetime | None = None
    mark_at: datetime | None = None
    span_at: datetime | None = None
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """What one instant does to the clock; `mark_s` is the mark that is judged, if one is."""

    clock: BakeClock
    mark_s: float | None
    is_taken: bool
    why: str


def mark_ahead(clock: BakeClock, rules: BakeRules, now: datetime) -> float | None:
    """Return the mark that is judged at this instant, if the clock stands at or reaches one."""
    left = [mark for mark in rules.marks_s if mark not in clock.taken_s]
    if not left:
        return None
    reach_s = clock.total_s + _added_s(clock, rules, now)
    reached = [mark for mark in left if mark <= reach_s + EPSILON_S]
    return reached[-1] if reached else None


def turn(clock: BakeClock, rules: BakeRules, now: datetime, held: Held) -> Turn:
    """Return the clock after the instant `now`, at which the gates said `held`."""
    mark_s = mark_ahead(clock, rules, now)
    added_s = _added_s(clock, rules, now)
    # Waiting at a mark is what between marks would have passed: the time up to it is good.
    if held is Held.WAITING and mark_s is not None:
        added_s = min(added_s, max(0.0, mark_s - clock.total_s))
    elif held is not Held.PASSED:
        added_s = 0.0
    stopped_s = _stopped_s(clock, rules, now, held)
    moved = replace(
        clock,
        total_s=clock.total_s + added_s,
        held_s=clock.held_s + stopped_s,
        last_at=now,
        last=held,
        standing_s=mark_s if held is Held.WAITING else None,
        is_over=False,
    )
    if held is Held.FAILED:
        return Turn(_zero(moved, now), mark_s, is_taken=False, why="a gate failed")
    if stopped_s > 0 and moved.held_s > rules.max_hold_s + EPSILON_S:
        why = f"stopped for {moved.held_s:g} s in all, more than {rules.max_hold_s:g} s"
        return Turn(_zero(moved, now), mark_s, is_taken=False, why=why)
    if held is not Held.PASSED:
        return Turn(moved, mark_s, is_taken=False, why=_why_stopped(held))
    if mark_s is not None:
        moved = _taken(moved, rules, mark_s, now)
    moved = replace(moved, is_over=_is_over(moved, rules))
    gap = "a gap: nothing was known" if stopped_s > 0 else ""
    return Turn(moved, mark_s, is_taken=mark_s is not None, why=gap)


def ended_early(clock: BakeClock, rules: BakeRules) -> BakeClock:
    """Return the clock of a bake that people end: only its last mark is still to be taken."""
    return replace(clock, total_s=max(clock.total_s, rules.marks_s[-1]))


def worst(of: Mapping[str, Held]) -> Held:
    """Return the worst of what several gates say; PASSED for none."""
    return max(of.values(), key=lambda held: held.rank, default=Held.PASSED)


def _added_s(clock: BakeClock, rules: BakeRules, now: datetime) -> float:
    """Return what the time since the last instant adds, if this one passes too."""
    if clock.last_at is None:
        return 0.0
    # A mark at which the clock stands was reached already: what follows adds only behind it.
    if clock.last is not Held.PASSED:
        return 0.0
    apart_s = (now - clock.last_at).total_seconds()
    return apart_s if 0 < apart_s <= rules.gap_s + EPSILON_S else 0.0


def _stopped_s(clock: BakeClock, rules: BakeRules, now: datetime, held: Held) -> float:
    """Return for how long the clock was stopped by blindness or a gap since the last instant."""
    if clock.last_at is None:
        return 0.0
    apart_s = max(0.0, (now - clock.last_at).total_seconds())
    is_gap = apart_s > rules.gap_s + EPSILON_S
    is_blind = Held.BLIND in {held, clock.last}
    return apart_s if is_gap or is_blind else 0.0


def _zero(clock: BakeClock, now: datetime) -> BakeClock:
    """Return the clock at zero: the bake begins anew, with all its marks before it."""
    return BakeClock(last_at=clock.last_at, last=clock.last, began_at=now, mark_at=now, span_at=now)


def _taken(clock: BakeClock, rules: BakeRules, mark_s: float, now: datetime) -> BakeClock:
    taken = tuple(sorted({*clock.taken_s, *(mark for mark in rules.marks_s if mark <= mark_s)}))
    return replace(clock, taken_s=taken, span_at=clock.mark_at, mark_at=now, standing_s=None)


def _is_over(clock: BakeClock, rules: BakeRules) -> bool:
    return clock.total_s + EPSILON_S >= rules.marks_s[-1] and all(
        mark in clock.taken_s for mark in rules.marks_s
    )


def _why_stopped(held: Held) -> str:
    match held:
        case Held.WAITING:
            return "waits at a mark"
        case Held.TOLERATED:
            return "a gate fails and is tolerated for now"
        case _:
            return "could not be measured"
