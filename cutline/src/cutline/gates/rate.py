"""The gate and the trigger `rate`: a share of items against a limit, or against a reference."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from cutline.gates.bound import lower, upper
from cutline.gates.conditions import Conditions
from cutline.gates.field import NotMeasured
from cutline.gates.seen import Seen
from cutline.gates.share import Share, share, share_of
from cutline.gates.than import Than, than
from cutline.gates.two_rates import Worse, p_worse
from cutline.gates.verdict import Figures, Judged, Verdict, worst
from cutline.plan.gate import Gate


@dataclass(frozen=True, slots=True)
class Limits:
    """What a share must reach or not exceed, in per cent, and how sure a FAIL must be.

    A FAIL needs no least number of items, since the bound is exact for any; a PASS does.
    """

    at_least: float | None
    at_most: float | None
    sure: float
    needs: int


def judge_rate(gate: Gate, seen: Seen, conditions: Conditions) -> Judged:
    """Judge a rate; with a limit and a reference both must hold. Raises `NotMeasured`."""
    found = []
    if gate.at_least is not None or gate.at_most is not None or gate.than is None:
        limits = Limits(gate.at_least, gate.at_most, gate.sure, gate.needs)
        found.append(judge_limits((gate.rate, gate.of), limits, seen, conditions))
    if gate.than is not None:
        found.append(_compare(gate, seen, conditions))
    return worst(found)


def judge_limits(
    names: tuple[str | None, str | None], limits: Limits, seen: Seen, conditions: Conditions
) -> Judged:
    """Judge a share against limits: FAIL once the bound at `sure` lies beyond one of them."""
    if limits.at_least is None and limits.at_most is None:
        raise NotMeasured(f"{names[0]} has no limit to be judged by")
    found = share(names, seen, conditions)
    asked = (limits.at_least, limits.at_most, limits.sure, limits.needs)
    return _judged(f"{names[0]} of {names[1]}", found.count, found.total, asked)


@lru_cache(maxsize=65536)
def _judged(
    label: str,
    count: float,
    total: float,
    asked: tuple[float | None, float | None, float, int],  # plain, since it is hashed each time
) -> Judged:
    found, limits = Share(count, total), Limits(*asked)
    if found.total == 0:
        return Judged(Verdict.THIN, f"{label}: no items yet", _figures(found))
    figures = _figures(found) | {"rate": round(found.rate, 4)}
    said = f"{label} is {found.rate:.4g} % of {found.total:g}"
    if limits.at_least is not None and found.rate < limits.at_least:
        bound = 100 * upper(found.count, found.total, limits.sure)
        figures |= {"at_most": round(bound, 4), "sure": limits.sure}
        if bound < limits.at_least:
            why = f"{said}: below {limits.at_least:g}, at most {bound:.4g} at {limits.sure:g} %"
            return Judged(Verdict.FAIL, why, figures)
    if limits.at_most is not None and found.rate > limits.at_most:
        bound = 100 * lower(found.count, found.total, limits.sure)
        figures |= {"at_least": round(bound, 4), "sure": limits.sure}
        if bound > limits.at_most:
            why = f"{said}: above {limits.at_most:g}, at least {bound:.4g} at {limits.sure:g} %"
            return Judged(Verdict.FAIL, why, figures)
    if found.total < limits.needs:
        why = f"{said}: {limits.needs} items are needed to tell"
        return Judged(Verdict.THIN, why, figures | {"needs": limits.needs})
    return Judged(Verdict.PASS, said, figures)


def _figures(found: Share) -> Figures:
    return {"count": found.count, "total": found.total}


def _compare(gate: Gate, seen: Seen, conditions: Conditions) -> Judged:
    fields = conditions.field(str(gate.rate)), conditions.field(str(gate.of))
    reference = than(gate, fields[0], seen, conditions)
    ours = share_of(fields, seen.readings, seen, conditions)
    theirs = share_of(
        (reference.field(fields[0]), reference.field(fields[1])),
        reference.readings,
        seen,
        conditions,
        is_recorded=reference.is_recorded,
    )
    return _compared(
        f"{gate.rate} of {gate.of}", ours, theirs, reference.asked, (gate.needs, seen.looks)
    )


@lru_cache(maxsize=4096)
def _compared(
    label: str, ours: Share, theirs: Share, asked: Than, counts: tuple[int, int]
) -> Judged:
    needs, looks = counts
    alpha = (1 - asked.sure / 100) / looks
    figures: Figures = {
        "count": ours.count,
        "total": ours.total,
        "reference_count": theirs.count,
        "reference_total": theirs.total,
        "alpha": round(alpha, 6),
    }
    if min(ours.total, theirs.total) < max(needs, 1):
        why = f"{label}: {ours.total:g} here and {theirs.total:g} of {asked.name}"
        return Judged(Verdict.THIN, f"{why}, of {max(needs, 1)} that are needed", figures)
    worse = Worse(asked.margin / 100, is_ratio=asked.is_pct, is_higher=asked.worse == "higher")
    p_value = p_worse(
        (round(ours.count), round(ours.total)),
        (round(theirs.count), round(theirs.total)),
        worse,
        alpha,
    )
    figures |= {
        "rate": round(ours.rate, 4),
        "reference_rate": round(theirs.rate, 4),
        "p_value": float(f"{p_value:.4g}"),
    }
    said = f"{label} is {ours.rate:.4g} %, {asked.name} {theirs.rate:.4g} %, margin {asked.words}"
    if p_value < alpha:
        return Judged(Verdict.FAIL, f"{said}: worse (p {p_value:.2g} < {alpha:.2g})", figures)
    return Judged(Verdict.PASS, said, figures)
