"""A plan: a declarative cutover in one YAML file, read and checked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field, field_serializer, field_validator

from cutline.plan.acceptance import Acceptance
from cutline.plan.duration import Seconds
from cutline.plan.gate import Gate
from cutline.plan.moment import Day, Instant, Opening
from cutline.plan.part import Part, Ref
from cutline.plan.probe import Probe
from cutline.plan.stage import Stage
from cutline.plan.switch import Switch
from cutline.plan.trigger import Do, Trigger


class Input(Part):
    """A value that an environment gives; a secret one is never written anywhere."""

    env: str | None = None
    default: str | int | float | bool | None = None
    required: bool = False
    secret: bool = False
    about: str = ""

    # In JSON a whole double is an int, which compares with no double: a journal keeps its type.
    @field_serializer("default", when_used="json")
    def _kept(self, default: object) -> object:
        is_whole = isinstance(default, float) and default.is_integer()
        return {"double": default} if is_whole else default

    @field_validator("default", mode="before")
    @classmethod
    def _as_kept(cls, default: object) -> object:
        match default:
            case {"double": int() | float() as whole, **rest} if not rest:
                return float(whole)
        return default


class Person(Part):
    """Somebody who may decide; `ssh` is a whole public key."""

    roles: tuple[str, ...] = ()
    ssh: str | None = None


class Hours(Part):
    """When traffic may rise and no-return steps may start; lowering never waits."""

    raising: str = Field(alias="raise")
    zone: str = "UTC"
    not_on: tuple[Day, ...] = ()


class Watch(Part):
    """The tick: how often switch and triggers are looked at."""

    every_s: Seconds = Field(default=60.0, alias="every", gt=0)
    blind_after_s: Seconds = Field(default=600.0, alias="blind_after")
    on_blind: Literal["pause", "rollback", "notify"] = "pause"
    heartbeat: Ref | None = None


class Evidence(Part):
    """Where heads and the seal are kept, for how long, and which key signs them."""

    worm: str | None = None
    mode: Literal["GOVERNANCE", "COMPLIANCE"] = "GOVERNANCE"
    keep_s: Seconds = Field(default=31536000.0, alias="keep")
    key: Ref | None = None


class Drained(Part):
    """When the work that v2 still had is done."""

    check: str
    timeout_s: Seconds = Field(default=1800.0, alias="timeout")
    list: str | None = None  # `probe.field`: the ids that did not drain, named to a person


class Rollback(Part):
    """What a rollback measures and waits for, beside lowering the switch."""

    diagnose: tuple[str, ...] = ()
    drained: Drained | None = None


class Window(Part):
    """Wall-clock marks of a plan; `t0` may lie some seconds after the run began."""

    t0: Opening
    close: Instant | None = None

    def opens_at(self, begun_at: datetime) -> datetime:
        """Return `t0` of a run that began then."""
        if isinstance(self.t0, datetime):
            return self.t0
        return begun_at + timedelta(seconds=self.t0)


class Plan(Part):
    """The whole of a plan. Positions of a file's keys are with `cutline.plan.load`."""

    cutline: Literal[1]
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    uses: tuple[str, ...] = ()
    inputs: dict[str, Input] = Field(default_factory=dict)
    people: dict[str, Person] = Field(default_factory=dict)
    hours: Hours | None = None
    watch: Watch = Watch()
    notify: tuple[Ref, ...] = ()
    evidence: Evidence = Evidence()
    window: Window | None = None
    switch: Switch
    probes: dict[str, Probe] = Field(default_factory=dict)
    gates: dict[str, Gate] = Field(default_factory=dict)
    stages: tuple[Stage, ...] = Field(min_length=1)
    triggers: tuple[Trigger, ...] = ()
    rollback: Rollback = Rollback()
    acceptance: tuple[Acceptance, ...] = ()

    def stage(self, name: str) -> Stage:
        """Return a stage by its name; raises `KeyError`."""
        for stage in self.stages:
            if stage.name == name:
                return stage
        raise KeyError(name)


__all__ = ["Do", "Plan"]
