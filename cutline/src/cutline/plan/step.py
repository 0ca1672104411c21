"""A step of a plan: one action, done at least once."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from cutline.plan.duration import Seconds
from cutline.plan.kind import Kinds
from cutline.plan.part import Command, Json, Part, Ref


class HttpStep(Part):
    """One request; anything but `expect_status` is a failure."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    url: str
    body: Json = None
    headers: dict[str, Ref] = Field(default_factory=dict)
    expect_status: int = 200


class ParityStep(Part):
    """A parity comparison; NO-GO and what could not be compared fail the step."""

    suite: str
    baseline: str | None = None
    candidate: str | None = None
    dsn: Ref
    pairs: str | None = None
    params: dict[str, str] = Field(default_factory=dict)
    exact: bool = False
    s3_head: bool = False
    store: str | None = None


class Drill(Part):
    """Roll back in staging, verify, roll forward, verify: each a command or a condition."""

    roll_back: Command
    verify_back: str | None = None
    roll_forward: Command
    verify_forward: str | None = None
    timeout_s: Seconds = Field(default=600.0, alias="timeout")


class Kubernetes(Part):
    """A namespace whose ConfigMaps, keys of Secrets and SecretProviderClasses are read."""

    namespace: str
    kubeconfig: Ref | None = None
    context: str | None = None
    not_context: tuple[str, ...] = ()


class Isolation(Part):
    """Staging names nothing of production: hosts, buckets, accounts of `forbid`."""

    forbid: dict[Literal["hosts", "buckets", "accounts"], tuple[str, ...]]
    files: tuple[str, ...] = ()
    kubernetes: Kubernetes | None = None


class Form(Part):
    """A checkpoint that a person fills in: check boxes and fields in a file of the run's folder."""

    boxes: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    procedure: str | None = None
    screenshots: str | None = None


class CheckpointStep(Part):
    """A decision or an attested fact that only a person can give."""

    ask: str
    by: str | tuple[str, ...] | None = None
    quorum: int = Field(default=1, ge=1)
    identity: Literal["claimed", "ssh"] | None = None
    form: Form | None = None


class WaitFor(Part):
    """Wait until a condition on probes holds, or fail after `timeout`."""

    check: str
    timeout_s: Seconds = Field(default=600.0, alias="timeout")
    every_s: Seconds = Field(default=5.0, alias="every", gt=0)


class SealStep(Part):
    """Seal the evidence of the run; it is the last step of a plan."""

    gz: bool = False


class Step(Kinds):
    """One action; `done` tells after a cut-off whether it had been completed."""

    kinds: ClassVar[tuple[str, ...]] = (
        "command",
        "http",
        "parity",
        "drill",
        "isolation",
        "checkpoint",
        "wait_for",
        "seal",
    )
    entry_points: ClassVar[str | None] = "cutline.steps"

    name: str
    command: Command | None = None
    http: HttpStep | None = None
    parity: ParityStep | None = None
    drill: Drill | None = None
    isolation: Isolation | None = None
    checkpoint: CheckpointStep | None = None
    wait_for: WaitFor | None = None
    seal: SealStep | None = None

    cwd: str | None = None
    env: dict[str, Ref] = Field(default_factory=dict)
    done: str | None = None
    undo: Command | None = None
    repeatable: bool = False
    no_return: bool = False
    restore: str | None = None
    timeout_s: Seconds = Field(default=3600.0, alias="timeout")
    evidence: str | None = None
