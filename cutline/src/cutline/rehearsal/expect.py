"""What a scenario expects, beside what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cutline.rehearsal.scenario import Expect, Moment
from cutline.run.kinds import Kind
from cutline.run.ports import AnEntry
from cutline.run.story import said_of


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a play: the outcome, when, and in which stage."""

    outcome: str
    at: datetime
    stage: str


def came(
    entries: Sequence[AnEntry], true_of: Callable[[datetime], datetime] = lambda said: said
) -> Came:
    """Return what a journal came to; `waiting` where the play ended before the run did.

    The time is when the outcome became certain: for a rollback the instant at which it began, for
    that is what has to be fast. `true_of` leads from the clock of the journal to the time.
    """
    stage, outcome, at = "", "waiting", entries[-1].at
    for entry in entries:
        match entry.kind:
            case Kind.STAGE_STARTED if outcome == "waiting":
                stage = str(entry.data["stage"])
            case Kind.ROLLBACK_STARTED:
                outcome = "rolling back"
                at = entry.at
            case Kind.ROLLED_BACK:
                outcome = "rolled back"
            case Kind.CLOSED:
                outcome = str(entry.data["outcome"])
                at = at if outcome != "complete" else entry.at
            case _:
                pass
    return Came(outcome, true_of(datetime.fromisoformat(at)), stage)


def unmet(
    expect: Expect,
    found: Came,
    entries: Sequence[AnEntry],
    when: Callable[[Moment], datetime | None],
    tick_s: float,
) -> list[str]:
    """Return what a scenario expected and did not get; empty if all of it came true."""
    wrong = []
    if found.outcome != expect.outcome:
        wrong.append(f"outcome: expected {expect.outcome}, came to {found.outcome}")
    if expect.stage is not None and found.stage != expect.stage:
        wrong.append(f"stage: expected {expect.stage}, was in {found.stage}")
    wrong += _wrong_time(expect, found, when, tick_s)
    story = "\n".join(said for entry in entries if (said := said_of(entry)))
    wrong += [f"says: {words!r} is not in the story" for words in expect.says if words not in story]
    wrong += [f"never: {words!r} is in the story" for words in expect.never if words in story]
    return wrong


def _wrong_time(
    expect: Expect, found: Came, when: Callable[[Moment], datetime | None], tick_s: float
) -> list[str]:
    between = expect.between
    if between is None:
        return []
    first, last = when(between[0]), when(between[1])
    if first is None or last is None:
        return [f"at: a stage of {expect.at!r} was not reached"]
    if first <= found.at <= last + timedelta(seconds=tick_s):
        return []
    return [f"at: expected {first:%d %b %H:%M} to {last:%d %b %H:%M}, was {found.at:%d %b %H:%M}"]
