"""From a message on SQS to a loaded archive, on the server of moto with its interpreter.

What moto stands in for, and what is ours: docs/aws.md. Nothing more than that is shown here.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import boto3
import pytest
from click.testing import CliRunner
from tests_support import synthetic
from tests_support.aws_machine import Machine, machine
from tests_support.batch_jobs import OUT_OF_MEMORY, Fault

from cutline.errors import Exit, WrongUsage
from postroom.archive import Archive, open_archive
from postroom.archive.transaction import Row
from postroom.aws.two_buckets import TwoBuckets
from postroom.cli import postroom
from postroom.commands.where import Where
from postroom.errors import Away
from postroom.ingest import read_ingest, register
from postroom.pipeline.aws import AwsQueue, open_aws
from postroom.pipeline.dead_letters import read_dead_letters
from postroom.pipeline.message import IngestMessage
from postroom.store import Store, open_store
from postroom.tasks.names import ORDER

TASKS = ORDER["v2"]


@pytest.fixture(scope="module")
def source_id() -> str:
    return f"T{secrets.token_hex(6)}"


@pytest.fixture(scope="module")
def acme(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The stack, its archive in PostgreSQL."""
    with machine(tmp_path_factory.mktemp("acme"), postgres_dsn) as found:
        yield found


@pytest.fixture(scope="module")
def archive(postgres_dsn: str, source_id: str, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    return open_archive(source_id, home=tmp_path_factory.mktemp("home"), dsn=postgres_dsn)


@pytest.fixture(autouse=True)
def _quiet(acme: Machine) -> None:
    """Each test begins without faults and without a past."""
    acme.dead_letters()
    acme.jobs.faults.clear()
    acme.jobs.ran.clear()
    acme.waits_s.clear()


@pytest.fixture(scope="module")
def pst(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic.write(tmp_path_factory.mktemp("pst"), "small", "--mails", "20").pst


def buckets(acme: Machine, home: Path) -> Store:
    uploads = open_store(f"s3://{acme.out('UploadsBucket')}", home=home)
    return TwoBuckets(uploads, open_store(f"s3://{acme.out('PipelineBucket')}", home=home))


def uploaded(acme: Machine, archive: Archive, pst: Path, home: Path) -> IngestMessage:
    """Upload a PST as the service does, and write the message that asks for its ingest."""
    store = open_store(f"s3://{acme.out('UploadsBucket')}", home=home)
    pst_file_id = register(pst, "v2", archive, store, "matter-17", "case-3")
    row = read_ingest(archive, pst_file_id)
    return IngestMessage(
        pst_file_id, "matter-17", "case-3", pst.name, row.s3_bucket, row.s3_key, archive.source_id
    )


def submit(
    message: IngestMessage, dsn: str, acme: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Send a message by the published command."""
    monkeypatch.setenv("POSTROOM_PIPELINE", "aws")
    monkeypatch.setenv("DATABASE_URL", dsn)
    options = {
        "--pst-file-id": message.pst_file_id,
        "--project-id": message.project_id,
        "--case-id": str(message.case_id),
        "--file-name": message.file_name,
        "--bucket": message.source_bucket,
        "--key": message.source_key,
        "--source": message.source_id,
        "--dsn": "env:DATABASE_URL",
        "--store": f"s3://{acme.out('PipelineBucket')}",
    }
    words = [word for pair in options.items() for word in pair]
    done = CliRunner().invoke(postroom, ["submit", *words], catch_exceptions=False)
    assert done.exit_code == Exit.OK, done.output


def queue_of(archive: Archive, dsn: str, home: Path) -> AwsQueue:
    return open_aws(Where(archive.source_id, home, dsn))


def counts(archive: Archive, pst_file_id: str) -> Row:
    query = """SELECT (SELECT count(*) FROM email_messages WHERE pst_file_id = :id) AS emails,
        (SELECT count(*) FROM documents WHERE pst_file_id = :id) AS documents,
        (SELECT count(*) FROM email_attachments WHERE pst_file_id = :id) AS attachments"""
    with archive.reading() as tx:
        found = tx.row(query, id=pst_file_id)
    assert found is not None
    return found


def test_a_message_becomes_an_archive_although_a_host_is_lost_and_a_job_runs_out_of_memory(
    acme: Machine,
    archive: Archive,
    pst: Path,
    tmp_path: Path,
    postgres_dsn: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Seed 002: SQS, pipe, state machine, a job a task; a job that dies is run again, by itself."""
    acme.jobs.faults += [Fault("extract", "kill", "phase"), Fault("load", "out of memory")]
    message = uploaded(acme, archive, pst, tmp_path)
    submit(message, postgres_dsn, acme, monkeypatch)
    assert read_ingest(archive, message.pst_file_id).processing_status == "queued"
    (execution,) = acme.pump()
    ended = acme.ended(execution)
    said = [(one.task, one.exit_code, one.lines[-1:], one.stderr) for one in acme.jobs.ran]
    assert ended["status"] == "SUCCEEDED", said
    assert acme.jobs.tasks() == ["claim", "extract", "extract", "load", *TASKS[1:]]
    found = read_ingest(archive, message.pst_file_id)
    assert (found.processing_status, found.error_message, found.claim_attempt) == (
        "completed",
        None,
        1,
    )
    seen = counts(archive, message.pst_file_id)
    assert seen["emails"] == found.total_emails > 0
    assert seen["documents"] > 0
    keys = set(buckets(acme, tmp_path).keys(f"pst-v2/{message.pst_file_id}"))
    made = {key.removeprefix(f"pst-v2/{message.pst_file_id}/") for key in keys}
    assert {"emails.ndjson.gz", "emails.csv.gz", "manifest.json"} < made
    assert {f"tasks/{task}/manifest.json" for task in TASKS} < made
    assert all(wait <= 30 for wait in acme.waits_s)
    assert len(acme.waits_s) == 2
    assert acme.dead_letters() == []
    assert not list((acme.jobs.folder / "scratch").rglob("*.pst"))

    # The same message once more, and the ingest that it is of stays as it is.
    acme.send(message.as_json())
    (again,) = acme.pump()
    assert acme.ended(again)["status"] == "SUCCEEDED"
    assert acme.states(again)[-1] == "HeldByAnother"
    assert acme.jobs.ran[-1].exit_code == 79
    assert read_ingest(archive, message.pst_file_id) == found


def test_a_second_message_finds_who_is_at_it_and_a_cancelled_ingest_is_no_failure(
    acme: Machine, archive: Archive, pst: Path, tmp_path: Path, postgres_dsn: str
) -> None:
    """SQS may deliver twice; and what is cancelled ends its container, its execution ends well."""
    queue = queue_of(archive, postgres_dsn, tmp_path)
    message = uploaded(acme, archive, pst, tmp_path)
    reached, gate = threading.Event(), threading.Event()
    acme.jobs.reached["extract begin"], acme.jobs.gates["extract begin"] = reached, gate
    try:
        queue.submit(message, "v2")
        assert queue.depth() == {"v1": 0, "v2": 1}
        (first,) = acme.pump()
        assert reached.wait(60)
        acme.jobs.reached.clear()
        (worker,) = queue.workers()
        assert (worker.owner, worker.engines) == (first, ("v2",))
        assert queue.depth() == {"v1": 0, "v2": 0}
        acme.send(message.as_json())
        (second,) = acme.pump()
        assert acme.ended(second)["status"] == "SUCCEEDED"
        assert acme.states(second)[-1] == "HeldByAnother"
        assert acme.jobs.tasks() == ["claim", "extract", "claim"]
        assert first in acme.jobs.ran[-1].lines[-1]["why"]
        queue.cancel(message.pst_file_id)
    finally:
        gate.set()
    assert acme.ended(first)["status"] == "SUCCEEDED"
    assert acme.states(first)[-1] == "HeldByAnother"
    assert acme.jobs.ran[1].exit_code == 137
    assert acme.jobs.ran[-1].exit_code == 79
    assert read_ingest(archive, message.pst_file_id).processing_status == "cancelled"
    assert acme.dead_letters() == []


def test_a_message_that_cannot_be_sent_leaves_the_ingest_as_it_was(
    acme: Machine,
    archive: Archive,
    pst: Path,
    tmp_path: Path,
    postgres_dsn: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing says `queued` that is in no queue; and v1 is never sent."""
    message = uploaded(acme, archive, pst, tmp_path)
    with pytest.raises(WrongUsage, match="v1 does not run on AWS"):
        queue_of(archive, postgres_dsn, tmp_path).submit(message, "v1")
    with monkeypatch.context() as gone, pytest.raises(Away, match="could not be sent"):
        gone.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        queue_of(archive, postgres_dsn, tmp_path).submit(message, "v2")
    assert read_ingest(archive, message.pst_file_id).processing_status == "pending"
    assert acme.pump() == []


def test_a_job_that_always_runs_out_of_memory_ends_as_a_dead_letter(
    acme: Machine, archive: Archive, pst: Path, tmp_path: Path
) -> None:
    """Retries wait longer each time; then the row has the reason, and the queue the message."""
    acme.jobs.faults.append(Fault("extract", "out of memory", times=9))
    message = uploaded(acme, archive, pst, tmp_path)
    acme.send(message.as_json())
    (execution,) = acme.pump()
    assert acme.ended(execution)["status"] == "FAILED"
    assert acme.jobs.tasks() == ["claim", *["extract"] * 4, "mark-failed"]
    for wait, most in zip(acme.waits_s, (30, 60, 120), strict=True):
        assert 0 <= wait <= most
    found = read_ingest(archive, message.pst_file_id)
    assert found.processing_status == "failed"
    assert OUT_OF_MEMORY in str(found.error_message)
    assert "exit code 137" in str(found.error_message)
    (letter,) = acme.dead_letters()
    assert letter["Body"] == message.as_json()
    assert letter["MessageAttributes"]["Execution"]["StringValue"] == execution
    (ours,) = [one for one in read_dead_letters(archive) if one.pst_file_id == message.pst_file_id]
    assert (ours.task, ours.reason) == ("extract", found.error_message)


def test_what_is_no_pst_fails_with_the_reason_of_the_extractor(
    acme: Machine, archive: Archive, tmp_path: Path
) -> None:
    """A failure for good is said once; the tries that follow only repeat it."""
    file = tmp_path / "letter.pst"
    file.write_bytes(b"Dear Sirs, " * 50_000)
    message = uploaded(acme, archive, file, tmp_path)
    acme.send(message.as_json())
    (execution,) = acme.pump()
    assert acme.ended(execution)["status"] == "FAILED"
    found = read_ingest(archive, message.pst_file_id)
    assert found.processing_status == "failed"
    assert "exit code" not in str(found.error_message)
    phases = [[line["event"] for line in one.lines] for one in acme.jobs.ran if one.task != "claim"]
    assert phases[1:-1] == [["begin", "failed"]] * 3
    assert "Dear Sirs" not in json.dumps([one.lines for one in acme.jobs.ran])
    assert len(acme.dead_letters()) == 1


def test_what_is_no_message_lands_in_the_dead_letters_and_nothing_else_happens(
    acme: Machine, archive: Archive
) -> None:
    """It is refused once, by its form; no ingest is touched."""
    body = "hello"
    with archive.reading() as tx:
        before = tx.rows("SELECT * FROM pst_files ORDER BY id")
    acme.send(body)
    (execution,) = acme.pump()
    assert acme.ended(execution)["status"] == "FAILED"
    assert [(one.task, one.exit_code) for one in acme.jobs.ran] == [
        ("claim", 64),
        ("mark-failed", 0),
    ]
    (letter,) = acme.dead_letters()
    assert letter["Body"] == body
    assert "hello" not in "".join(one.stderr for one in acme.jobs.ran)
    with archive.reading() as tx:
        assert tx.rows("SELECT * FROM pst_files ORDER BY id") == before


def test_an_unknown_id_is_a_dead_letter(acme: Machine, archive: Archive) -> None:
    """A message about an ingest that the source does not have makes none."""
    unknown = str(uuid4())
    key = f"project_p/pst/{unknown}/a.pst"
    bucket = acme.out("UploadsBucket")
    message = IngestMessage(unknown, "p", None, "a.pst", bucket, key, archive.source_id)
    acme.send(message.as_json())
    (execution,) = acme.pump()
    assert acme.ended(execution)["status"] == "FAILED"
    assert len(acme.dead_letters()) == 1
    assert acme.jobs.tasks()[-1] == "mark-failed"


def test_a_pipe_that_is_stopped_leaves_messages_on_the_queue(acme: Machine) -> None:
    """What nobody reads is not lost."""
    pipes, sqs = boto3.client("pipes"), boto3.client("sqs")
    pipes.stop_pipe(Name="acme-pst_ingest")
    try:
        acme.send("hello")
        assert acme.pump() == []
    finally:
        pipes.start_pipe(Name="acme-pst_ingest")
        sqs.purge_queue(QueueUrl=acme.out("IngestQueueUrl"))
