"""Snapshots are proven before they count, put back by somebody's name, and purged by one."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from tests_support import postgres
from tests_support.moved import KEEP, Moved, moved

from postroom.archive import open_archive
from postroom.archive.sqlite import open_sqlite
from postroom.errors import Fenced
from postroom.move import snapshot_sqlite
from postroom.move.carry_back import carry_once
from postroom.move.purge import purge
from postroom.move.restore import restore_file
from postroom.move.restore_postgres import restore_schema
from postroom.move.return_refusals import FileRefused, NotThere
from postroom.move.rollback import roll_back
from postroom.move.snapshot import NotProven, Snapshot, read_snapshot
from postroom.move.snapshot_sqlite import snapshot_file
from postroom.move.snapshots import snapshots
from postroom.progress import silent


@pytest.fixture
def source(postgres_dsn: str, source_id: str, tmp_path: Path) -> Moved:
    """A source that was switched to PostgreSQL, in a schema of its own."""
    return moved(tmp_path, postgres_dsn, source_id)


@pytest.fixture
def taken(source: Moved, tmp_path: Path) -> dict[str, Snapshot]:
    """A snapshot of each of its stores."""
    both = snapshots(
        source.source_id,
        home=tmp_path,
        dsn=source.dsn,
        folder=tmp_path / "snapshots",
        only=("sqlite", "postgres"),
        progress=silent,
    )
    return {one.store: one for one in both}


def test_both_stores_are_taken_proven_and_described(taken: dict[str, Snapshot]) -> None:
    """Each has a digest and every table; nothing partial lies beside it, and nobody else reads."""
    for one in taken.values():
        assert one.tables["email_messages"].rows == 13
        assert one.path.stat().st_mode & 0o077 == 0
        assert read_snapshot(one.path).tables == one.tables
        assert json.loads(one.path.with_name(f"{one.path.name}.json").read_text())["proven"]
    assert taken["postgres"].placement is not None
    assert taken["postgres"].placement["owner"] == "postgres"
    folder = taken["sqlite"].path.parent
    assert len(list(folder.iterdir())) == 4


def test_a_snapshot_is_taken_while_others_write(tmp_path: Path, source_id: str) -> None:
    """It is of one moment: a copy page by page would begin anew at each write."""
    file = open_sqlite(source_id, tmp_path, create=True)
    is_over, written = threading.Event(), list[str]()

    def write() -> None:
        while not is_over.is_set():
            with file.transaction() as tx:
                tx.change(KEEP, key=f"k{len(written)}")
            written.append("")

    thread = threading.Thread(target=write)
    thread.start()
    try:
        while len(written) < 5:
            is_over.wait(0.001)
        one = snapshot_file(file, tmp_path / "snapshots", silent)
    finally:
        is_over.set()
        thread.join()
    assert 5 <= one.tables["idempotency_keys"].rows <= len(written)


def test_a_damaged_copy_is_no_snapshot(
    source: Moved, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What does not come back as it was is refused by table, and no file is left."""

    def lossy(source_path: Path, target: Path) -> Path:
        target.write_bytes(source_path.read_bytes())
        with closing(sqlite3.connect(target)) as copy, copy:
            copy.execute("DROP TRIGGER move_fence_item_notes_DELETE")
            copy.execute("DELETE FROM item_notes")
        return target

    monkeypatch.setattr(snapshot_sqlite.shutil, "copyfile", lossy)
    with pytest.raises(NotProven, match="not proven") as refused:
        snapshot_file(source.file, tmp_path / "snapshots", silent)
    assert "item_notes" in refused.value.why
    assert not list((tmp_path / "snapshots").iterdir())


def test_a_snapshot_that_was_changed_afterwards_is_refused(taken: dict[str, Snapshot]) -> None:
    """Its digest says so, whoever changed it."""
    path = taken["sqlite"].path
    with path.open("ab") as content:
        content.write(b"\0")
    with pytest.raises(NotProven):
        read_snapshot(path)


def test_a_file_goes_back_to_a_snapshot_and_what_it_held_is_kept(
    source: Moved, tmp_path: Path
) -> None:
    """The source serves what the snapshot held, at the registry's epoch; the rest is a snapshot."""
    roll_back(source.file, source.dsn, wait_s=5)
    before = snapshot_file(source.file, tmp_path / "snapshots", silent)
    with source.file.transaction() as tx:
        tx.change(KEEP, key="after")
    restored = restore_file(source.file, source.dsn, before, by="ann", progress=silent)
    assert source.keys() == set()
    with source.file.transaction() as tx:
        tx.change(KEEP, key="goes on")
    assert source.fence.epoch == source.placement.epoch
    assert read_snapshot(Path(restored.kept)).tables["idempotency_keys"].rows == 1


def test_a_snapshot_goes_back_only_where_the_source_lives(
    source: Moved, taken: dict[str, Snapshot]
) -> None:
    """The closed file is not overwritten by one that lacks what was carried."""
    with pytest.raises(NotThere, match="does not serve"):
        restore_file(source.file, source.dsn, taken["sqlite"], by="ann", progress=silent)
    with pytest.raises(NotThere, match="does not fit"):
        restore_schema("other", source.dsn, taken["postgres"], by="ann", wait_s=5, progress=silent)


def test_a_schema_goes_back_to_a_dump_in_a_generation_of_its_own(
    source: Moved, taken: dict[str, Snapshot]
) -> None:
    """It serves and logs what is written; the one that served stays; the file is no way back."""
    source.keep("after")
    carry_once(source.file, source.dsn)
    restore_schema(
        source.source_id, source.dsn, taken["postgres"], by="ann", wait_s=5, progress=silent
    )
    assert (source.placement.owner, source.placement.generation) == ("postgres", 2)
    with pytest.raises(Fenced):
        source.keep("to the old one")
    new = Moved(
        source.file,
        type(source.server)(source.source_id, source.dsn, 2),
        source.email_ids,
    )
    assert new.held_by_server()["idempotency_keys"] == []
    new.keep("goes on")
    assert new.lag.entries == 1
    with pytest.raises(FileRefused):
        carry_once(source.file, source.dsn)


def test_a_registry_that_was_lost_comes_back_with_its_schema(
    source: Moved, taken: dict[str, Snapshot], postgres_server: str
) -> None:
    """In a new, empty database the source serves again, at an epoch that no file knows."""
    with postgres.database(postgres_server) as empty:
        restore_schema(
            source.source_id,
            empty,
            taken["postgres"],
            by="ann",
            wait_s=5,
            progress=silent,
            file_epoch=source.fence.epoch,
        )
        new = Moved(source.file, replace(source.server, dsn=empty, generation=2), source.email_ids)
        assert (new.placement.owner, new.placement.epoch) == ("postgres", 5)
        new.keep("goes on")
        assert new.lag.entries == 1
        with pytest.raises(FileRefused):
            carry_once(source.file, empty)


def test_the_store_that_was_left_is_purged_and_never_the_one_that_serves(
    source: Moved, tmp_path: Path
) -> None:
    """First PostgreSQL serves, then the file does; each time only the other goes."""
    gone = purge(source.source_id, "postgres", home=tmp_path, dsn=source.dsn, by="ann")
    assert gone.deleted == ()
    roll_back(source.file, source.dsn, wait_s=5)
    with pytest.raises(NotThere, match="nothing is purged"):
        purge(source.source_id, "sqlite", home=tmp_path, dsn=source.dsn, by="ann")
    gone = purge(source.source_id, "postgres", home=tmp_path, dsn=source.dsn, by="ann")
    assert gone.deleted == (source.server.schema,)
    with source.file.transaction() as tx:
        tx.change(KEEP, key="goes on")


def test_the_file_is_purged_once_postgresql_serves(source: Moved, tmp_path: Path) -> None:
    """Then there is no fast way back any more, and the source serves on.

    Who never heard of the move finds a file that is empty and closed, and does not make a new one.
    """
    gone = purge(source.source_id, "sqlite", home=tmp_path, dsn=source.dsn, by="ann")
    assert str(source.file.path) in gone.deleted
    source.keep("goes on")
    with pytest.raises(FileRefused):
        roll_back(source.file, source.dsn, wait_s=5)
    unaware = open_archive(source.source_id, home=tmp_path, dsn=None, create=True)
    with pytest.raises(Fenced), unaware.transaction():
        pass
    follows = open_archive(source.source_id, home=tmp_path, dsn=None, registry=source.dsn)
    with follows.reading() as tx:
        assert tx.backend == "postgres"


def test_a_source_whose_name_begins_with_another_s_keeps_its_schemas(
    source: Moved, tmp_path: Path
) -> None:
    """`acme` does not purge `acme-2`."""
    other = moved(tmp_path / "other", source.dsn, f"{source.source_id}-2")
    roll_back(source.file, source.dsn, wait_s=5)
    purge(source.source_id, "postgres", home=tmp_path, dsn=source.dsn, by="ann")
    other.keep("goes on")
