"""A whole stack on moto's server: its real interpreter of state machines, our pump and our jobs.

What moto lacks or has wrong is put right here, and only that: names of Batch's parameters in a
state machine, waits of `Retry` (which are noted, not waited), a second try of a `.sync` task (which
it takes for one whose time ran out), jobs, the pipe, and the policy of a bucket, whose condition it
does not read: denied without TLS would be denied always.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock
from uuid import uuid4

import boto3
import httpx
from moto.batch.models import Job
from moto.batch_simple.models import BatchSimpleBackend
from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket
from moto.server import ThreadedMotoServer
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_callback,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_batch import (  # noqa: E501
    StateTaskServiceBatch,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (  # noqa: E501
    StateTaskServiceCallback,
)

from tests_support.batch_jobs import Jobs
from tests_support.cloudformation import Stack, camel
from tests_support.waiting import until

ACCOUNT = "123456789012"
REGION = "eu-west-2"
STACK = "acme"
_CONFIG = {
    "stepfunctions": {"execute_state_machine": True},
    "batch": {"use_docker": False},
    "lambda": {"use_docker": False},
}


@dataclass(slots=True)
class Machine:
    """A running stack."""

    endpoint: str
    stack: Stack
    jobs: Jobs
    waits_s: list[float]

    def out(self, name: str) -> str:
        """Give an output of the stack."""
        return str(self.stack.resolved(self.stack.template["Outputs"][name]["Value"]))

    def send(self, body: str) -> None:
        """Put a message onto the queue."""
        boto3.client("sqs").send_message(QueueUrl=self.out("IngestQueueUrl"), MessageBody=body)

    def pump(self) -> list[str]:
        """Do what the pipe does with every message that waits; hand back the executions."""
        pipe = boto3.client("pipes").describe_pipe(Name=self.stack.resource("IngestPipe").ref)
        if pipe["DesiredState"] != "RUNNING":
            return []
        sqs, queue = boto3.client("sqs"), self.out("IngestQueueUrl")
        most = pipe["SourceParameters"]["SqsQueueParameters"]["BatchSize"]
        found = []
        while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=most).get(
            "Messages"
        ):
            found.append(_start(pipe, messages))
            for message in messages:
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return found

    def ended(self, execution: str, timeout_s: float = 120) -> dict[str, Any]:
        """Wait for the end of an execution."""
        steps = boto3.client("stepfunctions")

        def look() -> dict[str, Any]:
            seen = steps.describe_execution(executionArn=execution)
            return {} if seen["status"] == "RUNNING" else dict(seen)

        return until(look, timeout_s, f"the end of {execution}: {self.jobs.tasks()}")

    def states(self, execution: str) -> list[str]:
        """Name the states that an execution entered, in their order."""
        history = boto3.client("stepfunctions").get_execution_history(
            executionArn=execution, maxResults=1000
        )["events"]
        details = (event.get("stateEnteredEventDetails") for event in history)
        return [one["name"] for one in details if one]

    def dead_letters(self) -> list[dict[str, Any]]:
        """Take what lies in the dead-letter queue."""
        sqs, queue = boto3.client("sqs"), self.out("DeadLetterQueueUrl")
        found: list[dict[str, Any]] = []
        while messages := sqs.receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages"):
            found += messages
            for message in messages:
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return found


@contextmanager
def machine(folder: Path, dsn: str) -> Iterator[Machine]:
    """Start a server, make the stack on it, and let its jobs run; the DSN is the stack's secret."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    endpoint = "http://{}:{}".format(*server.get_host_and_port())
    jobs, waits_s = Jobs(endpoint, folder), list[float]()
    with environment(endpoint), _put_right(jobs, waits_s):
        try:
            _post(f"{endpoint}/moto-api/reset", {})
            _post(f"{endpoint}/moto-api/config", _CONFIG)
            yield Machine(endpoint, _stack(dsn), jobs, waits_s)
        finally:
            server.stop()


@contextmanager
def environment(endpoint: str) -> Iterator[None]:
    """Be a program on AWS: nothing of this machine's own settings, only the server."""
    foreign = {name: "" for name in os.environ if name.startswith("AWS_")}
    ours = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
        "MOTO_PORT": endpoint.rpartition(":")[2],
        "POSTROOM_AWS_STACK": STACK,
    }
    with mock.patch.dict(os.environ, ours):
        for name in foreign.keys() - ours.keys():
            del os.environ[name]
        boto3.DEFAULT_SESSION = None
        yield
    boto3.DEFAULT_SESSION = None


def _stack(dsn: str) -> Stack:
    ec2, secrets = boto3.client("ec2"), boto3.client("secretsmanager")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    secret = secrets.create_secret(Name="dsn", SecretString=dsn)["ARN"]
    given = {
        "VpcId": vpc,
        "SubnetIds": [subnet],
        "InstanceTypes": ["c6id.2xlarge"],
        "ImageVersion": "0.1.0",
        "DatabaseSecretArn": secret,
    }
    stack = Stack(STACK, given, ACCOUNT, REGION)
    stack.create()
    return stack


@contextmanager
def _put_right(jobs: Jobs, waits_s: list[float]) -> Iterator[None]:
    sync = StateTaskServiceCallback._eval_sync  # noqa: SLF001  # moto's own
    details = Job._container_details  # noqa: SLF001  # moto's own

    def container(self: Any) -> dict[str, Any]:
        found = details(self)
        if self.exit_code is not None:
            found["exitCode"] = self.exit_code
        if reason := getattr(self, "container_reason", None):
            found["reason"] = reason
        return found

    def terminate(self: Any, reason: str) -> None:
        self.job_stopped_reason = reason
        jobs.terminate(self)

    def finish(self: Any, *, include_start_attempt: bool, job: Any) -> None:  # noqa: ARG001
        self.backend._jobs[job.job_id] = job  # noqa: SLF001
        jobs.start(job)

    def without_token(self: Any, **given: Any) -> Any:
        return sync(self, **{**given, "callback_endpoint": None})

    waits = SimpleNamespace(sleep=waits_s.append)
    with (
        mock.patch.object(Job, "_container_details", container),
        mock.patch.object(Job, "terminate", terminate),
        mock.patch.object(BatchSimpleBackend, "_mark_job_as_finished", finish),
        mock.patch.object(StateTaskServiceBatch, "_normalise_parameters", _camel),
        mock.patch.object(StateTaskServiceBatch, "_normalise_response", _pascal),
        mock.patch.object(state_task_service_callback, "_DELAY_SECONDS_SYNC_CONDITION_CHECK", 0.02),
        mock.patch.object(StateTaskServiceCallback, "_eval_sync", without_token),
        mock.patch.object(retrier_decl, "time", waits),
        mock.patch.object(FakeBucket, "get_permission", return_value=PermissionResult.NEUTRAL),
    ):
        yield


def _camel(_: Any, parameters: dict[str, Any], *__: object, **___: object) -> None:
    """Spell the parameters of a state machine as the API wants them."""
    right = camel(dict(parameters))
    parameters.clear()
    parameters.update(right)


def _pascal(_: Any, response: Any, *__: object, **___: object) -> None:
    """Spell what the API answers as state machines see it, in its place."""
    if isinstance(response, list):
        for one in response:
            _pascal(None, one)
    if isinstance(response, dict):
        for key in list(response):
            value = response.pop(key)
            _pascal(None, value)
            response[key[:1].upper() + key[1:]] = value


def _start(pipe: dict[str, Any], messages: list[dict[str, Any]]) -> str:
    """Start an execution with a list of records, as a pipe from SQS does."""
    records = [
        {
            "messageId": one["MessageId"],
            "receiptHandle": one["ReceiptHandle"],
            "body": one["Body"],
            "attributes": one.get("Attributes", {}),
            "messageAttributes": {},
            "md5OfBody": one["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": pipe["Source"],
            "awsRegion": REGION,
        }
        for one in messages
    ]
    if "FIRE_AND_FORGET" not in json.dumps(pipe["TargetParameters"]):
        raise AssertionError("not as the template says")
    started = boto3.client("stepfunctions").start_execution(
        stateMachineArn=pipe["Target"], name=str(uuid4()), input=json.dumps(records)
    )
    return str(started["executionArn"])


def _post(url: str, body: dict[str, Any]) -> None:
    httpx.post(url, json=body, timeout=30).raise_for_status()
