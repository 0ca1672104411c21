"""Step 2: what a source needs in PostgreSQL before it can move there, made by an administrator.

The registry, the attempts, the role and the first schema of the source, and the group role
`postroom_service`, by which a service reads the registry and takes the role of each source. The
service itself needs no right to define anything.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from postroom.archive.connection import Connection, connect
from postroom.archive.fence import fence_of
from postroom.archive.grants import open_schema
from postroom.archive.names import check_source_id
from postroom.archive.placement import Placement
from postroom.archive.postgres import PostgresArchive, make_schema, told_refusal
from postroom.archive.source_registry import placement_of, register
from postroom.archive.sqlite import open_sqlite
from postroom.errors import Away, NotReadable
from postroom.move.attempts import ATTEMPTS
from postroom.move.undo_function import make_undo_function

SERVICE: Final = "postroom_service"
"""The group role; an administrator grants it to the user that a service connects as."""

_TRIES: Final = 5
# Roles belong to the server: somebody who works in another database of it may be quicker.
_RACES: Final = (
    psycopg.errors.DuplicateObject,
    psycopg.errors.UniqueViolation,
    psycopg.errors.InternalError_,
)
_SAME: Final = """SELECT current_database() AS name, pg_postmaster_start_time() AS since,
    session_user AS login"""


@dataclass(frozen=True, slots=True)
class Bootstrapped:
    """What is there now; `granted_to` is the service's user, if it was known and is another one.

    `is_new` says whether the source had no row in the registry before.
    """

    source_id: str
    schema: str
    role: str
    owner: str
    epoch: int
    generation: int
    is_new: bool
    granted_to: str | None

    def as_json(self) -> dict[str, Any]:
        """Give it as a JSON object."""
        return asdict(self)


def bootstrap(
    source_id: str, *, home: Path, admin_dsn: str, service_dsn: str | None = None
) -> Bootstrapped:
    """Make what is missing; the same again changes nothing, and no source is switched by it.

    The user of `service_dsn` gets the group role. Raises `NotReadable` for a source that has
    neither a file nor a row, for a file that met another registry, for two DSNs of different
    databases, and for rights that the administrator lacks; `Away` without a server.
    """
    check_source_id(source_id)
    login = None if service_dsn is None else _login(source_id, admin_dsn, service_dsn)
    for left in reversed(range(_TRIES)):
        with closing(connect(admin_dsn, source_id)) as connection:
            try:
                return _bootstrap(connection, source_id, home, admin_dsn, login)
            except _RACES as error:
                if not left:
                    raise _raced(source_id, error) from error
    raise AssertionError("the last try returns or raises")


def _bootstrap(
    connection: Connection, source_id: str, home: Path, admin_dsn: str, login: str | None
) -> Bootstrapped:
    first = PostgresArchive(source_id, admin_dsn)
    with told_refusal(first), connection.transaction():
        make_schema(connection, first)
        found = placement_of(connection, source_id, lock="FOR UPDATE")
        if found is None:
            check_file_is_free(source_id, home)
        placement = found or Placement("sqlite", 1)
        register(connection, source_id, placement)
        archive = PostgresArchive(source_id, admin_dsn, placement.generation)
        if archive.schema != first.schema:
            make_schema(connection, archive)
        if placement.owner == "postgres":
            open_schema(connection, archive.schema, archive.role)
        connection.execute(ATTEMPTS.encode())
        _let_service(connection, archive.role, login)
    return Bootstrapped(
        source_id,
        archive.schema,
        archive.role,
        placement.owner,
        placement.epoch,
        placement.generation,
        is_new=found is None,
        granted_to=login,
    )


def check_file_is_free(source_id: str, home: Path) -> None:
    """Raise `NotReadable` unless the source has a file that no other registry has to do with."""
    with closing(open_sqlite(source_id, home, create=False).connect()) as connection:
        fence = fence_of(connection)
    if fence is not None and not (fence.is_open and fence.epoch == 1):
        raise NotReadable(
            "this source's file met another registry",
            where=f"source {source_id} under {home}",
            why=f"its fence knows epoch {fence.epoch}, and the registry of this"
            " database has no row of it",
            remedy="check that --admin-dsn names the database that it was moved in;"
            " postroom source restore brings its registry row back",
        )


def _let_service(connection: Connection, role: str, login: str | None) -> None:
    """Let services find each source and take its role, and undo what stands half-way."""
    found = connection.execute("SELECT 1 AS x FROM pg_roles WHERE rolname = %s", (SERVICE,))
    if found.fetchone() is None:
        # What its members may do in a source they may do only after they have taken its role.
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN NOINHERIT").format(_SERVICE))
    for table in ("source_registry", "source_moves"):
        connection.execute(
            sql.SQL("GRANT SELECT ON public.{} TO {}").format(sql.Identifier(table), _SERVICE)
        )
    _grant(connection, role, SERVICE)
    make_undo_function(connection, SERVICE)
    if login is not None:
        _grant(connection, SERVICE, login)


_SERVICE: Final = sql.Identifier(SERVICE)


def _grant(connection: Connection, role: str, member: str) -> None:
    there = connection.execute(
        "SELECT 1 AS x FROM pg_auth_members WHERE roleid = %s::regrole AND member = %s::regrole",
        (_regrole(role), _regrole(member)),
    )
    if there.fetchone() is None:
        names = sql.Identifier(role), sql.Identifier(member)
        connection.execute(sql.SQL("GRANT {} TO {}").format(*names))


def _regrole(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _login(source_id: str, admin_dsn: str, service_dsn: str) -> str | None:
    """Name the user of a service; None where it is the administrator."""
    with (
        closing(connect(service_dsn, source_id)) as service,
        closing(connect(admin_dsn, source_id)) as admin,
    ):
        theirs, ours = (one.execute(_SAME).fetchone() for one in (service, admin))
    if theirs is None or ours is None:
        raise AssertionError("a SELECT without FROM has a row")
    if (theirs["name"], theirs["since"]) != (ours["name"], ours["since"]):
        raise NotReadable(
            "the service's DSN and the administrator's name different databases",
            where=f"source {source_id}",
            why=f"the service is in {theirs['name']}, the administrator in {ours['name']}",
            remedy="let POSTROOM_DSN and POSTROOM_ADMIN_DSN name one database, as two users",
        )
    return None if theirs["login"] == ours["login"] else str(theirs["login"])


def _raced(source_id: str, error: psycopg.Error) -> Away:
    return Away(
        "somebody else makes roles on this server all the time",
        where=f"source {source_id}",
        why=error.diag.message_primary or type(error).__name__,
        remedy=f"postroom source bootstrap {source_id} again",
    )
