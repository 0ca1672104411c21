"""A percentage as people write it, as a number of buckets."""

from __future__ import annotations

import re
from decimal import Decimal

from cutline.errors import CannotMeasure
from cutline.routing.bucket import BUCKETS

_FORM = re.compile(r"[0-9]{1,3}(\.[0-9]{1,12})?")
_HUNDRED = 100


def as_buckets(text: str, where: str) -> int:
    """Return how many buckets a percentage from `0` to `100` opens; `12.5` opens 1,250.

    Raises `CannotMeasure` for anything else, without repeating the text: what stands in the place
    of a percentage by mistake may be a secret.
    """
    given = text.strip()
    share = Decimal(given) * (BUCKETS // _HUNDRED) if _FORM.fullmatch(given) else None
    if share is None or share > BUCKETS or share != share.to_integral_value():
        raise CannotMeasure(
            "this switch does not hold a percentage",
            where=where,
            why="it is a number from 0 to 100 with at most two decimals, and nothing else",
            remedy="set it to a number such as 10",
        )
    return int(share)
