"""A move that is killed leaves the source in exactly one store, and the next one finishes it."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row
from tests_support import killed_move
from tests_support.move_writers import Moving, lost, moving, writers, written

from postroom.archive.source_registry import placement_of
from postroom.move.mover import move
from postroom.move.route import Route
from postroom.move.switch import undo

ROOT = Path(__file__).parents[3]
MAILS = 6
POINTS = 100 if os.environ.get("SOAK") else 10
CAN_WRITE = """SELECT has_table_privilege(%(role)s, %(table)s, 'INSERT') AS may"""


def moved_by_a_process(source: Moving, last: int) -> subprocess.CompletedProcess[str]:
    """Move in a process of its own, which dies before its statement number `last`."""
    home = source.file.path.parent.parent
    arguments = [source.source_id, str(home), source.dsn, str(last)]
    command = [sys.executable, "-m", killed_move.__name__, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def statements(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many statements a move has from its first to its last."""
    source = moving("counted", tmp_path_factory.mktemp("counted"), postgres_dsn, mails=MAILS)
    done = moved_by_a_process(source, 0)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def schema_is_open(source: Moving) -> bool:
    """Whether PostgreSQL takes writes of the source's role, in any generation."""
    query = """SELECT bool_or(has_table_privilege(%s, c.oid, 'INSERT')) AS may FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relname = 'item_notes' AND starts_with(n.nspname, %s)"""
    role = f"src_{source.source_id}"
    with psycopg.connect(source.dsn, row_factory=dict_row) as connection:
        (row,) = connection.execute(query, (role, role)).fetchall()
    return bool(row["may"])


@pytest.mark.parametrize("point", range(POINTS))
def test_a_killed_move_loses_nothing(
    point: int, statements: int, postgres_dsn: str, tmp_path: Path
) -> None:
    """Never are both stores open; what was acknowledged before and after is there at the end."""
    source = moving(f"k{secrets.token_hex(6)}", tmp_path, postgres_dsn, mails=MAILS)
    at = max(1, round((point + 0.5) / POINTS * statements))
    with writers(source) as each:
        written(each, 2)
        killed = moved_by_a_process(source, at)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert not (source.fence_is_open() and schema_is_open(source))
        if point % 2:
            recover(source)
            assert source.fence_is_open() != schema_is_open(source)
            written(each, 2)
        done = move(source.file, source.dsn)
        written(each, 2)
    assert done.placement.owner == "postgres"
    assert lost(source, each) == []
    assert schema_is_open(source)
    assert not source.fence_is_open()


def recover(source: Moving) -> None:
    """Undo what stands half-way, as whoever meets it does."""
    with psycopg.connect(source.dsn, row_factory=dict_row) as connection:
        found = placement_of(connection, source.source_id)
    assert found is not None
    if found.owner == "freezing":
        undo(Route(source.file, source.dsn, 0), found)
