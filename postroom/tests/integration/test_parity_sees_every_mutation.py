"""The gates of `postroom.pst` fail for what is wrong, and for nothing else."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from tests_support.parity_mutations import MUTATIONS, Mutation
from tests_support.parity_pair import BASELINE, CANDIDATE, Pair, fill

from cutline.parity import Options, Outcome, Side, Verdict, find, judge
from postroom.archive import open_archive


@pytest.fixture(scope="module")
def small_pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """The archive that every mutation starts from."""
    home = tmp_path_factory.mktemp("pair")
    return fill(open_archive("base", home=home, dsn=None), home / "store")


CASES = [
    *(pytest.param(mutation, False, id=f"{mutation.name}-fast") for mutation in MUTATIONS),
    *(pytest.param(mutation, True, id=f"{mutation.name}-exact") for mutation in MUTATIONS[::5]),
]
"""Every mutation by the fast path, every fifth proven by grouping too."""


@pytest.mark.parametrize(("mutation", "exact"), CASES)
def test_exactly_the_right_gates_fail(
    small_pair: Pair, tmp_path: Path, mutation: Mutation, *, exact: bool
) -> None:
    """One change to the candidate fails the gates that speak of it, and no other."""
    changed = tmp_path / "changed.sqlite"
    shutil.copy(small_pair.dsn.removeprefix("sqlite://"), changed)
    with sqlite3.connect(changed) as connection:
        touched = [
            connection.execute(sql, {"c": CANDIDATE, "b": BASELINE}).rowcount
            for sql in mutation.changes
        ]
    connection.close()
    assert touched[-1] >= 1
    dsn = f"sqlite:///{changed}"
    report = judge(
        find("postroom.pst"),
        baseline=Side(dsn, BASELINE),
        candidate=Side(dsn, CANDIDATE),
        options=Options(objects=True, store=small_pair.store, exact=exact),
    )
    failed = {
        check.name + ("" if check.blocks else "~")
        for check in report.checks
        if check.outcome in {Outcome.FAIL, Outcome.WARN}
    }
    assert failed == mutation.fails
    blocked = any(not gate.endswith("~") for gate in mutation.fails)
    assert report.verdict is (Verdict.NO_GO if blocked else Verdict.GO)


def test_there_are_enough_mutations() -> None:
    """Each has its own name; the promise is thirty or more."""
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS) >= 30
