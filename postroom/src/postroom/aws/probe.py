"""The probe `aws_batch`: what a compute environment may cost while there is nothing to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cutline.errors import WrongUsage
from cutline.probes.answer import Answer, NoReading
from cutline.probes.context import Asked
from postroom.aws.asking import client
from postroom.aws.batch import environment_of, queues_of
from postroom.aws.names import names_of


def measure(config: Mapping[str, Any], asked: Asked) -> Answer:  # noqa: ARG001  # as all probes
    """Read `min_vcpus`, `desired_vcpus`, `max_vcpus`, whether it and its queues are enabled.

    Raises `NoReading` for an environment that has no such number: what could not be measured never
    passes a gate.
    """
    try:
        names = names_of(str(config["stack"]) if "stack" in config else None)
    except WrongUsage as error:
        raise NoReading(error.what, why=error.why) from error
    batch = client("batch")
    environment, queues = environment_of(batch, names), queues_of(batch, names)
    resources = environment.get("computeResources", {})
    if "minvCpus" not in resources:
        raise NoReading(f"{names.compute} says no minvCpus", why="it is not one of EC2 by Batch")
    return Answer(
        {
            "min_vcpus": resources["minvCpus"],
            "desired_vcpus": resources.get("desiredvCpus"),
            "max_vcpus": resources.get("maxvCpus"),
            "is_enabled": environment.get("state") == "ENABLED",
            "queues_enabled": sum(queue.get("state") == "ENABLED" for queue in queues),
        }
    )
