"""A count of items among all: what a rate is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cutline.gates.conditions import Conditions
from cutline.gates.field import Field, NotMeasured, number, value
from cutline.gates.seen import Seen, Side
from cutline.run.reading import Reading


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `total` items, 0 <= count <= total; fractions are allowed (Prometheus)."""

    count: float
    total: float

    @property
    def rate(self) -> float:
        """Return the share in per cent; the total is not 0."""
        return 100 * self.count / self.total


def share(names: tuple[str | None, str | None], seen: Seen, conditions: Conditions) -> Share:
    """Return the count and the total that two fields tell now; raises `NotMeasured`.

    More than all or less than nothing is nonsense, and nonsense is no measurement.
    """
    fields = (conditions.field(str(names[0])), conditions.field(str(names[1])))
    return share_of(fields, seen.readings, seen, conditions)


def share_of(
    fields: tuple[Field, Field],
    readings: Mapping[tuple[str, Side], Reading],
    seen: Seen,
    conditions: Conditions,
    *,
    is_recorded: bool = False,
) -> Share:
    """Return the share in given readings; what was recorded before is of any age."""
    found = []
    for field in fields:
        fresh_s = None if is_recorded else conditions.fresh_s.get(field.probe)
        found.append(number(value(field, readings, seen.now, fresh_s), field))
    count, total = found
    if not 0 <= count <= total:
        raise NotMeasured(
            f"{fields[0].text} is {count:g} of {total:g} {fields[1].text}: that cannot be"
        )
    return Share(count, total)
