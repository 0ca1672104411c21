"""Files that `pst-synth` writes for tests, with the truth about them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = Path(sys.executable).with_name("pst-synth")


@dataclass(frozen=True, slots=True)
class Written:
    """A file and the lines of its truth."""

    pst: Path
    lines: tuple[dict[str, Any], ...]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The lines of that kind, in order."""
        return [line for line in self.lines if line["kind"] == kind]

    def top_level(self) -> list[dict[str, Any]]:
        """The emails that are not inside another one."""
        return [email for email in self.of("email") if email["parent_path"] is None]

    def attached_to(self, email: dict[str, Any]) -> list[dict[str, Any]]:
        """The attachments of that email, in order."""
        path = email["node_path"]
        return [of for of in self.of("attachment") if of["email_node_path"] == path]


def write(folder: Path, profile: str, *options: str, name: str = "synthetic") -> Written:
    """Write a file of `profile` into `folder`; raises with the program's words if it refuses."""
    pst, truth = folder / f"{name}.pst", folder / f"{name}.truth.ndjson"
    done = start([profile, "--out", str(pst), "--truth", str(truth), *options])
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    lines = truth.read_text(encoding="utf-8").splitlines()
    return Written(pst, tuple(json.loads(line) for line in lines))


def start(arguments: Iterable[str], **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the program to its end, whatever that is."""
    command = [str(PROGRAM), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def last_event(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The last line that the program said."""
    event: dict[str, Any] = json.loads(done.stderr.splitlines()[-1])
    return event
