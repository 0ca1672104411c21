"""One question to one probe of any kind, and its answer as a reading."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from cutline.errors import CannotMeasure
from cutline.plan.probe import Probe
from cutline.probes.answer import Answer
from cutline.probes.context import Asked, Context
from cutline.probes.typed import typed
from cutline.run.reading import Question, Reading

MEASURED_AT = "measured_at"

Measure = Callable[[Any, Asked], Answer]

# By name, so that a tick loads only what its plan asks: databases and HTTP take their time.
_KINDS = {kind: f"cutline.probes.{kind}" for kind in Probe.kinds}
_OF_OTHERS = "cutline.probes.extension"


def ask(name: str, probe: Probe, question: Question, context: Context) -> Reading:
    """Ask a probe; what could not be measured is a reading that says why, never an error.

    A value that is missing or of another type than `returns` says is left out, and `why` names
    it: a gate on it is blind. No secret is in `why`.
    """
    asked = Asked(name, probe, question, context)
    if question.is_late and not probe.past:
        return _none(asked, "this probe cannot be asked about the past")
    try:
        measure: Measure = import_module(_KINDS.get(probe.kind, _OF_OTHERS)).measure
        answer = measure(probe.config, asked)
    except CannotMeasure as error:
        return _none(asked, ": ".join(part for part in (error.what, error.why) if part))
    values, missing = typed(answer.values, probe.returns)
    if answer.why and not answer.values:
        missing = []  # one reason for all of them
    why = asked.without_secrets("; ".join(part for part in (answer.why, *missing) if part))
    if not values and probe.returns:
        return Reading(question, question.until, None, why, answer.offset)
    measured_at = answer.measured_at or _said_at(answer) or question.until
    return Reading(question, measured_at, values, why, answer.offset)


def _none(asked: Asked, why: str) -> Reading:
    question = asked.question
    offset = question.offset
    return Reading(question, question.until, None, asked.without_secrets(why), offset)


def _said_at(answer: Answer) -> datetime | None:
    """Return the time that the data says of itself, such as that of a replica or of a cache."""
    said = answer.values.get(MEASURED_AT)
    if isinstance(said, str):
        try:
            said = datetime.fromisoformat(said)
        except ValueError:
            return None
    if not isinstance(said, datetime):
        return None
    return said if said.tzinfo else said.replace(tzinfo=UTC)
