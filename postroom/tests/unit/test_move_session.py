"""A server that falls silent is given up within seconds: a pass holds the lock of the file."""

from __future__ import annotations

from psycopg.conninfo import conninfo_to_dict

from postroom.move.session import impatient


def test_a_dsn_gets_an_end_to_waiting_unless_it_has_one() -> None:
    """What the operator wrote stays as it is."""
    found = conninfo_to_dict(impatient("postgresql://ann@db/review?connect_timeout=60"))
    assert (found["host"], found["user"], found["connect_timeout"]) == ("db", "ann", "60")
    assert int(str(found["tcp_user_timeout"])) <= 60_000
    assert int(str(found["keepalives_idle"])) <= 60


def test_what_is_no_dsn_is_left_to_be_refused() -> None:
    """Nothing of it is shown: it may hold a password."""
    assert impatient("no dsn") == "no dsn"
