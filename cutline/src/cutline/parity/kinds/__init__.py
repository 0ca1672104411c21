"""How each kind of check is judged: one kind a file."""

from __future__ import annotations

from cutline.parity.context import Context
from cutline.parity.kinds import count, distribution, multiset, objects, presence, ratio, status
from cutline.parity.report import CheckResult
from cutline.parity.suite import (
    Check,
    Count,
    Distribution,
    Multiset,
    Objects,
    Presence,
    Ratio,
    Status,
)

__all__ = ["judge"]


def judge(context: Context, check: Check) -> CheckResult:  # noqa: PLR0911  # one a kind
    """Judge one check on what lies on the workbench."""
    match check:
        case Status():
            return status.judge(context, check)
        case Count():
            return count.judge(context, check)
        case Multiset():
            return multiset.judge(context, check)
        case Presence():
            return presence.judge(context, check)
        case Distribution():
            return distribution.judge(context, check)
        case Ratio():
            return ratio.judge(context, check)
        case Objects():
            return objects.judge(context, check)
    raise TypeError(f"no judge for a check of kind {type(check).__name__}")
