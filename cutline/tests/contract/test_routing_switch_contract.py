"""One promise over every place that a switch may be kept in: a file, PostgreSQL, HTTP."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from tests_support.http_server import Reply, serving
from tests_support.waiting import until

from cutline.errors import WrongUsage
from cutline.routing import Switch

FAST = {"poll_s": 0.01}


class Place:
    """Somewhere that a switch is kept, as the person who sets it sees it."""

    url: str

    def put(self, value: str) -> None:
        """Set it."""

    def lose(self) -> None:
        """Make it unreadable."""


@dataclass
class InAFile(Place):
    path: Path

    def __post_init__(self) -> None:
        self.url = f"env-file:{self.path}#V2_ROLLOUT_PERCENT"

    def put(self, value: str) -> None:
        new = self.path.with_suffix(".new")
        new.write_text(f"SECRET=hunter2\nexport V2_ROLLOUT_PERCENT='{value}'  # live\n")
        new.replace(self.path)

    def lose(self) -> None:
        self.path.unlink(missing_ok=True)


@dataclass
class InPostgres(Place):
    dsn: str
    name: str

    def __post_init__(self) -> None:
        self.url = f"postgres:{self.dsn}#{self.name}"
        self._run("DROP TABLE IF EXISTS cutline_switch")  # another test's, of whole per cents
        self._run("CREATE TABLE cutline_switch (name text PRIMARY KEY, percent text)")

    def put(self, value: str) -> None:
        self._run(
            "INSERT INTO cutline_switch (name, percent) VALUES (%s, %s)"
            " ON CONFLICT (name) DO UPDATE SET percent = excluded.percent",
            self.name,
            value,
        )

    def lose(self) -> None:
        self._run("DELETE FROM cutline_switch WHERE name = %s", self.name)

    def _run(self, statement: str, *values: str) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(statement, values or None)  # type: ignore[call-overload]


@dataclass
class BehindHttp(Place):
    url: str = ""
    answers: list[tuple[int, str]] = field(default_factory=lambda: [(500, "")])

    def put(self, value: str) -> None:
        self.answers[:] = [(200, f'{{"percent": {value}, "flags": {{"import": "{value}"}}}}')]

    def lose(self) -> None:
        self.answers[:] = [(500, "out of order")]


@contextmanager
def behind_http() -> Iterator[BehindHttp]:
    place = BehindHttp()

    def answer(*_asked: object) -> Reply:
        status, body = place.answers[0]
        return Reply(status, body.encode(), {"Location": "/elsewhere"})

    with serving(answer) as url:
        place.url = f"{url}/switch?token=hunter2"
        yield place


@pytest.fixture(params=["env-file", "postgres", "http"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    match request.param:
        case "env-file":
            yield InAFile(tmp_path / ".env.production")
        case "postgres":
            dsn = request.getfixturevalue("postgres_dsn")
            yield InPostgres(dsn, f"rollout-{tmp_path.name}")
        case _:
            with behind_http() as http:
                yield http


def test_a_change_comes_into_force_by_itself(place: Place) -> None:
    """Live, up and down; nobody restarts an application."""
    place.put("10")
    with Switch.from_url(place.url, **FAST) as switch:
        assert switch.percent == 10  # at once, not after the first second
        place.put("50.5")
        until(lambda: switch.percent == 50.5)
        place.put("0")
        until(lambda: switch.percent == 0)
        assert not switch.trouble


def test_a_switch_that_was_never_readable_stands_at_nothing(place: Place) -> None:
    """At start without any good value: 0, and the reason is told."""
    place.lose()
    with Switch.from_url(place.url, **FAST, stale_ok_s=60) as switch:
        assert (switch.percent, bool(switch.trouble)) == (0, True)
        place.put("25")
        until(lambda: switch.percent == 25)
        assert not switch.trouble


def test_the_last_good_value_holds_for_a_while_and_then_nothing_does(place: Place) -> None:
    """An outage of the switch moves nobody at once, and leaves nobody on v2 for ever."""
    place.put("40")
    with Switch.from_url(place.url, **FAST, stale_ok_s=60) as patient:
        place.lose()
        until(lambda: patient.trouble)
        assert patient.percent == 40
    place.put("40")
    with Switch.from_url(place.url, **FAST, stale_ok_s=0.2) as impatient:
        place.lose()
        until(lambda: impatient.percent == 0)
        place.put("30")
        until(lambda: impatient.percent == 30)


def test_no_secret_of_a_place_is_logged(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    """Neither other lines of the file nor the query of a URL."""
    with caplog.at_level(logging.DEBUG, "cutline.routing"):
        place.put("40")
        with Switch.from_url(place.url, poll_s=60) as switch:
            place.lose()
            switch.poll()
            place.put("41")
            switch.poll()
            shown = f"{switch.url} {switch.trouble} {caplog.text}"
    assert "cannot be read" in caplog.text
    assert "stands at 41 %" in caplog.text
    assert "hunter2" not in shown


class Hanging:
    """A source that answers once and then never again, until it is let go."""

    name = "hanging"

    def __init__(self) -> None:
        self.is_let_go = threading.Event()
        self.asked = 0

    def read(self) -> int:
        self.asked += 1
        if self.asked > 1:
            self.is_let_go.wait()
        return 6_000

    def close(self) -> None:
        """Hold nothing."""


def test_a_source_that_hangs_does_not_keep_traffic_on_v2() -> None:
    """A reader that waits for ever is not the one who lowers the share."""
    source = Hanging()
    with Switch(source, **FAST, stale_ok_s=0.3) as switch:
        assert switch.poll() == 6_000
        switch.start()
        until(lambda: switch.percent == 0)
        assert source.asked == 2
        source.is_let_go.set()
        until(lambda: switch.percent == 60)


def test_a_member_of_a_json_object_is_named_by_the_fragment() -> None:
    """Dots go deeper; what is no number there is no percentage."""
    with behind_http() as http:
        http.put("12.5")
        with Switch.from_url(f"{http.url}#flags.import", **FAST) as switch:
            assert switch.percent == 12.5
        with Switch.from_url(f"{http.url}#flags", **FAST) as switch:
            assert (switch.percent, bool(switch.trouble)) == (0, True)


@pytest.mark.parametrize(
    ("status", "body"),
    [(302, "50"), (200, "<html>50</html>"), (200, "[50]"), (200, "1" * 100_000), (204, "")],
)
def test_an_answer_that_is_not_plainly_a_percentage_is_none(status: int, body: str) -> None:
    """No redirect is followed, and no number is guessed out of a page."""
    with behind_http() as http:
        http.answers[:] = [(status, body)]
        with Switch.from_url(http.url, poll_s=60) as switch:
            assert (switch.percent, bool(switch.trouble)) == (0, True)


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        ("V2=10", 10),
        ('V2="10"', 10),
        ("V2 = 10 # ten", 10),
        ("V2=10\nV2=20", None),
        ("V2=10\nexport V2='10'", 10),
        ("OTHER_V2=5\n#V2=7\nV2=9\r\n", 9),
        ("\ufeffV2=10", 10),
        ("V2=", None),
        ("V2=10 20", None),
        ("v2=10", None),
        ("V2=$OTHER", None),
    ],
)
def test_an_env_file_is_read_as_programs_read_it(
    text: str, percent: float | None, tmp_path: Path
) -> None:
    """Quotes, `export`, comments; what readers would take differently is no number."""
    path = tmp_path / ".env"
    path.write_bytes(text.encode())
    with Switch.from_url(f"env-file:{path}#V2", poll_s=60) as switch:
        assert (switch.percent, bool(switch.trouble)) == (percent or 0, percent is None)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "env-file:.env",
        "env-file:#KEY",
        "redis:x#y",
        "http:",
        "http://",
        "postgres:env:DSN",
        "postgres:postgresql://a:hunter2@db/x#rollout",
        "postgres:host=db password=hunter2#rollout",
        "http://a:hunter2@host/switch",
    ],
)
def test_a_url_that_names_no_switch_or_holds_a_password_is_refused(url: str) -> None:
    """At once, with what is known; the password is not repeated."""
    with pytest.raises(WrongUsage) as refused:
        Switch.from_url(url)
    assert "hunter2" not in str(refused.value)


def test_the_dsn_may_come_from_the_environment(
    postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`env:NAME`; not set is trouble, and no crash of the application."""
    InPostgres(postgres_dsn, "from-environment").put("15")
    monkeypatch.setenv("ROUTING_DSN", postgres_dsn)
    with Switch.from_url("postgres:env:ROUTING_DSN#from-environment", **FAST) as switch:
        assert switch.percent == 15
    monkeypatch.delenv("ROUTING_DSN")
    with Switch.from_url("postgres:env:ROUTING_DSN#from-environment", **FAST) as switch:
        assert switch.percent == 0
        assert "ROUTING_DSN" in switch.trouble


def test_another_table_may_be_named(postgres_dsn: str) -> None:
    """As a plan names it: with its schema, before the name of the row."""
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA ops; CREATE TABLE ops.shares (name text, percent int)")
        connection.execute("INSERT INTO ops.shares VALUES ('import', 35)")
    with Switch.from_url(f"postgres:{postgres_dsn}#ops.shares/import", **FAST) as switch:
        assert switch.percent == 35


def test_a_connection_that_breaks_is_opened_anew(postgres_dsn: str) -> None:
    """A restart of the server, or somebody who ends our session, costs one read at most."""
    place = InPostgres(postgres_dsn, "broken-connection")
    place.put("15")
    with Switch.from_url(place.url, **FAST) as switch:
        place._run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'cutline-switch'"
        )
        place.put("16")
        until(lambda: switch.percent == 16)
