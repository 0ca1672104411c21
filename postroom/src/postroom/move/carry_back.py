"""Carries what was written to PostgreSQL into the closed SQLite file: step 8 of a move."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg
from psycopg import sql

from cutline.errors import Problem
from postroom.archive.connection import Connection
from postroom.archive.placement import Placement
from postroom.archive.sqlite import SqliteArchive
from postroom.errors import Away
from postroom.move.capture_postgres import Watched
from postroom.move.carried_rows import put_rows, take_keys
from postroom.move.carry_pass import CarryPass, carry_pass
from postroom.move.compare_back import compare_all, compare_carried
from postroom.move.index_back import index_carried
from postroom.move.return_refusals import NotInPostgres
from postroom.progress import Progress, silent

# Who consumes the log beside us consumes the same, or more of it.
_OUTRUN: Final = (psycopg.errors.SerializationFailure, psycopg.OperationalError)


@dataclass(frozen=True, slots=True)
class Carried:
    """What one pass did: entries of the log that it consumed; rows written and gone, by table.

    `compared` counts the rows that were compared in full. `is_confirmed` is whether PostgreSQL has
    forgotten the entries; if not, the next pass carries them again, to the same end.
    """

    entries: int
    written: dict[str, int] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)
    compared: dict[str, int] = field(default_factory=dict)
    is_confirmed: bool = True

    def as_json(self) -> dict[str, Any]:
        """Give it as a JSON object."""
        return {
            "entries": self.entries,
            "written": self.written,
            "gone": self.gone,
            "compared": self.compared,
            "is_confirmed": self.is_confirmed,
        }


def carry_once(
    archive: SqliteArchive,
    dsn: str,
    *,
    seals: Placement | None = None,
    compares: Progress | None = None,
    held: Connection | None = None,
) -> Carried:
    """Carry into the closed file everything that is committed in PostgreSQL now.

    One snapshot, one transaction of the file: the file is PostgreSQL as of one moment, before and
    after. It is synced before the log forgets. With `seals` PostgreSQL takes no more writes, as of
    that placement: what was carried is compared, and the fence gets that epoch, which says that
    nothing is missing. With `compares` every row is compared. `held` is a connection to use. Raises
    what `carry_pass` does, and `Differs`, and then nothing was carried.
    """
    with carry_pass(archive, dsn, seals, held=held) as begun:
        entries = _entries(begun)
        if not entries and seals is None and compares is None:
            return Carried(0)
        keys = take_keys(begun)
        tables = [table for table in begun.tables if table.name in keys]
        written = _put(begun, tables)
        if seals is not None:
            compare_carried(begun, tables)
        compared = {} if compares is None else compare_all(begun, compares)
        _close(begun, seals)
        gone = {name: keys[name] - written[name] for name in written}
        return Carried(entries, written, gone, compared, is_confirmed=forgets(begun))


def carry_on(
    archive: SqliteArchive,
    dsn: str,
    *,
    is_over: threading.Event,
    poll_s: float,
    report: Callable[[Carried], None],
    troubled: Callable[[Problem], None],
) -> None:
    """Carry until `is_over`; a store that is away is waited for, what is refused is raised.

    While the source is served from its file there is nothing to do: it may move again. Whenever
    there is nothing to carry, the search index of the file is made to follow.
    """
    while not is_over.is_set():
        try:
            carried = carry_once(archive, dsn)
            if not carried.entries:
                index_carried(archive, dsn, silent)
        except (Away, NotInPostgres) as error:
            troubled(error)
            is_over.wait(poll_s)
            continue
        if carried.entries:
            report(carried)
        else:
            is_over.wait(poll_s)


def _put(begun: CarryPass, tables: Sequence[Watched]) -> dict[str, int]:
    (before,) = begun.file.execute("SELECT coalesce(max(n), 0) FROM move_log").fetchone()
    begun.file.execute("UPDATE move_fence SET is_open = 1")
    written = {table.name: put_rows(begun, table) for table in tables}
    # Triggers may have logged here what we wrote: it is no news to PostgreSQL.
    begun.file.execute("DELETE FROM move_log WHERE n > ?", (before,))
    return written


def _entries(begun: CarryPass) -> int:
    query = sql.SQL("SELECT count(*) AS n FROM {}.move_log").format(sql.Identifier(begun.schema))
    (row,) = begun.server.execute(query).fetchall()
    return int(row["n"])


def _close(begun: CarryPass, seals: Placement | None) -> None:
    epoch = begun.fence.epoch if seals is None else seals.epoch
    begun.file.execute(
        "UPDATE move_fence SET is_open = 0, epoch = ?, carried = ?", (epoch, begun.carried + 1)
    )
    begun.file.execute("COMMIT")


def forgets(begun: CarryPass) -> bool:
    """Let PostgreSQL forget exactly what the snapshot saw of the log; False if it did not hear."""
    try:
        begun.server.execute(
            sql.SQL("DELETE FROM {}.move_log").format(sql.Identifier(begun.schema))
        )
        begun.server.execute(
            "UPDATE public.source_registry SET carried = %s WHERE source_id = %s",
            (begun.carried + 1, begun.source_id),
        )
        begun.server.commit()
    except _OUTRUN:
        return False
    return True
