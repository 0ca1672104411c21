"""The exact end of a comparison: which items differ, paired by their stable key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cutline.parity.report import Difference, Differences
from cutline.parity.workbench import Workbench, encode, literal, name

KINDS = ("only in baseline", "only in candidate", "changed")
Row = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """Two relations of the workbench, the columns compared and the key that pairs their rows.

    `shown` says whether values may be shown. A key that is not a declared one is a value too: it is
    shown as a digest.
    """

    baseline: str
    candidate: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    shown: bool = False
    waived_by: tuple[tuple[str, str], ...] = ()
    """Pairs of key and approver."""
    samples: int = 20


def differences(bench: Workbench, compared: Compared) -> Differences:
    """Return the exact differences of two multisets; with none, `total` and `waived` are 0.

    Proof is by grouping: each row of the baseline counts +1, each of the candidate -1, and what
    does not come out at 0 differs. NULL groups with NULL and with nothing else.
    """
    signed = _signed(compared)
    off = bench.keep(
        f"SELECT row_text, sum(sign) AS n FROM ({signed}) GROUP BY row_text HAVING sum(sign) <> 0"
    )
    if bench.one(f"SELECT count(*) FROM {off}")[0] == 0:
        return Differences()
    items = bench.keep(_items(signed, off, has_key=bool(compared.key)))
    return _counted(bench, compared, items)


def _signed(compared: Compared) -> str:
    row = encode(compared.columns)
    key = encode(compared.key) if compared.key else "row_text"
    shown = _shown(compared.key) if compared.key else "row_text"
    return " UNION ALL ".join(
        f"SELECT {row} AS row_text, {key} AS key_text, {shown} AS key_shown, {sign} AS sign"
        f" FROM {relation}"
        for relation, sign in ((compared.baseline, 1), (compared.candidate, -1))
    )


def _shown(key: Sequence[str]) -> str:
    return " || '|' || ".join(f"coalesce({name(k)}, 'NULL')" for k in key)


def _items(signed: str, off: str, *, has_key: bool) -> str:
    """Return a query of the items that differ: key, kind, how many.

    With a key: of the keys with a row that does not come out even, what the two sides hold. Without
    one the rows themselves are the items, each as often as it is in excess.
    """
    if not has_key:
        return (
            f"SELECT row_text AS key_text, row_text AS key_shown, abs(n) AS n,"
            f" CASE WHEN n > 0 THEN '{KINDS[0]}' ELSE '{KINDS[1]}' END AS kind FROM {off}"
        )
    by_row = (
        "SELECT key_text, any_value(key_shown) AS key_shown, row_text, sum(sign) AS n"
        f" FROM ({signed}) GROUP BY key_text, row_text HAVING sum(sign) <> 0"
    )
    return (
        f"WITH by_row AS MATERIALIZED ({by_row}), hit AS (SELECT DISTINCT key_text FROM by_row"
        f" WHERE row_text IN (SELECT row_text FROM {off}))"
        " SELECT key_text, any_value(key_shown) AS key_shown, 1 AS n,"
        f" CASE WHEN max(n) > 0 AND min(n) < 0 THEN '{KINDS[2]}' WHEN max(n) > 0 THEN '{KINDS[0]}'"
        f" ELSE '{KINDS[1]}' END AS kind FROM by_row"
        " WHERE key_text IN (SELECT key_text FROM hit) GROUP BY key_text"
    )


def _counted(bench: Workbench, compared: Compared, items: str) -> Differences:
    keys = dict(compared.waived_by)
    listed = ", ".join(literal(key) for key in keys) or "NULL"
    waived = f"coalesce({_public_key(compared)} IN ({listed}), false)"
    counts = {
        (kind, is_waived): int(n)
        for kind, is_waived, n in bench.all(
            f"SELECT kind, {waived}, sum(n) FROM {items} GROUP BY ALL"
        )
    }
    sample = bench.all(
        f"SELECT kind, key_text, {_public_key(compared)}, {waived} FROM {items}"
        f" ORDER BY 4, kind, 3 LIMIT {compared.samples}"
    )
    covered = bench.all(f"SELECT DISTINCT {_public_key(compared)} FROM {items} WHERE {waived}")
    return Differences(
        only_in_baseline=counts.get((KINDS[0], False), 0),
        only_in_candidate=counts.get((KINDS[1], False), 0),
        changed=counts.get((KINDS[2], False), 0),
        waived=sum(n for (_, is_waived), n in counts.items() if is_waived),
        samples=tuple(
            _difference(bench, compared, kind, key_text, shown, keys.get(shown, ""))
            for kind, key_text, shown, _ in sample
        ),
        waived_keys=tuple(sorted(key for (key,) in covered)),
    )


def _public_key(compared: Compared) -> str:
    return "key_shown" if compared.key else "'row ' || left(sha256(key_text), 16)"


def _difference(  # one field of a Difference each
    bench: Workbench, compared: Compared, kind: str, key_text: str, shown: str, waived: str
) -> Difference:
    left, right = (
        _rows(bench, compared, relation, key_text)
        for relation in (compared.baseline, compared.candidate)
    )
    fields = _fields(compared.columns, left, right) if kind == KINDS[2] else ()
    if not compared.shown:
        return Difference(kind, shown, fields, waived=waived)
    return Difference(
        kind, shown, fields, _values(compared, left), _values(compared, right), waived=waived
    )


def _rows(bench: Workbench, compared: Compared, relation: str, key_text: str) -> list[Row]:
    columns = ", ".join(name(c) for c in compared.columns)
    key = encode(compared.key or compared.columns)
    sql = f"SELECT {columns} FROM {relation} WHERE {key} = ? ORDER BY ALL LIMIT 4"
    return bench.connection.execute(sql, [key_text]).fetchall()


def _fields(columns: Sequence[str], left: list[Row], right: list[Row]) -> tuple[str, ...]:
    return tuple(
        column
        for at, column in enumerate(columns)
        if [row[at] for row in left] != [row[at] for row in right]
    )


def _values(compared: Compared, rows: list[Row]) -> dict[str, str | None] | None:
    return dict(zip(compared.columns, rows[0], strict=True)) if rows else None
