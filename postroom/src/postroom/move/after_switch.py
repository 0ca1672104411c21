"""What follows a switch: both stores are compared in full, then the file is left as it is.

The closed file is compared with what PostgreSQL had at the switch. Where that moment was lost, with
the process that held it, the stores are compared as they are, without the keys that were written to
PostgreSQL since and are not carried back yet.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Final

import psycopg

from postroom.archive.connection import Connection
from postroom.move.attempts import Attempt, end_attempt, note_detail
from postroom.move.capture_sqlite import remove_log
from postroom.move.refusals import RolledBack
from postroom.move.rollback import roll_back
from postroom.move.route import Route
from postroom.move.source_tasks import Pausing
from postroom.move.tables import CARRIED
from postroom.move.verify import Comparison, Keys, compare
from postroom.progress import Progress

_WAIT_S: Final = 30.0
"""So long writers are waited for where a switch has to be taken back."""


def finish(
    server: Connection, file: sqlite3.Connection, route: Route, attempt: Attempt, found: Comparison
) -> None:
    """Let tasks go on and end the attempt; where `found` says that the stores differ, roll back.

    Raises `RolledBack` then: what was written to PostgreSQL meanwhile is carried back. Raises what
    `roll_back` raises if that cannot be; PostgreSQL serves on.
    """
    Pausing(file, server, route.source_id).go_on()
    if found.is_same:
        remove_log(file)
        note_detail(server, attempt, compared=found.rows)
        end_attempt(server, attempt, "moved")
        return
    note_detail(server, attempt, differences=found.as_json()["differences"])
    end_attempt(server, attempt, "differs")
    roll_back(route.file, route.dsn, wait_s=_WAIT_S)
    first = found.differences[0]
    raise RolledBack(
        "the file and PostgreSQL did not hold the same when the source was switched",
        where=f"source {route.source_id}: table {first.table}, key {first.key}",
        why=f"{first.kind}; the file, which is what was acknowledged, serves again",
        remedy=f"postroom source move {route.source_id} begins anew, in a schema of its own",
    )


def compare_later(route: Route, progress: Progress) -> Comparison:
    """Compare the stores some time after the switch, while both are written."""
    with closing(route.open_file()) as file, closing(route.open_server()) as server:
        server.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with closing(route.open_file()) as held, server.transaction():
            # Nobody carries back while both moments are taken: what is in one and not in the other
            # is then in the log.
            held.execute("BEGIN IMMEDIATE")
            keys = _not_carried(server)
            file.execute("BEGIN")
            file.execute("SELECT 1 FROM move_fence").fetchall()
            held.execute("ROLLBACK")
            return compare(file, server, progress, without=keys)


def _not_carried(server: Connection) -> Keys:
    rows = server.execute("SELECT DISTINCT table_name, key FROM move_log").fetchall()
    return {
        table: [row["key"] for row in rows if row["table_name"] == table.name] for table in CARRIED
    }
