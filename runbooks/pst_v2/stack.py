"""The service, its worker, its traffic and the samples for demonstrations and tests.

python stack.py up --folder local --per-minute 60    start them on a free port
python stack.py without-v1 --folder local            start the service and its worker again, v1 off
python stack.py status --folder local                0 while all run, else 1
python stack.py down --folder local                  stop them, and only these
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from processes import is_alive, spawned, stop

HERE: Final = Path(__file__).resolve().parent
KEY: Final = "POSTROOM_V2_PERCENT"
_UP_S: Final = 60.0
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
            processes["traffic"] = spawned(self.folder, "traffic", command, {})
        command = [sys.executable, str(HERE / "sample.py"), "--base-url", self.base_url()]
        command += ["--home", str(self.folder / "home"), "--every-s", str(sample_every_s)]
        command += ["--out", str(self.folder / "samples.jsonl")]
        processes["samples"] = spawned(self.folder, "samples", command, {})
        self._keep(processes)

    def without_v1(self) -> None:
        """Start the service again at the same address, with v1's endpoint and worker off.

        No more samples are taken: there is nothing to compare with.
        """
        processes = self.read()
        stop(processes["samples"])
        port = int(self.base_url().rpartition(":")[2])
        stop(processes["service"])
        self._keep({**processes, "service": self._service(port=port, v1="off")})

    def down(self) -> None:
        """Stop what asks, then the service; a second time does nothing."""
        processes = self.read()
        for name in ("samples", "traffic", "service"):
            if name in processes:
                stop(processes[name])

    def runs(self) -> bool:
        """Say whether every program of the stack runs."""
        return self.file.exists() and all(map(is_alive, self.read().values()))

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
        found = spawned(self.folder, "service", command, {"POSTROOM_V1": v1}, said)
        until = time.monotonic() + _UP_S
        while time.monotonic() < until and is_alive(found):
            with suppress(OSError, ValueError, KeyError, httpx.HTTPError):
                url = json.loads(said.read_text())["url"]
                if httpx.get(f"{url}/health", timeout=5).is_success:
                    (self.folder / "base_url").write_text(f"{url}\n")
                    return found
            _PAUSE.wait(0.05)
        stop(found)
        raise SystemExit(f"the service did not start: see {self.folder / 'service.out'}")


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
