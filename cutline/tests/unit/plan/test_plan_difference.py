"""What an amendment changes, by meaning."""

from __future__ import annotations

from pathlib import Path

import pytest

from cutline.plan.difference import approvals_wanted, difference
from cutline.plan.load import load
from cutline.plan.model import Plan

EXAMPLE = Path(__file__).parents[2] / "example"
TEXT = (EXAMPLE / "plan.yaml").read_text()


@pytest.fixture
def amended(tmp_path: Path):
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "imports.sql").write_text((EXAMPLE / "queries/imports.sql").read_text())

    def plan(*changes: tuple[str, str]) -> Plan:
        text = TEXT
        for before, after in changes:
            assert before in text
            text = text.replace(before, after, 1)
        (tmp_path / "plan.yaml").write_text(text)
        return load(tmp_path / "plan.yaml", may_miss=True).plan

    return plan


def test_another_way_of_writing_is_no_difference(amended) -> None:
    """24h is 1d, `every 24h` over seven days is its seven marks."""
    marks = ", ".join(f"{day}d" for day in range(1, 8))
    changed = amended(("for: 24h", "for: 1d"), ("marks: every 24h", f"marks: [{marks}]"))
    assert difference(amended(), changed) == []
    assert approvals_wanted([]) == 0


@pytest.mark.parametrize(
    ("before", "after", "path", "is_looser"),
    [
        ("at_least: 95.0", "at_least: 90.0", "gates.success.at_least", True),
        ("at_least: 95.0", "at_least: 97.0", "gates.success.at_least", False),
        ("needs: 20", "needs: 5", "gates.success.needs", True),
        ("tolerate: 2h", "tolerate: 1h", "gates.not_stuck.tolerate", False),
        ("tolerate: 2h", "tolerate: 4h", "gates.not_stuck.tolerate", True),
        ("margin: 1.0", "margin: 2.0", "gates.as_good.margin", True),
        ("imports.stuck == 0,", "imports.stuck == 1,", "gates.not_stuck.check", True),
        ("for: 24h", "for: 12h, marks: [1h]} #", "stages.canary.bake.for", True),
        ("for: 48h", "for: 72h", "stages.half.bake.for", False),
        ("deadline: 7d", "deadline: 6d", "stages.half.bake.deadline", False),
        (", deadline: 7d", "", "stages.half.bake.deadline", True),
        ("on_fail: hold", "on_fail: rollback", "stages.full.on_fail", False),
        ("on_fail: rollback", "on_fail: extend", "stages.canary.on_fail", True),
        ("percent: 50", "percent: 60", "stages.half.percent", True),
        ("as_good, no_slower, no_new]", "as_good, no_slower]", "stages.half.gates", True),
        ("identity: ssh", "identity: claimed", "stages.half.approve.identity", True),
        ("below: 95.0", "below: 97.0", "triggers.imports.ok of imports.total below 97", False),
        ("for: 15m", "for: 30m", "triggers.imports.over_30m_pct > 10.0.for", True),
        ("do: extend", "do: pause", "triggers.imports.over_30m_pct > 10.0.do", False),
        ("every: 1m", "every: 5m", "watch.every", True),
        ("on_blind: pause", "on_blind: rollback", "watch.on_blind", False),
        ("not_on: [2026-12-24]", "not_on: []", "hours.not_on", True),
        ("roles: [dba]", "roles: [dba, sre]", "people.eva.roles", True),
        ("  ana:", "  ida: {roles: [sre]}\n  ana:", "people.ida", True),
        ("keep: 365d", "keep: 30d", "evidence.keep", True),
        ("./deploy.sh", "./deploy2.sh", "stages.prerequisites.steps.deploy.command", True),
    ],
)
def test_what_is_looser_and_what_is_tighter(
    amended, before: str, after: str, path: str, *, is_looser: bool
) -> None:
    """A threshold, a wait, a list, an order: each has a direction; what has none is looser."""
    found = {one.path: one for one in difference(amended(), amended((before, after)))}
    assert found[path].is_looser is is_looser
    assert not found[path].changes_probe


def test_a_changed_probe_is_named(amended) -> None:
    """Its readings before and after do not belong together, and two people must approve."""
    (change,) = difference(amended(), amended(("fresh: 5m", "fresh: 6m")))
    assert (change.path, change.probe) == ("probes.imports.fresh", "imports")
    assert str(change) == "probes.imports.fresh: 5m → 6m (changed probe)"
    assert approvals_wanted([change]) == 2


def test_a_changed_query_is_a_changed_probe(amended) -> None:
    """The digest of its file says so."""
    plan = amended()
    name = "queries/imports.sql"
    (change,) = difference(plan, plan, old_files={name: "a"}, new_files={name: "b"})
    assert change.probe == "imports"


def test_only_tighter_asks_one_person(amended) -> None:
    """One looser change among tighter ones asks two."""
    tighter = difference(amended(), amended(("at_least: 95.0", "at_least: 97.0")))
    both = [("at_least: 95.0", "at_least: 97.0"), ("tolerate: 2h", "tolerate: 3h")]
    assert approvals_wanted(tighter) == 1
    assert approvals_wanted(difference(amended(), amended(*both))) == 2


def test_a_trigger_taken_away_is_looser_and_one_more_is_tighter(amended) -> None:
    """The fewer symptoms are watched, the looser."""
    row = "  - {report: corruption, severity: critical, do: rollback, incident: true}\n"
    less, more = amended((row, "")), amended((row, row.replace("corruption", "loss") + row))
    assert [one.is_looser for one in difference(amended(), less)] == [True]
    assert [one.is_looser for one in difference(amended(), more)] == [False]


def test_one_person_less_is_tighter(amended) -> None:
    """Fewer people may decide."""
    more = amended(("  ana:", "  ida: {roles: [sre]}\n  ana:"))
    assert [one.is_looser for one in difference(more, amended())] == [False]
