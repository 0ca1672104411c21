"""A small plan with a real switch, a probe and steps, driven by the program's own commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from cutline.cli import cutline as program
from cutline.errors import Problem
from cutline.evidence.journal import Journal
from cutline.evidence.keys import new_key
from cutline.plan.load import load
from cutline.run.begin import Asked, open_or_begin
from cutline.run.clock import RealClock
from cutline.run.folder import RUNS, RunFolder, every
from cutline.run.open import resume
from cutline.run.state import State
from tests_support.waiting import until

PROGRAM = Path(sys.executable).parent / "cutline"
HEAD = """\
cutline: 1
name: small
people:
  ana: {roles: [sre]}
  ben: {roles: [sre]}
  eva: {roles: [sre, dba]}
watch: {every: 0.1s, blind_after: 60s}
evidence: {worm: "file://worm", key: {env: CUTLINE_KEY}}
switch: {env_file: {path: .env, key: PERCENT}}
probes:
  world:
    command: {argv: [cat, world.json]}
    returns: {is_sound: bool, errors: int, spare: int}
gates:
  sound: {check: world.is_sound}
"""
BAKE = "{for: 0.4s, every: 0.2s, max_gap: 30s, max_hold: 60s}"
ONE_STAGE = f"""\
stages:
  - {{name: canary, percent: 10, bake: {BAKE}, gates: [sound]}}
"""
ENDLESS = """\
stages:
  - {name: canary, percent: 10, bake: {for: 1h, every: 0.2s, max_gap: 30s}, gates: [sound]}
"""


@dataclass(frozen=True)
class Done:
    """What a call of the program left."""

    code: int
    output: str
    errors: str = ""

    @property
    def json(self) -> Any:
        """Return what it printed as JSON: nothing else may be there."""
        return json.loads(self.output)


@dataclass(slots=True)
class Small:
    """A folder with a plan, the world that its probe reads, and its runs."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)
    public: Path = field(default_factory=Path)

    @classmethod
    def of(cls, folder: Path, body: str = ONE_STAGE, head: str = HEAD) -> Small:
        """Write a plan, a key and a sound world."""
        made = cls(folder)
        made.public = folder / "pub.pem"
        made.public.write_bytes(new_key(folder / "key.pem").public_pem)
        made.environ = {"CUTLINE_KEY": str(folder / "key.pem")}
        made.plan(body, head)
        made.world()
        (folder / ".env").write_text("OTHER=1\nPERCENT=0\n")
        return made

    def plan(self, body: str = ONE_STAGE, head: str = HEAD) -> None:
        """Write the plan anew."""
        (self.folder / "plan.yaml").write_text(head + body)

    def world(self, *, is_sound: bool = True, errors: int = 0) -> None:
        """Say what the probe measures."""
        said = {"is_sound": is_sound, "errors": errors, "spare": 0}
        fresh = self.folder / "world.json.new"
        fresh.write_text(json.dumps(said))
        fresh.rename(self.folder / "world.json")

    def __call__(self, *arguments: object, **environ: str | None) -> Done:
        """Call the program in this process as `main` does, in the plan's folder."""
        before = Path.cwd()
        os.chdir(self.folder)
        try:
            called = CliRunner().invoke(
                program,
                [str(one) for one in arguments],
                env={**self.environ, **environ, "COLUMNS": "180"},
                standalone_mode=False,
            )
        finally:
            os.chdir(before)
        match called.exception:
            case None:
                return Done(int(called.return_value or 0), called.stdout, called.stderr)
            case Problem() as problem:
                return Done(int(problem.exit_code), called.output + str(problem))
            case click.ClickException() as error:
                return Done(64, called.output + error.format_message())
            case bug:
                raise bug

    def begun(self, factor: float = 1.0) -> Small:
        """Begin a run in this process and leave it once v2 has its share."""
        (self.folder / ".env").write_text("OTHER=1\nPERCENT=0\n")
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder)
            for name, value in self.environ.items():
                patch.setenv(name, value)
            loaded = load(Path("plan.yaml"))
            session = open_or_begin(loaded, RUNS, Asked("ana", factor=factor), RealClock())
            until(lambda: session.tick().traffic.percent)
        return self

    def start(self, *arguments: object, **more: Any) -> subprocess.Popen[str]:
        """Start the program as a process of its own."""
        return subprocess.Popen(
            [str(PROGRAM), *map(str, arguments)],
            cwd=self.folder,
            env={**os.environ, **self.environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **more,
        )

    def ticks(self, holds: Any, timeout_s: float = 15.0) -> State:
        """Tick until `holds(state)`, and return the state."""

        def ticked() -> State | None:
            self("tick", self.name)
            state = self.state
            return state if holds(state) else None

        return until(ticked, timeout_s) or self.state

    @property
    def runs(self) -> Path:
        """Return the folder of all runs."""
        return self.folder / "runs"

    @property
    def run(self) -> RunFolder:
        """Return the last run that began."""
        return max(every(self.runs), key=lambda one: one.path.stat().st_ctime_ns)

    @property
    def name(self) -> str:
        """Return the last run's name."""
        return self.run.name

    @property
    def state(self) -> State:
        """Return the last run's state, from its journal."""
        return resume(Journal.open(self.run.path))

    @property
    def percent(self) -> int:
        """Return what the switch's file says."""
        lines = (self.folder / ".env").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("PERCENT=")).split("=")[1])

    def told(self, kind: str) -> Sequence[Mapping[str, Any]]:
        """Return the data of the last run's entries of one kind."""
        entries = Journal.open(self.run.path).entries()
        return [entry.data for entry in entries if entry.kind == kind]
