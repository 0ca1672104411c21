"""The commands of the way back, as a person runs them on a source that was switched."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests_support.moved import Moved, moved

from postroom.move.rollback import roll_back

BIN = Path(sys.executable).parent

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def source(postgres_dsn: str, source_id: str, tmp_path: Path) -> Moved:
    """A source that was switched to PostgreSQL, in a schema of its own."""
    return moved(tmp_path / "home", postgres_dsn, source_id)


@pytest.fixture
def environment(source: Moved, tmp_path: Path) -> dict[str, str]:
    """Where the two stores lie."""
    return os.environ | {
        "POSTROOM_HOME": str(tmp_path / "home"),
        "POSTROOM_ADMIN_DSN": source.dsn,
    }


@pytest.fixture
def run(source: Moved, environment: dict[str, str]) -> Run:
    """Run `postroom source` on it."""

    def postroom(command: str, *options: str, **also: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [BIN / "postroom", "source", command, source.source_id, *options],
            check=False,
            capture_output=True,
            text=True,
            env=environment | also,
        )

    return postroom


def test_carried_compared_rolled_back_and_left_alone(source: Moved, run: Run) -> None:
    """Each command says what it did as JSON; a second rollback finds nothing to do."""
    source.keep("one", "two")
    carried = _json(run("carry", "--once", "--compare", "--json"))
    assert carried["entries"] == 2
    assert carried["compared"]["idempotency_keys"] == 2
    source.keep("three")
    returned = _json(run("rollback", "--json"))
    assert (returned["owner"], returned["epoch"]) == ("sqlite", 5)
    assert 0 < returned["pause_ms"] < 60_000
    assert source.keys() == {"one", "two", "three"}
    assert _json(run("rollback", "--json"))["pause_ms"] is None
    assert _json(run("recover", "--json"))["did"] == "nothing"
    refused = run("carry", "--once")
    assert (refused.returncode, "nothing is carried back" in refused.stderr) == (1, True)


def test_carrying_ends_with_its_pass_when_it_is_told_to(
    source: Moved, environment: dict[str, str]
) -> None:
    """It waits while the source is in its file, for it may move again; SIGTERM ends it with 0."""
    command = [BIN / "postroom", "source", "carry", source.source_id, "--poll", "0.05"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        source.keep("one")
        assert process.stderr is not None
        said = process.stderr.readline()
        roll_back(source.file, source.dsn, wait_s=5)
        waits = process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert "carried 1 entries: 1 rows written, 0 gone" in said
    assert "waits: nothing is carried back: the registry says sqlite" in waits
    assert source.keys() == {"one"}


def test_a_loss_is_accepted_by_name_and_reconciled(
    source: Moved, run: Run, postgres_dsn: str
) -> None:
    """Without a name, and while PostgreSQL answers, it is refused."""
    source.keep("there alone")
    gone = psycopg.conninfo.make_conninfo(postgres_dsn, host="/nowhere")
    assert run("rollback", "--accept-loss").returncode == 64
    assert run("rollback", "--accept-loss", "--by", "ann").returncode == 1
    opened = _json(
        run("rollback", "--accept-loss", "--by", "ann", "--json", POSTROOM_ADMIN_DSN=gone)
    )
    assert opened["loss_accepted"].startswith("ann at ")
    assert _json(run("recover", "--reconcile", "--json"))["written"] == {"idempotency_keys": 1}
    assert source.keys() == {"there alone"}


def test_snapshots_are_taken_and_put_back_and_the_store_that_was_left_is_purged(
    source: Moved, run: Run, tmp_path: Path
) -> None:
    """Both stores by one command; each refusal is exit 1 or a usage error, and changes nothing."""
    taken = _json(run("snapshot", "--json", "--to", str(tmp_path / "kept")))["snapshots"]
    assert [one["store"] for one in taken] == ["sqlite", "postgres"]
    assert all(one["proven"] for one in taken)
    dump = taken[1]["path"]
    source.keep("given up")
    assert run("restore", dump).returncode == 64
    assert _json(run("restore", dump, "--by", "ann", "--json"))["store"] == "postgres"
    assert source.placement.generation == 2
    assert run("purge", "--store", "postgres").returncode == 64
    purged = _json(run("purge", "--store", "postgres", "--by", "ann", "--json"))
    assert purged["deleted"] == [source.server.schema]


def _json(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
