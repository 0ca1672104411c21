"""The gate `quantile`: how slow the slow ones are, against a limit or a reference.

Distribution-free and exact. Against a limit the items beyond it are counted, which is a rate.
Against a reference it is the control quantile test: the threshold is the reference's own quantile
plus the margin, and under equal systems the number of ours beyond it has a known distribution
(Mathisen, Annals of Mathematical Statistics 14 (1943) 188; Gastwirth, JASA 63 (1968) 692).
"""

from __future__ import annotations

import math
from functools import lru_cache

from cutline.gates.bound import upper
from cutline.gates.conditions import Conditions
from cutline.gates.field import NotMeasured, numbers, value
from cutline.gates.seen import Seen
from cutline.gates.than import Than, than
from cutline.gates.verdict import Figures, Judged, Verdict, worst
from cutline.plan.gate import Gate

Items = tuple[float, ...]


def judge_quantile(gate: Gate, seen: Seen, conditions: Conditions) -> Judged:
    """Judge a quantile of a list; with limits and a reference all must hold."""
    wanted = conditions.field(str(gate.of))
    fresh_s = conditions.fresh_s.get(wanted.probe)
    items = numbers(value(wanted, seen.readings, seen.now, fresh_s), wanted)
    share = float(gate.quantile or 0)
    found = []
    if gate.at_most is not None:
        found.append(_limited(items, (share, gate.at_most), (gate.sure, gate.needs), wanted.text))
    if gate.at_least is not None:
        found.append(_mirrored(items, (share, gate.at_least), (gate.sure, gate.needs), wanted.text))
    if gate.than is not None:
        reference = than(gate, wanted, seen, conditions)
        field = reference.field(wanted)
        their_fresh_s = None if reference.is_recorded else fresh_s
        theirs = numbers(value(field, reference.readings, seen.now, their_fresh_s), field)
        counts = (gate.needs, seen.looks)
        found.append(_compared(items, theirs, share, reference.asked, counts))
    if not found:
        raise NotMeasured(f"{wanted.text} has no limit to be judged by")
    return worst(found)


def quantile_of(ordered: Items, share: float) -> float:
    """Return the quantile of sorted items: the least of which `share` are not above it."""
    return ordered[_rank(len(ordered), share) - 1]


def p_beyond(beyond: int, total: int, rank: int, their_total: int) -> float:
    """Return how likely at least `beyond` of ours exceed the item of `rank` of the reference.

    For two samples of one continuous distribution, whatever it is; ties make it less likely.
    """
    above = their_total - rank
    drawn = above + beyond
    return min(1.0, sum(_draws(total, their_total, drawn, theirs) for theirs in range(above + 1)))


def _rank(total: int, share: float) -> int:
    return min(total, max(1, math.ceil(share * total - 1e-9)))


def _draws(total: int, their_total: int, drawn: int, theirs: int) -> float:
    """Return the hypergeometric probability of `theirs` among the greatest `drawn` of all."""
    ours = drawn - theirs
    if ours > total or theirs > their_total:
        return 0.0
    return math.exp(
        _ways(their_total, theirs) + _ways(total, ours) - _ways(total + their_total, drawn)
    )


def _ways(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


@lru_cache(maxsize=1024)
def _limited(
    items: Items, limit: tuple[float, float], asked: tuple[float, int], label: str
) -> Judged:
    """Judge against a limit above: FAIL when surely too few items are within it."""
    (share, at_most), (sure, needs) = limit, asked
    figures: Figures = {"total": len(items)}
    if not items:
        return Judged(Verdict.THIN, f"{label}: no items yet", figures)
    here = quantile_of(tuple(sorted(items)), share)
    within = sum(1 for one in items if one <= at_most)
    figures |= {"quantile": share, "value": round(here, 6), "within": within}
    said = f"{share:g} of {label} lie within {here:.6g}, limit {at_most:g}"
    if upper(within, len(items), sure) < share:
        return Judged(Verdict.FAIL, f"{said}: beyond it at {sure:g} %", figures)
    if len(items) < needs:
        return Judged(Verdict.THIN, f"{said}: {len(items)} of {needs} items", figures)
    return Judged(Verdict.PASS, said, figures)


def _mirrored(
    items: Items, limit: tuple[float, float], asked: tuple[float, int], label: str
) -> Judged:
    """Judge against a limit below, which is one above for the negatives."""
    share, at_least = limit
    found = _limited(tuple(-one for one in items), (1 - share, -at_least), asked, f"-{label}")
    value_here = found.figures.get("value", 0.0)
    figures = {**found.figures, "quantile": share}
    if items:
        figures["value"] = -float(value_here)
    why = (
        f"{share:g} of {label} lie within {figures.get('value', 'nothing')}, at least {at_least:g}"
    )
    return Judged(found.verdict, f"{why} wanted, {len(items)} items", figures)


@lru_cache(maxsize=256)
def _compared(
    ours: Items, theirs: Items, share: float, asked: Than, counts: tuple[int, int]
) -> Judged:
    needs, looks = counts
    alpha = (1 - asked.sure / 100) / looks
    figures: Figures = {
        "total": len(ours),
        "reference_total": len(theirs),
        "alpha": round(alpha, 6),
    }
    if min(len(ours), len(theirs)) < max(needs, 1):
        why = f"{len(ours)} items here and {len(theirs)} of {asked.name}"
        return Judged(Verdict.THIN, f"{why}, of {max(needs, 1)} that are needed", figures)
    if asked.worse == "lower":
        ours, theirs, share = tuple(-o for o in ours), tuple(-t for t in theirs), 1 - share
    rank = _rank(len(theirs), share)
    if (least := p_beyond(len(ours), len(ours), rank, len(theirs))) >= alpha:
        why = f"{len(ours)} and {len(theirs)} items can never tell (p {least:.2g} at best)"
        return Judged(Verdict.THIN, why, figures)
    return _beyond(
        tuple(sorted(ours)), (tuple(sorted(theirs)), rank), (share, alpha), asked, figures
    )


def _beyond(
    ours: Items,
    reference: tuple[Items, int],
    test: tuple[float, float],
    asked: Than,
    figures: Figures,
) -> Judged:
    """Count ours beyond the reference's quantile plus the margin, and say how likely that is."""
    (theirs, rank), (share, alpha) = reference, test
    sign = -1 if asked.worse == "lower" else 1
    their_value = theirs[rank - 1]
    margin = abs(their_value) * asked.margin / 100 if asked.is_pct else asked.margin
    beyond = sum(1 for one in ours if one > their_value + margin)
    p_value = p_beyond(beyond, len(ours), rank, len(theirs))
    here = quantile_of(ours, share)
    figures = figures | {
        "value": round(sign * here, 6),
        "reference_value": round(sign * their_value, 6),
        "beyond": beyond,
        "p_value": float(f"{p_value:.4g}"),
    }
    said = (
        f"{sign * here:.6g}, {asked.name} {sign * their_value:.6g}, margin {asked.words}: "
        f"{beyond} of {len(ours)} lie beyond"
    )
    if p_value < alpha:
        return Judged(Verdict.FAIL, f"{said}, worse (p {p_value:.2g} < {alpha:.2g})", figures)
    return Judged(Verdict.PASS, said, figures)
