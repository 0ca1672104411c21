"""A source comes back from PostgreSQL whole, or stays there; one store serves it throughout."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests_support.moved import KEEP, Moved, moved
from tests_support.searching import indexed

from postroom.archive.placement import Placement
from postroom.archive.source_registry import compare_and_set
from postroom.errors import Away, Fenced
from postroom.move import rollback
from postroom.move.carry_back import carry_once
from postroom.move.recover import recover
from postroom.move.return_refusals import (
    Differs,
    FileRefused,
    InProgress,
    NotThere,
    StillWriting,
)
from postroom.move.returning import give_back, open_file, withdraw
from postroom.move.rollback import roll_back
from postroom.search import SearchQuery, search
from postroom.store import FolderStore

_WAIT_S = 5.0


@pytest.fixture
def source(postgres_dsn: str, source_id: str, tmp_path: Path) -> Moved:
    """A source that was switched to PostgreSQL, in a schema of its own."""
    return moved(tmp_path, postgres_dsn, source_id)


def test_nothing_is_lost_and_sqlite_takes_writes_again(source: Moved) -> None:
    """What was acknowledged in PostgreSQL is in the file before its fence opens."""
    source.keep("early")
    carry_once(source.file, source.dsn)
    source.keep("late")
    returned = roll_back(source.file, source.dsn, wait_s=_WAIT_S, compares=True)
    assert returned.epoch == 5
    assert returned.pause_ms is not None
    assert returned.compared["idempotency_keys"] == 2
    assert source.keys() == {"early", "late"}
    with source.file.transaction() as tx:
        tx.change(KEEP, key="here again")
    with pytest.raises(Fenced), source.server.transaction():
        pass
    assert source.placement == Placement("sqlite", 5, 1, age_s=source.placement.age_s) or (
        source.placement.owner == "sqlite"
    )
    assert not source.placement.is_paused


def test_writers_find_every_acknowledged_write_after_it(source: Moved) -> None:
    """Four writers go on throughout; each write that was not refused is in the file."""
    acknowledged: list[str] = []
    is_over = threading.Event()

    def write(name: str) -> None:
        n = 0
        while not is_over.is_set():
            n += 1
            try:
                source.keep(f"{name}-{n}")
            except Fenced:
                return
            acknowledged.append(f"{name}-{n}")

    threads = [threading.Thread(target=write, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    while len(acknowledged) < 20:
        is_over.wait(0.01)
    returned = roll_back(source.file, source.dsn, wait_s=_WAIT_S)
    for thread in threads:
        thread.join(10)
    is_over.set()
    assert source.keys() == set(acknowledged)
    assert returned.pause_ms is not None


def test_a_long_writer_is_named_and_nothing_is_changed(source: Moved) -> None:
    """Who has written and does not commit stops the return; writers behind it go on after it."""
    before = source.placement
    with closing(source.server.connect()) as slow, slow.transaction():
        slow.execute(KEEP.replace(":key", "'slow'"))
        with pytest.raises(StillWriting) as still:
            roll_back(source.file, source.dsn, wait_s=0.5)
        assert [one.pid for one in still.value.blockers] == [slow.info.backend_pid]
        assert f"pid {slow.info.backend_pid}" in str(still.value)
        assert "slow" not in str(still.value)
        source.keep("goes on")
    after = source.placement
    assert (after.owner, after.epoch, after.is_paused) == (before.owner, before.epoch, False)
    roll_back(source.file, source.dsn, wait_s=_WAIT_S)
    assert source.keys() == {"slow", "goes on"}


def test_who_ends_in_time_is_waited_for(source: Moved) -> None:
    """A writer that commits while the return waits loses nothing."""
    with closing(source.server.connect()) as slow:
        slow.execute(KEEP.replace(":key", "'slow'"))
        ends = threading.Timer(0.6, slow.commit)
        ends.start()
        roll_back(source.file, source.dsn, wait_s=_WAIT_S)
        ends.join()
    assert source.keys() == {"slow"}


def test_a_difference_leaves_postgresql_serving(source: Moved) -> None:
    """The comparison of every row finds what nobody logged; then nothing is switched."""
    with source.admin() as connection:
        connection.execute("SET session_replication_role = replica")
        table = f'"{source.server.schema}".item_notes'
        connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        connection.execute(f"DELETE FROM {table}")
        for name in ("insert", "update", "delete", "truncate"):
            connection.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER move_{name}")
    with pytest.raises(Differs):
        roll_back(source.file, source.dsn, wait_s=_WAIT_S, compares=True)
    source.keep("goes on")
    assert not source.fence.is_open


def test_who_holds_the_file_stops_the_return_and_postgresql_serves_on(
    source: Moved, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writes wait no longer than a few seconds; then the return is undone by itself."""
    monkeypatch.setattr("postroom.move.carry_pass.SEALING_BUSY_MS", 100)
    with closing(source.file.connect()) as holder:

        def withdrawn(*args: Any, **options: Any) -> Any:
            done = withdraw(*args, **options)
            holder.execute("BEGIN IMMEDIATE")
            return done

        with monkeypatch.context() as patch, pytest.raises(Away):
            patch.setattr(rollback, "withdraw", withdrawn)
            roll_back(source.file, source.dsn, wait_s=_WAIT_S)
    assert (source.placement.owner, source.placement.epoch) == ("postgres", 5)
    assert not source.placement.is_paused
    source.keep("goes on")
    roll_back(source.file, source.dsn, wait_s=_WAIT_S)
    assert source.keys() == {"goes on"}


@pytest.mark.parametrize("at", ["withdraw", "_carry_rest", "give_back", "open_file", "_note"])
def test_killed_anywhere_it_is_finished_by_the_next(
    source: Moved, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each step the process ends without a word; run again, the return is whole."""
    source.keep("kept")
    real = getattr(rollback, at)

    class KilledError(BaseException):
        pass

    def killed(*args: object, **options: object) -> object:
        real(*args, **options)
        raise KilledError

    with monkeypatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(rollback, at, killed)
        roll_back(source.file, source.dsn, wait_s=_WAIT_S)
    roll_back(source.file, source.dsn, wait_s=_WAIT_S)
    assert source.keys() == {"kept"}
    assert source.placement.owner == "sqlite"
    assert source.fence.is_open
    assert source.fence.epoch == source.placement.epoch
    assert not source.placement.is_paused


def test_a_return_that_stands_still_is_undone_by_anybody(source: Moved) -> None:
    """PostgreSQL serves on at the next epoch; who had begun the return cannot end it."""
    returning, _ = withdraw(source.source_id, source.dsn, source.placement, wait_s=_WAIT_S)
    with pytest.raises(Fenced):
        source.keep("between")
    with pytest.raises(InProgress):
        recover(source.file, source.dsn)
    assert recover(source.file, source.dsn, is_patient=False).did == "undone"
    source.keep("goes on")
    with pytest.raises(NotThere):
        carry_once(source.file, source.dsn, seals=returning)
    with pytest.raises(NotThere):
        give_back(source.source_id, source.dsn, returning)
    assert source.placement.epoch == 5
    assert carry_once(source.file, source.dsn).entries == 1


def test_a_freeze_that_stands_still_is_undone(source: Moved) -> None:
    """The file is closed first, so that it is told from an old copy, and then opened."""
    roll_back(source.file, source.dsn, wait_s=_WAIT_S)
    before = source.placement
    with source.admin() as connection:
        assert compare_and_set(connection, source.source_id, before, before.freeze())
    assert recover(source.file, source.dsn, is_patient=False).did == "undone"
    assert (source.fence.is_open, source.fence.epoch) == (True, source.placement.epoch)
    assert recover(source.file, source.dsn).did == "nothing"


def test_a_restored_old_file_is_refused(source: Moved, tmp_path: Path) -> None:
    """A copy from before the return knows an older epoch, open or closed, and is not opened."""
    copy = tmp_path / "copy"
    with closing(source.file.connect()) as connection:
        connection.execute(f"VACUUM INTO '{copy}'")
    source.keep("lost in the copy")
    roll_back(source.file, source.dsn, wait_s=_WAIT_S)
    for end in ("-wal", "-shm"):
        Path(f"{source.file.path}{end}").unlink(missing_ok=True)
    copy.replace(source.file.path)
    with pytest.raises(FileRefused, match="not the one"):
        recover(source.file, source.dsn)
    with pytest.raises(FileRefused):
        open_file(source.file, source.placement.epoch)
    assert not source.fence.is_open


def test_a_source_that_never_left_has_nothing_to_roll_back(source: Moved) -> None:
    """One that is back stays; one without a row is refused by name."""
    roll_back(source.file, source.dsn, wait_s=_WAIT_S)
    again = roll_back(source.file, source.dsn, wait_s=_WAIT_S)
    assert (again.epoch, again.pause_ms) == (5, None)
    with source.admin() as connection:
        connection.execute(
            "DELETE FROM public.source_registry WHERE source_id = %s", (source.source_id,)
        )
    with pytest.raises(NotThere, match="nothing to roll back"):
        roll_back(source.file, source.dsn, wait_s=_WAIT_S)


def test_a_process_that_is_killed_while_writers_go_on_loses_nothing(
    source: Moved, tmp_path: Path
) -> None:
    """SIGKILL at moments all over a return: one store serves afterwards, and has every write."""
    program = tmp_path / "returns.py"
    program.write_text(
        "import sys\nfrom pathlib import Path\n"
        "from postroom.archive.sqlite import SqliteArchive\n"
        "from postroom.move.rollback import roll_back\n"
        "print('ready', flush=True)\nsys.stdin.readline()\n"
        "roll_back(SqliteArchive(sys.argv[1], Path(sys.argv[2])), sys.argv[3], wait_s=5)\n"
    )
    arguments = [sys.executable, program, source.source_id, source.file.path, source.dsn]
    acknowledged = set[str]()
    for n in range(6):
        if source.placement.owner != "postgres":
            break
        with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            assert child.stdin is not None
            child.stdout.readline()
            source.keep(f"k{n}")
            acknowledged.add(f"k{n}")
            child.stdin.write(b"\n")
            child.stdin.flush()
            threading.Event().wait(0.008 * n)
            child.kill()
        if source.placement.owner == "returning":
            recover(source.file, source.dsn, is_patient=False)
    roll_back(source.file, source.dsn, wait_s=_WAIT_S)
    assert source.keys() == acknowledged
    assert source.fence.is_open


def test_the_server_s_own_user_alone_may(source: Moved) -> None:
    """A service's user is told which user may, and nothing is changed."""
    with source.admin() as connection:
        connection.execute(f'CREATE ROLE "{source.source_id}" LOGIN')
        connection.execute("GRANT SELECT ON public.source_registry TO PUBLIC")
    nobody = psycopg.conninfo.make_conninfo(source.dsn, user=source.source_id)
    with pytest.raises(Exception, match="may not move the source"):
        roll_back(source.file, nobody, wait_s=_WAIT_S)
    assert source.placement.owner == "postgres"


def test_readers_find_in_the_file_what_they_found_in_postgresql(
    source: Moved, tmp_path: Path
) -> None:
    """What was ingested and indexed there is in the search index of the file too."""
    indexed(source.server, FolderStore(tmp_path / "objects"), [{"subject": "a zebra"}])
    roll_back(source.file, source.dsn, wait_s=_WAIT_S)
    assert [hit.subject for hit in search(source.file, SearchQuery("zebra")).hits] == ["a zebra"]
