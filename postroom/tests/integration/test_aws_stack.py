"""Looking at a stack and stopping it, over sockets, on moto's server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner
from tests_support.aws_machine import Machine, machine
from tests_support.probing import NOW, asked

from cutline.doctor import Finding
from cutline.errors import Exit, WrongUsage
from cutline.gates.conditions import Conditions
from cutline.gates.judge import judge
from cutline.gates.seen import Seen
from cutline.gates.verdict import Verdict
from cutline.plan.gate import Gate
from postroom.aws.doctor import look
from postroom.aws.names import names_of
from postroom.aws.stop import Set, start, stop
from postroom.cli import postroom
from postroom.errors import AwsAway, AwsRefused

pytestmark = pytest.mark.usefixtures("acme")


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with machine(tmp_path_factory.mktemp("acme"), "postgresql://nowhere") as found:
        yield found


@pytest.fixture
def batch() -> Iterator[Any]:
    """Batch, every state as it was made at the end."""
    client = boto3.client("batch")
    yield client
    start(names_of(), 5, list[Set]().append)


def findings() -> dict[str, Finding]:
    return {one.name: one for one in look(names_of())}


def states(batch: Any) -> list[str]:
    queues = batch.describe_job_queues()["jobQueues"]
    environments = batch.describe_compute_environments()["computeEnvironments"]
    return [one["state"] for one in (*queues, *environments)]


def test_a_stack_as_the_template_makes_it_is_whole() -> None:
    """Everything that can be read back is looked at, and each finding says what was seen."""
    found = findings()
    assert [one for one in found.values() if not one.is_well] == []
    assert len(found) == 6 + 8 + 3 + 1
    assert "minvCpus 0" in found["compute environment acme-pst"].seen
    assert "no Lambda" in found["state machine acme-pst_ingest_v2"].seen
    assert "under Object Lock" in found["bucket evidence"].seen


def test_the_command_says_the_same_as_json() -> None:
    """`postroom doctor --aws --json` is for programs, and exits 0 only if all is well."""
    done = CliRunner().invoke(postroom, ["doctor", "--aws", "--json"], standalone_mode=False)
    assert done.return_value == Exit.OK, done.output
    names = {one["name"] for one in json.loads(done.output)["findings"]}
    assert {"pypff", "queue acme-pst_ingest", "alarms"} <= names


def break_minimum(monkeypatch: pytest.MonkeyPatch, least: int) -> None:
    """Raise the minimum where moto keeps it: its update takes no number."""
    from moto.batch.models import batch_backends  # noqa: PLC0415  # the server's own memory

    (one,) = batch_backends["123456789012"]["eu-west-2"]._compute_environments.values()
    monkeypatch.setitem(one.compute_resources, "minvCpus", least)


def test_a_minimum_that_costs_is_found_by_the_doctor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Seed 000: the remedy is the command that sets it back."""
    break_minimum(monkeypatch, 16)
    found = findings()["compute environment acme-pst"]
    assert (found.is_well, "minvCpus is 16" in found.seen) == (False, True)
    assert "minvCpus=0" in found.remedy


PROBE = {
    "aws_batch": {"stack": "acme"},
    "returns": {"min_vcpus": "int", "is_enabled": "bool", "queues_enabled": "int"},
}


@pytest.mark.parametrize(
    ("least", "verdict"), [(0, Verdict.PASS), (16, Verdict.FAIL), (None, Verdict.BLIND)]
)
def test_a_gate_refuses_an_environment_whose_minimum_is_not_zero(
    least: int | None, verdict: Verdict, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The probe measures what Batch says, the gate of a plan judges it; no number is no pass."""
    if least is None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    else:
        break_minimum(monkeypatch, least)
    gate = Gate.model_validate({"check": "batch.min_vcpus == 0"})
    reading = asked(PROBE, tmp_path)
    seen = Seen(NOW, {("batch", None): reading})
    assert (
        judge(gate, "idle", seen, Conditions((("batch.min_vcpus", "int"),), {})).verdict is verdict
    )


@pytest.mark.parametrize("config", [{"stack": "other"}, {"stack": "no stack"}])
def test_an_environment_that_is_not_there_is_no_reading(
    config: dict[str, str], tmp_path: Path
) -> None:
    """What could not be measured never passes a gate."""
    reading = asked({**PROBE, "aws_batch": config}, tmp_path)
    assert reading.values is None
    assert reading.why


def test_stop_disables_the_queues_first_and_reads_both_back(batch: Any) -> None:
    """Seed 000: capacity is stopped at once, and what is said is what Batch says afterwards."""
    said: list[Set] = []
    stop(names_of(), 5, said.append)
    assert [(one.kind, one.state) for one in said] == [
        ("job queue", "DISABLED"),
        ("compute environment", "DISABLED"),
    ]
    assert states(batch) == ["DISABLED", "DISABLED"]
    off = {name for name, one in findings().items() if not one.is_well}
    assert off == {"compute environment acme-pst", "job queue acme-pst"}


def test_stop_and_start_are_commands(batch: Any) -> None:
    """Each is idempotent, and prints what was read back."""
    for command, state in (("stop", "DISABLED"), ("stop", "DISABLED"), ("start", "ENABLED")):
        done = CliRunner().invoke(postroom, ["aws", command, "--json"], standalone_mode=False)
        assert done.return_value == Exit.OK, done.output
        assert states(batch) == [state, state]


def test_another_queue_on_the_environment_is_stopped_too(batch: Any) -> None:
    """A queue that somebody added would go on to start instances."""
    arn = batch.describe_compute_environments()["computeEnvironments"][0]["computeEnvironmentArn"]
    order = [{"order": 1, "computeEnvironment": arn}]
    batch.create_job_queue(
        jobQueueName="other", state="ENABLED", priority=1, computeEnvironmentOrder=order
    )
    try:
        stop(names_of(), 5, list[Set]().append)
        assert states(batch) == ["DISABLED"] * 3
    finally:
        start(names_of(), 5, list[Set]().append)
        batch.update_job_queue(jobQueue="other", state="DISABLED")
        batch.delete_job_queue(jobQueue="other")


def test_a_queue_that_does_not_stop_is_said_and_not_passed_over(
    batch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batch that takes the request and goes on is no stop: exit 6, and the environment is left."""
    from moto.batch.models import BatchBackend  # noqa: PLC0415  # the server's own memory

    monkeypatch.setattr(BatchBackend, "update_job_queue", lambda *_, **__: ("acme-pst", "arn"))
    with pytest.raises(AwsRefused, match="is not DISABLED"):
        stop(names_of(), 0, list[Set]().append)
    assert AwsRefused.exit_code == Exit.NOT_WRITTEN
    assert states(batch) == ["ENABLED", "ENABLED"]


def test_a_stack_that_is_not_there_is_told_as_such() -> None:
    """Nothing is stopped by a wrong name, and nothing is well of a stack that there is not."""
    with pytest.raises(AwsAway, match="no such compute environment"):
        stop(names_of("other"), 5, list[Set]().append)
    assert not any(one.is_well for one in look(names_of("other")))
    with pytest.raises(WrongUsage):
        names_of("no stack")


def test_what_is_broken_is_found_one_by_one(acme: Machine) -> None:
    """Each part that somebody changed by hand is named, and the others stay well."""
    account = "123456789012-eu-west-2"
    s3, cloudwatch = boto3.client("s3"), boto3.client("cloudwatch")
    rules = s3.get_public_access_block(Bucket=f"acme-uploads-{account}")
    policy = s3.get_bucket_policy(Bucket=f"acme-pipeline-{account}")["Policy"]
    alarm = acme.stack.template["Resources"]["DeadLetterAlarm"]["Properties"]
    s3.delete_public_access_block(Bucket=f"acme-uploads-{account}")
    s3.delete_bucket_policy(Bucket=f"acme-pipeline-{account}")
    cloudwatch.delete_alarms(AlarmNames=["acme-dead-letters"])
    sqs = boto3.client("sqs")
    sqs.send_message(QueueUrl=acme.out("DeadLetterQueueUrl"), MessageBody="x")
    try:
        found = findings()
    finally:
        block = rules["PublicAccessBlockConfiguration"]
        s3.put_public_access_block(
            Bucket=f"acme-uploads-{account}", PublicAccessBlockConfiguration=block
        )
        s3.put_bucket_policy(Bucket=f"acme-pipeline-{account}", Policy=policy)
        cloudwatch.put_metric_alarm(**acme.stack.resolved(alarm))
        sqs.purge_queue(QueueUrl=acme.out("DeadLetterQueueUrl"))
    off = {name: one.seen for name, one in found.items() if not one.is_well}
    assert set(off) == {
        "bucket uploads",
        "bucket pipeline",
        "alarms",
        "dead letters acme-pst_ingest_dlq",
    }
    assert "not closed to the public" in off["bucket uploads"]
    assert "not TLS only" in off["bucket pipeline"]


def test_without_credentials_nothing_is_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """AWS that does not answer is a finding that says so, one a part."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    found = list(look(names_of()))
    assert not any(one.is_well for one in found)
    assert all(one.remedy for one in found)
