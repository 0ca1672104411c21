"""A backtest asks real probes about the past and says what a run would have made of it."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from cutline.commands.backtest import backtest

END = datetime(2026, 3, 12, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
PLAN = """\
cutline: 1
name: past
people: {ana: {roles: [sre]}}
switch: {env_file: {path: .env, key: V2}}
probes:
  work:
    sql: {dsn: "sqlite:///work.db", file: work.sql}
    over: 1h
    sides: [v2, v1]
    past: true
    returns: {ok: int, total: int}
  crashes:
    log:
      file: app.log
      count: {killed: OOMKilled}
      time: {regex: '^(\\S+)', format: "%Y-%m-%dT%H:%M:%SZ"}
    over: 15m
    past: true
    returns: {killed: int}
  health: {http: {get: "http://127.0.0.1:1/"}, returns: {status: string}}
gates:
  healthy: {check: 'health.status == "up"'}
  success: {rate: work.ok, of: work.total, at_least: 90.0, sure: 99, needs: 20}
  no_crash: {check: crashes.killed == 0}
  quiet: {attest: complaints, equals: 0, at: end}
stages:
  - name: canary
    percent: 10
    bake: {for: 24h, every: 15m, max_gap: 1h, marks: [1h, 24h], max_hold: 2h}
    gates: [healthy, success, no_crash, quiet]
triggers:
  - {name: failing, rate: work.ok, of: work.total, below: 90.0, sure: 99, severity: critical,
     do: rollback}
  - {name: killed, when: crashes.killed > 0, severity: high, do: pause, else: rollback, after: 4h}
  - {name: sick, when: 'health.status != "up"', severity: high, do: pause}
  - {report: complaint, severity: high, do: rollback}
"""
QUERY = """\
SELECT count(*) FILTER (WHERE ok) AS ok, count(*) AS total FROM work
WHERE side = :side AND at >= :from AND at < :to
"""


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """Ten days of v1: twelve items an hour by day, an outage of two hours on the third."""
    (tmp_path / "plan.yaml").write_text(PLAN)
    (tmp_path / "work.sql").write_text(QUERY)
    (tmp_path / "app.log").write_text("2026-03-09T10:00:30Z OOMKilled\n")
    outage = END - 7 * DAY + 10 * HOUR
    rows = []
    at = END - 10 * DAY
    while at < END:
        if 6 <= at.hour < 22:
            is_ok = not outage <= at < outage + 2 * HOUR
            rows.append(("v1", at.isoformat().replace("+00:00", "Z"), is_ok))
        at += 5 * MINUTE
    with sqlite3.connect(tmp_path / "work.db") as database:
        database.execute("CREATE TABLE work (side TEXT, at TEXT, ok INTEGER)")
        database.executemany("INSERT INTO work VALUES (?, ?, ?)", rows)
    database.close()
    return tmp_path / "plan.yaml"


def asked(plan: Path, *more: str, since: str = "2026-03-02T00:00Z") -> tuple[int, dict]:
    arguments = [str(plan), "--from", since, "--to", "2026-03-12T00:00Z", "--json", *more]
    done = CliRunner().invoke(backtest, arguments, standalone_mode=False, catch_exceptions=False)
    return done.return_value, json.loads(done.stdout)


def test_an_outage_of_the_past_would_have_fired_and_held_the_bake(plan: Path) -> None:
    """When and for how long, by v1's own data; the bake begins anew behind it."""
    code, found = asked(plan, "--side", "v1")
    assert code == 1
    failing, killed = found["fired"]
    assert (failing["trigger"], failing["do"]) == ("failing", "rollback")
    assert failing["at"].startswith("2026-03-05T10:")
    assert failing["until"].startswith("2026-03-05T1")
    assert (killed["trigger"], killed["at"][:16]) == ("killed", "2026-03-09T10:15")
    (canary,) = found["bakes"]
    # The nights are thin: the first mark waits for the morning, the last one is taken at once.
    assert canary["took_s"] == pytest.approx(24 * 3600 + 7.5 * 3600, abs=2 * 3600)
    assert canary["thin"]["success"]["count"] > 0


def test_without_any_v2_in_the_past_the_marks_wait_for_ever(plan: Path) -> None:
    """Thin is what a plan is told to look for before it begins: `--side` shows v1's instead."""
    code, found = asked(plan, since="2026-03-10T00:00Z")
    assert code == 0
    (canary,) = found["bakes"]
    assert canary["took_s"] is None
    assert "no items yet" in canary["thin"]["success"]["why"]


def test_what_the_past_cannot_tell_is_named(plan: Path) -> None:
    """Gates on probes without a past, and what only people say."""
    _, found = asked(plan, since="2026-03-11T20:00Z")
    assert {one["what"]: one["why"] for one in found["not_backtested"]} == {
        "gate healthy": "no `past: true`: health",
        "gate quiet": "only a person can say it",
        "trigger sick": "no `past: true`: health",
        "trigger report complaint": "only a person can report it",
    }


def test_where_nothing_could_be_measured_the_code_says_so(plan: Path) -> None:
    """3: a database that is not there is no quiet past."""
    (plan.parent / "work.db").unlink()
    (plan.parent / "app.log").unlink()
    code, found = asked(plan, since="2026-03-11T20:00Z")
    assert code == 3
    assert found["measured"] == 0
    assert {one["probe"] for one in found["not_measured"]} == {"work", "crashes"}


def test_nothing_of_the_plan_is_set_or_done(plan: Path) -> None:
    """The switch's file is not even made."""
    asked(plan, "--side", "v1", since="2026-03-11T00:00Z")
    names = {one.name for one in plan.parent.iterdir()}
    assert names == {"plan.yaml", "work.sql", "app.log", "work.db"}


def test_people_read_it_as_tables(plan: Path) -> None:
    """Bakes, what would have fired, what was left out."""
    arguments = [str(plan), "--from", "2026-03-04T00:00Z", "--to", "2026-03-06T00:00Z"]
    done = CliRunner().invoke(backtest, [*arguments, "--side", "v1"], standalone_mode=False)
    for words in ("canary", "failing", "rollback", "not backtested: gate healthy"):
        assert words in done.stdout
