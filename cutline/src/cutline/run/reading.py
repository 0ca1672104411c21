"""One result of a probe, with the span that it covers; or the reason why there is none.

Both are named tuples: each tick makes some, and a frozen dataclass takes four times as long.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

Scalar = str | int | float | bool
Value = Scalar | tuple[Scalar, ...] | None


class Question(NamedTuple):
    """What a probe is asked: one side of it, over a span of time.

    `side` is None for a probe without sides. `since` equals `until` for a probe that measures
    now. `is_late` says that the span lies in an absence of the driver. `offset` is the one of
    the last reading of the same probe and side, as the journal has it.
    """

    probe: str
    side: str | None
    since: datetime
    until: datetime
    is_late: bool = False
    offset: str | None = None


class Reading(NamedTuple):
    """The answer: the values by field, or `why` there is none (then `values` is None).

    `measured_at` is when the data was true: older than the probe's `fresh` is blind. A field that
    the answer lacks is missing in `values`, and blind.
    """

    question: Question
    measured_at: datetime
    values: Mapping[str, Value] | None
    why: str = ""
    offset: str | None = None  # where the log probe stopped reading; kept in the journal
