"""Whether traffic shows what the switch says."""

from __future__ import annotations

import math

from cutline.gates.bound import lower, upper
from cutline.gates.verdict import Figures, Judged, Verdict
from cutline.plan.duration import words
from cutline.plan.switch import Confirm

ALL = 100


def judge_confirm(  # noqa: PLR0911  # one return a case
    confirm: Confirm, percent: int, v2: float, total: float, quiet_s: float | None = None
) -> Judged:
    """Judge the traffic since the switch was applied: `v2` of `total` requests, or distinct keys.

    At 0 and 100 it is exact: a single request on the wrong side is a FAIL, and any traffic is
    enough. Between them FAIL says that the share surely lies more than `within` points off, and
    PASS that it does not once there are `needs`. Too little traffic is THIN.

    `quiet_s` says that a request was on the wrong side, and that the traffic is what came in so
    many seconds since: it may have been on its way, or the switch lies. None must come for as long
    as `confirm` wants, and enough on the right side to be sure that the share is within points.
    """
    figures: Figures = {"percent": percent, "v2": v2, "total": total}
    if not 0 <= v2 <= total:
        return Judged(Verdict.BLIND, f"{v2:g} of {total:g} on v2: that cannot be", figures)
    if total == 0:
        return Judged(Verdict.THIN, f"no traffic yet since the switch said {percent} %", figures)
    if percent in {0, ALL}:
        exact = _exact(percent, v2, total, figures)
        if quiet_s is None or exact.verdict is not Verdict.PASS:
            return exact
        return _quiet(confirm, quiet_s, total, exact)
    if total < confirm.needs:
        why = f"{total:g} of {confirm.needs} requests that are needed"
        return Judged(Verdict.THIN, why, figures)
    low, high = (100 * bound(v2, total, confirm.sure) for bound in (lower, upper))
    figures |= {"share": round(100 * v2 / total, 4), "low": round(low, 4), "high": round(high, 4)}
    said = f"{100 * v2 / total:.4g} % of {total:g} go to v2, the switch says {percent} %"
    if high < percent - confirm.within or low > percent + confirm.within:
        why = f"{said}: more than {confirm.within:g} points off at {confirm.sure:g} %"
        return Judged(Verdict.FAIL, why, figures)
    return Judged(Verdict.PASS, said, figures)


def _exact(percent: int, v2: float, total: float, figures: Figures) -> Judged:
    wrong, side = (v2, "v2") if percent == 0 else (total - v2, "v1")
    if wrong:
        why = f"{wrong:g} of {total:g} still go to {side}, the switch says {percent} %"
        return Judged(Verdict.FAIL, why, figures)
    return Judged(Verdict.PASS, f"all {total:g} as the switch says: {percent} %", figures)


def _quiet(confirm: Confirm, quiet_s: float, total: float, said: Judged) -> Judged:
    """Tell a request that was on its way from a switch that lies: by time and by number."""
    wanted = _enough(confirm)
    if quiet_s >= confirm.quiet_s and total >= wanted:
        return said
    why = f"requests were on the wrong side: {wanted} without one are wanted, and none for "
    return Judged(Verdict.THIN, why + words(confirm.quiet_s), said.figures)


def _enough(confirm: Confirm) -> int:
    """Return how many requests without a wrong one show a share within points at `sure`."""
    if confirm.within >= ALL:
        return 1
    return math.ceil(math.log(1 - confirm.sure / 100) / math.log(1 - confirm.within / 100))
