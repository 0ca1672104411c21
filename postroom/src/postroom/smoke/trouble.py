"""Whether the service began to fail: bursts of 5xx, and refusals that were rarer before.

What is refused while a source passes from one store to the other is told apart: it says
Retry-After, it changed nothing, and it may not last.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Final

from cutline.gates.two_rates import Worse, p_worse
from postroom.archive.placement import UNDONE_AFTER_S
from postroom.smoke.asked import Asked
from postroom.smoke.requests import Answered, counts
from postroom.smoke.verdict import Verdict, blind, failed, not_asked, passed

BURST: Final = 5
BURST_WITHIN: Final = timedelta(seconds=60)
LOOKED_AT: Final = timedelta(minutes=5)
MOST_SHARE: Final = 0.01
_WORSE: Final = Worse(margin=0.02, is_ratio=False, is_higher=True)
_SURE: Final = 0.01
_FEWEST: Final = 20


def check_server_errors(asked: Asked) -> Verdict:
    """No burst of 5xx: not 5 within 60 s, not over 1 % of the last 5 minutes."""
    if asked.requests.logs:
        return judge_server_errors(asked.requests.answered(), datetime.now(UTC))
    before, after = asked.requests.counts, counts(asked.service)
    if before is None or after is None:
        return blind("neither --log FILE nor a token that may read /metrics")
    errors, total = (_grown(before, after, at_least) for at_least in (500, 100))
    return _judged(errors, total, is_burst=errors >= BURST, more=", while this ran")


def judge_server_errors(lines: list[Answered], until: datetime) -> Verdict:
    """Judge the last five minutes of a log."""
    recent = [line for line in lines if until - LOOKED_AT <= line.at <= until]
    errors = [line.at for line in recent if line.is_server_error and not line.is_fenced]
    fenced = [line.at for line in recent if line.is_server_error and line.is_fenced]
    lasted_s = _longest_s(fenced)
    if lasted_s > UNDONE_AFTER_S:
        return failed(f"for {lasted_s:.1f} s requests were refused by a source on its way")
    is_burst = any(
        later - first <= BURST_WITHIN
        for first, later in zip(errors, errors[BURST - 1 :], strict=False)
    )
    more = f"; {len(fenced)} refused while the source moved" if fenced else ""
    return _judged(len(errors), len(recent), is_burst=is_burst, more=more)


def check_client_errors(asked: Asked) -> Verdict:
    """No route refuses surely more of its requests than before."""
    if not asked.requests.logs:
        return not_asked("a rate before needs --log FILE")
    since = asked.requests.since or asked.begun - LOOKED_AT
    return judge_client_errors(asked.requests.answered(), since)


def judge_client_errors(lines: list[Answered], since: datetime) -> Verdict:
    """Compare each route's share of 4xx since then with its share before; ours do not count."""
    theirs = [line for line in lines if not line.is_ours]
    totals, refused = Counter[tuple[str, bool]](), Counter[tuple[str, bool]]()
    for line in theirs:
        totals[line.route, line.at >= since] += 1
        refused[line.route, line.at >= since] += line.is_client_error
    compared = []
    for route in sorted({route for route, is_after in totals if is_after}):
        ours, before = (
            (refused[route, is_after], totals[route, is_after]) for is_after in (True, False)
        )
        if min(ours[1], before[1]) < _FEWEST:
            continue
        compared.append(route)
        if p_worse(ours, before, _WORSE, _SURE) < _SURE:
            return failed(
                f"{route}: {ours[0]} of {ours[1]} refused, {before[0]} of {before[1]} before"
            )
    if not compared:
        return not_asked(f"no route had {_FEWEST} requests before and after")
    return passed(f"{len(compared)} routes refuse no more than before")


def _judged(errors: int, total: int, *, is_burst: bool, more: str) -> Verdict:
    said = f"{errors} of {total:,} answers were 5xx{more}"
    return failed(said) if is_burst or errors > MOST_SHARE * total else passed(said)


def _grown(before: dict[int, int], after: dict[int, int], at_least: int) -> int:
    return sum(n - before.get(status, 0) for status, n in after.items() if status >= at_least)


def _longest_s(moments: list[datetime]) -> float:
    """Return how long the longest run of moments lasts that are not far from each other."""
    longest = began = 0.0
    last = None
    for moment in (one.timestamp() for one in moments):
        began = moment if last is None or moment - last > UNDONE_AFTER_S else began
        last = moment
        longest = max(longest, moment - began)
    return longest
