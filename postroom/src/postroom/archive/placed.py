"""The archive of a source that may move: in its file or in PostgreSQL, wherever it is now.

It goes where its last answer of the registry says. The store itself says, in the transaction, when
that is no longer so; then the registry is asked, and a reader goes on in the other store and never
notices. A writer does too, but while no store takes writes it is told so at once.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psycopg

from postroom.archive.archive import Archive
from postroom.archive.fence import fence_of
from postroom.archive.names import file_name
from postroom.archive.placement import Placement
from postroom.archive.postgres import open_generation
from postroom.archive.route import Route
from postroom.archive.settle import old_file, settle, standing
from postroom.archive.sqlite import SqliteArchive, open_sqlite
from postroom.archive.transaction import Backend, Transaction
from postroom.errors import Away, DiskRefused, Fenced, NotReadable

if TYPE_CHECKING:
    import sqlalchemy

Through = Callable[[Archive], Archive]
"""What stands before each store: a pool of connections, or nothing."""

_TRIES: Final = 4
"""A source that changed its store so often within one request is told to be away."""

_STATUS: Final = "postroom source status {} says where it lives and what comes next"


def as_it_is(archive: Archive) -> Archive:
    """Put nothing before a store."""
    return archive


class PlacedArchive:
    """The archive of `source_id`, with its file under `home` and its registry at `dsn`.

    See `Archive` for the promises. Without an answer of the registry, ever, a file whose fence is
    open is read and not written.
    """

    def __init__(self, source_id: str, home: Path, dsn: str, through: Through = as_it_is) -> None:
        self._source_id, self._home, self._dsn = source_id, home, dsn
        self._through = through
        self._route = Route(source_id, dsn)
        self._lock = threading.Lock()
        self._stores: dict[tuple[Backend, int], Archive] = {}
        self._file: SqliteArchive | None = None

    @property
    def source_id(self) -> str:
        """See `Archive.source_id`."""
        return self._source_id

    @property
    def backend(self) -> Backend:
        """Where it is read from now; in a transaction, `Transaction.backend` says where that is."""
        placement = self._known()
        return "sqlite" if placement is None else placement.reads

    @property
    def busy_errors(self) -> tuple[type[Exception], ...]:
        """See `Archive.busy_errors`."""
        return (sqlite3.OperationalError, psycopg.OperationalError, NotReadable, DiskRefused)

    def placement(self) -> Placement | None:
        """Ask the registry; None if it does not have the source. See `Route.ask`."""
        return self._asked()

    def connect(self) -> Any:  # noqa: ANN401  # as the store's own
        """See `Archive.connect`: to where the source is now."""
        return self._now().connect()

    def sqlalchemy_engine(self) -> sqlalchemy.Engine:
        """See `Archive.sqlalchemy_engine`: to where the source is now; its fence holds there."""
        return self._now().sqlalchemy_engine()

    def dsn_for_parity(self) -> str:
        """See `Archive.dsn_for_parity`: of where the source is now."""
        return self._now().dsn_for_parity()

    def admit(self, tx: Transaction, *, writes: bool) -> None:
        """See `Archive.admit`."""
        placement = self._known()
        self._store(placement, writes=writes).admit(tx, writes=writes)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """See `Archive.transaction`."""
        with ExitStack() as stack:
            yield self._entered(stack, writes=True)

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """See `Archive.reading`."""
        with ExitStack() as stack:
            yield self._entered(stack, writes=False)

    def _entered(self, stack: ExitStack, *, writes: bool) -> Transaction:
        """Begin a transaction where the source is; only a fence makes it ask again."""
        try:
            placement = self._known()
        except Fenced:
            raise
        except Away as away:
            return self._unasked(stack, away, writes=writes)
        for left in reversed(range(_TRIES)):
            try:
                return self._begun(stack, placement, writes=writes)
            except Fenced:
                again = self._asked()
                if again is not None and again.writes is None and writes:
                    raise self._between(again) from None
                if not left:
                    raise
                placement = again
            except Away:
                if _is_in_postgres(placement):
                    self._route.forget()  # its file may be opened while it is gone
                raise
        raise AssertionError("the last try returns or raises")

    def _known(self) -> Placement | None:
        """Follow the last answer, or ask.

        Raises what `Route.ask` raises, but no `Away` while there is an answer by which some store
        takes writes: an open fence is proof enough, though the registry does not answer.
        """
        route = self._route
        if route.is_fresh:
            return route.answer
        answer, is_proof = route.answer, route.is_known and route.is_steady
        if is_proof:
            route.postpone()
        try:
            return self._asked()
        except Fenced:
            raise
        except Away:
            if not is_proof:
                raise
            return answer

    def _begun(self, stack: ExitStack, placement: Placement | None, *, writes: bool) -> Transaction:
        store = self._store(placement, writes=writes)
        with ExitStack() as begun:
            tx = begun.enter_context(store.transaction() if writes else store.reading())
            if tx.backend == "sqlite":
                self._check_file(tx, placement)
            stack.push(begun.pop_all())
        return tx

    def _unasked(self, stack: ExitStack, away: Away, *, writes: bool) -> Transaction:
        """Read a file whose fence is open though the registry never answered; else raise `away`."""
        file = None if writes or self._route.is_known else self._present_file()
        if file is None:
            raise away
        try:
            return stack.enter_context(self._through(file).reading())
        except Fenced:
            raise away from None

    def _asked(self) -> Placement | None:
        """Ask the registry, and open the fence of the file where it is the file's to be open."""
        placement = self._route.ask()
        file = self._present_file()
        if file is None:
            return placement
        with closing(file.connect()) as connection:
            fence = fence_of(connection)
        if fence is not None and fence.loss_accepted is not None and _is_in_postgres(placement):
            self._route.forget()
            raise self._torn(fence.loss_accepted)
        is_in_file = placement is not None and placement.owner == "sqlite"
        if placement is not None and is_in_file and standing(fence, placement) == "behind":
            settle(file, placement)
        return placement

    def _check_file(self, tx: Transaction, placement: Placement | None) -> None:
        file = self._found_file()
        fence = fence_of(tx.connection)
        match standing(fence, placement):
            case "current":
                return
            case "old" if placement is not None:
                raise old_file(file, fence, placement)
            case _:
                known = "nothing" if placement is None else f"epoch {placement.epoch}"
                raise Fenced(
                    "this file and the registry do not agree",
                    where=f"source {self._source_id}: {file.path}",
                    why=f"the file knows epoch {fence.epoch if fence else 0}, the registry {known}",
                    remedy=_STATUS.format(self._source_id),
                )

    def _now(self) -> Archive:
        return self._store(self._asked(), writes=False)

    def _store(self, placement: Placement | None, *, writes: bool) -> Archive:
        """Give the store that a placement names; raises `Fenced` while there is none to write."""
        if placement is None:
            return self._kept("sqlite", 0)
        if writes and placement.writes is None:
            raise self._between(placement)
        if placement.reads == "postgres":
            return self._kept("postgres", placement.generation)
        return self._kept("sqlite", int(placement.owner == "freezing"))

    def _kept(self, backend: Backend, which: int) -> Archive:
        with self._lock:
            known = self._stores.get((backend, which))
        if known is not None:
            return known
        made: Archive
        if backend == "sqlite":
            made = replace(self._found_file(), is_shown=bool(which))
        else:
            made = open_generation(self._source_id, self._dsn, which)
        with self._lock:
            return self._stores.setdefault((backend, which), self._through(made))

    def _found_file(self) -> SqliteArchive:
        if self._file is None:
            self._file = open_sqlite(self._source_id, self._home, create=False)
        return self._file

    def _present_file(self) -> SqliteArchive | None:
        here = self._home / "sources" / file_name(self._source_id)
        return self._found_file() if here.exists() else None

    def _between(self, placement: Placement) -> Fenced:
        return Fenced(
            "this source takes no writes while it moves",
            where=f"source {self._source_id}",
            why=f"the registry says {placement.owner} at epoch {placement.epoch}",
            remedy="the same again in a second; " + _STATUS.format(self._source_id),
        )

    def _torn(self, accepted: str) -> Fenced:
        return Fenced(
            "this source was opened in its file while PostgreSQL was gone",
            where=f"source {self._source_id}",
            why=f"{accepted}; what each of the two has alone is not reconciled",
            remedy=f"postroom source recover {self._source_id} --reconcile brings them together",
        )


def _is_in_postgres(placement: Placement | None) -> bool:
    return placement is not None and placement.reads == "postgres"


def open_placed(source_id: str, home: Path, dsn: str, *, create: bool) -> PlacedArchive:
    """Open the archive of a source wherever it is; `create` makes a file for one that is nowhere.

    Raises `NotReadable` for a source that is nowhere (without `create`); `Away` if that cannot be
    known.
    """
    archive = PlacedArchive(source_id, home, dsn)
    has_file = (home / "sources" / file_name(source_id)).exists()
    try:
        placement = archive.placement()
    except Away:
        if not has_file:  # it may be in PostgreSQL: a new file would be a second source
            raise
        return archive
    if not has_file and (placement is None or placement.reads == "sqlite"):
        open_sqlite(source_id, home, create=create and placement is None)
    return archive
