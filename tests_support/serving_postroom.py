"""`postroom serve` as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = Path(sys.executable).with_name("postroom")


@dataclass(slots=True)
class Process:
    """A service that runs, its address, and the file that its log goes to."""

    process: subprocess.Popen[str]
    url: str
    path: Path

    @property
    def log(self) -> list[dict[str, Any]]:
        """Every line that it logged so far."""
        lines = self.path.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


@contextmanager
def serve(
    home: Path, *options: str, program: tuple[str, ...] = (), has_worker: bool = False
) -> Iterator[Process]:
    """Start the service on a free port; it is killed at the end if it still runs."""
    path = home / "serve.log"
    home.mkdir(parents=True, exist_ok=True)
    options = (*options, "--worker" if has_worker else "--no-worker")
    command = [*(program or (str(PROGRAM), "serve")), "--port", "0", "--json"]
    with path.open("a") as log:
        process = subprocess.Popen(
            [*command, "--home", str(home), *options],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        yield Process(process, _url(process, path), path)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _url(process: subprocess.Popen[str], log: Path) -> str:
    said = ""
    for line in process.stdout or ():
        said += line
        if line.startswith("}"):
            return str(json.loads(said)["url"])
    raise AssertionError(f"it ended with {process.wait()}: {log.read_text()}")
