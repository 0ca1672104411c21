"""Whatever is written to a file, and however often it is carried: the schema comes to the same."""

from __future__ import annotations

import os
import secrets
import sqlite3
import tempfile
from contextlib import closing, suppress
from pathlib import Path
from uuid import uuid4

import psycopg
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests_support.mails import NOW
from tests_support.move_writers import Moving, moving

from postroom.archive.placement import Placement
from postroom.move.capture_sqlite import install_capture
from postroom.move.catch_up import catch_up
from postroom.move.generation import make_generation, make_keys, make_references
from postroom.move.load import load
from postroom.move.route import Route
from postroom.move.verify import compare
from postroom.progress import silent

KEYS = [str(uuid4()) for _ in range(4)]
NAMES = ["a", "b"]
key, name = st.sampled_from(KEYS), st.sampled_from(NAMES)
text = st.text(alphabet=st.characters(exclude_characters="\0", codec="utf-8"), max_size=20)
PUT = "INSERT OR REPLACE INTO item_meta VALUES (?, ?, ?, ?, ?)"
CHANGE_KEY = "UPDATE OR REPLACE item_meta SET id = ? WHERE id = ?"
CHANGE_NAME = "UPDATE OR REPLACE item_meta SET name = ? WHERE id = ?"
DELETE = "DELETE FROM item_meta WHERE id = ? OR name = ?"
actions = st.one_of(
    st.tuples(st.just(PUT), key, name, text),
    st.tuples(st.just(CHANGE_KEY), key, key, text),
    st.tuples(st.just(CHANGE_NAME), name, key, text),
    st.tuples(st.just(DELETE), key, name, text),
    st.tuples(st.just("carry"), key, name, text),
    st.tuples(st.just("load in part"), key, name, text),
)
TWO = [(PUT, KEYS[0], "a", "x"), (PUT, KEYS[1], "b", "y")]


def act(source: Moving, file: sqlite3.Connection, action: tuple[str, str, str, str]) -> None:
    """Write to the file."""
    statement, first, second, value = action
    given = (first, second)
    if statement.startswith("INSERT"):
        quoted = (
            '"' + value.encode("unicode_escape").decode().replace("\\", "/").replace('"', "") + '"'
        )
        given = (first, source.filled.ids[0], second, quoted, NOW)
    file.execute(statement, given)


# Both rows are in the schema when one is changed: what the log must say then.
@example(TWO, [(CHANGE_KEY, KEYS[2], KEYS[0], "")])
@example(TWO, [(CHANGE_KEY, KEYS[1], KEYS[0], "")])
@example(TWO, [(CHANGE_NAME, "b", KEYS[0], "")])
@example(TWO, [(PUT, KEYS[2], "a", "z")])
@example(TWO, [(DELETE, KEYS[0], "a", "")])
@settings(max_examples=200 if os.environ.get("SOAK") else 8, deadline=None)
@given(st.lists(actions, max_size=25), st.lists(actions, max_size=10))
def test_the_schema_comes_to_what_the_file_has(
    postgres_dsn: str,
    before: list[tuple[str, str, str, str]],
    after: list[tuple[str, str, str, str]],
) -> None:
    """REPLACE, deletes, changed keys, a unique name that passes from row to row, a load cut off."""
    with tempfile.TemporaryDirectory() as home:
        source = moving(f"T{secrets.token_hex(6)}", Path(home), postgres_dsn, mails=5)
        route = Route(source.file, source.dsn, 1)
        here = Placement("sqlite", 1)
        with closing(route.open_server()) as server, closing(route.open_file()) as file:
            install_capture(file, 1)
            make_generation(server, route.archive)
            for action in before:
                if action[0] == "load in part":
                    load_in_part(file, server)
                elif action[0] != "carry":
                    act(source, file, action)
            load(file, server, silent, rows_at_once=2)
            catch_up(file, server, source.source_id, here)
            make_keys(server, silent)
            make_references(server, silent)
            for action in after:
                if action[0] == "carry":
                    catch_up(file, server, source.source_id, here)
                elif action[0] != "load in part":
                    act(source, file, action)
            catch_up(file, server, source.source_id, here)
            found = compare(file, server)
            assert found.differences == ()
            assert file.execute("SELECT count(*) FROM move_log").fetchone() == (0,)


class CutOffError(Exception):
    """The load ends here."""


def load_in_part(file: sqlite3.Connection, server: psycopg.Connection) -> None:
    """Load two rows of one more table, as a mover that is killed then."""

    def die(*_: object) -> None:
        raise CutOffError

    with suppress(CutOffError):
        load(file, server, die, rows_at_once=2)
