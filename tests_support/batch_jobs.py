"""Batch's place: runs the exact command of a job definition as a child process.

The command is the ENTRYPOINT of the image's stage in `infra/aws/Dockerfile` and the definition's
own. The child sees what Batch would give it and nothing else: the definition's environment, the
state machine's overrides, the secrets, and credentials, with the endpoint of the server that stands
in for AWS. `/scratch` is a folder of the test. A job can be made to die as Batch's jobs die.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import boto3

from tests_support.cloudformation import INFRA

OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
HOST_GONE = "Host EC2 (instance i-0a1b2c3d4e5f60718) terminated."
_STAGE = re.compile(r"^FROM \S+ AS (\w+)\n(.*?)(?=^FROM |\Z)", re.MULTILINE | re.DOTALL)
_ENTRY = re.compile(r"^ENTRYPOINT (\[.*\])$", re.MULTILINE)


@dataclass(slots=True)
class Fault:
    """What befalls a task `times` times, each as it writes the line `event` into its log."""

    task: str
    how: Literal["kill", "out of memory"]
    event: str = "begin"
    times: int = 1


@dataclass(slots=True)
class Ran:
    """One attempt of one job."""

    task: str
    command: list[str]
    environment: dict[str, str]
    lines: list[dict[str, Any]] = field(default_factory=list)
    stderr: str = ""
    exit_code: int | None = None


class Jobs:
    """Runs the jobs of one stack and remembers what they did."""

    def __init__(self, endpoint: str, folder: Path) -> None:
        self.endpoint, self.folder = endpoint, folder
        self.faults: list[Fault] = []
        self.ran: list[Ran] = []
        self.reached: dict[str, threading.Event] = {}
        self.gates: dict[str, threading.Event] = {}
        self._children: dict[str, subprocess.Popen[str]] = {}
        self._lock = threading.Lock()

    def tasks(self) -> list[str]:
        """Name the tasks that ran, one each attempt, in their order."""
        return [one.task for one in self.ran]

    def start(self, job: Any) -> None:
        """Run a job of moto's on a thread of its own."""
        threading.Thread(target=self._run, args=(job,), daemon=True).start()

    def terminate(self, job: Any) -> None:
        """End a job that runs."""
        if child := self._children.get(job.job_id):
            _end(child)

    def _run(self, job: Any) -> None:
        job.job_started_at = datetime.now()  # noqa: DTZ005  # as moto has it
        job._start_attempt()  # noqa: SLF001  # moto's own
        job.status = "RUNNING"
        succeeded = False
        try:
            succeeded = self._attempts(job)
        finally:
            job._mark_stopped(success=succeeded)  # noqa: SLF001

    def _attempts(self, job: Any) -> bool:
        strategy = job.job_definition.retry_strategy or {}
        for attempt in range(1, int(strategy.get("attempts", 1)) + 1):
            ran = self._child(job, attempt)
            job.exit_code = ran.exit_code
            if ran.exit_code == 0:
                return True
            if not _is_tried_again(strategy.get("evaluateOnExit", ()), ran.exit_code):
                return False
        return False

    def _child(self, job: Any, attempt: int) -> Ran:
        container = job.job_definition.container_properties
        environment = self._environment(job, container, attempt)
        command = [*entrypoint(container["image"]), *container["command"]]
        ran = Ran(container["command"][0], command, environment)
        with self._lock:
            self.ran.append(ran)
        work = self.folder / f"container-{job.job_id}-{attempt}"
        work.mkdir(parents=True)
        program = Path(sys.executable).parent / command[0]  # what the image has on its PATH
        with (
            (work / "stderr").open("w+") as stderr,
            subprocess.Popen(
                [program, *command[1:]],
                cwd=work,
                env=environment | {"HOME": str(work)},
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                start_new_session=True,
            ) as child,
        ):
            limit_s = float(job.job_definition.timeout["attemptDurationSeconds"])
            timer = threading.Timer(limit_s, _end, (child,))
            timer.start()
            self._children[job.job_id] = child
            try:
                self._listen(job, child, ran)
                code = child.wait()
            finally:
                timer.cancel()
                del self._children[job.job_id]
            stderr.seek(0)
            ran.stderr = stderr.read()
        if job.job_stopped_reason == HOST_GONE:
            ran.exit_code = None  # nobody is left to tell it
        else:
            ran.exit_code = code if code >= 0 else 128 - code
        return ran

    def _listen(self, job: Any, child: subprocess.Popen[str], ran: Ran) -> None:
        for text in child.stdout or ():
            line = json.loads(text)
            ran.lines.append(line)
            if event := self.reached.get(f"{ran.task} {line['event']}"):
                os.killpg(child.pid, signal.SIGSTOP)  # it goes on when the test lets it
                event.set()
                self.gates[f"{ran.task} {line['event']}"].wait(60)
                os.killpg(child.pid, signal.SIGCONT)
            fault = self._fault(ran.task, line["event"])
            if fault is None:
                continue
            if fault.how == "kill":
                job.job_stopped_reason = HOST_GONE
            else:
                job.job_stopped_reason = "Essential container in task exited"
                job.container_reason = OUT_OF_MEMORY
            _end(child)

    def _fault(self, task: str, event: str) -> Fault | None:
        for fault in self.faults:
            if (fault.task, fault.event) == (task, event) and fault.times:
                fault.times -= 1
                return fault
        return None

    def _environment(self, job: Any, container: dict[str, Any], attempt: int) -> dict[str, str]:
        given = [*container.get("environment", ()), *job.container_overrides.get("environment", ())]
        found = {one["name"]: one["value"] for one in given}
        for secret in container.get("secrets", ()):
            found[secret["name"]] = _secret(secret["valueFrom"], self.endpoint)
        if found.get("POSTROOM_SCRATCH") == "/scratch":
            mounted = {
                one["containerPath"]: one["sourceVolume"] for one in container["mountPoints"]
            }
            host = {one["name"]: one["host"]["sourcePath"] for one in container["volumes"]}
            if host[mounted["/scratch"]] != "/scratch":
                raise AssertionError("not as the template says")
            found["POSTROOM_SCRATCH"] = str(self.folder / "scratch")
        return found | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}/usr/bin{os.pathsep}/bin",
            "AWS_BATCH_JOB_ID": job.job_id,
            "AWS_BATCH_JOB_ATTEMPT": str(attempt),
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "job",
            "AWS_SECRET_ACCESS_KEY": "job",
        }


def entrypoint(image: str) -> list[str]:
    """Read the entry point of an image from the stage of the Dockerfile that its tag names."""
    stage = image.rpartition(":")[2].partition("-")[0]
    stages = dict(_STAGE.findall((INFRA / "Dockerfile").read_text()))
    found = _ENTRY.search(stages[stage])
    if not found:
        raise AssertionError(f"the stage {stage} has no ENTRYPOINT")
    return list(json.loads(found[1]))


def _is_tried_again(rules: Any, code: int | None) -> bool:
    """Judge as Batch does: the first rule that fits decides; without any it is tried again."""
    for rule in rules:
        if "onExitCode" in rule and fnmatch.fnmatch(str(code), rule["onExitCode"]):
            return bool(rule["action"].upper() == "RETRY")
    return True


def _secret(arn: str, endpoint: str) -> str:
    client = boto3.client("secretsmanager", endpoint_url=endpoint)
    return str(client.get_secret_value(SecretId=arn)["SecretString"])


def _end(child: subprocess.Popen[str]) -> None:
    """Kill a job and all its children, as the end of a container does."""
    os.killpg(child.pid, signal.SIGKILL)
