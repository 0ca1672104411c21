"""Which fields of probes a gate or a trigger reads."""

from __future__ import annotations

from collections.abc import Iterator

from cutline.gates import Conditions
from cutline.gates.field import Field
from cutline.plan.gate import Gate
from cutline.plan.trigger import Trigger


def fields_of(one: Gate | Trigger, conditions: Conditions) -> Iterator[Field]:
    """Yield each field that is read, of the side that is meant."""
    check = one.check if isinstance(one, Gate) else one.when
    if check is not None:
        for _, field in conditions.compiled(check).fields:
            yield field
    named: list[str | None] = [one.rate, one.of]
    if isinstance(one, Gate):
        named += [one.no_new, one.no_upward]
    for text in named:
        if text is not None:
            yield conditions.field(text)
