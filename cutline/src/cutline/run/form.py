"""A checkpoint as a form in the run's folder: a status line, check boxes and fields.

It counts as completed only if the status field itself says COMPLETED, every box is ticked,
every field is filled and the date lies within the run. Words in the instructions count for
nothing, wherever they stand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from cutline.plan.step import Form, Step

STATUS = re.compile(r"^Status:[ \t]*(.*?)[ \t]*$")
BOX = re.compile(r"^\[(.)\][ \t]*(\d+)\.[ \t]*(.*?)[ \t]*$")
FIELD = re.compile(r"^([^:\[\]]+?):[ \t]*(.*?)[ \t]*$")
EMPTY = re.compile(
    r"^(?:|[_.\-\u2013\u2014\u2026\s]+|<.*>|\(.*\)|to ?do\b.*|tbd\b.*|n/?a|\?+|x+)$", re.IGNORECASE
)
WHO, WHEN = "Completed by", "Completed at (UTC)"


class FormState(StrEnum):
    """How far a form is filled in."""

    AS_WRITTEN = "as written"
    PARTIAL = "partly filled"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class Filled:
    """What a form says: its state, the lines that are missing, and the values of its fields."""

    state: FormState
    missing: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)


def file_of(step: Step) -> str:
    """Return the name of a checkpoint step's form in the run's folder."""
    return step.evidence or f"{step.name.replace(' ', '_')}.txt"


def write(form: Form, *, title: str, ask: str, run: str) -> str:
    """Return a form as it is given to a person; `read` of it is `AS_WRITTEN`."""
    lines = [title, "=" * len(title), "", f"Run: {run}", "Status: PENDING", ""]
    lines += [f"  {line}" for line in ask.splitlines()]
    if form.procedure:
        lines += ["", f"  The procedure, step by step: {form.procedure}"]
    if form.screenshots:
        lines += [f"  Put the screenshots into {form.screenshots} beside this file."]
    lines += [
        "",
        "  Tick each box by an x between its brackets, fill in every line that ends with a colon,",
        "  and change the word of the status line from PENDING to COMPLETED.",
        "",
    ]
    lines += [f"[ ] {number}. {box}" for number, box in enumerate(form.boxes, 1)]
    lines += ["", *(f"{label}:" for label in labels(form)), ""]
    return "\n".join(lines)


def labels(form: Form) -> tuple[str, ...]:
    """Return every field of a form; who and when are always among them."""
    return (*form.fields, *(own for own in (WHO, WHEN) if own not in form.fields))


def read(text: str, form: Form, *, started: datetime, now: datetime) -> Filled:
    """Read a form that a person may have changed.

    A line that is there twice is as missing as one that is not there: it says nothing certain.
    """
    lines = [line.rstrip("\r") for line in text.lstrip("\ufeff").splitlines()]
    status = _only([found[1] for line in lines if (found := STATUS.match(line))])
    boxes = _boxes(lines)
    values = _fields(lines, labels(form))
    missing = [
        *_missing_status(status),
        *_missing_boxes(form.boxes, boxes),
        *_missing_fields(form, values),
        *_wrong_date(values.get(WHEN), started, now),
    ]
    touched = (
        status not in {"PENDING", None}
        or any(mark.strip() for mark, _ in boxes.values())
        or any(value and not EMPTY.match(value) for value in values.values())
    )
    filled = {label: value for label, value in values.items() if value is not None}
    if not missing:
        return Filled(FormState.COMPLETED, (), filled)
    state = FormState.PARTIAL if touched else FormState.AS_WRITTEN
    return Filled(state, tuple(missing), filled)


def _only(found: Sequence[str]) -> str | None:
    return found[0] if len(found) == 1 else None


def _boxes(lines: Sequence[str]) -> dict[int, tuple[str, str]]:
    """Return mark and words of each box by its number; one that is there twice is not ticked."""
    boxes: dict[int, tuple[str, str]] = {}
    for line in lines:
        found = BOX.match(line)
        if found:
            number = int(found[2])
            boxes[number] = (" " if number in boxes else found[1], found[3])
    return boxes


def _fields(lines: Sequence[str], wanted: Sequence[str]) -> dict[str, str | None]:
    found: dict[str, list[str]] = {label: [] for label in wanted}
    for line in lines:
        match = FIELD.match(line) if not line.startswith("  ") else None
        for label in wanted:
            # A label may hold a colon itself: the longest that the line begins with is meant.
            if match and line.startswith(f"{label}:"):
                found[label].append(line.removeprefix(f"{label}:").strip())
    return {label: _only(values) for label, values in found.items()}


def _missing_status(status: str | None) -> list[str]:
    if status is None:
        return ["Status: (the line is not there exactly once)"]
    return [] if status == "COMPLETED" else [f"Status: {status or '(empty)'}, not COMPLETED"]


def _missing_boxes(wanted: Sequence[str], boxes: Mapping[int, tuple[str, str]]) -> list[str]:
    missing = []
    for number, words in enumerate(wanted, 1):
        mark, said = boxes.get(number, ("", ""))
        if said != words:
            missing.append(f"[ ] {number}. {words} (the line was changed or is not there)")
        elif mark not in {"x", "X"}:
            missing.append(f"[ ] {number}. {words}")
    return missing


def _missing_fields(form: Form, values: Mapping[str, str | None]) -> list[str]:
    return [
        f"{label}:"
        for label in labels(form)
        if values[label] is None or EMPTY.match(values[label] or "")
    ]


def _wrong_date(value: str | None, started: datetime, now: datetime) -> list[str]:
    if value is None or EMPTY.match(value):
        return []  # named as a missing field already
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return [f"{WHEN}: {value!r} is no date and time such as {now:%Y-%m-%dT%H:%MZ}"]
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    # A person writes minutes: the minute in which the run started is within the run.
    if started.replace(second=0, microsecond=0) <= at <= now:
        return []
    return [f"{WHEN}: {value} lies outside the run ({started:%Y-%m-%dT%H:%M}Z until now)"]
