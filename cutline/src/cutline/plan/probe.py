"""A probe of a plan: a way to measure, with the fields that it returns."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from cutline.plan.duration import Seconds
from cutline.plan.kind import Kinds
from cutline.plan.part import Command, Json, Part, Ref

FieldType = Literal[
    "int", "double", "string", "bool", "list(int)", "list(double)", "list(string)", "list(bool)"
]


class Sql(Part):
    """One row of one query; `:from`, `:to` and `:side` are bound parameters."""

    dsn: Ref
    file: str | None = None
    query: str | None = None


class Http(Part):
    """The top-level members of a JSON answer, or `status_code` and named headers."""

    get: str | None = None
    post: str | None = None
    body: Json = None
    headers: dict[str, Ref] = Field(default_factory=dict)
    expect_status: int | None = None
    returns_headers: dict[str, str] = Field(default_factory=dict)


class CommandProbe(Part):
    """A JSON object on the standard output of a command."""

    argv: Command
    cwd: str | None = None
    env: dict[str, Ref] = Field(default_factory=dict)


class LogTime(Part):
    """Where a line of a log says its time: the first group of `regex`, read by `format`."""

    regex: str
    format: str


class Log(Part):
    """Counts of the lines of a file that contain a text; rotated files are followed."""

    file: str
    count: dict[str, str] = Field(default_factory=dict)
    values: dict[str, str] = Field(default_factory=dict)  # field -> regex; distinct first groups
    time: LogTime | None = None


class Prometheus(Part):
    """Instant queries of a Prometheus server, one a field."""

    url: str
    query: dict[str, str]


class ParityProbe(Part):
    """A suite of parity checks; returns `go`, `failed` and `blind`."""

    suite: str
    baseline: str
    candidate: str
    dsn: Ref
    params: dict[str, str] = Field(default_factory=dict)


class Probe(Kinds):
    """A way to measure; `returns` names its fields with their types."""

    kinds: ClassVar[tuple[str, ...]] = ("sql", "http", "command", "log", "prometheus", "parity")
    entry_points: ClassVar[str | None] = "cutline.probes"

    sql: Sql | None = None
    http: Http | None = None
    command: CommandProbe | None = None
    log: Log | None = None
    prometheus: Prometheus | None = None
    parity: ParityProbe | None = None

    returns: dict[str, FieldType]
    over_s: Seconds = Field(default=0.0, alias="over")
    sides: tuple[str, ...] = ()
    fresh_s: Seconds | None = Field(default=None, alias="fresh")
    past: bool = False
    timeout_s: Seconds = Field(default=10.0, alias="timeout")
