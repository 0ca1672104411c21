"""What only the candidate can read: items whose key the baseline lacks, each with one reason.

The baseline is never filtered. An item set apart without a reason, one whose key is there twice,
and a reason claimed for an item that the baseline holds are each a BLOCKER.
"""

from __future__ import annotations

from collections.abc import Iterable

from cutline.parity.report import ApartFound, CheckResult, Difference, Differences, Outcome
from cutline.parity.suite import Apart, Severity, Suite
from cutline.parity.workbench import SIDES, Workbench, name

TABLE = "apart"
GATE = "only in candidate"


def set_apart(bench: Workbench, suite: Suite) -> None:
    """Make what is compared out of what was staged: for the candidate without what is set apart."""
    if suite.apart is not None:
        bench.connection.execute(f"CREATE TABLE {TABLE} AS {_apart(suite.apart)}")
    for dataset in suite.datasets:
        for side in SIDES:
            raw = f"{side}_raw.{name(dataset.name)}"
            owner = dataset.owner if suite.apart and side == "candidate" else ""
            rest = f" WHERE {name(owner)} IS NULL OR {name(owner)} NOT IN (SELECT key FROM {TABLE})"
            bench.view(
                f"{side}.{name(dataset.name)}", f"SELECT * FROM {raw}{rest if owner else ''}"
            )


def _apart(apart: Apart) -> str:
    """Return the query of the items set apart: key, and the first reason that holds."""
    key = name(apart.key)
    reasons = " ".join(f"WHEN {reason.holds} THEN '{reason.name}'" for reason in apart.reasons)
    held = f"SELECT {key} FROM baseline_raw.{name(apart.dataset)} WHERE {key} IS NOT NULL"
    return (
        f"SELECT c.{key} AS key, count(*) AS rows, any_value(CASE {reasons} END) AS reason"
        f" FROM candidate_raw.{name(apart.dataset)} c"
        f" WHERE c.{key} NOT IN ({held}) GROUP BY c.{key}"
    )


def found(bench: Workbench, suite: Suite, samples: int) -> ApartFound:
    """Count what was set apart, by reason, and what contradicts itself."""
    if suite.apart is None:
        return ApartFound()
    by_reason = dict.fromkeys((reason.name for reason in suite.apart.reasons), 0)
    explained = (
        f"SELECT reason, count(*) FROM {TABLE} WHERE reason IS NOT NULL AND rows = 1 GROUP BY 1"
    )
    by_reason |= dict(bench.all(explained))
    bare = bench.all(f"SELECT key FROM {TABLE} WHERE reason IS NULL OR rows > 1 ORDER BY 1")
    claimed = bench.all(_contradicted(suite.apart))
    everything = bench.one(f"SELECT coalesce(sum(rows), 0) FROM {TABLE}")[0]
    listed = [
        *_samples("set apart without a reason", bare),
        *_samples("a reason for what the baseline holds", claimed),
    ]
    return ApartFound(int(everything), by_reason, len(bare), len(claimed), tuple(listed[:samples]))


def _contradicted(apart: Apart) -> str:
    key = name(apart.key)
    said = [f"({reason.contradicts})" for reason in apart.reasons if reason.contradicts]
    return (
        f"SELECT DISTINCT c.{key} FROM candidate_raw.{name(apart.dataset)} c"
        f" JOIN baseline_raw.{name(apart.dataset)} b ON b.{key} = c.{key}"
        f" WHERE {' OR '.join(said) or 'false'} ORDER BY 1"
    )


def _samples(kind: str, rows: Iterable[tuple[str]]) -> list[Difference]:
    return [Difference(kind, key) for (key,) in rows]


def judge(bench: Workbench, suite: Suite, apart: ApartFound) -> CheckResult | None:
    """Return the gate over what was set apart; None for a suite that sets nothing apart."""
    if suite.apart is None:
        return None
    rows = bench.one(f"SELECT count(*) FROM candidate_raw.{name(suite.apart.dataset)}")[0]
    wrong = apart.unexplained + apart.contradicted
    outcome = Outcome.FAIL if wrong else Outcome.PASS if rows else Outcome.NOT_EXERCISED
    told = [f"{n} {reason}" for reason, n in apart.by_reason.items() if n]
    if apart.unexplained:
        told.append(f"{apart.unexplained} without a reason")
    if apart.contradicted:
        told.append(f"{apart.contradicted} with a reason although the baseline holds them")
    return CheckResult(
        GATE,
        "What only the candidate reads has a reason",
        "apart",
        Severity.BLOCKER,
        outcome,
        f"{apart.total} of {rows} set apart" + (f": {', '.join(told)}" if told else ""),
        {},
        {"rows": f"{rows}", "set apart": f"{apart.total}"},
        Differences(only_in_candidate=wrong, samples=apart.samples),
    )
