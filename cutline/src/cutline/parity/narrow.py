"""The fast path: fingerprint, then buckets, then an exact drill into the buckets that differ.

A fingerprint of rows is their count and two sums of 64-bit hashes, each with its own random seed,
summed wide. Rows are put into buckets by their key, so one pass gives the fingerprints of every
check, in total and by bucket. Two different multisets have equal fingerprints with a probability of
about 2^-128; who knows the seeds could build such a pair, hence the exact mode. A hash covers the
whole row: hashes of single columns that are then added up would not see values swapped between
rows.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cutline.parity.workbench import Workbench, name

BUCKETS = 1024
Print = tuple[int, int, int]
"""Count and two sums."""


@dataclass(frozen=True, slots=True)
class Lane:
    """The columns that one check compares, and the rows it compares.

    `numbers` are the columns of the types `NUMBERS`, the same on both sides.
    """

    columns: tuple[str, ...]
    where: str = ""
    numbers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Seeds:
    """Independent random numbers of 63 bits, drawn for each comparison: two lanes, and the buckets.

    `null` and `between` are texts of 128 random bits: what stands for NULL, and what stands between
    two columns. No value holds them but by a chance of 2^-128.
    """

    first: int
    second: int
    bucket: int
    null: str
    between: str

    @classmethod
    def draw(cls) -> Seeds:
        """Draw seeds from the operating system."""
        return cls(
            secrets.randbits(63),
            secrets.randbits(63),
            secrets.randbits(63),
            secrets.token_urlsafe(16),
            secrets.token_urlsafe(16),
        )


Prints = Mapping[int, tuple[Print, ...]]
"""By bucket: the fingerprint of each lane."""


def bucket_of(columns: Sequence[str]) -> str:
    """Return the expression of a row's bucket on the workbench."""
    return f"(hash({', '.join(name(c) for c in columns)}) & {BUCKETS - 1})"


def _lanes(lane: Lane, seeds: Seeds) -> tuple[str, str]:
    """Return the expressions of a row's two hashes: of its text, and of the hashes of its columns.

    They are made in different ways on purpose: DuckDB's `hash` takes no seed, so two of the same
    way would share every collision of it. `concat_ws` leaves NULLs out, so the first hash says
    beside the text which columns are NULL. A number stands beside the text too: of it alone `hash`
    has no collisions, and the text before it, with the seed, decides how it is mixed in. The outer
    hash keeps a sum from cancelling out where values change places.
    """
    names = [name(c) for c in lane.columns]
    texts = [f"'{seeds.first:016x}'", *(name(c) for c in lane.columns if c not in lane.numbers)]
    text = f"concat_ws('{seeds.between}', {', '.join(texts)})"
    beside = [name(c) for c in lane.columns if c in lane.numbers]
    beside += [f"{one} IS NULL" for one in names]
    first = f"hash(xor(hash({text}, {', '.join(beside)}), {seeds.first}::UBIGINT))"
    return first, f"hash(xor(hash({', '.join(names)}), {seeds.second}::UBIGINT))"


def fingerprints(
    bench: Workbench, relation: str, key: Sequence[str], lanes: Sequence[Lane], seeds: Seeds
) -> Prints:
    """Return the fingerprints of all lanes of a relation of the workbench, in one pass."""
    inner = [f"{bucket_of(key)} AS bucket"]
    outer = []
    for at, lane in enumerate(lanes):
        first, second = _lanes(lane, seeds)
        inner += [f"{first} AS a_{at}", f"{second} AS b_{at}"]
        only = ""
        if lane.where:
            inner.append(f"coalesce({lane.where}, false) AS counts_{at}")
            only = f"FILTER (counts_{at})"
        outer.append(f"count(*) {only}")
        outer += [f"coalesce(sum({letter}_{at}) {only}, 0)" for letter in "ab"]
    hashed = f"SELECT {', '.join(inner)} FROM {relation}"
    sql = f"SELECT bucket, {', '.join(outer)} FROM ({hashed}) GROUP BY bucket"
    return {row[0]: prints_of(row[1:]) for row in bench.all(sql)}


def prints_of(figures: Sequence[object]) -> tuple[Print, ...]:
    """Return the figures of one bucket, three for each lane, as fingerprints."""
    numbers = [int(str(figure)) for figure in figures]
    return tuple(
        (numbers[at], numbers[at + 1], numbers[at + 2]) for at in range(0, len(numbers), 3)
    )


def total(prints: Prints, lane: int) -> Print:
    """Return the fingerprint of a whole side."""
    count = first = second = 0
    for bucket in prints.values():
        count, first, second = (
            count + bucket[lane][0],
            first + bucket[lane][1],
            second + bucket[lane][2],
        )
    return count, first, second


def differing(baseline: Prints, candidate: Prints, lane: int) -> frozenset[int]:
    """Return the buckets in which the two sides differ."""
    nothing = ((0, 0, 0),) * (lane + 1)
    return frozenset(
        bucket
        for bucket in baseline.keys() | candidate.keys()
        if baseline.get(bucket, nothing)[lane] != candidate.get(bucket, nothing)[lane]
    )
