"""A return that is killed leaves the source in exactly one store, and the next one finishes it."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from tests_support import killed_rollback
from tests_support.move_writers import Moving, lost, moving, writers, written

from postroom.move.mover import move
from postroom.move.recover import recover
from postroom.move.rollback import roll_back

ROOT = Path(__file__).parents[3]
MAILS = 6
POINTS = 100 if os.environ.get("SOAK") else 4
_MAY_WRITE = """SELECT bool_or(has_table_privilege(%s, c.oid, 'INSERT')) FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = 'item_notes' AND starts_with(n.nspname, %s)"""


def returned_by_a_process(source: Moving, last: int) -> subprocess.CompletedProcess[str]:
    """Come back in a process of its own, which dies before its statement number `last`."""
    home = source.file.path.parent.parent
    arguments = [source.source_id, str(home), source.dsn, str(last)]
    command = [sys.executable, "-m", killed_rollback.__name__, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def statements(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many statements a return has from its first to its last."""
    source = moving("returned", tmp_path_factory.mktemp("returned"), postgres_dsn, mails=MAILS)
    move(source.file, source.dsn)
    done = returned_by_a_process(source, 0)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def schema_is_open(source: Moving) -> bool:
    """Whether PostgreSQL takes writes of the source's role, in any generation."""
    role = f"src_{source.source_id}"
    with psycopg.connect(source.dsn) as connection:
        (row,) = connection.execute(_MAY_WRITE, (role, role)).fetchall()
    return bool(row[0])


@pytest.mark.parametrize("point", range(POINTS))
def test_a_killed_return_loses_nothing(
    point: int, statements: int, postgres_dsn: str, tmp_path: Path
) -> None:
    """Never are both stores open; what was acknowledged before and after is there at the end."""
    source = moving(f"r{secrets.token_hex(6)}", tmp_path, postgres_dsn, mails=MAILS)
    move(source.file, source.dsn)
    at = max(1, round((point + 0.5) / POINTS * statements))
    with writers(source) as each:
        written(each, 2)
        killed = returned_by_a_process(source, at)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert not (source.fence_is_open() and schema_is_open(source))
        if point % 2:
            recover(source.file, source.dsn, is_patient=False)
            assert source.fence_is_open() != schema_is_open(source)
            written(each, 2)
        roll_back(source.file, source.dsn, wait_s=10)
        written(each, 2)
    assert source.placement().owner == "sqlite"
    assert not source.placement().is_paused
    assert lost(source, each) == []
    assert source.fence_is_open()
    assert not schema_is_open(source)
