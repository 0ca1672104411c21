"""The pilot in a fresh clone: real commands, real processes, and a person who fills in the form."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
PLAN = "runbooks/pilot/plan.yaml"
FORM = "55_db_rollback_human_checkpoint.txt"
SHOTS = "56_db_restore_screenshots"
QUICK = "true"  # release gates where what they find is not the matter: the program of that name


@dataclass(frozen=True)
class Done:
    """What a command left."""

    code: int
    out: str


@dataclass
class Pilot:
    """One clone, its key, and what every command finds in the environment."""

    clone: Path
    environment: Mapping[str, str]
    inputs: dict[str, str] = field(default_factory=dict)

    def command(self, *words: object) -> list[str]:
        """The words of a cutline command."""
        return [str(BIN / "cutline"), *map(str, words)]

    def cutline(self, *words: object) -> Done:
        """Run a command of cutline in the clone, to its end."""
        return self.sh(*self.command(*words))

    def must(self, *words: object) -> str:
        """Run a command of cutline that has to work; return what it printed."""
        done = self.cutline(*words)
        if done.code != 0:
            raise AssertionError(done.out)
        return done.out

    def sh(self, *words: object) -> Done:
        """Run any command in the clone."""
        done = subprocess.run(
            [str(word) for word in words],
            cwd=self.clone,
            env=dict(self.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        return Done(done.returncode, done.stdout)

    def git(self, *words: str) -> str:
        """Run git in the clone; it has to work."""
        done = self.sh("git", "-c", "user.name=t", "-c", "user.email=t@example.com", *words)
        if done.code != 0:
            raise AssertionError(done.out)
        return done.out

    def words(self, *more: str) -> list[str]:
        """The words of the run command, with the inputs."""
        given = [f"--input={name}={value}" for name, value in self.inputs.items()]
        return ["run", PLAN, "--by", "ana", *given, *more]

    def run(self, *more: str) -> Done:
        """`cutline run` the plan, or go on with it."""
        return self.cutline(*self.words(*more))

    def start(self, *more: str) -> subprocess.Popen[bytes]:
        """Begin the run command and do not wait for it."""
        return subprocess.Popen(
            self.command(*self.words(*more)),
            cwd=self.clone,
            env=dict(self.environment),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    @property
    def folders(self) -> list[Path]:
        """The folders of all runs, oldest first."""
        return sorted((self.clone / "runs/pilot").glob("*Z"))

    @property
    def folder(self) -> Path:
        """The folder of the newest run."""
        return self.folders[-1]

    @property
    def settings(self) -> Path:
        """The settings of the small staging service."""
        return self.clone / "runbooks/pilot/local/staging/staging.env"

    def text(self, name: str) -> str:
        """A file of the newest run."""
        return (self.folder / name).read_text()

    def acceptance(self) -> dict[str, str]:
        """The lines of the acceptance in the result: `AC1` and what stands behind its colon."""
        found = re.findall(
            r"^(AC\d) .*?: (\S.*)$", self.text("90_result_summary.txt"), re.MULTILINE
        )
        return dict(found)

    def entries(self, kind: str) -> list[dict[str, object]]:
        """The data of each journal entry of a kind."""
        lines = map(json.loads, self.text("journal.jsonl").splitlines())
        return [line["data"] for line in lines if line["kind"] == kind]

    def fill(self, by: str = "eva", *, status: str = "COMPLETED", leave: str = "") -> None:
        """Fill in the form as a person does; the line that begins with `leave` stays as it was."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        lines = []
        for line in self.text(FORM).splitlines():
            filled = line
            if re.match(r"Status:", line):
                filled = f"Status: {status}"
            elif line.startswith(("[ ]", "[x]")):
                filled = f"[x]{line[3:]}"
            elif re.match(r"Completed by:", line):
                filled = f"Completed by: {by}"
            elif re.match(r"Completed at \(UTC\):", line):
                filled = f"Completed at (UTC): {now}"
            elif re.match(r"[A-Z][^:]*:$", line):
                filled = f"{line} 5000"
            lines.append(_blank(line) if leave and line[3:].startswith(leave) else filled)
            if leave and line.startswith(leave):
                lines[-1] = _blank(line)
        (self.folder / FORM).write_text("\n".join(lines) + "\n")

    def screenshot(self, content: bytes = b"\x89PNG restored", name: str = "restored.png") -> None:
        """Put a screenshot, or what was printed, where the form asks for it."""
        (self.folder / SHOTS / name).write_bytes(content)

    def sign(self, *people: str) -> None:
        """Let people approve the seal."""
        for person in people:
            self.must("approve", "pilot", "seal", "--by", person)


def _blank(line: str) -> str:
    return f"[ ]{line[3:]}" if line.startswith("[") else f"{line.partition(':')[0]}:"


@contextlib.contextmanager
def pilot(folder: Path, **environment: str) -> Iterator[Pilot]:
    """Clone this repository as it is now, make a key; at the end the small service is stopped."""
    clone = folder / "clone"
    command = ["git", "clone", "--quiet", "--shared", str(ROOT), str(clone)]
    subprocess.run(command, check=True, capture_output=True)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CUTLINE_", "AWS_", "KUBE"))}
    kept |= {"PATH": f"{BIN}{os.pathsep}{kept['PATH']}", "HOME": str(folder), "COLUMNS": "200"}
    key = clone / "runbooks/pilot/local/key.pem"
    made = Pilot(clone, {**kept, "CUTLINE_KEY": str(key), **environment})
    _take_over(made)
    made.inputs["branch"] = made.git("rev-parse", "--abbrev-ref", "HEAD").strip()
    if made.inputs["branch"] == "HEAD":
        made.git("switch", "--quiet", "--create", "trial")
        made.inputs["branch"] = "trial"
    key.parent.mkdir(parents=True)
    made.must("key", "new", key)
    try:
        yield made
    finally:
        staging = clone / "runbooks/pilot/local/staging"
        with contextlib.suppress(OSError, ValueError):
            os.kill(int((staging / "pid").read_text()), signal.SIGTERM)


def _take_over(made: Pilot) -> None:
    """Commit what is not committed here yet: the clone is of this very tree."""
    listed = ["git", "ls-files", "-co", "--exclude-standard", "runbooks/pilot"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in names.splitlines():
        into = made.clone / name
        if (ROOT / name).is_file():
            into.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, into)
    if made.git("status", "--porcelain"):
        made.git("add", "--all")
        made.git("commit", "--quiet", "--message", "as it is now")
