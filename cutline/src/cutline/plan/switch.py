"""The switch of a plan: what sets the share of traffic that goes to v2, and reads it back."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from cutline.plan.duration import Seconds
from cutline.plan.kind import Kinds
from cutline.plan.part import Command, Part, Ref


class EnvFile(Part):
    """One `KEY=percent` line of a file."""

    path: str
    key: str


class PostgresSwitch(Part):
    """One row of a table `cutline_switch(name text primary key, percent int)` that we make."""

    dsn: Ref
    name: str
    table: str = "cutline_switch"
    timeout_s: Seconds = Field(default=10.0, alias="timeout")


class HttpSwitch(Part):
    """GET answers JSON with `percent`; PUT sets it."""

    url: str
    headers: dict[str, Ref] = Field(default_factory=dict)
    timeout_s: Seconds = Field(default=10.0, alias="timeout")


class CommandSwitch(Part):
    """`set` gets the percent as its last argument; `read` prints it."""

    set: Command
    read: Command
    timeout_s: Seconds = Field(default=60.0, alias="timeout")


class Nop(Part):
    """No traffic is shifted: a plan of steps and checkpoints alone."""


class Confirm(Part):
    """Traffic must show what the switch says: the rate within points of the percent.

    What was decided within `grace` after the setting was read back is not counted. At 100 % a
    request on the wrong side is forgiven once none came for `over` (None: a third of `by`).
    """

    rate: str
    of: str
    within: float = Field(default=3.0, gt=0)
    sure: float = Field(default=99.0, gt=50, lt=100)
    needs: int = Field(default=500, ge=0)
    by_s: Seconds = Field(default=900.0, alias="by")
    grace_s: Seconds = Field(default=5.0, alias="grace")
    over_s: Seconds | None = Field(default=None, alias="over", gt=0)

    @property
    def quiet_s(self) -> float:
        """Return for how long no request may be on the wrong side once one was."""
        return self.by_s / 3 if self.over_s is None else self.over_s


class Switch(Kinds):
    """Sets and reads back; `apply` is the deploy that makes a setting take effect."""

    kinds: ClassVar[tuple[str, ...]] = ("env_file", "postgres", "http", "command", "nop")

    env_file: EnvFile | None = None
    postgres: PostgresSwitch | None = None
    http: HttpSwitch | None = None
    command: CommandSwitch | None = None
    nop: Nop | None = None

    apply: Command | None = None
    env: dict[str, Ref] = Field(default_factory=dict)  # of `apply`, and of the kind `command`
    applied: str | None = None  # CEL: the setting is in force; without it `apply` exiting 0 says so
    confirm: Confirm | None = None
    timeout_s: Seconds = Field(default=600.0, alias="timeout")
