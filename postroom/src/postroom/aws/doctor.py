"""A look at a stack for `postroom doctor --aws`: everything of it that can be read back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from cutline.doctor import Finding
from cutline.errors import Problem
from postroom.aws import doctor_buckets
from postroom.aws.asking import asking, client
from postroom.aws.batch import environment_of, queues_of
from postroom.aws.names import JOBS, Names

_DEPLOY: Final = "deploy infra/aws/template.yaml again; infra/aws/README.md says how"
_OLDEST_S: Final = 900
_LOOKED_AT: Final = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


def look(names: Names) -> Iterator[Finding]:
    """Yield one finding for each part of a stack; what AWS does not say is a finding too."""
    parts: tuple[tuple[str, Callable[[], Finding]], ...] = (
        (f"queue {names.queue}", partial(_queue, names)),
        (f"dead letters {names.dead_letters}", partial(_dead_letters, names)),
        (f"pipe {names.pipe}", partial(_pipe, names)),
        (f"state machine {names.state_machine}", partial(_state_machine, names)),
        (f"compute environment {names.compute}", partial(_environment, names)),
        (f"job queue {names.compute}", partial(_job_queues, names)),
        *((f"job {names.job(task)}", partial(_job, names, task)) for task in JOBS),
        *((f"bucket {kind}", partial(doctor_buckets.look, names, kind)) for kind in _kinds()),
        ("alarms", partial(_alarms, names)),
    )
    for name, seen in parts:
        yield _told(name, seen)


def _kinds() -> tuple[str, ...]:
    from postroom.aws.names import BUCKETS  # noqa: PLC0415  # beside its only use

    return BUCKETS


def _told(name: str, see: Callable[[], Finding]) -> Finding:
    try:
        return see()
    except Problem as problem:
        return Finding(name, False, f"{problem.what}: {problem.why}", problem.remedy)


def _attributes(name: str) -> dict[str, str]:
    sqs = client("sqs")
    with asking(f"queue {name}"):
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        return dict(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"])


def _queue(names: Names) -> Finding:
    seen = _attributes(names.queue)
    redrive = json.loads(seen.get("RedrivePolicy", "{}"))
    to = str(redrive.get("deadLetterTargetArn", ""))
    waiting, taken = (seen.get(name, "?") for name in _LOOKED_AT)
    name = f"queue {names.queue}"
    if not to.endswith(f":{names.dead_letters}"):
        return Finding(name, False, f"its dead letters go to {to or 'nowhere'}", _DEPLOY)
    return Finding(
        name,
        True,
        f"{waiting} wait, {taken} on their way; dead letters after "
        f"{redrive.get('maxReceiveCount')} receives",
    )


def _dead_letters(names: Names) -> Finding:
    count = int(_attributes(names.dead_letters).get("ApproximateNumberOfMessages", "0"))
    remedy = "postroom dead-letters list says which and why; requeue sends them again"
    return Finding(f"dead letters {names.dead_letters}", count == 0, f"{count} messages", remedy)


def _pipe(names: Names) -> Finding:
    with asking(f"pipe {names.pipe}"):
        pipe = client("pipes").describe_pipe(Name=names.pipe)
    name, state = f"pipe {names.pipe}", pipe.get("CurrentState")
    ends = (str(pipe.get("Source")), str(pipe.get("Target")))
    wanted = (f":{names.queue}", f":{names.state_machine}")
    if not all(end.endswith(want) for end, want in zip(ends, wanted, strict=True)):
        return Finding(name, False, f"it leads from {ends[0]} to {ends[1]}", _DEPLOY)
    if pipe.get("Enrichment"):
        return Finding(name, False, f"it is enriched by {pipe['Enrichment']}", _DEPLOY)
    remedy = f"aws pipes start-pipe --name {names.pipe}"
    return Finding(
        name, state == "RUNNING", f"{state}, from the queue to the state machine", remedy
    )


def _state_machine(names: Names) -> Finding:
    with asking(f"state machine {names.state_machine}"):
        region = client("stepfunctions").meta.region_name
        account = client("sts").get_caller_identity()["Account"]
        arn = f"arn:{_partition(region)}:states:{region}:{account}:stateMachine:"
        found = client("stepfunctions").describe_state_machine(
            stateMachineArn=arn + names.state_machine
        )
    name, states = f"state machine {names.state_machine}", _tasks(json.loads(found["definition"]))
    lambdas = sorted(state for state, resource in states.items() if "lambda" in resource)
    if lambdas:
        return Finding(name, False, f"Lambda in {', '.join(lambdas)}", _DEPLOY)
    missing = [task for task in JOBS if _title(task) not in states]
    if missing:
        return Finding(name, False, f"without {', '.join(missing)}", _DEPLOY)
    is_active = found.get("status") == "ACTIVE"
    return Finding(
        name, is_active, f"{found.get('status')}, {len(states)} tasks, no Lambda", _DEPLOY
    )


def _tasks(definition: dict[str, Any]) -> dict[str, str]:
    states = definition.get("States", {}).items()
    return {name: str(one.get("Resource")) for name, one in states if one.get("Type") == "Task"}


def _title(task: str) -> str:
    return "".join(part.capitalize() for part in task.split("-"))


def _environment(names: Names) -> Finding:
    seen = environment_of(client("batch"), names)
    resources = seen.get("computeResources", {})
    name, least = f"compute environment {names.compute}", resources.get("minvCpus")
    if least != 0:
        remedy = f"aws batch update-compute-environment --compute-environment {names.compute}"
        remedy += " --compute-resources minvCpus=0"
        return Finding(name, False, f"minvCpus is {least}: it costs while there is no mail", remedy)
    if resources.get("type") != "EC2":
        return Finding(name, False, f"type {resources.get('type')}, and EC2 is needed", _DEPLOY)
    words = (
        f"{seen.get('state')}, {seen.get('status')}, minvCpus 0, at most {resources['maxvCpus']}"
    )
    is_well = seen.get("state") == "ENABLED" and seen.get("status") in ("VALID", None)
    return Finding(name, is_well, words, "postroom aws start")


def _job_queues(names: Names) -> Finding:
    queues = queues_of(client("batch"), names)
    off = [str(queue["jobQueueName"]) for queue in queues if queue.get("state") != "ENABLED"]
    name = f"job queue {names.compute}"
    if not any(queue["jobQueueName"] == names.compute for queue in queues):
        return Finding(name, False, "no such queue on the compute environment", _DEPLOY)
    seen = f"DISABLED: {', '.join(off)}" if off else f"ENABLED ({len(queues)})"
    return Finding(name, not off, seen, "postroom aws start")


def _job(names: Names, task: str) -> Finding:
    name = names.job(task)
    with asking(f"job {name}"):
        found = client("batch").describe_job_definitions(jobDefinitionName=name, status="ACTIVE")
    if not found["jobDefinitions"]:
        return Finding(f"job {name}", False, "no active job definition", _DEPLOY)
    newest = max(found["jobDefinitions"], key=lambda one: int(one["revision"]))
    image = newest.get("containerProperties", {}).get("image", "")
    return Finding(
        f"job {name}", True, f"revision {newest['revision']}, {image.rpartition('/')[2]}"
    )


def _alarms(names: Names) -> Finding:
    wanted = names.alarms()
    with asking("alarms"):
        found = client("cloudwatch").describe_alarms(AlarmNames=list(wanted))["MetricAlarms"]
    states = {str(one["AlarmName"]): str(one["StateValue"]) for one in found}
    if missing := sorted(set(wanted) - set(states)):
        return Finding("alarms", False, f"missing: {', '.join(missing)}", _DEPLOY)
    if ringing := sorted(name for name, state in states.items() if state == "ALARM"):
        return Finding("alarms", False, ", ".join(ringing), "aws cloudwatch describe-alarms")
    return Finding("alarms", True, f"{len(wanted)}, none rings")


def _partition(region: str) -> str:
    from botocore.session import get_session  # noqa: PLC0415  # boto3's, for this alone

    return str(get_session().get_partition_for_region(region))
