"""An archive follows its source from its file to PostgreSQL and back."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests_support.moving import Mover, service_login
from tests_support.waiting import until

from postroom.archive.archive import Archive
from postroom.archive.fence import fence_of, pause_tasks
from postroom.archive.pause import is_paused
from postroom.archive.placement import Placement
from postroom.archive.registry import open_archive, sources
from postroom.archive.source_registry import pause
from postroom.claim import take
from postroom.errors import Away, Fenced, NotReadable, Paused

_KEEP = (
    "INSERT INTO idempotency_keys (key, request_sha256, created_at)"
    " VALUES (:key, 'x', '2026-11-21T00:00:00Z')"
)
NOWHERE = "host=/nowhere user=nobody dbname=none"


def keep(archive: Archive, key: str) -> None:
    """Write a row."""
    with archive.transaction() as tx:
        tx.change(_KEEP, key=key)


def kept(archive: Archive) -> tuple[str, list[str]]:
    """Read every row, and say from where."""
    with archive.reading() as tx:
        rows = tx.rows("SELECT key FROM idempotency_keys ORDER BY key")
        return tx.backend, [row["key"] for row in rows]


def test_one_archive_follows_its_source_there_and_back(mover: Mover) -> None:
    """A process that opened it before the move writes and reads wherever the source is."""
    archive = mover.placed
    keep(archive, "a")
    mover.bootstrap()
    keep(archive, "b")
    mover.freeze()
    assert kept(archive) == ("sqlite", ["a", "b"])
    with pytest.raises(Fenced, match="takes no writes while it moves"):
        keep(archive, "lost")
    mover.switch()
    keep(archive, "c")
    assert kept(archive) == ("postgres", ["a", "b", "c"])
    mover.withdraw()
    with pytest.raises(Fenced, match="takes no writes while it moves"):
        keep(archive, "lost")
    assert kept(archive) == ("postgres", ["a", "b", "c"])
    keep_in_file(mover, "c")
    mover.give_back()
    keep(archive, "d")
    assert kept(archive) == ("sqlite", ["a", "b", "c", "d"])
    assert archive.backend == "sqlite"


def keep_in_file(mover: Mover, key: str) -> None:
    """Carry a row back."""
    with closing(mover.file.connect()) as connection, connection:
        connection.execute(_KEEP, {"key": key})


def test_whoever_meets_it_opens_the_fence_that_nobody_opened(mover: Mover) -> None:
    """The registry gave it back and who did so died: readers and writers go on by themselves."""
    mover.move()
    mover.withdraw()
    mover.give_back(opens=False)
    archive = mover.placed
    assert kept(archive) == ("sqlite", [])
    keep(archive, "a")
    with closing(mover.file.connect()) as connection:
        fence = fence_of(connection)
    assert fence is not None
    assert fence.is_open
    assert fence.epoch == mover.placement.epoch


@pytest.mark.parametrize("closed_at", [None, 2])
def test_a_freeze_that_nobody_ends_is_undone_by_a_service(
    mover: Mover, closed_at: int | None
) -> None:
    """After ten seconds, before or after the fence was closed, by a user who may define nothing."""
    mover.bootstrap()
    pause_tasks_of(mover)
    mover.becomes(Placement.freeze)
    if closed_at is not None:
        mover.closes_file(closed_at)
    archive = mover.placed
    with pytest.raises(Fenced):
        keep(archive, "early")
    mover.ages(11)
    keep(archive, "a")
    assert kept(archive) == ("sqlite", ["a"])
    assert mover.placement.owner == "sqlite"
    assert mover.placement.epoch == 3
    assert not mover.placement.is_paused
    assert not is_paused(archive)


def test_a_return_that_nobody_ends_is_undone_by_a_service(mover: Mover) -> None:
    """PostgreSQL serves on, and its fence is open again."""
    mover.move()
    pause_tasks_of(mover)
    mover.withdraw()
    mover.ages(11)
    archive = mover.placed
    keep(archive, "a")
    assert kept(archive) == ("postgres", ["a"])
    assert mover.placement.epoch == 5
    assert not is_paused(archive)


def pause_tasks_of(mover: Mover) -> None:
    """Pause them as whoever moves the source does."""
    with closing(mover.file.connect()) as connection, connection:
        pause_tasks(connection, is_paused=True)
    with mover.connected() as connection:
        pause(connection, mover.source_id, is_paused=True)


def test_an_old_copy_of_the_file_is_refused(mover: Mover, tmp_path: Path) -> None:
    """Put back in the place of the newest, it would lose what was written since: nothing serves."""
    mover.bootstrap()
    keep(mover.placed, "a")
    before = tmp_path / "before"
    shutil.copy(mover.file.path, before)
    archive = mover.placed
    keep(archive, "b")
    mover.freeze()
    mover.switch()
    mover.withdraw()
    mover.give_back()
    assert kept(archive)[0] == "sqlite"
    for name in ("", "-wal", "-shm"):
        Path(f"{mover.file.path}{name}").unlink(missing_ok=True)
    shutil.copy(before, mover.file.path)
    for one in (archive, mover.placed):
        with pytest.raises(Fenced, match="old copy"):
            kept(one)
        with pytest.raises(Fenced, match="old copy"):
            keep(one, "lost")


def test_without_its_registry_an_open_file_is_read_and_a_closed_one_is_not(mover: Mover) -> None:
    """Never a guess: who could not ask writes nothing, and reads what only its fence can prove."""
    keep(mover.placed, "a")
    mover.bootstrap()

    def cut_off() -> Archive:
        return open_archive(mover.source_id, home=mover.home, dsn=None, registry=NOWHERE)

    assert kept(cut_off()) == ("sqlite", ["a"])
    with pytest.raises(Away, match="cannot be reached"):
        keep(cut_off(), "lost")
    mover.freeze()
    with pytest.raises(Away, match="cannot be reached"):
        kept(cut_off())
    with pytest.raises(Away):
        open_archive("elsewhere", home=mover.home, dsn=None, registry=NOWHERE)
    assert not list(mover.home.rglob("*elsewhere*"))


def test_in_an_emergency_a_closed_file_is_read_and_no_registry_is_asked(mover: Mover) -> None:
    """PostgreSQL is gone: what the file has is shown, and nothing is written to it."""
    keep(mover.placed, "a")
    mover.move()
    archive = open_archive(mover.source_id, home=mover.home, dsn=None, is_emergency=True)
    assert kept(archive) == ("sqlite", ["a"])
    with pytest.raises(Fenced):
        keep(archive, "lost")
    mover.file.path.unlink()
    with pytest.raises(NotReadable, match="no such source"):
        open_archive(mover.source_id, home=mover.home, dsn=None, is_emergency=True)


def test_no_task_begins_while_a_source_is_paused(mover: Mover) -> None:
    """By the fence of the file as by the registry row, whichever store it is in."""
    archive = mover.placed
    mover.bootstrap()
    with closing(mover.file.connect()) as connection, connection:
        connection.execute("UPDATE move_fence SET is_paused = 1")
    assert is_paused(archive)
    with pytest.raises(Paused):
        take(archive, "00000000-0000-0000-0000-000000000000", "v2")
    with closing(mover.file.connect()) as connection, connection:
        connection.execute("UPDATE move_fence SET is_paused = 0")
    mover.freeze()
    mover.switch()
    with mover.connected() as connection:
        pause(connection, mover.source_id, is_paused=True)
    assert is_paused(archive)
    with pytest.raises(Paused):
        take(archive, "00000000-0000-0000-0000-000000000000", "v2")
    with mover.connected() as connection:
        pause(connection, mover.source_id, is_paused=False)
    with pytest.raises(NotReadable, match="no such ingest"):
        take(archive, "00000000-0000-0000-0000-000000000000", "v2")


def test_a_source_is_made_in_a_file_and_found_in_either_place(mover: Mover) -> None:
    """A new source is a file; one that left its file is found by the registry alone."""
    new = f"{mover.source_id}-new"
    where = {"home": mover.home, "dsn": None, "registry": mover.service_dsn}
    with pytest.raises(NotReadable, match="no such source"):
        open_archive(new, **where, create=False)  # type: ignore[arg-type]
    keep(open_archive(new, **where), "a")  # type: ignore[arg-type]
    assert new in sources(**where)  # type: ignore[arg-type]
    keep(mover.placed, "a")
    mover.move()
    mover.file.path.unlink()
    assert kept(mover.placed) == ("postgres", ["a"])
    assert mover.source_id in sources(**where)  # type: ignore[arg-type]
    assert mover.source_id not in sources(home=mover.home, dsn=None)


def test_who_may_not_read_the_registry_is_told_which_command_helps(
    mover: Mover, postgres_dsn: str
) -> None:
    """A user whom nobody bootstrapped is no reason to take the file for the source."""
    mover.move()
    stranger = service_login(postgres_dsn)
    with pytest.raises(NotReadable, match="registry may not be read") as caught:
        open_archive(mover.source_id, home=mover.home, dsn=None, registry=stranger)
    assert "source bootstrap" in caught.value.remedy


@dataclass
class Crowd:
    """Writers and readers of one source, each with an archive of its own."""

    mover: Mover
    acknowledged: list[str] = field(default_factory=list)
    faults: list[BaseException] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    def write(self, name: int) -> None:
        """Write until it is over; what is not acknowledged is written again."""
        archive, n = self.mover.placed, 0
        while not self.is_over.is_set():
            try:
                keep(archive, f"{name}-{n:05}")
            except Away:
                self.is_over.wait(0.002)
                continue
            self.acknowledged.append(f"{name}-{n:05}")
            n += 1
            self.is_over.wait(0.001)

    def read(self, _name: int) -> None:
        """Read until it is over; what was acknowledged before is seen."""
        archive, seen = self.mover.placed, 0
        while not self.is_over.is_set():
            known = len(self.acknowledged)
            found = len(kept(archive)[1])
            assert found >= max(seen, known), (found, seen, known)
            seen = found

    def guarded(self, work: Callable[[int], None], name: int) -> None:
        """Keep what goes wrong for the test."""
        try:
            work(name)
        except BaseException as error:  # noqa: BLE001  # the test tells it
            self.faults.append(error)
            self.is_over.set()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Let two write and two read until the block ends."""
        threads = [
            threading.Thread(target=self.guarded, args=(work, name))
            for work in (self.write, self.read)
            for name in range(2)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.is_over.set()
            for thread in threads:
                thread.join()

    def more(self) -> None:
        """Wait until some more writes were acknowledged."""
        wanted = len(self.acknowledged) + 5
        until(
            lambda: len(self.acknowledged) >= wanted or self.is_over.is_set(),
            what="somebody writes",
        )


def test_readers_and_writers_lose_nothing_in_moves_there_and_back(mover: Mover) -> None:
    """Each reader's view only grows; each write that was acknowledged is there at the end."""
    mover.bootstrap()
    crowd = Crowd(mover)
    with crowd.at_work():
        for _ in range(10 if os.environ.get("SOAK") else 2):
            mover.freeze()
            mover.switch()
            crowd.more()
            mover.withdraw()
            mover.carry_back("idempotency_keys")
            mover.give_back()
            crowd.more()
    assert crowd.faults == []
    assert kept(mover.placed)[1] == sorted(crowd.acknowledged)
    assert len(set(crowd.acknowledged)) == len(crowd.acknowledged)
