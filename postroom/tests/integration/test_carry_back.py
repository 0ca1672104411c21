"""What is written to PostgreSQL after a switch reaches the closed file, whatever was done to it."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from tests_support.moved import KEEP, Moved, moved

from cutline.errors import Problem
from postroom.archive.placement import Placement
from postroom.archive.source_registry import compare_and_set
from postroom.archive.sqlite import SqliteArchive
from postroom.errors import DiskRefused
from postroom.move.capture_postgres import has_capture, install_capture
from postroom.move.carry_back import Carried, carry_on, carry_once
from postroom.move.return_refusals import Differs, FileRefused, NotThere

_NOTE = (
    "INSERT INTO item_notes (id, email_id, author, body, pinned, created_at, updated_at)"
    " VALUES (:id, :email, 'ann', 'see Ünï\\n', true, :at, :at)"
)
_META = (
    "INSERT INTO item_meta (id, email_id, name, value, updated_at)"
    " VALUES (:id, :email, :name, '{\"b\":1, \"a\": 2}', '2026-11-20T00:00:00.1Z')"
)


@pytest.fixture
def source(postgres_dsn: str, source_id: str, tmp_path: Path) -> Moved:
    """A source that was switched to PostgreSQL, in a schema of its own."""
    return moved(tmp_path, postgres_dsn, source_id)


def test_rows_that_are_made_changed_deleted_and_renamed_arrive_to_the_character(
    source: Moved,
) -> None:
    """Inserts, updates, deletes, new keys, a row that lived for a moment, swapped unique names."""
    first, second = source.email_ids[:2]
    ids = [str(uuid4()) for _ in range(5)]
    with source.server.transaction() as tx:
        tx.change(_NOTE, id=ids[0], email=first, at="2026-11-20T12:00:00Z")
        tx.change(_META, id=ids[1], email=first, name="one")
        tx.change(_META, id=ids[2], email=first, name="two")
        tx.change(KEEP, key="gone within")
        tx.change("DELETE FROM idempotency_keys")
        tx.change(
            "UPDATE email_messages SET subject = 'other', sent_utc = NULL WHERE id = :id", id=second
        )
        tx.change("DELETE FROM email_dedupe_decisions")
    assert carry_once(source.file, source.dsn).gone["email_dedupe_decisions"] == 1
    with source.server.transaction() as tx:
        tx.change("UPDATE item_notes SET id = :new WHERE id = :old", new=ids[3], old=ids[0])
        for name, key in (("three", ids[1]), ("one", ids[2]), ("two", ids[1])):
            tx.change("UPDATE item_meta SET name = :name WHERE id = :id", name=name, id=key)
    carried = carry_once(source.file, source.dsn, compares=lambda *_: None)
    assert carried.gone["item_notes"] == 1
    assert carried.compared["email_messages"] == len(source.email_ids)
    assert source.held_by_file()["item_meta"] == source.held_by_server()["item_meta"]
    assert source.held_by_file()["item_notes"] == source.held_by_server()["item_notes"]
    assert source.lag.entries == 0


def test_a_conflict_that_replaces_is_captured(source: Moved) -> None:
    """ON CONFLICT DO UPDATE, which is PostgreSQL's REPLACE, logs the row that it changed."""
    source.keep("twice")
    carry_once(source.file, source.dsn)
    with source.server.transaction() as tx:
        tx.change(f"{KEEP} ON CONFLICT (key) DO UPDATE SET request_sha256 = 'other'", key="twice")
    assert carry_once(source.file, source.dsn).written == {"idempotency_keys": 1}
    name = "idempotency_keys"
    assert source.held_by_file()[name] == source.held_by_server()[name]


def test_who_commits_late_is_carried_later(source: Moved) -> None:
    """An entry with a lower number that becomes visible after a higher one is not passed over."""
    with closing(source.server.connect()) as late, late.transaction():
        late.execute(KEEP.replace(":key", "'late'"))
        source.keep("early")
        assert carry_once(source.file, source.dsn).entries == 1
    assert source.keys() == {"early"}
    assert carry_once(source.file, source.dsn).entries == 1
    assert source.keys() == {"early", "late"}


def test_what_is_written_while_a_pass_runs_waits_for_the_next(source: Moved) -> None:
    """A pass deletes what it has read of the log and nothing else, and sees one moment."""
    source.keep("before")

    def meanwhile(phase: str, _done: int, _total: int | None) -> None:
        del phase
        source.keep(f"during {uuid4()}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("postroom.move.compare_back._EVERY_ROWS", 1)
        carry_once(source.file, source.dsn, compares=meanwhile)
    assert source.keys() == {"before"}
    assert source.lag.entries > 0
    carry_once(source.file, source.dsn, compares=lambda *_: None)
    assert source.lag.entries == 0


def test_a_pass_whose_end_postgresql_did_not_hear_is_made_again(source: Moved) -> None:
    """The file is ahead by one pass: the same is carried once more, to the same end."""
    source.keep("once")
    before = source.placement

    def disturb(phase: str, _done: int, _total: int | None) -> None:
        # Another transaction changes the registry's row, so that ours cannot.
        if phase == "compare idempotency_keys":
            with source.admin() as connection:
                connection.execute(
                    "UPDATE public.source_registry SET is_paused = NOT is_paused"
                    " WHERE source_id = %s",
                    (source.source_id,),
                )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("postroom.move.compare_back._EVERY_ROWS", 1)
        assert not carry_once(source.file, source.dsn, compares=disturb).is_confirmed
    assert source.keys() == {"once"}
    assert source.lag.entries == 1
    assert source.fence.carried == 1
    assert carry_once(source.file, source.dsn).is_confirmed
    assert source.fence.carried == 1
    assert source.placement.epoch == before.epoch


def test_the_file_stays_closed_and_its_own_log_empty(source: Moved) -> None:
    """Carrying opens the fence for itself alone, and what it writes is no news to PostgreSQL."""
    source.keep("one")
    carry_once(source.file, source.dsn)
    assert not source.fence.is_open
    with closing(source.file.connect()) as connection:
        assert connection.execute("SELECT count(*) FROM move_log").fetchone()[0] == 0


def test_a_file_from_a_backup_is_refused(source: Moved, tmp_path: Path) -> None:
    """It lacks what was carried since, and nobody could say what."""
    copy = tmp_path / "copy"
    source.keep("before the backup")
    carry_once(source.file, source.dsn)
    with closing(source.file.connect()) as connection:
        connection.execute(f"VACUUM INTO '{copy}'")
    for key in ("after", "long after"):
        source.keep(key)
        carry_once(source.file, source.dsn)
    _replace(source, copy)
    source.keep("new")
    with pytest.raises(FileRefused, match="not the one") as refused:
        carry_once(source.file, source.dsn)
    assert "1 of 3 passes" in refused.value.why
    assert source.lag.entries == 1


def test_an_open_file_is_refused(source: Moved) -> None:
    """Somebody writes there: what is carried would destroy it."""
    with closing(source.file.connect()) as connection, connection:
        connection.execute("UPDATE move_fence SET is_open = 1")
    source.keep("new")
    with pytest.raises(FileRefused):
        carry_once(source.file, source.dsn)


def test_a_source_that_lives_in_its_file_is_not_carried_to(source: Moved) -> None:
    """Who carries learns that it is over, and has written nothing."""
    source.keep("new")
    with source.admin() as connection:
        before = source.placement
        assert compare_and_set(connection, source.source_id, before, before.withdraw().give_back())
    with pytest.raises(NotThere, match="nothing is carried back"):
        carry_once(source.file, source.dsn)
    assert source.keys() == set()


def test_a_schema_that_does_not_log_every_write_is_not_carried(source: Moved) -> None:
    """Without its trigger a table may have changed without a word."""
    with source.admin() as connection:
        assert has_capture(connection, source.server.schema)
        connection.execute(f'ALTER TABLE "{source.server.schema}".item_notes DISABLE TRIGGER ALL')
        assert not has_capture(connection, source.server.schema)
    with pytest.raises(NotThere, match="carried back"):
        carry_once(source.file, source.dsn)
    with source.admin() as connection:
        install_capture(connection, source.server.schema)
    assert carry_once(source.file, source.dsn).entries == 0


def test_a_difference_is_found_and_nothing_is_carried(source: Moved) -> None:
    """A row that somebody changed behind the triggers is named by table and key alone."""
    with source.admin() as connection:
        connection.execute("SET session_replication_role = replica")
        table = f'"{source.server.schema}".item_notes'
        connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        connection.execute(f"UPDATE {table} SET body = 'secret words'")
        connection.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER move_update")
        install_capture(connection, source.server.schema)
    source.keep("new")
    with pytest.raises(Differs) as differs:
        carry_once(source.file, source.dsn, compares=lambda *_: None)
    assert "item_notes" in str(differs.value)
    assert "secret" not in str(differs.value)
    assert source.keys() == set()


def test_the_log_is_out_of_the_role_s_reach_and_truncate_is_refused(source: Moved) -> None:
    """The source's role writes rows, and the log notes it; it cannot touch the log itself."""
    for statement in ("SELECT * FROM move_log", "DELETE FROM move_log"):
        with (
            closing(source.server.connect()) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(statement)
    with source.admin() as connection, pytest.raises(psycopg.errors.FeatureNotSupported):
        connection.execute(f'TRUNCATE "{source.server.schema}".item_notes')


def test_the_lag_is_how_much_and_how_old(source: Moved) -> None:
    """Nothing to carry has no age."""
    assert (source.lag.entries, source.lag.oldest_s) == (0, None)
    source.keep("a", "b")
    lag = source.lag
    assert lag.entries == 2
    assert lag.oldest_s is not None
    assert 0 <= lag.oldest_s < 60


def test_carrying_goes_on_until_it_is_told_and_waits_for_a_server_that_is_away(
    source: Moved,
) -> None:
    """Trouble is told and tried again; a pass that carried something is reported."""
    is_over, seen, troubles = threading.Event(), list[Carried](), list[Problem]()

    def report(carried: Carried) -> None:
        seen.append(carried)
        is_over.set()

    source.keep("one")
    nowhere = psycopg.conninfo.make_conninfo(source.dsn, host="/nowhere", connect_timeout=2)

    def troubled(error: Problem) -> None:
        troubles.append(error)
        is_over.set()

    carry_on(source.file, nowhere, is_over=is_over, poll_s=0.01, report=report, troubled=troubled)
    assert troubles
    is_over.clear()
    carry_on(
        source.file, source.dsn, is_over=is_over, poll_s=0.01, report=report, troubled=troubled
    )
    assert seen[0].entries == 1


def test_two_who_carry_at_once_leave_the_newest(source: Moved) -> None:
    """The file's lock orders their snapshots: neither writes what is older than what it finds."""
    is_over = threading.Event()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            carry_on(
                source.file,
                source.dsn,
                is_over=is_over,
                poll_s=0.01,
                report=lambda _: None,
                troubled=failures.append,
            )
        except BaseException as error:  # noqa: BLE001  # told by the test
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(60):
        with source.server.transaction() as tx:
            tx.change("DELETE FROM idempotency_keys")
            tx.change(KEEP, key=f"k{n}")
    is_over.set()
    for thread in threads:
        thread.join()
    assert not failures
    carry_once(source.file, source.dsn, compares=lambda *_: None)
    assert source.keys() == {"k59"}


def test_a_full_disk_leaves_both_stores_as_they_were(
    source: Moved, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be written stays in the log, and is carried once there is room."""
    connected = SqliteArchive.connect

    def cramped(archive: SqliteArchive) -> sqlite3.Connection:
        connection = connected(archive)
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        return connection

    with source.server.transaction() as tx:
        for n in range(20):
            tx.change(KEEP.replace("'x'", "repeat('x', 9000)"), key=f"large {n}")
    with monkeypatch.context() as patch, pytest.raises(DiskRefused, match="cannot be written"):
        patch.setattr(SqliteArchive, "connect", cramped)
        carry_once(source.file, source.dsn)
    assert source.lag.entries == 20
    assert (source.keys(), source.fence.carried) == (set(), 0)
    carry_once(source.file, source.dsn)
    assert len(source.keys()) == 20


def _replace(source: Moved, copy: Path) -> None:
    for end in ("-wal", "-shm"):
        Path(f"{source.file.path}{end}").unlink(missing_ok=True)
    copy.replace(source.file.path)


def test_a_placement_that_was_undone_is_not_sealed(source: Moved) -> None:
    """Who was to finish a return and slept does not fill the file in its name."""
    source.keep("x")
    with pytest.raises(NotThere, match="somebody else undid"):
        carry_once(source.file, source.dsn, seals=Placement("returning", 4, 1))
    assert source.keys() == set()
