"""What an entry of a journal says to people: one line each, or nothing for machines' entries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cutline.plan.duration import words
from cutline.run.kinds import Kind
from cutline.run.ports import AnEntry

Data = Mapping[str, Any]


def said_of(entry: AnEntry) -> str:
    """Return an entry as one line for people; nothing for what only machines read."""
    says = SAYS.get(entry.kind)
    return says(entry.data) if says else ""


def _set(data: Data) -> str:
    if not data["is_set"]:
        return f"switch could not be set to {data['percent']} %: {data['why']}"
    return f"switch at {data['percent']} %{'' if data['is_applied'] else ' (set, not in force)'}"


def _judged(data: Data) -> str:
    """Marks and failures are told; the instants between them are too many."""
    mark, failed = data.get("mark"), _told_verdicts(data)
    if mark is None and not any(one["verdict"] == "FAIL" for one in data["verdicts"].values()):
        return ""
    at = f"mark {words(float(mark))}: " if mark else ""
    return f"{at}{failed or 'all gates pass'}"


def _told_verdicts(data: Data) -> str:
    """Name the gates that did not pass, by what they say, the worst first."""
    named = {verdict: _of(data, verdict) for verdict in _NOT_PASSED}
    return ", ".join(f"{', '.join(names)} {_NOT_PASSED[v]}" for v, names in named.items() if names)


def _of(data: Data, verdict: str) -> list[str]:
    return [name for name, one in data["verdicts"].items() if one["verdict"] == verdict]


def _ended(data: Data) -> str:
    verb = "undone" if data.get("is_undo") else "ended"
    return f"step {data['step']} {verb}, exit {data['exit_code']}"


_NOT_PASSED = {"FAIL": "failed", "BLIND": "not measured", "THIN": "with too little to tell yet"}


class Story:
    """The story of one run, entry by entry: what repeats itself while a mark waits is told once.

    Times of marks are those of the plan as it is written, also where it runs compressed.
    """

    def __init__(self) -> None:
        self._factor = 1.0
        self._last: tuple[object, object] | None = None

    def line(self, entry: AnEntry) -> str:
        """Return the line of the next entry, with its time; nothing for what is not told."""
        if entry.kind == Kind.STARTED:
            self._factor = float(entry.data.get("factor") or 1.0)
        data = entry.data
        if entry.kind == Kind.JUDGED:
            clock = data.get("clock") or {}
            now = (data.get("mark"), clock.get("last"))
            if now == self._last:
                return ""
            self._last = now
            if data.get("mark") is not None:
                data = {**data, "mark": round(float(data["mark"]) * self._factor)}
        says = SAYS.get(entry.kind)
        said = says(data) if says else ""
        return f"{entry.at[:19].replace('T', ' ')}  {said}" if said else ""


def _refused(data: Data) -> str:
    """What is accepted is told by what it does; what is refused does nothing, so it is told."""
    if data["is_accepted"]:
        return ""
    of = data["data"].get("checkpoint")
    return f"{data['verb']}{f' of {of}' if of else ''} by {data['by']} refused: {data['why']}"


SAYS: Mapping[str, Callable[[Data], str]] = {
    Kind.STARTED: lambda d: f"run started by {d['by']}",
    Kind.MESSAGE: _refused,
    Kind.STAGE_STARTED: lambda d: f"stage {d['stage']} begins",
    Kind.STAGE_ENDED: lambda d: f"stage {d['stage']} ended",
    Kind.SWITCH_SET: _set,
    Kind.CONFIRMED: lambda d: f"traffic at {d['percent']} %: {d['verdict']}, {d['why']}",
    Kind.JUDGED: _judged,
    Kind.STEP_ENDED: _ended,
    Kind.STEP_CUT_OFF: lambda d: f"step {d['step']} was cut off",
    Kind.STEP_FOUND_DONE: lambda d: f"step {d['step']} was found done",
    Kind.CHECKPOINT_OPENED: lambda d: f"checkpoint {d['checkpoint']} waits for a person",
    Kind.APPROVED: lambda d: f"checkpoint {d['checkpoint']} approved by {d['by']}",
    Kind.DENIED: lambda d: f"checkpoint {d['checkpoint']} denied by {d['by']}",
    Kind.LAPSED: lambda d: f"approvals of {d['checkpoint']} lapsed: {d['why']}",
    Kind.DRIFTED: lambda d: f"switch found at {d['seen']} %, set to {d['set']} %",
    Kind.PAUSED: lambda d: f"paused: {d['why']}",
    Kind.RESUMED: lambda d: f"resumed by {d['by']}" if d.get("by") else "resumed",
    Kind.EXTENDED: lambda d: (
        f"stage {d['stage']} extended by {words(float(d['by_s']))}: {d['why']}"
    ),
    Kind.TRIGGER_FIRED: lambda d: (
        f"trigger {d['trigger']} ({d['severity']}): {d['do']}, {d['why']}"
    ),
    Kind.REPORTED: lambda d: f"{d['what']} reported by {d['by']}",
    Kind.ABSENT: lambda d: f"nobody watched since {d['since'][:19]}",
    Kind.CLOCK_WENT_BACK: lambda d: f"the clock went back by {words(float(d['by_s']))}",
    Kind.ROLLBACK_STARTED: lambda d: f"rollback: {d['why']}",
    Kind.ROLLBACK_STATE: lambda d: f"rollback, {d['state']}: {d['why']}",
    Kind.ROLLED_BACK: lambda _: "rolled back",
    Kind.AMENDED: lambda d: f"plan amended by {d['by']}",
    Kind.OVERRIDDEN: lambda d: f"{d['what']} {d['name']} overridden",
    Kind.REDACTED: lambda d: f"{d['file']} redacted: {d['reason']}",
    Kind.CLOSED: lambda d: f"closed: {d['outcome']}",
}
