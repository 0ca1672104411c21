"""The bucket of a key: where it stands on the way from 0 to 100 %.

The hash is a part of the contract. With another hash everybody would be dealt anew, so its values
are pinned in a test and a new version of this package may not change them.
"""

from __future__ import annotations

from typing import Final

from xxhash import xxh3_64_intdigest

BUCKETS: Final = 10_000
"""A bucket is a hundredth of a per cent."""


def seed_of(salt: str) -> int:
    """Return the seed that a salt stands for.

    Two salts deal the same keys independently. A CRC would not do: it is linear, so whoever comes
    first under one salt comes first under each.
    """
    return xxh3_64_intdigest(salt.encode("utf-8", "surrogatepass"))


def bucket(key: str, seed: int) -> int:
    """Return the bucket of a key, 0 to 9,999: the same today, tomorrow and on every machine.

    Who is below 1,000 is in at 10 % and therefore in at 50 %.
    """
    try:
        return xxh3_64_intdigest(key.encode(), seed) % BUCKETS
    except UnicodeEncodeError:  # a lone surrogate, which has no UTF-8; it must have a bucket too
        return xxh3_64_intdigest(key.encode("utf-8", "surrogatepass"), seed) % BUCKETS
