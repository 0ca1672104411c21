"""Brings a file that was opened without PostgreSQL together with what PostgreSQL still holds.

What was written there and never carried is carried now, but for rows that the file has changed
itself since: there the file stands, and PostgreSQL's are kept in a file of their own, for a person.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from postroom.archive.connection import connect
from postroom.archive.fence import fence_of
from postroom.archive.names import quoted
from postroom.archive.placement import Placement
from postroom.archive.source_registry import known_placement
from postroom.archive.sqlite import SqliteArchive
from postroom.archive.trouble import told
from postroom.move.capture_postgres import Watched
from postroom.move.capture_sqlite import remove_log
from postroom.move.carried_rows import leave_index, logged_rows, take_keys
from postroom.move.carry_back import forgets
from postroom.move.carry_pass import CarryPass, carry_pass
from postroom.move.index_back import index_carried
from postroom.move.return_refusals import Differs, NotThere, owned
from postroom.move.returning import give_back, open_file, withdraw
from postroom.move.snapshot import snapshot_path, under_another_name
from postroom.progress import silent

_BOTH: Final = """SELECT table_name, key FROM temp.carried WHERE (table_name, key) IN
    (SELECT table_name, key FROM main.move_log)"""
_LEFT: Final = "SELECT key FROM temp.carried WHERE table_name = ? ORDER BY key"


@dataclass(frozen=True, slots=True)
class Kept:
    """A row that both stores had changed, or that the file cannot take: PostgreSQL's, as it was.

    `row` is None where PostgreSQL had deleted it.
    """

    table: str
    key: str
    why: str
    row: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A source that is in SQLite again, at `epoch`, with what PostgreSQL held besides.

    `written` and `gone` count the rows that were carried, by table; `kept` those of PostgreSQL that
    were not, which lie in the file `kept_in`.
    """

    source_id: str
    epoch: int
    written: dict[str, int] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    kept_in: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Give it as a JSON object."""
        return {
            "source_id": self.source_id,
            "owner": "sqlite",
            "epoch": self.epoch,
            "written": self.written,
            "gone": self.gone,
            "kept": self.kept,
            "kept_in": self.kept_in,
        }


def reconcile(archive: SqliteArchive, dsn: str, *, folder: Path, wait_s: float) -> Reconciled:
    """Close PostgreSQL, carry what it alone holds, and let the file serve by itself.

    What could not be carried lies under `folder` as lines of JSON. Killed, it is run again. Raises
    `NotThere` for a source whose file was not opened without PostgreSQL, `StillWriting` while
    somebody writes there.
    """
    with told(f"source {archive.source_id}"), owned(archive.source_id):
        _check_accepted(archive)
        returning = _withdrawn(archive, dsn, wait_s)
        done = _merge(archive, dsn, returning, folder)
        after = give_back(archive.source_id, dsn, returning)
        open_file(archive, after.epoch)
        index_carried(archive, dsn, silent)
        return done


def _check_accepted(archive: SqliteArchive) -> None:
    with closing(archive.connect()) as file:
        fence = fence_of(file)
    if fence is None or fence.loss_accepted is None:
        why = "its file was not opened without PostgreSQL"
        raise NotThere(archive.source_id, "there is nothing to reconcile", why)


def _withdrawn(archive: SqliteArchive, dsn: str, wait_s: float) -> Placement:
    with closing(connect(dsn, archive.source_id)) as connection:
        found = known_placement(connection, archive.source_id)
    if found is None or found.reads != "postgres":
        why = "the registry has no row of it" if found is None else f"it says {found.owner}"
        raise NotThere(archive.source_id, "there is nothing to reconcile with", why)
    if found.owner == "returning":
        return found
    return withdraw(archive.source_id, dsn, found, wait_s=wait_s)[0]


def _merge(archive: SqliteArchive, dsn: str, returning: Placement, folder: Path) -> Reconciled:
    with carry_pass(archive, dsn, returning, reconciles=True) as begun:
        take_keys(begun)
        both = {(table, key) for table, key in begun.file.execute(_BOTH).fetchall()}
        begun.file.execute("UPDATE move_fence SET is_open = 1")
        written, gone, kept = Counter[str](), Counter[str](), list[Kept]()
        for table in begun.tables:
            _merge_table(begun, table, both, written, gone, kept)
        _check_references(begun)
        path = _keep(archive.source_id, folder, kept) if kept else None
        # Accepted until PostgreSQL has forgotten: killed before, this finds the same once more.
        begun.file.execute(
            "UPDATE move_fence SET is_open = 0, epoch = ?, carried = ?",
            (returning.epoch, begun.carried + 1),
        )
        begun.file.execute("COMMIT")
        forgets(begun)
        begun.file.execute("UPDATE move_fence SET loss_accepted = NULL")
        begun.file.commit()
        remove_log(begun.file)
    counted = Counter(one.table for one in kept)
    where = None if path is None else str(path)
    return Reconciled(
        archive.source_id, returning.epoch + 1, dict(written), dict(gone), dict(counted), where
    )


def _merge_table(  # what is counted of it
    begun: CarryPass,
    table: Watched,
    both: set[tuple[str, str]],
    written: Counter[str],
    gone: Counter[str],
    kept: list[Kept],
) -> None:
    """Carry the rows that PostgreSQL alone has changed; keep the others."""
    disputed = {key for name, key in both if name == table.name}
    left = {key for (key,) in begun.file.execute(_LEFT, (table.name,))} - disputed
    at = table.columns.index(table.key)
    leave_index(begun, table)
    for row in logged_rows(begun, table):
        key = row[at]
        named = dict(zip(table.columns, row, strict=True))
        if key in disputed:
            disputed.discard(key)
            kept.append(Kept(table.name, key, "both stores changed it", named))
            continue
        left.discard(key)
        if (why := _put(begun.file, table, key, row)) is None:
            written[table.name] += 1
        else:
            kept.append(Kept(table.name, key, why, named))
    kept.extend(Kept(table.name, key, "deleted there, changed here", None) for key in disputed)
    for key in left:
        gone[table.name] += _delete(begun.file, table, key)
    leave_index(begun, table)


def _put(file: sqlite3.Connection, table: Watched, key: str, row: tuple[Any, ...]) -> str | None:
    """Write a row in the place of the one with its key; say why it cannot be."""
    names, marks = ", ".join(map(quoted, table.columns)), ", ".join("?" * len(row))
    insert = f"INSERT INTO {quoted(table.name)} ({names}) VALUES ({marks})"  # noqa: S608  # ours
    file.execute("SAVEPOINT one")
    try:
        _delete(file, table, key)
        file.execute(insert, row)
    except sqlite3.IntegrityError as error:
        file.execute("ROLLBACK TO one")
        return error.sqlite_errorname
    finally:
        file.execute("RELEASE one")
    return None


def _delete(file: sqlite3.Connection, table: Watched, key: str) -> int:
    statement = f"DELETE FROM {quoted(table.name)} WHERE {quoted(table.key)} = ?"  # noqa: S608
    return file.execute(statement, (key,)).rowcount


def _check_references(begun: CarryPass) -> None:
    broken = begun.file.execute("PRAGMA foreign_key_check").fetchone()
    if broken is not None:
        raise Differs(
            begun.source_id, f"rows of {broken[0]} would refer to what {broken[2]} has no more"
        )


def _keep(source_id: str, folder: Path, kept: list[Kept]) -> Path:
    path = snapshot_path(folder, source_id, "postgres").with_suffix(".not-carried.ndjson")
    with under_another_name(path) as partial, partial.open("w", encoding="utf-8") as lines:
        for one in kept:
            told_of = {"table": one.table, "key": one.key, "why": one.why, "postgres": one.row}
            lines.write(f"{json.dumps(told_of, ensure_ascii=False)}\n")
    return path
