"""`objects`: each row's object exists in its store, with its size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from cutline.parity.context import Context, failed, result
from cutline.parity.report import CheckResult, Difference, Differences, Outcome
from cutline.parity.store import Store, open_store
from cutline.parity.suite import Objects
from cutline.parity.workbench import SIDES, name


@dataclass
class _Tally:
    looked_at: int = 0
    wrong: int = 0
    waived: list[str] = field(default_factory=list)
    samples: list[Difference] = field(default_factory=list)


def judge(context: Context, check: Objects) -> CheckResult:
    """Look at every object of both sides, each once."""
    if not context.options.objects:
        return result(check, Outcome.NOT_EXERCISED, "not asked for: --s3-head", ({}, {}))
    tallies = {side: _tally(context, check, side) for side in SIDES}
    left, right = tallies["baseline"], tallies["candidate"]
    sides = tuple(
        {"objects": f"{t.looked_at}", "missing or wrong": f"{t.wrong}"} for t in (left, right)
    )
    if not left.looked_at and not right.looked_at:
        return result(
            check, Outcome.NOT_EXERCISED, "no objects on either side", (sides[0], sides[1])
        )
    found = Differences(
        left.wrong,
        right.wrong,
        waived=len(left.waived) + len(right.waived),
        waived_keys=tuple(sorted({*left.waived, *right.waived})),
        samples=tuple((left.samples + right.samples)[: context.options.samples]),
    )
    outcome = failed(check) if found.total else Outcome.PASS
    message = (
        f"{left.looked_at + right.looked_at} looked at, {found.total} missing or of another size"
    )
    return replace(result(check, outcome, message, (sides[0], sides[1])), differences=found)


def _tally(context: Context, check: Objects, side: str) -> _Tally:
    tally = _Tally()
    approvers = dict(context.waived_by(check))
    sizes: dict[tuple[str | None, str | None], int | None] = {}
    stores: dict[str, Store] = {}
    for item, bucket, key, size in _rows(context, check, side):
        tally.looked_at += 1
        if (bucket, key) not in sizes:
            sizes[bucket, key] = _size(context, stores, bucket, key)
        if sizes[bucket, key] is not None and f"{sizes[bucket, key]}" == size:
            continue
        approver = approvers.get(item, "")
        tally.waived += [item] if approver else []
        tally.wrong += not approver
        if len(tally.samples) < context.options.samples:
            kind = f"missing in {side}" if sizes[bucket, key] is None else f"another size in {side}"
            tally.samples.append(Difference(kind, item, waived=approver))
    return tally


def _size(
    context: Context, stores: dict[str, Store], bucket: str | None, key: str | None
) -> int | None:
    if not bucket or not key:
        return None
    if bucket not in stores:
        stores[bucket] = open_store(bucket, context.options.store)
    return stores[bucket].size_bytes(key)


def _rows(
    context: Context, check: Objects, side: str
) -> Iterator[tuple[str, str | None, str | None, str | None]]:
    key = context.suite.relation(check.dataset).key
    shown = " || '|' || ".join(f"coalesce({name(k)}, 'NULL')" for k in key) or "'row'"
    columns = ", ".join(name(c) for c in (check.bucket, check.key, check.size))
    relation = context.relation(side, check)
    found = context.bench.connection.execute(
        f"SELECT {shown}, {columns} FROM {relation} ORDER BY 1"
    )
    while rows := found.fetchmany(10_000):
        yield from rows
