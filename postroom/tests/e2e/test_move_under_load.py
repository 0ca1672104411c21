"""A source is read and written over HTTP by many while it moves there, back, and there again."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from tests_support.large_source import large_source
from tests_support.move_load import Crowd, crowd
from tests_support.serving_postroom import PROGRAM, serve
from tests_support.waiting import until

from postroom.archive import open_archive
from postroom.archive.sqlite import SqliteArchive

IS_SOAK = bool(os.environ.get("SOAK"))
ROWS = 1_000_000 if IS_SOAK else 2_000
LONGEST_PAUSE_S = 1.0
SHOWN = 50


@pytest.fixture
def file(tmp_path: Path, postgres_dsn: str, monkeypatch: pytest.MonkeyPatch) -> SqliteArchive:
    """A large source, with the variables that name its PostgreSQL."""
    monkeypatch.setenv("POSTROOM_DSN", postgres_dsn)
    monkeypatch.setenv("POSTROOM_ADMIN_DSN", postgres_dsn)
    return large_source(f"load-{secrets.token_hex(4)}", tmp_path, ROWS)


@pytest.fixture
def services(file: SqliteArchive, tmp_path: Path) -> Iterator[list[str]]:
    """Two services that follow the registry, as processes of their own."""
    source(tmp_path, "bootstrap", file.source_id)
    named = ("--registry", "env:POSTROOM_DSN", "--source", file.source_id)
    with ExitStack() as stack:
        yield [stack.enter_context(serve(tmp_path, *named)).url for _ in range(2)]


def source(home: Path, *arguments: str) -> dict[str, Any]:
    """Run `postroom source`."""
    command = [PROGRAM, "source", *arguments, "--home", str(home), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def drawn_ids(file: SqliteArchive) -> tuple[str, ...]:
    """Some mails of the source."""
    with closing(file.connect()) as connection:
        rows = connection.execute("SELECT id FROM email_messages LIMIT ?", (SHOWN,)).fetchall()
    return tuple(row["id"] for row in rows)


def test_nothing_is_lost_there_and_back_and_there(
    file: SqliteArchive, services: list[str], tmp_path: Path, postgres_dsn: str
) -> None:
    """Four write, eight read: every acknowledged write is there once, and no reader notices.

    Whoever reads after a write was acknowledged finds it, in whichever store it then is.
    """
    pauses: list[float] = []
    with crowd(services, drawn_ids(file), writers=4, readers=8) as each:
        for action in (("move", "--no-snapshot"), ("rollback",), ("move", "--no-snapshot")):
            goes_on(each)
            pauses.append(source(tmp_path, *action, file.source_id)["pause_ms"])
            goes_on(each)
    print(  # noqa: T201  # the figures of the issue
        f"\n{ROWS:,} rows; writes waited {[round(ms) for ms in pauses]} ms by the mover's clock;"
        f" longest write over HTTP {max(one.longest_s for one in each.writers) * 1000:.0f} ms,"
        f" of those that met a 503 {max(one.refused_longest_s for one in each.writers) * 1000:.0f};"
        f" longest read {max(one.longest_s for one in each.readers) * 1000:.0f} ms;"
        f" {each.written:,} writes, {each.answers(each.readers).total():,} reads"
    )
    archive = open_archive(file.source_id, home=tmp_path, dsn=None, registry=postgres_dsn)
    with archive.reading() as tx:
        assert tx.backend == "postgres"
        rows = tx.rows("SELECT id, body FROM item_notes")
    assert {row["id"]: row["body"] for row in rows} == each.notes
    bodies = Counter(row["body"] for row in rows)
    assert bodies.total() == len(bodies)
    assert set(each.answers(each.readers)) == {200}
    assert set().union(*(one.stale for one in each.readers)) == set()
    assert set().union(*(one.backends for one in each.readers)) == {"sqlite", "postgres_primary"}
    assert max(pauses) < LONGEST_PAUSE_S * 1000


def goes_on(each: Crowd) -> None:
    """Wait until everybody had answers since."""
    before = [one.answers.total() for one in (*each.writers, *each.readers)]
    until(
        lambda: (
            each.check()
            or all(
                one.answers.total() >= seen + 5
                for one, seen in zip((*each.writers, *each.readers), before, strict=True)
            )
        ),
        timeout_s=60,
    )
