"""A comparison of both stores sees every change of a row, and no change where there is none."""

from __future__ import annotations

import os
import secrets
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql
from tests_support.mails import NOW
from tests_support.move_writers import Moving, moving

from postroom.archive.postgres import Connection
from postroom.move.capture_sqlite import install_capture
from postroom.move.generation import make_generation, make_keys
from postroom.move.load import load
from postroom.move.route import Route
from postroom.move.tables import TABLES
from postroom.move.verify import compare
from postroom.progress import silent

TEXTS = st.text(alphabet=st.characters(exclude_characters="\0", codec="utf-8"))
DIGITS = st.integers(0, 9_999_999)
OTHER = {
    "uuid": "gen_random_uuid()",
    "text": "coalesce({}, '') || ' '",
    "json": """'{{"x": 1}}'""",
    "boolean": "NOT {}",
    "integer": "coalesce({}, 0) + 1",
    "bigint": "coalesce({}, 0) + 1",
    "real": "{} / 2",
    "moment": "coalesce({}, now()) + interval '1 microsecond'",
}
CHECKED = {"origin", "status", "engine", "processing_status", "body_source"}


@pytest.fixture(scope="module")
def route(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Route:
    """Where a source was loaded to."""
    home = tmp_path_factory.mktemp("home")
    source = moving(f"v{secrets.token_hex(6)}", home, postgres_dsn)
    with closing(source.file.connect()) as file, file:
        file.execute(
            "INSERT INTO email_thread_links SELECT ?, pst_file_id, id, id, 'm', 0.1"
            " FROM email_messages LIMIT 1",
            (str(uuid4()),),
        )
    return loaded(source, 1)


def loaded(source: Moving, generation: int) -> Route:
    """Load a source without anything that follows."""
    route = Route(source.file, source.dsn, generation)
    with closing(route.open_server()) as server, closing(route.open_file()) as file:
        install_capture(file, 1)
        make_generation(server, route.archive)
        load(file, server, silent)
        make_keys(server, silent)
    return route


def rows(server: Connection, table: str) -> int:
    """How many rows a table has."""
    query = sql.SQL("SELECT count(*) AS n FROM {}").format(sql.Identifier(table))
    (row,) = server.execute(query).fetchall()
    return int(row["n"])


@pytest.mark.parametrize("table", ["email_messages", "email_attachments", "email_thread_links"])
def test_a_change_of_any_column_of_any_row_is_seen_and_named(route: Route, table: str) -> None:
    """Column after column, one row is changed in PostgreSQL alone."""
    with closing(route.open_server()) as server, closing(route.open_file()) as file:
        assert compare(file, server).is_same
        assert rows(server, table)
        key = TABLES[table].key
        for column in TABLES[table].columns[1:]:
            if column.name in CHECKED:
                continue
            change = f"UPDATE {table} SET {column.name} = {OTHER[column.kind].format(column.name)}"
            which = f"WHERE {key} = (SELECT min({key}::text)::uuid FROM {table}) RETURNING {key}"
            with server.transaction(force_rollback=True):
                (row,) = server.execute(f"{change} {which}".encode()).fetchall()
                (found,) = compare(file, server).differences
            assert (found.table, found.key) == (table, str(row["id"])), column.name


def test_a_row_too_many_and_one_too_few_are_named(route: Route) -> None:
    """In either store, and where a key is there twice."""
    with closing(route.open_server()) as server, closing(route.open_file()) as file:
        with server.transaction(force_rollback=True):
            server.execute("DELETE FROM item_notes")
            server.execute(
                "INSERT INTO dead_letters VALUES (gen_random_uuid(), NULL, 'v1',"
                " NULL, NULL, 'r', NULL, now(), NULL)"
            )
            found = compare(file, server).differences
        assert {(one.table, one.kind) for one in found} == {
            ("item_notes", "only in SQLite"),
            ("dead_letters", "only in PostgreSQL"),
        }
        with server.transaction(force_rollback=True):
            server.execute("ALTER TABLE item_notes DROP CONSTRAINT item_notes_pkey")
            server.execute("INSERT INTO item_notes SELECT * FROM item_notes")
            (found,) = compare(file, server).differences
        assert (found.table, found.kind) == ("item_notes", "only in PostgreSQL")


@settings(
    max_examples=100 if os.environ.get("SOAK") else 5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(TEXTS, TEXTS, DIGITS, st.booleans()), min_size=1, max_size=100))
def test_whatever_a_row_holds_it_is_the_same_when_it_was_carried(
    postgres_dsn: str, tmp_path: Path, notes: list[tuple[str, str, int, bool]]
) -> None:
    """Every text, and moments of seven digits as PostgreSQL rounds them."""
    source = moving(f"v{secrets.token_hex(6)}", tmp_path, postgres_dsn, mails=5)
    with closing(source.file.connect()) as file, file:
        for author, body, digits, pinned in notes:
            row = (str(uuid4()), source.filled.ids[0], author, body, pinned)
            moment = f"2026-11-20T12:34:56.{digits:07}Z"
            file.execute("INSERT INTO item_notes VALUES (?, ?, ?, ?, ?, ?, ?)", (*row, moment, NOW))
    route = loaded(source, 1)
    with closing(route.open_server()) as server, closing(route.open_file()) as file:
        assert compare(file, server).differences == ()
