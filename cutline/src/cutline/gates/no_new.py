"""The gate `no_new`: no kind of error that the reference does not know."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from cutline.gates.conditions import Conditions
from cutline.gates.field import Field, NotMeasured, number, texts, value
from cutline.gates.seen import Seen
from cutline.gates.than import Reference, than
from cutline.gates.verdict import Figures, Judged, Verdict
from cutline.plan.gate import Gate

MOST_NAMED = 5
LONGEST_NAME = 100
_LONGEST_READ = 2000
# What tells one failure from the next of its kind, the longest forms first.
_PARTS = (
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "<mail>"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE), "<id>"),
    (
        re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"),
        "<time>",
    ),
    (re.compile(r"\b0x[0-9a-f]+\b", re.IGNORECASE), "<hex>"),
    (re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b", re.IGNORECASE), "<hex>"),
    (re.compile(r"(?<=[_-])(?=[0-9a-z]*\d)[0-9a-z]{6,}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\d+(?:[.,]\d+)*"), "<n>"),
    (re.compile(r"\s+"), " "),
)


@lru_cache(maxsize=16384)
def kind_of(text: str) -> str:
    """Return what kind of error a text tells of: without ids, numbers, times and addresses."""
    found = text[:_LONGEST_READ]
    for pattern, word in _PARTS:
        found = pattern.sub(word, found)
    return found.strip()


def judge_no_new(gate: Gate, seen: Seen, conditions: Conditions) -> Judged:
    """Judge error texts against those of the reference, by their kinds.

    With `of` both need as many items as `needs` says; without it no errors at all is a PASS.
    """
    if gate.than is None:
        raise NotMeasured("no_new without `than` has nothing to compare with")
    wanted = conditions.field(str(gate.no_new))
    reference = than(gate, wanted, seen, conditions)
    fresh_s = conditions.fresh_s.get(wanted.probe)
    ours = texts(value(wanted, seen.readings, seen.now, fresh_s), wanted)
    field = reference.field(wanted)
    their_fresh_s = None if reference.is_recorded else fresh_s
    theirs = texts(value(field, reference.readings, seen.now, their_fresh_s), field)
    if new := new_kinds(ours, theirs):
        return _failed(new, ours, theirs)
    figures: Figures = {"errors": len(ours), "reference_errors": len(theirs), "new": 0}
    if gate.of is not None:
        counts = _counts(conditions.field(gate.of), reference, seen, conditions)
        figures |= {"total": round(counts[0]), "reference_total": round(counts[1])}
        if min(counts) < max(gate.needs, 1):
            why = f"{counts[0]:g} items here, {counts[1]:g} of {gate.than}"
            return Judged(Verdict.THIN, f"{why}, of {gate.needs} that are needed", figures)
    return Judged(Verdict.PASS, f"no kind of error that {gate.than} does not know", figures)


def new_kinds(ours: Iterable[str], theirs: Iterable[str]) -> dict[str, int]:
    """Return the kinds that are only in ours, with how often, the most frequent first."""
    known = {kind_of(text) for text in theirs}
    found: dict[str, int] = {}
    for kind in map(kind_of, ours):
        if kind not in known:
            found[kind] = found.get(kind, 0) + 1
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _counts(
    total: Field, reference: Reference, seen: Seen, conditions: Conditions
) -> tuple[float, float]:
    fresh_s = conditions.fresh_s.get(total.probe)
    ours = number(value(total, seen.readings, seen.now, fresh_s), total)
    field = reference.field(total)
    their_fresh_s = None if reference.is_recorded else fresh_s
    return ours, number(value(field, reference.readings, seen.now, their_fresh_s), field)


def _failed(new: dict[str, int], ours: tuple[str, ...], theirs: tuple[str, ...]) -> Judged:
    named = [f"{_short(kind)} ({count} times)" for kind, count in list(new.items())[:MOST_NAMED]]
    more = f" and {len(new) - MOST_NAMED} more" if len(new) > MOST_NAMED else ""
    figures: Figures = {
        "errors": len(ours),
        "reference_errors": len(theirs),
        "new": len(new),
    }
    figures |= {f"new_{at + 1}": name for at, name in enumerate(named)}
    return Judged(Verdict.FAIL, f"new: {'; '.join(named)}{more}", figures)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1] + "…"
