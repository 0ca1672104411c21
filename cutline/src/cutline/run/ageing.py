"""How much of a span lies within the plan's hours: an approval grows older only there."""

from __future__ import annotations

from datetime import datetime, timedelta

from cutline.plan.hours import is_open
from cutline.plan.model import Hours

# Hours are written in minutes; over long spans coarser steps lose nothing that matters.
_STEPS = 2000


def open_s(hours: Hours | None, since: datetime, until: datetime) -> float:
    """Return the seconds of a span that lie within hours; without hours all of them."""
    whole_s = max(0.0, (until - since).total_seconds())
    if hours is None or whole_s == 0:
        return whole_s
    step_s = max(60.0, whole_s / _STEPS)
    if whole_s <= step_s:
        return whole_s if is_open(hours, since) else 0.0
    count = int(whole_s / step_s)
    inside = sum(is_open(hours, since + timedelta(seconds=n * step_s)) for n in range(count))
    return min(whole_s, inside * step_s)
