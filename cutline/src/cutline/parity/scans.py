"""All multiset checks of a dataset share scans: a pass for fingerprints, one for the drill."""

from __future__ import annotations

from collections.abc import Sequence

from cutline.parity.context import Context, MultisetFound
from cutline.parity.drill import Compared, differences
from cutline.parity.narrow import Lane, Prints, Seeds, bucket_of, differing, fingerprints, total
from cutline.parity.report import Differences
from cutline.parity.suite import Check, Dataset, Multiset, View
from cutline.parity.workbench import SIDES, Workbench, encode, name


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
    key = relation.key or tuple(dict.fromkeys(c for lane in lanes for c in lane.columns))
    left, right = (
        fingerprints(context.bench, f"{side}.{name(relation.name)}", key, lanes, seeds)
        for side in SIDES
    )
    suspects = _suspects(left, right, len(lanes))
    drilled = [
        context.bench.keep(
            f"SELECT * FROM {side}.{name(relation.name)} WHERE {bucket_of(key)} IN ({suspects})"
        )
        for side in SIDES
        if suspects
    ]
    return {
        check.name: MultisetFound(
            total(left, at)[0],
            total(right, at)[0],
            Differences()
            if total(left, at) == total(right, at)
            else _drill(context, check, drilled, lanes[at]),
        )
        for at, check in enumerate(group)
    }


def _drill(context: Context, check: Multiset, drilled: Sequence[str], lane: Lane) -> Differences:
    left, right = (_rows(one, lane.where) for one in drilled)
    return differences(context.bench, compared(context, check, left, right))


def _suspects(left: Prints, right: Prints, lanes: int) -> str:
    """Return the buckets to drill: those that differ for a check whose totals differ."""
    buckets = {
        bucket
        for at in range(lanes)
        if total(left, at) != total(right, at)
        for bucket in differing(left, right, at)
    }
    return ", ".join(str(bucket) for bucket in sorted(buckets))


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
