"""Whether traffic shows what the switch says."""

from __future__ import annotations

from cutline.gates.bound import lower, upper
from cutline.gates.verdict import Figures, Judged, Verdict
from cutline.plan.switch import Confirm

ALL = 100


def judge_confirm(confirm: Confirm, percent: int, v2: float, total: float) -> Judged:
    """Judge the traffic since the switch was applied: `v2` of `total` requests, or distinct keys.

    At 0 and 100 it is exact: a single request on the wrong side is a FAIL, and any traffic is
    enough. Between them FAIL says that the share surely lies more than `within` points off, and
    PASS that it does not once there are `needs`. Too little traffic is THIN.
    """
    figures: Figures = {"percent": percent, "v2": v2, "total": total}
    if not 0 <= v2 <= total:
        return Judged(Verdict.BLIND, f"{v2:g} of {total:g} on v2: that cannot be", figures)
    if total == 0:
        return Judged(Verdict.THIN, f"no traffic yet since the switch said {percent} %", figures)
    if percent in {0, ALL}:
        return _exact(percent, v2, total, figures)
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
