"""A message of a person to a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody wants of a run.

    `verb` is approve, deny, report, note, pause, resume, extend, retry, amend, override, rollback,
    abort or form; `data` are its words. `id` is unique: a message is taken once.
    """

    id: str
    verb: str
    by: str
    at: datetime
    data: Mapping[str, object]
