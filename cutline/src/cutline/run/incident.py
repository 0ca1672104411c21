"""`incident.md`: what a trigger that is an incident leaves for those who look into it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from cutline.evidence import files
from cutline.run.kinds import Kind
from cutline.run.ports import AnEntry
from cutline.run.story import said_of

NAME = "incident.md"


def write(folder: Path, entries: Sequence[AnEntry]) -> None:
    """Write the incident of a run, if there is one, as far as the journal tells it.

    Again with the same journal changes nothing. Raises `CannotWrite`.
    """
    first = next((number for number, one in enumerate(entries) if _is_incident(one)), None)
    if first is None:
        return
    files.put_changed(folder / NAME, "\n".join((*_lines(entries, first), "")).encode())


def _is_incident(entry: AnEntry) -> bool:
    return entry.kind == Kind.TRIGGER_FIRED and bool(entry.data.get("incident"))


def _lines(entries: Sequence[AnEntry], first: int) -> Iterator[str]:
    fired = entries[first]
    yield f"# Incident: {fired.data['trigger']}"
    yield ""
    yield f"Run: {entries[0].data.get('run')}"
    yield f"Began: {fired.at}"
    yield f"Severity: {fired.data['severity']}"
    yield f"What: {fired.data['why']}"
    yield ""
    yield "## What was reported"
    yield ""
    reports = [one for one in entries if one.kind == Kind.REPORTED]
    for one in reports:
        note = one.data.get("note")
        said = f": {note}" if note else ""
        yield f"- {one.at[:19]} {one.data['what']} by {one.data['by']}{said}"
    if not reports:
        yield "Nothing by people: the trigger saw it."
    yield ""
    yield "## What was done (UTC)"
    yield ""
    for one in entries[first:]:
        said = said_of(one)
        if said:
            yield f"- {one.at[:19]} {said}"
    yield ""
    yield "## Lessons"
    yield ""
    yield f"Say them with `cutline note {entries[0].data.get('run')} TEXT --by NAME`."
