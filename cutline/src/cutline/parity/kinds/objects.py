"""`objects`: each row's object exists in its store, with its size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from cutline.parity.context import Context, failed, result
from cutline.parity.report import CheckResult, Difference, Differences, Outcome
from cutline.parity.store import Store, open_store
from cutline.parity.suite import Objects
from cutline.parity.workbench import SIDES, name

_Place = tuple[str | None, str | None]
_Row = tuple[str, str | None, str | None, str | None]


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
    sizes = _Sizes(context.options.store)
    for item, place, size in _measured(_rows(context, check, side), sizes):
        tally.looked_at += 1
        if sizes.known[place] is not None and f"{sizes.known[place]}" == size:
            continue
        approver = approvers.get(item, "")
        tally.waived += [item] if approver else []
        tally.wrong += not approver
        if len(tally.samples) < context.options.samples:
            kind = f"missing in {side}" if sizes.known[place] is None else f"another size in {side}"
            tally.samples.append(Difference(kind, item, waived=approver))
    return tally


class _Sizes:
    """The sizes of objects by bucket and key: each is asked for once, some at the same time."""

    def __init__(self, place: str | Path | None) -> None:
        self._place = place
        self._stores: dict[str, Store] = {}
        self.known: dict[_Place, int | None] = {}

    def ask(self, places: Iterable[_Place]) -> None:
        wanted: dict[str, set[str]] = {}
        for bucket, key in places:
            if not bucket or not key:
                self.known[bucket, key] = None
            elif (bucket, key) not in self.known:
                wanted.setdefault(bucket, set()).add(key)
        for bucket, some in wanted.items():
            keys = sorted(some)
            sizes = self._sizes(bucket, keys)
            self.known |= {(bucket, key): size for key, size in zip(keys, sizes, strict=True)}

    def _sizes(self, bucket: str, keys: list[str]) -> list[int | None]:
        if bucket not in self._stores:
            self._stores[bucket] = open_store(bucket, self._place)
        store = self._stores[bucket]
        if store.at_once == 1:
            return [store.size_bytes(key) for key in keys]
        with ThreadPoolExecutor(store.at_once) as pool:
            return list(pool.map(store.size_bytes, keys))


def _measured(
    pages: Iterable[list[_Row]], sizes: _Sizes
) -> Iterator[tuple[str, _Place, str | None]]:
    for page in pages:
        sizes.ask((bucket, key) for _, bucket, key, _ in page)
        for item, bucket, key, size in page:
            yield item, (bucket, key), size


def _rows(context: Context, check: Objects, side: str) -> Iterator[list[_Row]]:
    key = context.suite.relation(check.dataset).key
    shown = " || '|' || ".join(f"coalesce({name(k)}, 'NULL')" for k in key) or "'row'"
    columns = ", ".join(name(c) for c in (check.bucket, check.key, check.size))
    relation = context.relation(side, check)
    found = context.bench.connection.execute(
        f"SELECT {shown}, {columns} FROM {relation} ORDER BY 1"
    )
    while rows := found.fetchmany(10_000):
        yield rows
