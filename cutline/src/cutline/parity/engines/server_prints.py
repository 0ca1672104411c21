"""Fingerprints computed inside PostgreSQL, so that only rows of differing buckets travel.

A row's hash is a chain: the hash of each column's text is the seed of the next, and a random text
stands for NULL. So values that change places, ('a|b', 'c') and ('a', 'b|c'), NULL and '' all
differ. `hash_record_extended` would not do: it adds up the hashes of the columns, and in
a sum over rows two values swapped between rows cancel out but for a carry. Texts are hashed byte by
byte (collation "C"), since `=` takes 1.0 for 1.00 and some collations take more for equal.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cutline.parity.narrow import BUCKETS, Lane, Seeds
from cutline.parity.workbench import name


def chain(columns: Sequence[str], seed: int, null: str) -> str:
    """Return the expression of a row's hash; `null` stands for NULL."""
    hashed = f"'{seed}'::bigint"
    for column in columns:
        text = f"coalesce({name(column)}::text, '{null}') COLLATE \"C\""
        hashed = f"hashtextextended({text}, {hashed})"
    return hashed


def bucket(key: Sequence[str], integers: Collection[str], seeds: Seeds) -> str:
    """Return the expression of a row's bucket; `integers` are the columns of integer types.

    It only has to put equal keys together. So an integer is hashed as it is, which saves making a
    text of it in both passes, although its hash keeps no more than 32 bits.
    """
    hashed = f"'{seeds.bucket}'::bigint"
    for column in key:
        if column in integers:
            hashed = f"hashint8extended(coalesce({name(column)}, 0)::bigint, {hashed})"
        else:
            text = f"coalesce({name(column)}::text, '') COLLATE \"C\""
            hashed = f"hashtextextended({text}, {hashed})"
    return f"({hashed} & {BUCKETS - 1})"


def prints_query(query: str, bucketed: str, lanes: Sequence[Lane], seeds: Seeds) -> str:
    """Return the query of the fingerprints of all lanes by bucket, in one pass.

    `UNION ALL … WHERE false` adds no row: without it the planner takes the expression for unique
    and groups in one process, with it the pass runs parallel.
    """
    inner = [f"{bucketed} AS bucket"]
    outer = []
    for at, lane in enumerate(lanes):
        for letter, seed in (("a", seeds.first), ("b", seeds.second)):
            inner.append(f"{chain(lane.columns, seed, seeds.null)} AS {letter}_{at}")
        outer += ["count(*)::text", f"sum(a_{at})::text", f"sum(b_{at})::text"]
    rows = f"SELECT {', '.join(inner)} FROM ({query}) AS d"
    both = f"{rows} UNION ALL {rows} WHERE false"
    return f"SELECT bucket, {', '.join(outer)} FROM ({both}) AS hashed GROUP BY bucket"


def drill_query(query: str, columns: Sequence[str], bucketed: str, buckets: Sequence[int]) -> str:
    """Return the query of the rows in some buckets, every column as text."""
    texts = ", ".join(f"{name(column)}::text AS {name(column)}" for column in columns)
    listed = ", ".join(str(number) for number in buckets)
    where = f"{bucketed} IN ({listed})" if buckets else "false"
    return f"SELECT {texts} FROM ({query}) AS d WHERE {where}"
