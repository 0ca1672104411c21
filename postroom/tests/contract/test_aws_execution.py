"""The claim of an execution, whose jobs are processes of their own."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from tests_support.archives import registered

from postroom.archive import Archive
from postroom.aws import execution
from postroom.claim import take
from postroom.errors import AlreadyCompleted, ClaimHeld
from postroom.ingest import read_ingest
from postroom.pipeline.attempt import cancel
from postroom.pipeline.dead_letters import read_dead_letters
from postroom.pipeline.message import IngestMessage, InvalidMessage

ONE, TWO = "execution-1", "execution-2"


@pytest.fixture
def message(archive: Archive) -> IngestMessage:
    pst_file_id = registered(archive)
    return IngestMessage(pst_file_id, "p", None, "a.pst", "local", "k", archive.source_id)


def test_the_first_job_takes_the_ingest_and_the_others_carry_on(
    archive: Archive, message: IngestMessage
) -> None:
    """One attempt, one owner, and an epoch for each process."""
    first = execution.begin(archive, message, ONE)
    second = execution.carry_on(archive, message, ONE)
    assert (first.attempt, second.attempt) == (1, 1)
    assert second.epoch == first.epoch + 1
    found = read_ingest(archive, message.pst_file_id)
    assert (found.engine, found.processing_status, found.claim_owner) == ("v2", "processing", ONE)


def test_a_job_that_was_given_up_can_commit_nothing(
    archive: Archive, message: IngestMessage
) -> None:
    """A zombie has the same owner as its successor, and an older epoch."""
    execution.begin(archive, message, ONE)
    zombie = execution.carry_on(archive, message, ONE)
    execution.carry_on(archive, message, ONE)
    with pytest.raises(ClaimHeld), archive.transaction() as tx:
        zombie.check(tx)
    with pytest.raises(ClaimHeld):
        execution.complete(archive, zombie)


def test_a_claim_that_is_asked_for_again_is_the_same_attempt(
    archive: Archive, message: IngestMessage
) -> None:
    """A first job that Batch runs twice begins one attempt."""
    execution.begin(archive, message, ONE)
    assert execution.begin(archive, message, ONE).attempt == 1


def test_a_duplicate_message_is_told_who_has_the_ingest(
    archive: Archive, message: IngestMessage
) -> None:
    """Another execution changes nothing, neither at its first job nor at a later one."""
    execution.begin(archive, message, ONE)
    before = read_ingest(archive, message.pst_file_id)
    with pytest.raises(ClaimHeld) as refused:
        execution.begin(archive, message, TWO)
    assert ONE in refused.value.why
    with pytest.raises(ClaimHeld):
        execution.carry_on(archive, message, TWO)
    assert execution.fail(archive, message, TWO, "extract", "not mine") is None
    assert read_ingest(archive, message.pst_file_id) == before


def test_an_ingest_that_a_process_works_on_is_not_taken(
    archive: Archive, message: IngestMessage
) -> None:
    """A worker on one machine and an execution on AWS respect each other."""
    take(archive, message.pst_file_id, "v2")
    with pytest.raises(ClaimHeld):
        execution.begin(archive, message, ONE)


def test_an_ingest_of_v1_is_not_taken(archive: Archive, message: IngestMessage) -> None:
    """What v1 has begun stays v1's, also when nobody works on it."""
    take(archive, message.pst_file_id, "v1").release(archive)
    with pytest.raises(ClaimHeld):
        execution.begin(archive, message, ONE)


def test_a_completed_ingest_is_never_begun_again(archive: Archive, message: IngestMessage) -> None:
    """A duplicate that comes late changes nothing."""
    execution.complete(archive, execution.begin(archive, message, ONE))
    for again in (execution.begin, execution.carry_on):
        with pytest.raises(AlreadyCompleted):
            again(archive, message, TWO)
    assert execution.fail(archive, message, ONE, None, "late") is None
    found = read_ingest(archive, message.pst_file_id)
    assert (found.processing_status, found.claim_owner) == ("completed", None)


def test_a_cancelled_ingest_is_let_go(archive: Archive, message: IngestMessage) -> None:
    """Its next job finds that it has lost the claim, and nobody marks it as failed."""
    execution.begin(archive, message, ONE)
    cancel(archive, message.pst_file_id)
    for again in (execution.begin, execution.carry_on):
        with pytest.raises(ClaimHeld):
            again(archive, message, ONE)
    assert execution.fail(archive, message, ONE, None, "late") is None
    assert read_ingest(archive, message.pst_file_id).processing_status == "cancelled"


def test_a_failure_has_the_reason_that_its_job_gave(
    archive: Archive, message: IngestMessage
) -> None:
    """Batch knows only exit codes: what the job wrote itself is kept, and is the dead letter's."""
    claim = execution.begin(archive, message, ONE)
    execution.hand_over(archive, claim, "the disk is full")
    assert execution.fail(archive, message, ONE, "load", "exit code 6") == "the disk is full"
    found = read_ingest(archive, message.pst_file_id)
    assert (found.processing_status, found.error_message) == ("failed", "the disk is full")
    (letter,) = read_dead_letters(archive)
    assert (letter.task, letter.attempt, letter.reason) == ("load", 1, "the disk is full")


def test_a_failure_is_marked_once(archive: Archive, message: IngestMessage) -> None:
    """The job that fails and the one that marks it make one dead letter."""
    execution.begin(archive, message, ONE)
    execution.fail(archive, message, ONE, "extract", "not a PST")
    assert execution.failure_of(archive, message, ONE) == "not a PST"
    assert execution.failure_of(archive, message, TWO) is None
    execution.fail(archive, message, ONE, "extract", "exit code 3")
    assert [letter.reason for letter in read_dead_letters(archive)] == ["not a PST"]


def test_an_ingest_whose_first_job_never_ran_is_marked_too(
    archive: Archive, message: IngestMessage
) -> None:
    """No claim was ever taken, and the ingest must not wait for ever."""
    assert execution.fail(archive, message, ONE, "claim", "no image") == "no image"
    assert read_ingest(archive, message.pst_file_id).processing_status == "failed"


def test_one_that_failed_can_be_begun_again(archive: Archive, message: IngestMessage) -> None:
    """A message that is moved back from the dead-letter queue is a new attempt."""
    execution.begin(archive, message, ONE)
    execution.fail(archive, message, ONE, "extract", "out of memory")
    claim = execution.begin(archive, message, TWO)
    assert claim.attempt == 2
    assert read_ingest(archive, message.pst_file_id).error_message is None


def test_a_message_of_another_upload_or_of_none_is_refused(
    archive: Archive, message: IngestMessage
) -> None:
    """What the archive knows of an ingest is not overruled by a message."""
    for wrong in (replace(message, source_key="other"), replace(message, project_id="other")):
        with pytest.raises(InvalidMessage):
            execution.begin(archive, wrong, ONE)
    with pytest.raises(InvalidMessage, match="there is not"):
        execution.begin(archive, replace(message, pst_file_id=str(uuid4())), ONE)
    assert read_ingest(archive, message.pst_file_id).processing_status == "pending"
