"""One worker at a queue: what it does with every way in which an ingest can end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row
from tests_support.waiting import until
from tests_support.workers import Worker, World

from cutline.errors import WrongUsage
from postroom.archive.fence import build_fence, pause_tasks
from postroom.archive.source_registry import pause
from postroom.archive.sqlite import open_sqlite
from postroom.cli import postroom
from postroom.errors import AlreadyCompleted, AlreadyEnded, ClaimHeld
from postroom.pipeline.dead_letters import read_dead_letters
from postroom.tasks.names import ORDER

BIN = Path(sys.executable).parent

Command = Callable[..., tuple[int | None, str]]


@pytest.fixture(scope="module")
def pst(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small PST."""
    path = tmp_path_factory.mktemp("pst") / "small.pst"
    subprocess.run(
        [BIN / "pst-synth", "small", "--mails", "3", "--out", path], check=True, capture_output=True
    )
    return path


@pytest.fixture(scope="module")
def worker(world: World) -> Iterator[Worker]:
    """The worker of the module: three attempts, a moment apart."""
    yield world.start(
        "--attempts", "3", "--away-attempts", "4", POSTROOM_TASK_MEMORY_BYTES=str(600 << 20)
    )
    for one in world.workers:
        if one.process.poll() is None:
            assert one.end() == 0, one.log.read_text()


@pytest.fixture
def pst_file_id(world: World, worker: Worker, pst: Path) -> str:
    """An upload that nobody has asked for yet; tasks behave."""
    assert worker.process.poll() is None
    world.behave()
    for path in (*world.folder.glob("*.once"), world.folder / "open"):
        path.unlink(missing_ok=True)
    return world.register(pst)


@pytest.fixture
def command(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Run a command of the program on the world: its exit code and what it printed."""
    for name, value in world.environment().items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> tuple[int | None, str]:
        capsys.readouterr()
        code = postroom.main([*arguments, *world.options()], standalone_mode=False)
        return code, capsys.readouterr().out

    return run


def letters(world: World, pst_file_id: str) -> list:
    """Read the dead letters of an ingest."""
    found = read_dead_letters(world.archive, with_requeued=True)
    return [letter for letter in found if letter.pst_file_id == pst_file_id]


def test_a_message_becomes_a_loaded_ingest(world: World, pst_file_id: str) -> None:
    """Every task runs once, in order, under one claim; then it is completed."""
    world.submit(pst_file_id)
    done = world.wait_for(pst_file_id, "completed")
    assert (done.claim_attempt, done.claim_epoch) == (1, 1)
    assert done.total_emails is not None
    assert done.total_emails >= 3
    assert [line[2] for line in world.ran("begin", pst_file_id)] == list(ORDER["v2"])


def test_v1_has_a_queue_of_its_own(world: World, pst_file_id: str) -> None:
    """The same message on the other queue is done by v1."""
    world.submit(pst_file_id, "v1")
    done = world.wait_for(pst_file_id, "completed")
    assert done.engine == "v1"
    assert [line[2] for line in world.ran("begin", pst_file_id)] == list(ORDER["v1"])[1:]


def test_a_completed_ingest_stays_as_it_is(world: World, pst_file_id: str) -> None:
    """The message again is refused and changes nothing."""
    world.submit(pst_file_id)
    done = world.wait_for(pst_file_id, "completed")
    with pytest.raises(AlreadyCompleted):
        world.submit(pst_file_id)
    assert world.read(pst_file_id).processing_completed_at == done.processing_completed_at


def test_tasks_wait_while_their_source_is_paused(world: World, pst_file_id: str) -> None:
    """The task that runs comes to its end; the next waits without a claim, and then goes on."""
    world.behave(text="wait")
    world.submit(pst_file_id)
    until(lambda: world.ran("begin", pst_file_id, "text"), 60)
    pause_source(world, is_paused=True)
    try:
        (world.folder / "open").touch()
        until(lambda: world.read(pst_file_id).claim_owner is None, 60, "the claim is given back")
        assert world.ran("end", pst_file_id, "text")
        assert not world.ran("begin", pst_file_id, "thread")
        assert world.read(pst_file_id).processing_status == "processing"
    finally:
        pause_source(world, is_paused=False)
    done = world.wait_for(pst_file_id, "completed")
    assert done.claim_attempt == 1


def pause_source(world: World, *, is_paused: bool) -> None:
    """Tell tasks to wait, as whoever moves the source does."""
    if world.dsn is not None:
        with psycopg.connect(world.dsn, row_factory=dict_row) as connection:
            pause(connection, world.source_id, is_paused=is_paused)
        return
    with closing(open_sqlite(world.source_id, world.home, create=False).connect()) as file, file:
        build_fence(file, 1)
        pause_tasks(file, is_paused=is_paused)


def test_a_duplicate_changes_nothing_and_names_the_holder(
    world: World, worker: Worker, pst_file_id: str
) -> None:
    """While a worker is at it, the second message is told which; also that of the other engine."""
    world.behave(text="wait")
    world.submit(pst_file_id)
    until(lambda: world.ran("begin", pst_file_id, "text"), 60)
    before = world.read(pst_file_id)
    for engine in ("v2", "v1"):
        with pytest.raises(ClaimHeld, match=str(worker.process.pid)):
            world.submit(pst_file_id, engine)
    after = world.read(pst_file_id)
    assert (after.claim_epoch, after.engine) == (before.claim_epoch, "v2")
    (world.folder / "open").touch()
    world.wait_for(pst_file_id, "completed")
    assert len(world.ran("begin", pst_file_id, "extract")) == 1


@pytest.mark.parametrize("how", ["eat", "killed"])
def test_a_task_without_memory_is_tried_again(world: World, pst_file_id: str, how: str) -> None:
    """Once it fits, the ingest goes on where it was."""
    world.behave(text=f"once {how}")
    world.submit(pst_file_id)
    world.wait_for(pst_file_id, "completed")
    assert len(world.ran("begin", pst_file_id, "text")) == 2
    assert len(world.ran("begin", pst_file_id, "load")) == 1


@pytest.mark.parametrize(
    ("how", "reason"),
    [("eat", "out of memory"), ("killed", "SIGKILL: out of memory"), ("away", "went away")],
)
def test_a_task_that_never_gets_better_is_a_dead_letter(
    world: World, pst_file_id: str, how: str, reason: str
) -> None:
    """After a bounded number of tries, with the reason of the last."""
    world.behave(extract=how)
    world.submit(pst_file_id)
    failed = world.wait_for(pst_file_id, "failed")
    (letter,) = letters(world, pst_file_id)
    assert reason in letter.reason
    assert letter.reason == failed.error_message
    tries = 4 if how == "away" else 3
    assert len(world.ran("begin", pst_file_id, "extract")) == tries


def test_what_cannot_get_better_is_not_tried_again(world: World, worker: Worker) -> None:
    """A file that is no PST is a dead letter at once, and its row has the reason."""
    world.behave()
    no_pst = world.register(Path(__file__))
    world.submit(no_pst)
    failed = world.wait_for(no_pst, "failed")
    (letter,) = letters(world, no_pst)
    assert len(world.ran("begin", no_pst, "extract")) == 1
    assert (letter.task, letter.attempt, letter.engine) == ("extract", 1, "v2")
    assert letter.reason == failed.error_message
    assert "retry" not in {event["event"] for event in worker.events() if no_pst in str(event)}


def test_a_failure_is_tried_with_growing_waits_and_then_a_dead_letter(
    world: World, worker: Worker, pst_file_id: str
) -> None:
    """Bounded, exponential; what a bug says of mail is nowhere in letter, row or log."""
    world.behave(text="bug")
    world.submit(pst_file_id)
    failed = world.wait_for(pst_file_id, "failed")
    assert len(world.ran("begin", pst_file_id, "text")) == 3
    waits = [e["wait_s"] for e in worker.events("retry") if e["ingest"] == pst_file_id]
    assert waits == [0.05, 0.1]
    (letter,) = letters(world, pst_file_id)
    assert letter.reason == failed.error_message == "internal error: KeyError"
    assert "privileged" not in worker.log.read_text()


def test_a_dead_letter_sent_back_is_a_new_attempt(
    world: World, worker: Worker, pst_file_id: str, command: Command
) -> None:
    """`requeue` sends its message once; the ingest then ends as if nothing had happened."""
    world.behave(text="bug")
    world.submit(pst_file_id)
    world.wait_for(pst_file_id, "failed")
    world.behave()
    (letter,) = letters(world, pst_file_id)
    code, said = command("dead-letters", "list", "--json")
    assert (code, letter.id in said) == (1, True)
    assert "internal error: KeyError" in command("dead-letters", "show", letter.id)[1]
    assert command("dead-letters", "requeue", letter.id)[0] is None
    assert world.wait_for(pst_file_id, "completed").claim_attempt == 2
    with pytest.raises(WrongUsage, match="sent back before"):
        command("dead-letters", "requeue", letter.id)
    assert letter.id not in command("dead-letters", "list", "--json")[1]
    assert worker.process.poll() is None


def test_a_cancelled_ingest_stops_within_seconds(
    world: World, worker: Worker, pst_file_id: str, command: Command
) -> None:
    """Its programs are ended, its row says so, and nothing of it is written any more."""
    world.behave(load="child")
    world.submit(pst_file_id)
    until(lambda: world.ran("child"), 60)
    child = int(world.ran("child")[-1][1])
    command("cancel", pst_file_id)
    command("cancel", pst_file_id)
    assert world.read(pst_file_id).processing_status == "cancelled"
    until(lambda: not is_alive(child), 5.0)
    until(lambda: [e for e in worker.events("task-end") if e["ingest"] == pst_file_id], 5.0)
    assert world.ran("end", pst_file_id, "load") == []
    assert letters(world, pst_file_id) == []
    world.behave()
    world.submit(pst_file_id)
    assert world.wait_for(pst_file_id, "completed").claim_attempt == 2
    with pytest.raises(AlreadyEnded):
        command("cancel", pst_file_id)


def test_a_row_left_queued_without_a_workflow_is_found(world: World, pst_file_id: str) -> None:
    """Whoever died between the two writes of a submission lost nothing."""
    with world.archive.transaction() as tx:
        tx.change(
            "UPDATE pst_files SET processing_status = 'queued', engine = 'v2' WHERE id = :id",
            id=pst_file_id,
        )
    assert world.wait_for(pst_file_id, "completed").claim_attempt == 1


def test_what_is_no_message_is_a_dead_letter_with_its_reason(world: World, worker: Worker) -> None:
    """It came off the queue, and nothing of it is quoted."""
    with world.queue() as queue:
        options = {
            "workflow_name": "postroom.ingest",
            "queue_name": "postroom-v2",
            "app_version": "pipeline-1",
        }
        queue._queue._client.enqueue(options, '{"version": 1, "body": "privileged"}', "v2", 1)
    until(lambda: [e for e in worker.events("end") if e["end"] == "refused"])
    found = [one for one in read_dead_letters(world.archive) if one.pst_file_id is None]
    assert [one.message for one in found] == [None]
    assert "lacks" in found[0].reason
    assert "privileged" not in worker.log.read_text() + found[0].reason


def test_progress_is_seen(world: World, pst_file_id: str) -> None:
    """What a task says of its progress is in the row while it runs."""
    world.behave(text="wait")
    world.submit(pst_file_id)
    until(lambda: '"text"' in (world.read(pst_file_id).progress or ""))
    assert not world.read(pst_file_id).is_stalled
    (world.folder / "open").touch()
    world.wait_for(pst_file_id, "completed")


def test_nothing_of_mail_is_in_the_tables_of_the_queue(world: World, pst_file_id: str) -> None:
    """They hold messages and how steps came out."""
    world.behave(text="bug")
    world.submit(pst_file_id)
    world.wait_for(pst_file_id, "failed")
    with world.queue() as queue, queue._engine.connect() as connection:
        import sqlalchemy  # noqa: PLC0415

        schema = "dbos." if world.pipeline_dsn else ""
        rows = [
            str(tuple(row))
            for table in ("workflow_status", "operation_outputs")
            for row in connection.execute(sqlalchemy.text(f"SELECT * FROM {schema}{table}"))
        ]
    assert any(pst_file_id in row for row in rows)
    assert not [row for row in rows if "counsel" in row]


def test_a_worker_that_is_told_to_end_gives_its_task_back(
    world: World, worker: Worker, pst_file_id: str
) -> None:
    """Within seconds; the next worker repeats that task alone."""
    assert worker.process.poll() is None
    world.behave(text="wait")
    world.submit(pst_file_id)
    until(lambda: world.ran("begin", pst_file_id, "text"), 60)
    assert worker.end() == 0
    given_back = world.read(pst_file_id)
    assert (given_back.processing_status, given_back.claim_owner) == ("processing", None)
    (world.folder / "open").touch()
    world.start()
    assert world.wait_for(pst_file_id, "completed").claim_attempt == 1
    counts = {name: len(world.ran("begin", pst_file_id, name)) for name in ORDER["v2"]}
    assert counts == dict.fromkeys(ORDER["v2"], 1) | {"text": 2}


def is_alive(pid: int) -> bool:
    """Say whether a process is there and no zombie."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"
