"""Stopping all work at once: job queues first, then the compute environment; and starting again.

Batch changes states in its own time, so each is read back until it is what was asked for.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from postroom.aws.asking import asking, client
from postroom.aws.batch import environment_of, queues_of
from postroom.aws.names import Names
from postroom.errors import AwsRefused

State = Literal["ENABLED", "DISABLED"]
_LOOK_EVERY_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Set:
    """One part of the stack whose state was set and read back."""

    kind: str
    name: str
    state: str
    status: str


def stop(names: Names, timeout_s: float, say: Callable[[Set], None]) -> list[Set]:
    """Disable every job queue on the stack's compute environment, then that; read both back.

    Jobs that run go on to their end, those that wait stay. Raises `AwsAway` where AWS does not say,
    `AwsRefused` where it refuses, or is not there within `timeout_s`: what was disabled stays so.
    """
    batch, deadline = client("batch"), time.monotonic() + timeout_s
    queues = [str(queue["jobQueueName"]) for queue in queues_of(batch, names)]
    found = [_set_queue(batch, name, "DISABLED", deadline, say) for name in queues]
    return [*found, _set_environment(batch, names, "DISABLED", deadline, say)]


def start(names: Names, timeout_s: float, say: Callable[[Set], None]) -> list[Set]:
    """Enable what `stop` disabled, in the other order."""
    batch, deadline = client("batch"), time.monotonic() + timeout_s
    queues = [str(queue["jobQueueName"]) for queue in queues_of(batch, names)]
    environment = _set_environment(batch, names, "ENABLED", deadline, say)
    return [environment, *(_set_queue(batch, name, "ENABLED", deadline, say) for name in queues)]


def _set_queue(
    batch: Any,  # noqa: ANN401  # boto3's own class
    name: str,
    state: State,
    deadline: float,
    say: Callable[[Set], None],
) -> Set:
    with asking(f"job queue {name}", is_write=True):
        batch.update_job_queue(jobQueue=name, state=state)

    def look() -> dict[str, Any]:
        with asking(f"job queue {name}"):
            return dict(batch.describe_job_queues(jobQueues=[name])["jobQueues"][0])

    return _read_back("job queue", name, state, look, deadline, say)


def _set_environment(
    batch: Any,  # noqa: ANN401  # boto3's own class
    names: Names,
    state: State,
    deadline: float,
    say: Callable[[Set], None],
) -> Set:
    with asking(f"compute environment {names.compute}", is_write=True):
        batch.update_compute_environment(computeEnvironment=names.compute, state=state)
    kind = "compute environment"
    return _read_back(
        kind, names.compute, state, lambda: environment_of(batch, names), deadline, say
    )


def _read_back(
    kind: str,
    name: str,
    state: State,
    look: Callable[[], dict[str, Any]],
    deadline: float,
    say: Callable[[Set], None],
) -> Set:
    pause = threading.Event()
    while True:
        seen = look()
        found = Set(kind, name, str(seen.get("state")), str(seen.get("status")))
        if found.state == state and found.status != "UPDATING":
            say(found)
            return found
        if time.monotonic() >= deadline:
            raise AwsRefused(
                f"the {kind} is not {state}",
                where=name,
                why=f"it says {found.state}, {found.status} {seen.get('statusReason', '')}".strip(),
                remedy="run the command again: what is set already stays set",
            )
        pause.wait(min(_LOOK_EVERY_S, max(0.0, deadline - time.monotonic())))
