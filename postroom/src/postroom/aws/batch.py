"""What Batch says of the stack's compute environment and of the queues that use it."""

from __future__ import annotations

from typing import Any

from postroom.aws.asking import asking
from postroom.aws.names import Names
from postroom.errors import AwsAway


def environment_of(batch: Any, names: Names) -> dict[str, Any]:  # noqa: ANN401  # boto3's own class
    """Describe the compute environment of a stack; raises `AwsAway` if there is none."""
    with asking(f"compute environment {names.compute}"):
        found = batch.describe_compute_environments(computeEnvironments=[names.compute])
    if not found["computeEnvironments"]:
        raise AwsAway(
            "there is no such compute environment",
            where=names.compute,
            why="Batch knows none of that name in this region",
            remedy="--stack names the stack, AWS_DEFAULT_REGION the region",
        )
    return dict(found["computeEnvironments"][0])


def queues_of(batch: Any, names: Names) -> list[dict[str, Any]]:  # noqa: ANN401  # boto3's own class
    """Describe every job queue that uses a stack's compute environment, also others' queues."""
    arn = environment_of(batch, names)["computeEnvironmentArn"]
    with asking("job queues"):
        pages = batch.get_paginator("describe_job_queues").paginate()
        queues = [queue for page in pages for queue in page["jobQueues"]]
    return [queue for queue in queues if _uses(queue, arn, names.compute)]


def _uses(queue: dict[str, Any], arn: str, name: str) -> bool:
    order = queue.get("computeEnvironmentOrder", ())
    return any(one["computeEnvironment"] in (arn, name) for one in order)
