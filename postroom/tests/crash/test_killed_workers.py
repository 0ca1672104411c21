"""Workers that are killed: nothing is lost, and at most the task in flight is repeated."""

from __future__ import annotations

import os
import random
import secrets
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests_support import pipeline_worlds
from tests_support.waiting import until
from tests_support.workers import Worker, World

from postroom.errors import ClaimHeld
from postroom.pipeline.dead_letters import read_dead_letters
from postroom.tasks.names import ORDER

V2 = ORDER["v2"]
IMPORTS = 500 if os.environ.get("SOAK") else 50
KILLS = 40 if os.environ.get("SOAK") else 4
STAND_IN = {"TASKS_STAND_IN": "1"}


@pytest.fixture
def shared(
    tmp_path: Path, postgres_server: str, postgres_dsn: str, empty_queue: str
) -> Iterator[World]:
    """A world in PostgreSQL of the test's own."""
    with pipeline_worlds.world(tmp_path, postgres_server, postgres_dsn, empty_queue) as made:
        yield made


@pytest.fixture
def upload(tmp_path: Path) -> Path:
    """A file that stand-ins do not look into."""
    path = tmp_path / "any.pst"
    path.write_bytes(b"!BDN")
    return path


def begun(world: World, pst_file_id: str) -> dict[str, int]:
    """Count how often each task of an ingest began."""
    return dict(Counter(line[2] for line in world.ran("begin", pst_file_id)))


def commits(world: World) -> Counter[tuple[str, str]]:
    """Count what tasks committed: ingest and task."""
    with world.archive.reading() as tx:
        rows = tx.rows("SELECT pst_file_id, node_path FROM ingest_errors")
    return Counter((str(row["pst_file_id"]), row["node_path"]) for row in rows)


def test_the_task_of_a_killed_worker_is_finished_by_the_other(shared: World, upload: Path) -> None:
    """Two machines share one queue; the one that holds a task dies, the other takes it over."""
    shared.behave(text="wait")
    pst_file_id = shared.register(upload)
    shared.submit(pst_file_id)
    first = shared.start("--address", "127.0.0.1", "--executor-id", "one", **STAND_IN)
    until(lambda: shared.ran("begin", pst_file_id, "text"))
    second = shared.start("--address", "127.0.0.2", "--executor-id", "two", **STAND_IN)
    with shared.queue() as queue:
        seen = {(row.executor_id, row.address) for row in queue.workers()}
        assert seen == {("one", "127.0.0.1"), ("two", "127.0.0.2")}
        assert first.events("task")[-1]["task"] == "text"
        first.kill()
        shared.behave()  # what is left of the dead worker waits until it is ended
        done = shared.wait_for(pst_file_id, "completed")
        until(lambda: [row.executor_id for row in queue.workers()] == ["two"])
    assert done.claim_attempt == 1
    assert begun(shared, pst_file_id) == dict.fromkeys(V2, 1) | {"text": 2}
    assert [event["executor"] for event in second.events("takeover")] == ["one"]
    assert [e["task"] for e in second.events("task")] == list(V2[V2.index("text") :])


@pytest.mark.parametrize("task", [V2[0], V2[-1]])
def test_one_worker_on_sqlite_goes_on_where_it_was_killed(
    task: str, tmp_path: Path, upload: Path
) -> None:
    """The next worker of the same home repeats the task in flight and nothing before it."""
    with pipeline_worlds.world(tmp_path) as world:
        world.behave(**{task: "wait"})
        pst_file_id = world.register(upload)
        world.submit(pst_file_id)
        worker = world.start(lease_s=30.0, **STAND_IN)
        until(lambda: world.ran("begin", pst_file_id, task))
        worker.kill()
        world.behave()  # what is left of the dead worker waits until it is ended
        world.start(lease_s=30.0, **STAND_IN)
        world.wait_for(pst_file_id, "completed")
        assert begun(world, pst_file_id) == dict.fromkeys(V2, 1) | {task: 2}
        assert commits(world) == Counter({(pst_file_id, name): 1 for name in V2})


def test_a_second_worker_on_sqlite_is_refused_and_told_why(tmp_path: Path) -> None:
    """It names the process that is there."""
    with pipeline_worlds.world(tmp_path) as world:
        first = world.start()
        with pytest.raises(AssertionError, match=rf"process {first.process.pid}"):
            world.start()
        assert world.workers[1].process.returncode == 1


def test_two_workers_never_have_one_name(shared: World) -> None:
    """A live executor id is refused; that of a worker that was killed can be had at once."""
    first = shared.start("--executor-id", "same")
    with pytest.raises(AssertionError, match="executor id"):
        shared.start("--executor-id", "same")
    first.kill()
    again = shared.start("--executor-id", "same", lease_s=600.0)
    assert again.end() == 0


def test_a_worker_that_slept_changes_nothing_when_it_wakes(shared: World, upload: Path) -> None:
    """A zombie: taken over while it was stopped, it commits nothing and ends by itself."""
    shared.behave(text="wait")
    pst_file_id = shared.register(upload)
    shared.submit(pst_file_id)
    zombie = shared.start("--address", "127.0.0.1", **STAND_IN)
    until(lambda: shared.ran("begin", pst_file_id, "text"))
    children = _children(zombie)
    for pid in (zombie.process.pid, *children):
        os.kill(pid, signal.SIGSTOP)
    heir = shared.start("--address", "127.0.0.2", **STAND_IN)
    until(lambda: len(shared.ran("begin", pst_file_id, "text")) == 2, 30)
    with pytest.raises(ClaimHeld, match=r"127\.0\.0\.2"):
        shared.submit(pst_file_id)
    (shared.folder / "open").touch()
    for pid in (*children, zombie.process.pid):
        os.kill(pid, signal.SIGCONT)
    shared.wait_for(pst_file_id, "completed")
    assert zombie.process.wait(30) == 1
    assert zombie.events("ended")[-1]["is_taken_over"]
    assert heir.process.poll() is None
    assert commits(shared) == Counter({(pst_file_id, name): 1 for name in V2})


def test_many_imports_with_workers_killed_at_random_complete_once_each(
    shared: World, tmp_path: Path
) -> None:
    """Each ends completed, in its first attempt; a kill repeats at most the tasks in flight."""
    seed = secrets.randbits(32)
    sys.stdout.write(f"seed {seed}\n")
    chance = random.Random(seed)  # noqa: S311  # which worker is killed, and when
    ids = []
    with shared.queue() as queue:
        del queue
        for number in range(IMPORTS):
            path = tmp_path / f"{number}.pst"
            path.write_bytes(b"!BDN")
            ids.append(shared.register(path))
            shared.submit(ids[-1])
    concurrency = 2
    options = ("--concurrency", str(concurrency), "--engine", "v2")
    workers = [shared.start(*options, "--address", f"127.0.0.{n}", **STAND_IN) for n in (1, 2)]
    total = IMPORTS * len(V2)
    for kill in range(KILLS):
        at = total * (kill + chance.random()) // (KILLS + 1)
        until(lambda at=at: sum(commits(shared).values()) >= at, 120, f"{at} commits")
        victim = chance.randrange(2)
        workers[victim].kill()
        address = f"127.0.0.{victim + 1}"
        workers[victim] = shared.start(*options, "--address", address, **STAND_IN)
    for pst_file_id in ids:
        done = shared.wait_for(pst_file_id, "completed", 120)
        assert done.claim_attempt == 1
    done_by_task = commits(shared)
    assert set(done_by_task) == {(one, name) for one in ids for name in V2}
    assert sum(done_by_task.values()) - total <= KILLS * concurrency
    ran = Counter((line[1], line[2]) for line in shared.ran("begin"))
    assert sum(ran.values()) - total <= KILLS * concurrency
    assert read_dead_letters(shared.archive) == []


def _children(worker: Worker) -> list[int]:
    tasks = Path(f"/proc/{worker.process.pid}/task").iterdir()
    found = [(task / "children").read_text().split() for task in tasks]
    return [int(pid) for pids in found for pid in pids]
