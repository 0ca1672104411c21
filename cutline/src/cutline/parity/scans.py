"""All multiset checks of a dataset share scans: a pass for fingerprints, one for the drill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cutline.parity.context import Context, MultisetFound
from cutline.parity.drill import Compared, differences
from cutline.parity.narrow import Lane, Prints, Seeds, bucket_of, differing, fingerprints, total
from cutline.parity.report import Differences
from cutline.parity.suite import Check, Dataset, Multiset, View
from cutline.parity.workbench import SIDES, Workbench, as_text, encode, name


def multisets(context: Context, checks: Sequence[Check], seeds: Seeds) -> dict[str, MultisetFound]:
    """Compare every multiset check on the workbench, by the name of the check."""
    found: dict[str, MultisetFound] = {}
    asked = [check for check in checks if isinstance(check, Multiset)]
    for dataset in dict.fromkeys(check.dataset for check in asked):
        group = [check for check in asked if check.dataset == dataset]
        relation = context.suite.relation(dataset)
        lanes = [Lane(check.columns, _condition(context.bench, relation, check)) for check in group]
        if context.options.exact:
            found |= {
                c.name: _exact(context, c, lane) for c, lane in zip(group, lanes, strict=True)
            }
        else:
            found |= _narrowed(context, relation, group, lanes, seeds)
    return found


def compared(context: Context, check: Multiset, left: str, right: str) -> Compared:
    """Return what the drill compares for a check in two relations."""
    relation = context.suite.relation(check.dataset)
    return Compared(
        left,
        right,
        check.columns,
        relation.key,
        context.options.show_values,
        context.waived_by(check),
        context.options.samples,
    )


def _exact(context: Context, check: Multiset, lane: Lane) -> MultisetFound:
    left, right = (_rows(f"{side}.{name(check.dataset)}", lane.where) for side in SIDES)
    counts = [context.bench.one(f"SELECT count(*) FROM {one}")[0] for one in (left, right)]
    return MultisetFound(
        counts[0], counts[1], differences(context.bench, compared(context, check, left, right))
    )


def _narrowed(
    context: Context,
    relation: Dataset | View,
    group: Sequence[Multiset],
    lanes: Sequence[Lane],
    seeds: Seeds,
) -> dict[str, MultisetFound]:
    key = key_of(relation, lanes)
    numbers = context.bench.numbers(f"{SIDES[0]}.{name(relation.name)}")
    lanes = [replace(lane, numbers=numbers) for lane in lanes]
    left, right = (
        fingerprints(context.bench, f"{side}.{name(relation.name)}", key, lanes, seeds)
        for side in SIDES
    )
    buckets = suspects(left, right, len(lanes))
    listed = ", ".join(str(bucket) for bucket in buckets)
    drilled = [
        context.bench.keep(
            f"SELECT {as_text(relation.columns)} FROM"
            f" (SELECT * FROM {side}.{name(relation.name)} WHERE {bucket_of(key)} IN ({listed}))"
        )
        for side in SIDES
        if buckets
    ]
    return drill(context, group, lanes, (left, right), drilled)


def drill(
    context: Context,
    group: Sequence[Multiset],
    lanes: Sequence[Lane],
    prints: tuple[Prints, Prints],
    drilled: Sequence[str],
) -> dict[str, MultisetFound]:
    """Name what differs in `drilled`, the rows of the suspect buckets, for checks that differ."""
    left, right = prints
    found = {}
    for at, check in enumerate(group):
        totals = total(left, at), total(right, at)
        differs = Differences()
        if totals[0] != totals[1]:
            rows = [_rows(one, lanes[at].where) for one in drilled]
            differs = differences(context.bench, compared(context, check, rows[0], rows[1]))
        found[check.name] = MultisetFound(totals[0][0], totals[1][0], differs)
    return found


def key_of(relation: Dataset | View, lanes: Sequence[Lane]) -> tuple[str, ...]:
    """Return what puts a row into its bucket: its key, or all that is compared of it."""
    return relation.key or tuple(dict.fromkeys(c for lane in lanes for c in lane.columns))


def suspects(left: Prints, right: Prints, lanes: int) -> list[int]:
    """Return the buckets to drill: those that differ for a check whose totals differ."""
    buckets = {
        bucket
        for at in range(lanes)
        if total(left, at) != total(right, at)
        for bucket in differing(left, right, at)
    }
    return sorted(buckets)


def _rows(relation: str, where: str) -> str:
    return f"(SELECT * FROM {relation} WHERE {where})" if where else relation


def _condition(bench: Workbench, relation: Dataset | View, check: Multiset) -> str:
    """Return the condition of a check, judged by both sides where a key pairs the items."""
    conditions = []
    for condition, negated in ((check.where, ""), (check.unless, "NOT ")):
        if not condition:
            continue
        if not relation.key:
            conditions.append(f"{negated}coalesce({condition}, false)")
            continue
        key = encode(relation.key)
        either = " UNION ".join(
            f"SELECT {key} AS key_text FROM {side}.{name(relation.name)} WHERE {condition}"
            for side in SIDES
        )
        scope = bench.keep(either)
        conditions.append(f"{key} {negated}IN (SELECT key_text FROM {scope})")
    return " AND ".join(conditions)
