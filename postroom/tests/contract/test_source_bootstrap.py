"""What a source needs in PostgreSQL is made by an administrator, and a service needs no more."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from tests_support import postgres
from tests_support.moving import Mover, service_login

from cutline.errors import Problem
from postroom.archive.placement import Placement
from postroom.errors import Away, NotReadable
from postroom.move.bootstrap import SERVICE, bootstrap
from postroom.move.state import read_state


@pytest.fixture
def mover(source_id: str, tmp_path: Path, postgres_dsn: str) -> Mover:
    """A source in its file, its administrator, and a service user who may define nothing."""
    made = Mover(source_id, tmp_path, postgres_dsn, service_login(postgres_dsn))
    assert made.file
    return made


def test_twice_is_as_good_as_once_and_nothing_moves(mover: Mover) -> None:
    """The second time finds all that the first one made; the source stays in its file."""
    asked = {
        "home": mover.home,
        "admin_dsn": mover.admin_dsn,
        "service_dsn": mover.service_dsn,
    }
    first = bootstrap(mover.source_id, **asked)  # type: ignore[arg-type]
    assert first.is_new
    assert first.owner == "sqlite"
    assert first.schema == first.role == f"src_{mover.source_id}"
    second = bootstrap(mover.source_id, **asked)  # type: ignore[arg-type]
    assert not second.is_new
    assert second.epoch == first.epoch == 1
    state = read_state(mover.source_id, home=mover.home, dsn=mover.admin_dsn)
    assert state.placement.writes == "sqlite"
    assert state.next == f"postroom source move {mover.source_id}"


def test_a_file_that_was_left_does_not_say_that_it_serves(mover: Mover) -> None:
    """Who looks without the registry is told that it has to be asked, not what was once true."""
    bootstrap(mover.source_id, home=mover.home, admin_dsn=mover.admin_dsn)
    mover.move()
    alone = read_state(mover.source_id, home=mover.home, dsn=None)
    assert (alone.serves, alone.writes) == ("unknown", "none")
    assert "--registry" in alone.next
    asked = read_state(mover.source_id, home=mover.home, dsn=mover.admin_dsn)
    assert (asked.serves, asked.writes) == ("postgres", "postgres")


def test_a_serving_generation_gets_back_what_it_lacks(mover: Mover) -> None:
    """A mapping or a right that was lost is made again, and nothing else is touched."""
    mover.move()
    with mover.connected() as connection:
        schema = psycopg.sql.Identifier(f"src_{mover.source_id}@1")
        connection.execute(psycopg.sql.SQL("DROP VIEW {}.placement").format(schema))
        role = psycopg.sql.Identifier(f"src_{mover.source_id}")
        connection.execute(
            psycopg.sql.SQL("REVOKE INSERT ON ALL TABLES IN SCHEMA {} FROM {}").format(schema, role)
        )
    made = bootstrap(mover.source_id, home=mover.home, admin_dsn=mover.admin_dsn)
    assert (made.owner, made.generation, made.epoch) == ("postgres", 1, 3)
    with mover.placed.transaction() as tx:
        tx.change(
            "INSERT INTO idempotency_keys (key, request_sha256, created_at)"
            " VALUES ('k', 'x', '2026-11-21T00:00:00Z')"
        )


def test_a_service_may_define_nothing(mover: Mover) -> None:
    """No table, no schema, no role; of the registry it reads the rows and changes none."""
    mover.move()
    other = Mover(f"{mover.source_id}-b", mover.home, mover.admin_dsn, mover.service_dsn)
    other.move()
    schema = f'"src_{mover.source_id}@1"'
    refused = (
        "CREATE TABLE public.x (y int)",
        "CREATE SCHEMA x",
        f'CREATE ROLE "x_{mover.source_id}"',
        "UPDATE public.source_registry SET owner = 'sqlite'",
        "DELETE FROM public.source_moves",
        f"SELECT * FROM {schema}.pst_files",  # not without taking the role of the source
        f"SELECT * FROM {schema}.move_log",
        f"DROP TABLE {schema}.item_notes",
    )
    with psycopg.connect(mover.service_dsn, autocommit=True) as connection:
        for statement in refused:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)  # type: ignore[arg-type]
        connection.execute(f'SET ROLE "src_{mover.source_id}"'.encode())
        for statement in (
            f'SELECT * FROM "src_{other.source_id}@1".pst_files',
            "SELECT * FROM public.source_registry",
            f"DELETE FROM {schema}.schema_migrations",
            f"TRUNCATE {schema}.item_notes",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)  # type: ignore[arg-type]
        connection.execute(f"SELECT * FROM {schema}.pst_files".encode())


def test_only_what_is_stuck_can_be_undone_by_a_service(mover: Mover) -> None:
    """The function does nothing to a source that is at rest, unknown, or on its way for seconds."""
    mover.bootstrap()

    def undone(source_id: str) -> object:
        with psycopg.connect(mover.service_dsn, autocommit=True) as connection:
            row = connection.execute("SELECT public.source_undo(%s)", (source_id,)).fetchone()
        return row and row[0]

    assert undone(mover.source_id) is False
    assert undone("no-such") is False
    assert undone("x'; DROP TABLE public.source_registry; --") is False
    mover.becomes(Placement.freeze)
    assert undone(mover.source_id) is False
    mover.ages(11)
    assert undone(mover.source_id) is True
    assert undone(mover.source_id) is False
    assert (mover.placement.owner, mover.placement.epoch) == ("sqlite", 3)
    with (
        psycopg.connect(service_login(mover.admin_dsn)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT public.source_undo('x')")


@pytest.mark.parametrize(
    ("change", "error", "what"),
    [
        ({"admin_dsn": "host=/nowhere"}, Away, "cannot be reached"),
        ({"source_id": "no-such"}, NotReadable, "no such source"),
        ({"source_id": '../x"'}, Problem, "no source id"),
    ],
)
def test_what_cannot_be_made_is_refused_and_said(
    mover: Mover, change: dict[str, str], error: type[Problem], what: str
) -> None:
    """No server, no source, an id that would leave its schema."""
    asked = {"source_id": mover.source_id, "admin_dsn": mover.admin_dsn} | change
    with pytest.raises(error, match=what):
        bootstrap(asked["source_id"], home=mover.home, admin_dsn=asked["admin_dsn"])


def test_a_user_without_rights_and_another_database_are_refused(
    mover: Mover, postgres_server: str
) -> None:
    """The service's own user is no administrator, and both are in one database."""
    poor = service_login(mover.admin_dsn)
    with pytest.raises(NotReadable, match="refuses to make the source"):
        bootstrap(mover.source_id, home=mover.home, admin_dsn=poor)
    with postgres.database(postgres_server) as other:
        elsewhere = make_conninfo(other, user=psycopg.conninfo.conninfo_to_dict(poor)["user"])
        with pytest.raises(NotReadable, match="different databases"):
            bootstrap(
                mover.source_id,
                home=mover.home,
                admin_dsn=mover.admin_dsn,
                service_dsn=elsewhere,
            )


def test_a_file_that_met_another_registry_is_refused(mover: Mover, postgres_server: str) -> None:
    """A wrong DSN would make a second home of a source that lives in PostgreSQL already."""
    mover.move()
    with (
        postgres.database(postgres_server) as other,
        pytest.raises(NotReadable, match="met another registry"),
    ):
        bootstrap(mover.source_id, home=mover.home, admin_dsn=other)


def test_the_group_role_may_not_log_in(mover: Mover) -> None:
    """It is what users are members of, and no user."""
    mover.bootstrap()
    with mover.connected() as connection:
        row = connection.execute(
            "SELECT rolcanlogin, rolinherit, rolsuper FROM pg_roles WHERE rolname = %s", (SERVICE,)
        ).fetchone()
    assert row == {"rolcanlogin": False, "rolinherit": False, "rolsuper": False}
