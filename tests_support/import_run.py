"""A whole cutover of the import service in a fresh clone: service, traffic, people and the run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cutline.evidence.journal import Journal
from cutline.run.folder import RunFolder, of_plan
from cutline.run.open import resume
from cutline.run.state import State
from tests_support.waiting import until

ROOT = Path(__file__).parents[1]
A_DAY_IN_A_SECOND = "86400"
PROGRAMS = Path(sys.executable).parent
THRESHOLDS = ("--stuck-after-s", "5", "--quick-s", "1", "--slow-after-s", "3", "--hour-s", "0.5")
_RUNBOOK = Path("runbooks/import_api")


class ImportRun:
    """One clone with a running service. `run` begins a cutover, `people` answer for it."""

    def __init__(self, folder: Path) -> None:
        self.clone = folder / "clone"
        self.runs = self.clone / "runs"
        self.local = self.clone / _RUNBOOK / "local"
        self._out = folder / "run.out"
        self._folder = folder
        path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
        self.environment = {**os.environ, "PATH": path, "CUTLINE_KEY": str(folder / "key")}
        self._journal: Journal | None = None
        self._earlier = 0
        self._playing: subprocess.Popen[bytes]
        self._running: subprocess.Popen[bytes]

    def prepare(self, *options: str, rate: int = 60) -> None:
        """Clone what is committed, make a key, start the service and its traffic."""
        self.call("git", "clone", "--quiet", "--shared", str(ROOT), str(self.clone), cwd=ROOT)
        self.call("cutline", "key", "new", self.environment["CUTLINE_KEY"])
        more = ["--", "--poll-s", "0.1", "--needs-deploy", *THRESHOLDS, *options]
        self.stack("up", "--rate", str(rate), "--users", "100000", *more)

    def stack(self, command: str, *more: str) -> Any:
        """Do one thing with the service and its traffic."""
        program = str(_RUNBOOK / "service/stack.py")
        said = self.call("python", program, command, "--folder", str(self.local), *more)
        return json.loads(said) if said else None

    def fault(self, **faults: object) -> None:
        """Let this go wrong from now on, and nothing else."""
        self.stack("fault", json.dumps(faults))

    def call(self, *command: str, cwd: Path | None = None, code: int = 0) -> str:
        """Run a program in the clone and return what it printed; it ends with `code`."""
        done = subprocess.run(
            command,
            cwd=cwd or self.clone,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        if done.returncode != code:
            raise AssertionError(f"{command}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def begin(self, *more: str, factor: str = A_DAY_IN_A_SECOND, complaints: int = 0) -> None:
        """Begin `cutline run`, and let the people answer its checkpoints."""
        base_url = json.loads((self.local / "stack.json").read_text())["base_url"]
        plan = ["run", str(_RUNBOOK / "plan.yaml"), "--by", "ana", "--compress", factor]
        given = ["--input", f"base_url={base_url}", *more]
        playing = [_RUNBOOK / "people.py", "--runs", "runs", "--complaints", str(complaints)]
        self._journal = None
        self._earlier = len(of_plan(self.runs, "import-api"))
        if hasattr(self, "_playing"):
            self._playing.wait(30)  # it ends with the run before
        with self._out.open("wb") as out:
            self._running = self._spawn([str(PROGRAMS / "cutline"), *plan, *given], out)
            self._playing = self._spawn([sys.executable, *map(str, playing)], out)

    def _spawn(self, command: list[str], out: Any) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command, cwd=self.clone, env=self.environment, stdout=out, stderr=out
        )

    @property
    def story(self) -> str:
        """What the run has printed so far."""
        return self._out.read_text()

    @property
    def folder(self) -> Path:
        """The newest run's folder."""
        return of_plan(self.runs, "import-api")[-1].path

    @property
    def name(self) -> str:
        """The newest run's name."""
        return RunFolder(self.folder).name

    def state(self) -> State:
        """The run's state, from its journal."""
        return resume(self.journal())

    def journal(self) -> Journal:
        """The run's journal, as far as it is written."""
        if self._journal is None:
            until(self._has_begun, 30, "the run begins")
            self._journal = Journal.open(self.folder)
        self._journal.refresh()
        return self._journal

    def _has_begun(self) -> bool:
        runs = of_plan(self.runs, "import-api")
        return len(runs) > self._earlier and runs[-1].journal.exists()

    def of(self, kind: str) -> list[Any]:
        """The data of all entries of a kind."""
        return [entry.data for entry in self.journal().entries() if entry.kind == kind]

    def reaches(self, is_there: Callable[[State], bool], timeout_s: float = 240) -> None:
        """Wait until the run is so; one that ended before is a failure, with its story."""

        def look() -> bool:
            ended = self._running.poll() is not None
            if is_there(self.state()):
                return True
            if ended:
                raise AssertionError(self.story)
            return False

        until(look, timeout_s, what="the run gets there")

    def ends(self, timeout_s: float = 300) -> int:
        """Wait for the end of the run and return its exit code."""
        try:
            return self._running.wait(timeout_s)
        except subprocess.TimeoutExpired as late:
            raise AssertionError(self.story) from late

    def stop(self) -> None:
        """End everything that this started."""
        for name in ("_running", "_playing"):
            process = getattr(self, name, None)
            if process is not None and process.poll() is None:
                process.kill()
                process.wait(10)
        if (self.local / "stack.json").exists():
            self.stack("down")


@contextmanager
def import_run(folder: Path, *options: str, rate: int = 60) -> Iterator[ImportRun]:
    """Prepare a cutover in a folder; at the end nothing of it runs."""
    made = ImportRun(folder)
    try:
        made.prepare(*options, rate=rate)
        yield made
    finally:
        made.stop()


def baking(stage: str) -> Callable[[State], bool]:
    """Return what says that a run bakes in a stage."""
    return lambda state: state.stage_name == stage and state.phase == "baking"
