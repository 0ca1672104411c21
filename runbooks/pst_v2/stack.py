"""The service, its worker, its traffic and the samples for demonstrations and tests.

python stack.py up --folder local --per-minute 60    start them on a free port
python stack.py without-v1 --folder local            start the service and its worker again, v1 off
python stack.py status --folder local                0 while all run, else 1
python stack.py down --folder local                  stop them, and only these
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import httpx

HERE: Final = Path(__file__).resolve().parent
KEY: Final = "POSTROOM_V2_PERCENT"
_UP_S: Final = 60.0
_DOWN_S: Final = 30.0
_PAUSE: Final = threading.Event()


class Stack:
    """The folder of one stack: its home, its switch, its address, what its programs say."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.file = self.folder / "stack.json"

    def up(self, per_minute: float, sample_every_s: float) -> None:
        """Start everything; a stack that runs already is left as it is."""
        if self.runs():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        switch = self.folder / ".env"
        if not switch.exists():
            switch.write_text(f"{KEY}=0\n")
        processes = {"service": self._service(port=0, v1="on")}
        if per_minute > 0:
            command = [sys.executable, str(HERE / "traffic.py"), "--base-url", self.base_url()]
            command += ["--folder", str(self.folder), "--per-minute", str(per_minute)]
            processes["traffic"] = self._spawned("traffic", command, {})
        command = [sys.executable, str(HERE / "sample.py"), "--base-url", self.base_url()]
        command += ["--home", str(self.folder / "home"), "--every-s", str(sample_every_s)]
        command += ["--out", str(self.folder / "samples.jsonl")]
        processes["samples"] = self._spawned("samples", command, {})
        self._keep(processes)

    def without_v1(self) -> None:
        """Start the service again at the same address, with v1's endpoint and worker off.

        No more samples are taken: there is nothing to compare with.
        """
        processes = self.read()
        _stop(processes["samples"])
        port = int(self.base_url().rpartition(":")[2])
        _stop(processes["service"])
        self._keep({**processes, "service": self._service(port=port, v1="off")})

    def down(self) -> None:
        """Stop what asks, then the service; a second time does nothing."""
        processes = self.read()
        for name in ("samples", "traffic", "service"):
            if name in processes:
                _stop(processes[name])

    def runs(self) -> bool:
        """Say whether every program of the stack runs."""
        return self.file.exists() and all(map(_is_alive, self.read().values()))

    def base_url(self) -> str:
        """Return where the service listens."""
        return (self.folder / "base_url").read_text().strip()

    def read(self) -> dict[str, Any]:
        """Return the processes that `up` wrote down."""
        try:
            found: dict[str, Any] = json.loads(self.file.read_text())
        except OSError:
            why = f"no stack in {self.folder}: stack.py up --folder … starts one"
            raise SystemExit(why) from None
        return found

    def _keep(self, processes: dict[str, Any]) -> None:
        self.file.write_text(json.dumps(processes, indent=1) + "\n")

    def _service(self, *, port: int, v1: str) -> dict[str, int]:
        program = str(Path(sys.executable).with_name("postroom"))
        command = [program, "serve", "--port", str(port), "--home", str(self.folder / "home")]
        command += ["--switch", f"env-file:{self.folder / '.env'}#{KEY}", "--json"]
        said = self.folder / "service.json"
        said.unlink(missing_ok=True)
        found = self._spawned("service", command, {"POSTROOM_V1": v1}, said)
        until = time.monotonic() + _UP_S
        while time.monotonic() < until and _is_alive(found):
            with suppress(OSError, ValueError, KeyError, httpx.HTTPError):
                url = json.loads(said.read_text())["url"]
                if httpx.get(f"{url}/health", timeout=5).is_success:
                    (self.folder / "base_url").write_text(f"{url}\n")
                    return found
            _PAUSE.wait(0.05)
        _stop(found)
        raise SystemExit(f"the service did not start: see {self.folder / 'service.out'}")

    def _spawned(
        self, name: str, command: list[str], more: dict[str, str], said: Path | None = None
    ) -> dict[str, int]:
        with (
            (self.folder / f"{name}.out").open("ab") as out,
            (said or self.folder / f"{name}.out").open("ab") as printed,
        ):
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env={**os.environ, **more},
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=out,
                start_new_session=True,
            )
        return {"pid": process.pid, "started_ticks": _started_ticks(process.pid)}


def _started_ticks(pid: int) -> int:
    """Return when a process began, 0 if there is none: pids are used again."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] == "Z" else int(fields[19])


def _is_alive(process: dict[str, int]) -> bool:
    return 0 < process["started_ticks"] == _started_ticks(process["pid"])


def _stop(process: dict[str, int]) -> None:
    """End a program of ours: politely, then with all that it started."""
    began = time.monotonic()
    if _is_alive(process):
        os.kill(process["pid"], signal.SIGTERM)
    while _is_alive(process):
        if time.monotonic() - began > _DOWN_S:
            os.killpg(process["pid"], signal.SIGKILL)
        _PAUSE.wait(0.02)


def main() -> int:
    """Do what the command says, and return its exit code."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = options.add_subparsers(dest="command", required=True)
    for name in ("up", "without-v1", "status", "down"):
        command = commands.add_parser(name)
        command.add_argument("--folder", type=Path, default=Path("local"))
        if name == "up":
            command.add_argument("--per-minute", type=float, default=60.0, help="0: no traffic")
            command.add_argument("--sample-every-s", type=float, default=6 * 3600.0)
    asked = options.parse_args()
    stack = Stack(asked.folder)
    if asked.command == "up":
        stack.up(asked.per_minute, asked.sample_every_s)
    elif asked.command == "without-v1":
        stack.without_v1()
    elif asked.command == "down":
        stack.down()
    else:
        return 0 if stack.runs() else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
