"""A source moves to PostgreSQL while it is written, and whatever is in the way leaves it whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row
from tests_support.mails import begin_ingest
from tests_support.move_writers import Moving, lost, moving, writers, written
from tests_support.postgres_gate import gate, through

from postroom.archive.postgres import PostgresArchive
from postroom.archive.source_registry import compare_and_set, placement_of
from postroom.errors import Fenced, NotReadable, Paused
from postroom.move.attempts import Attempt, read_attempts
from postroom.move.carry_back import carry_once
from postroom.move.mover import move
from postroom.move.refusals import (
    GaveUp,
    MoveHeld,
    MoveRefused,
    OutcomeUnknown,
    RolledBack,
    RowRefused,
    StoresDiffer,
)
from postroom.move.route import Route
from postroom.move.source_tasks import Pausing
from postroom.progress import silent
from postroom.search import SearchQuery, search
from postroom.tasks.index import index_ingest


@pytest.fixture
def source(source_id: str, tmp_path: Path, postgres_dsn: str) -> Moving:
    """A source of a few mails that may move."""
    return moving(source_id, tmp_path, postgres_dsn)


def attempts(source: Moving) -> list[Attempt]:
    """What is written down of the moves of a source."""
    with psycopg.connect(source.dsn, row_factory=dict_row) as connection:
        return read_attempts(connection, source.source_id)


def doing(moment: str, action: Callable[[], object]) -> Callable[[str], None]:
    """Act when the mover is about to take this step."""
    return lambda step: (action(), None)[1] if step == moment else None


def test_a_source_moves_while_it_is_written(source: Moving) -> None:
    """Every acknowledged write is in PostgreSQL; the file is closed and holds what it held."""
    with writers(source) as each:
        written(each, 5)
        done = move(source.file, source.dsn, at=lambda _: None)
        written(each, 5)
    assert (done.outcome, done.placement.owner, done.placement.epoch) == ("moved", "postgres", 3)
    assert lost(source, each) == []
    assert not source.fence_is_open()
    with pytest.raises(Fenced), source.file.transaction():
        pass
    (attempt,) = attempts(source)
    assert attempt.outcome == "moved"
    assert attempt.detail["pause_ms"] > 0
    assert attempt.detail["compared"]["email_messages"] == len(source.filled.ids)
    assert move(source.file, source.dsn).outcome == "there"


def test_a_move_may_wait_before_its_switch(source: Moving) -> None:
    """Verified, the new generation can be looked at; what is written until the switch comes too."""
    ready = move(source.file, source.dsn, until="verify")
    assert ready.outcome == "verified"
    assert (source.placement().owner, source.placement().epoch) == ("sqlite", 1)
    assert source.placement().is_paused
    shown = PostgresArchive(source.source_id, source.dsn, ready_generation(source), is_shown=True)
    with shown.reading() as tx:
        assert tx.value("SELECT count(*) AS n FROM email_messages") == len(source.filled.ids)
    with writers(source) as each:
        written(each, 20)
    assert move(source.file, source.dsn).outcome == "moved"
    assert lost(source, each) == []


def ready_generation(source: Moving) -> int:
    """The generation of the attempt that has not ended."""
    return attempts(source)[-1].generation


def test_one_process_moves_a_source(source: Moving) -> None:
    """The second is refused, whatever the first is doing."""
    refused = []

    def second(_: str) -> None:
        with pytest.raises(MoveHeld):
            move(source.file, source.dsn)
        refused.append(_)

    move(source.file, source.dsn, at=second)
    assert len(refused) > 5


def test_what_postgresql_would_refuse_or_change_is_named_before_anything_is_begun(
    source: Moving,
) -> None:
    """The rows are listed by key and never shown; the source is as it was."""
    with closing(sqlite3.connect(source.file.path)) as connection, connection:
        connection.execute("UPDATE item_notes SET body = 'secret' || char(0)")
        (key,) = connection.execute("SELECT id FROM item_notes").fetchone()
    with pytest.raises(MoveRefused, match="holds what PostgreSQL does not take") as refused:
        move(source.file, source.dsn)
    assert key in refused.value.why
    assert "secret" not in str(refused.value)
    assert source.placement().owner == "sqlite"
    assert not source.placement().is_paused
    with closing(sqlite3.connect(source.file.path)) as connection:
        assert connection.execute("SELECT count(*) FROM move_log").fetchone() == (0,)


def test_a_writer_that_does_not_end_is_not_waited_for(source: Moving) -> None:
    """The switch is given up and undone; then it is tried again with what was loaded."""
    held = source.file.connect()

    def begin() -> None:
        held.execute("BEGIN IMMEDIATE")
        held.execute("UPDATE item_notes SET body = 'slow'")

    with closing(held):
        with pytest.raises(GaveUp):
            move(source.file, source.dsn, gives_up_after_s=0.3, at=doing("close", begin))
        # The fence is opened as soon as the writer lets the file go: by the next mover, here.
        assert source.placement().owner == "sqlite"
        held.commit()
    assert attempts(source)[-1].outcome is None
    assert move(source.file, source.dsn).outcome == "moved"
    assert len(attempts(source)) == 1
    assert set(source.notes().values()) == {"slow"}


def test_a_difference_before_the_switch_ends_the_attempt(source: Moving) -> None:
    """Nobody is moved to what is not the same; the next attempt has a schema of its own."""

    def spoil() -> None:
        in_schema(source, "UPDATE item_notes SET body = 'other'")

    with pytest.raises(StoresDiffer, match="do not hold the same"):
        move(source.file, source.dsn, at=doing("comparison", spoil))
    assert source.placement().owner == "sqlite"
    assert attempts(source)[-1].outcome == "stores-differ"
    assert attempts(source)[-1].detail["differences"][0]["kind"] == "not the same"
    assert move(source.file, source.dsn).placement.generation == 2


def in_schema(source: Moving, statement: str) -> None:
    """Change the schema of the last attempt, as an administrator who knows no better."""
    archive = PostgresArchive(source.source_id, source.dsn, ready_generation(source))
    with psycopg.connect(source.dsn) as connection:
        connection.execute(f'SET search_path TO "{archive.schema}"'.encode())
        connection.execute(statement.encode())


def test_a_difference_at_the_switch_is_seen_behind_it_and_taken_back(source: Moving) -> None:
    """The closed file is compared in full with what PostgreSQL had; nothing written is lost."""

    def spoil() -> None:
        in_schema(source, "UPDATE email_messages SET subject = 'other' WHERE folder_nid IS NULL")

    with writers(source) as each:
        written(each, 3)
        with pytest.raises(RolledBack, match="when the source was switched"):
            move(source.file, source.dsn, at=doing("snapshot", spoil))
        written(each, 3)
    assert "differs" in [one.outcome for one in attempts(source)]
    assert source.placement().owner == "sqlite"
    assert lost(source, each) == []
    with source.serving().reading() as tx:
        assert tx.value("SELECT count(*) AS n FROM email_messages WHERE subject = 'other'") == 0


def test_a_move_that_was_undone_by_somebody_else_gives_way(source: Moving) -> None:
    """Who recovers sees a freeze that stands for long; the mover that wakes changes nothing."""

    def recover() -> None:
        with psycopg.connect(source.dsn, row_factory=dict_row) as connection:
            frozen = placement_of(connection, source.source_id)
            assert frozen is not None
            assert compare_and_set(connection, source.source_id, frozen, frozen.undo())

    with writers(source) as each:
        with pytest.raises(MoveRefused, match="somebody else has changed"):
            move(source.file, source.dsn, at=doing("carry", recover))
        assert source.placement().owner == "sqlite"
        written(each, 3)
    assert lost(source, each) == []
    assert move(source.file, source.dsn).outcome == "moved"
    assert lost(source, each) == []


def test_a_store_that_could_not_be_left_again_is_not_entered(source: Moving) -> None:
    """A trigger of the reverse log that somebody dropped stops the switch."""
    with pytest.raises(MoveRefused, match="could not be carried back"):
        spoil = "DROP TRIGGER move_insert ON item_notes"
        move(source.file, source.dsn, at=doing("freeze", lambda: in_schema(source, spoil)))
    assert source.placement().owner == "sqlite"
    assert source.fence_is_open()
    assert move(source.file, source.dsn).outcome == "moved"


@pytest.mark.parametrize("moment", ["load", "close", "decide"])
def test_a_server_that_goes_leaves_the_source_in_one_store(source: Moving, moment: str) -> None:
    """The mover's sessions are ended under it; then it is told so, and the next one goes on."""

    def cut() -> None:
        with psycopg.connect(source.dsn, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'postroom source move' AND datname = current_database()"
            )

    with writers(source) as each:
        with pytest.raises(NotReadable):
            move(source.file, source.dsn, at=doing(moment, cut))
        assert source.placement().owner == "sqlite"
        written(each, 3)
        assert move(source.file, source.dsn).outcome == "moved"
        written(each, 3)
    assert lost(source, each) == []


@pytest.mark.parametrize("moment", ["carry", "decide"])
def test_without_an_answer_of_the_registry_nothing_is_guessed(
    source: Moving, moment: str, postgres_server: str
) -> None:
    """Once frozen, the file is only read until the registry can be asked what became of it."""
    with gate(postgres_server) as (made, folder), writers(source) as each:
        written(each, 2)
        with pytest.raises(OutcomeUnknown, match="PostgreSQL went away during the switch"):
            move(source.file, through(folder, source.dsn), at=doing(moment, made.close))
        assert source.placement().owner == "freezing"
        assert not source.fence_is_open()
        made.open()
        assert move(source.file, source.dsn).outcome == "moved"
        written(each, 2)
    assert lost(source, each) == []


def test_a_task_that_runs_is_waited_for_and_none_begins(source: Moving) -> None:
    """A claim that is held when the source is paused ends the wait by its release alone."""
    claim = begin_ingest(source.file)
    with closing(source.file.connect()) as file, closing(open_server(source)) as server:
        file.isolation_level, file.row_factory = None, None
        tasks = Pausing(file, server, source.source_id)
        tasks.pause(1)
        with pytest.raises(MoveRefused, match="do not come to their end") as refused:
            tasks.drain(silent, within_s=0)
        assert claim.pst_file_id in refused.value.where
        claim.release(source.file)
        tasks.drain(silent, within_s=0)
        with pytest.raises(Paused):
            begin_ingest(source.file)
        tasks.go_on()
    begin_ingest(source.file)


def open_server(source: Moving) -> psycopg.Connection:
    """Connect as the administrator."""
    return Route(source.file, source.dsn, 0).open_server()


def test_both_stores_are_compared_while_postgresql_serves(source: Moving) -> None:
    """What was written since and is not carried back yet is left out; another change is seen."""
    move(source.file, source.dsn)
    with writers(source) as each:
        for _ in range(3):
            written(each, 3)
            assert move(source.file, source.dsn, until="verify").outcome == "verified"
            carry_once(source.file, source.dsn)
    with closing(sqlite3.connect(source.file.path)) as connection, connection:
        connection.execute("DROP TRIGGER move_fence_item_meta_UPDATE")
        connection.execute("UPDATE item_meta SET name = 'other'")
    with pytest.raises(StoresDiffer, match="do not hold the same"):
        move(source.file, source.dsn, until="verify")
    assert source.placement().owner == "postgres"


def test_a_restored_backup_is_not_moved(source: Moving) -> None:
    """A file whose fence is behind the registry lacks what came later."""
    with closing(sqlite3.connect(source.file.path)) as connection, connection:
        connection.execute("INSERT INTO move_fence (one, is_open, epoch) VALUES (1, 1, 1)")
    with psycopg.connect(source.dsn) as connection:
        query = "UPDATE public.source_registry SET epoch = 5 WHERE source_id = %s"
        connection.execute(query, (source.source_id,))
    with pytest.raises(Fenced, match="an old copy"):
        move(source.file, source.dsn)
    with closing(sqlite3.connect(source.file.path)) as connection, connection:
        connection.execute("UPDATE move_fence SET epoch = 9")
    with pytest.raises(MoveRefused, match="do not agree"):
        move(source.file, source.dsn)


def test_words_are_found_in_postgresql_from_the_first_moment(source: Moving) -> None:
    """The index of the new store is made before it serves."""
    with source.file.transaction() as tx:
        index_ingest(tx, source.file, source.filled.pst_file_id, silent)
    before = found(source)
    assert before
    move(source.file, source.dsn)
    assert found(source) == before


def found(source: Moving) -> list[str]:
    """The mails in which a word is found."""
    return [hit.email_id for hit in search(source.serving(), SearchQuery("alpha")).hits]


def test_a_row_that_comes_too_late_to_be_checked_is_refused(source: Moving) -> None:
    """A NUL byte written after the check stops the move at the load; no attempt is left open."""

    def write() -> None:
        with closing(sqlite3.connect(source.file.path)) as connection, connection:
            connection.execute("UPDATE item_notes SET body = 'a' || char(0)")

    with pytest.raises(RowRefused, match="none for PostgreSQL") as refused:
        move(source.file, source.dsn, at=doing("load", write))
    assert "\0" not in str(refused.value)
    assert attempts(source)[-1].outcome == "row-refused"
