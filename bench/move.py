"""A move of a source into PostgreSQL against COPY of its rows, ready, and against pgloader."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg.conninfo import conninfo_to_dict
from row import Row

from postroom.archive.sqlite import SqliteArchive
from postroom.move.bootstrap import bootstrap
from postroom.move.capture_sqlite import install_capture
from postroom.move.generation import make_generation
from postroom.move.load import load
from postroom.move.mover import move
from postroom.move.route import Route
from postroom.move.tables import TABLES
from postroom.progress import silent

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests_support import postgres
from tests_support.large_source import large_source

ROWS, FEWEST_ROWS = 2_000_000, 20_000
SOURCE = "bench"
LOADED = ("email_messages", "email_attachments")
# The server as one would run it: our test settings without fsync would flatter both sides.
SETTINGS = {"fsync": "on", "shared_buffers": "512MB", "max_wal_size": "8GB"}


class PeerFailedError(Exception):
    """The peer ended badly; the message is what it said last."""


def rows(scale: float) -> list[Row]:
    """Measure the bulk load alone, and a whole move from its load to its switch."""
    count = max(FEWEST_ROWS, int(ROWS * scale))
    work = Path(tempfile.mkdtemp(prefix="bench-move-"))
    try:
        with postgres.server(SETTINGS) as server:
            file = large_source(SOURCE, work, count)
            return [*_loads(server, file, work, count), *_moves(server, file, work, count)]
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _loads(server: str, file: SqliteArchive, work: Path, count: int) -> list[Row]:
    """Compare both ways into the same bare tables, in turns: the disk is not alike all the time."""
    with postgres.database(server) as dsn:
        bootstrap(SOURCE, home=work, admin_dsn=dsn)
        with closing(Route(file, dsn, 1).open_file()) as lite:
            install_capture(lite, 1)
        ours, theirs = [], []
        for turn in range(2):
            with _bare(file, dsn, 1 + 2 * turn) as route:
                ours.append(_timed(partial(_load, route)))
                ready = _ready(route, work)
            with _bare(file, dsn, 2 + 2 * turn) as route:
                theirs.append(_timed(partial(_copy, route, ready)))
    claim = f"bulk load of a source, {count:,} rows"
    return [Row(claim, "COPY of the same rows as CSV, ready", min(ours), min(theirs), 1.3)]


@contextmanager
def _bare(file: SqliteArchive, dsn: str, generation: int) -> Iterator[Route]:
    """Make the tables that a load fills; gone at the end."""
    route = Route(file, dsn, generation)
    with closing(route.open_server()) as server:
        make_generation(server, route.archive)
        yield route
        server.execute(f'DROP SCHEMA "{route.archive.schema}" CASCADE'.encode())


def _load(route: Route) -> None:
    with closing(route.open_server()) as server, closing(route.open_file()) as lite:
        load(lite, server, silent)


def _ready(route: Route, work: Path) -> dict[str, Path]:
    paths = {}
    with closing(route.open_server()) as server:
        for table in LOADED:
            paths[table] = work / f"{table}.csv"
            names = ", ".join(TABLES[table].names)
            command = f"COPY {table} ({names}) TO STDOUT (FORMAT csv)"
            with paths[table].open("wb") as target, server.cursor().copy(command.encode()) as copy:
                for piece in copy:
                    target.write(piece)
    return paths


def _copy(route: Route, ready: dict[str, Path]) -> None:
    with closing(route.open_server()) as server:
        for table, path in ready.items():
            names = ", ".join(TABLES[table].names)
            command = f"COPY {table} ({names}) FROM STDIN (FORMAT csv)"
            with path.open("rb") as source, server.cursor().copy(command.encode()) as copy:
                while piece := source.read(1 << 18):
                    copy.write(piece)


def _moves(server: str, file: SqliteArchive, work: Path, count: int) -> list[Row]:
    """Compare steps 4 to 7, until PostgreSQL serves, with a program that loads and ends."""
    program = shutil.which("pgloader")
    if program is None:
        print(
            "pgloader could not run: it is not installed; apt-get install pgloader", file=sys.stderr
        )
        return []
    plain = work / "plain.sqlite"
    with closing(file.connect()) as lite:
        lite.execute("VACUUM INTO ?", (str(plain),))
    _make_plain(plain)
    with postgres.database(server) as dsn:
        try:
            theirs = _timed(lambda: _pgloader(program, plain, dsn, work))
        except PeerFailedError as error:
            print(f"pgloader could not run: {error}", file=sys.stderr)
            return []
    with postgres.database(server) as dsn:
        bootstrap(SOURCE, home=work, admin_dsn=dsn)
        moments: dict[str, float] = {}
        move(file, dsn, at=lambda step: moments.setdefault(step, time.perf_counter()) and None)
        ours = moments["switched"] - moments["load"]
    claim = f"a move from its load to its switch, {count:,} rows, each compared"
    return [Row(claim, "pgloader, which compares nothing", ours, theirs, at_least=3)]


def _make_plain(plain: Path) -> None:
    """Leave what pgloader can read: neither the words of the index nor triggers."""
    import sqlite3  # noqa: PLC0415  # for this alone

    with closing(sqlite3.connect(plain)) as lite:
        for kind, name in lite.execute("SELECT type, name FROM sqlite_schema").fetchall():
            if kind == "trigger":
                lite.execute(f"DROP TRIGGER {name}")
        lite.execute("DROP TABLE search_words")
        lite.commit()


def _pgloader(program: str, plain: Path, dsn: str, work: Path) -> None:
    parts = conninfo_to_dict(dsn)
    where = f"{parts['user']}@unix:{parts['host']}:5432/{parts['dbname']}"
    command = work / "move.load"
    command.write_text(
        f"LOAD DATABASE FROM sqlite://{quote(str(plain))} INTO postgresql://{where}"
        " WITH include drop, create tables, create indexes, reset sequences,"
        # By default it holds 100,000 rows of each reader, more than its heap of 1 GB takes.
        " prefetch rows = 10000, batch rows = 10000"
        " SET maintenance_work_mem TO '256MB';\n"
    )
    done = subprocess.run([program, command], capture_output=True, text=True, check=False)
    with psycopg.connect(dsn) as connection:
        (here,) = connection.execute("SELECT count(*) FROM email_messages").fetchone() or (0,)
    if done.returncode or not here:
        raise PeerFailedError(f"{done.stdout[-2000:]} {done.stderr[-500:]}")


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
