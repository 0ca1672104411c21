"""A backtest over real servers: PostgreSQL, and the HTTP API of Prometheus."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from click.testing import CliRunner
from tests_support.http_server import Reply, Request, serving

from cutline.commands.backtest import backtest

END = datetime(2026, 3, 12, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
OUTAGE = END - timedelta(days=2) + 10 * HOUR
PLAN = """\
cutline: 1
name: past
inputs:
  dsn: {env: DATABASE_URL, secret: true}
  prometheus: {required: true}
people: {ana: {roles: [sre]}}
switch: {env_file: {path: .env, key: V2}}
probes:
  work:
    sql: {dsn: "${inputs.dsn}", file: work.sql}
    over: 1h
    sides: [v2, v1]
    past: true
    returns: {ok: int, total: int, seconds: list(double)}
  load:
    prometheus:
      url: "${inputs.prometheus}"
      query: {errors: 'sum(increase(errors_total[${over}]))'}
    over: 1h
    past: true
    returns: {errors: double}
gates:
  success: {rate: work.ok, of: work.total, at_least: 90.0, sure: 99, needs: 20}
  fast: {quantile: 0.95, of: work.seconds, at_most: 9.0, needs: 20, at: marks}
  calm: {check: load.errors < 5.0}
stages:
  - name: canary
    percent: 10
    bake: {for: 12h, every: 15m, max_gap: 1h, marks: [4h], max_hold: 1h}
    gates: [success, fast, calm]
triggers:
  - {name: failing, rate: work.ok, of: work.total, below: 90.0, sure: 99, severity: critical,
     do: rollback}
  - {name: erring, when: load.errors > 20.0, severity: high, do: pause}
"""
QUERY = """\
SELECT count(*) FILTER (WHERE is_ok)::int AS ok, count(*)::int AS total,
  coalesce(array_agg(seconds), '{}') AS seconds
FROM past_work WHERE side = :side AND at >= :from AND at < :to
"""


def is_outage(at: datetime) -> bool:
    """Say whether v1 failed then."""
    return OUTAGE <= at < OUTAGE + 2 * HOUR


@pytest.fixture
def database(postgres_dsn: str) -> Iterator[str]:
    """Three days of v1 in PostgreSQL: forty items an hour, an outage of two hours."""
    rows = [
        ("v1", at, not is_outage(at), 2.5)
        for number in range(3 * 24 * 40)
        for at in [END - timedelta(days=3) + number * 1.5 * MINUTE]
    ]
    with psycopg.connect(postgres_dsn) as connection:
        connection.execute(
            "CREATE TABLE past_work (side text, at timestamptz, is_ok bool, seconds float8)"
        )
        with connection.cursor().copy("COPY past_work FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    yield postgres_dsn
    with psycopg.connect(postgres_dsn) as connection:
        connection.execute("DROP TABLE past_work")


@pytest.fixture
def prometheus() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """The query API over a socket: 30 errors in each hour of the outage, and one in any other."""
    heard: list[dict[str, str]] = []

    def answer(request: Request, _: BaseHTTPRequestHandler) -> Reply:
        asked = {name: one[0] for name, one in parse_qs(urlsplit(request.path).query).items()}
        heard.append(asked)
        at = datetime.fromtimestamp(float(asked["time"]), UTC)
        value = "30" if is_outage(at - MINUTE) else "1"
        result = [{"metric": {}, "value": [float(asked["time"]), value]}]
        data = {"resultType": "vector", "result": result}
        return Reply(body=json.dumps({"status": "success", "data": data}).encode())

    with serving(answer) as url:
        yield url, heard


def asked(folder: Path, prometheus: str, *more: str) -> tuple[int, dict]:
    """Backtest two days of v1 and return the code and what was found."""
    (folder / "plan.yaml").write_text(PLAN)
    (folder / "work.sql").write_text(QUERY)
    arguments = [str(folder / "plan.yaml"), "--from", "2026-03-10T00:00Z", "--json", *more]
    arguments += ["--to", "2026-03-12T00:00Z", "--side", "v1"]
    arguments += ["--input", f"prometheus={prometheus}"]
    done = CliRunner().invoke(backtest, arguments, standalone_mode=False, catch_exceptions=False)
    return done.return_value, json.loads(done.stdout)


def test_both_servers_tell_the_same_outage(
    tmp_path: Path,
    database: str,
    prometheus: tuple[str, list[dict[str, str]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When it would have fired and cleared, and that the bake begins anew behind it."""
    monkeypatch.setenv("DATABASE_URL", database)
    url, heard = prometheus
    code, found = asked(tmp_path, url)
    assert (code, found["not_measured"]) == (1, [])
    fired = {one["trigger"]: one for one in found["fired"]}
    assert fired["failing"]["at"][:13] == fired["erring"]["at"][:13] == "2026-03-10T10"
    for one in fired.values():
        assert one["until"][:10] == "2026-03-10"
        assert "T12" <= one["until"][10:13] <= "T13"
    (canary,) = found["bakes"]
    # Ten hours until the outage, two in it and what of it is in the last hour, then all twelve.
    assert canary["took_s"] == pytest.approx((10 + 3 + 12) * 3600, abs=3600)
    assert set(canary["failed"]) == {"success", "calm"}
    assert heard
    since, until = END - timedelta(days=2), END
    assert "sum(increase(errors_total[3600s]))" in {one["query"] for one in heard}
    for one in heard:  # at marks over the time since the last one
        assert re.fullmatch(r"sum\(increase\(errors_total\[\d+s\]\)\)", one["query"])
        assert since <= datetime.fromtimestamp(float(one["time"]), UTC) <= until


def test_a_server_that_is_away_is_named_and_no_quiet_past(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the plan could not be measured: it is said of which, and the bake does not end."""
    monkeypatch.setenv("DATABASE_URL", database)

    def down(request: Request, handler: BaseHTTPRequestHandler) -> Reply:
        del request, handler
        return Reply(503, b'{"status": "error", "error": "starting"}')

    with serving(down) as url:
        code, found = asked(tmp_path, url)
    assert code == 1
    assert [one["trigger"] for one in found["fired"]] == ["failing"]
    (lacking,) = found["not_measured"]
    assert (lacking["probe"], lacking["times"] > 40) == ("load", True)
    assert "503" in lacking["why"]
    assert found["bakes"][0]["took_s"] is None
    assert "calm" in found["bakes"][0]["blind"]


def test_no_secret_of_the_servers_is_shown(
    tmp_path: Path, prometheus: tuple[str, list[dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that refuses is named by what it said, without the password of its address."""
    dsn = "postgresql://ana:hunter2@127.0.0.1:1/none"
    monkeypatch.setenv("DATABASE_URL", dsn)
    _, found = asked(tmp_path, prometheus[0])
    assert "work" in {one["probe"] for one in found["not_measured"]}
    assert "hunter2" not in json.dumps(found)
