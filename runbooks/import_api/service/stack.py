"""The service and its traffic for demonstrations and tests.

python stack.py up --folder stack --rate 20     start both on a free port, write stack/stack.json
python stack.py status --folder stack           0 while both run, else 1
python stack.py fault --folder stack '{"fail": {"rate": 0.5}}'      '{}' ends all faults
python stack.py down --folder stack             stop both, and only these

Whatever `up` does not know (after `--`) goes to serve.py: `-- --needs-deploy --poll-s 0.2`.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
import threading
import time
from contextlib import closing, suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final

from importer.deployment import change, deploy
from importer.settings import SWITCH_KEY, TOKEN_VARIABLE

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from processes import is_alive, spawned, stop

HERE: Final = Path(__file__).resolve().parent
_UP_S: Final = 20.0


class Stack:
    """The folder of one stack."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.file = self.folder / "stack.json"
        self.token_file = self.folder / "faults.token"

    def up(self, asked: argparse.Namespace) -> dict[str, Any]:
        """Start both; a stack that already runs is left alone and shown."""
        if self.runs():
            return self.read()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._prepare(asked.percent)
        service = self._service(asked.more)
        base_url = self._wait_for_health(service)
        traffic = self._traffic(base_url, asked)
        found = {
            "base_url": base_url,
            "db": str(self.folder / "imports.db"),
            "dsn": f"sqlite:///{self.folder / 'imports.db'}",
            "log": str(self.folder / "app.log"),
            "env_file": str(self.folder / ".env.production"),
            "deployed_file": str(self.folder / ".env.deployed"),
            "faults_file": str(self.folder / "faults.json"),
            "faults_token_file": str(self.token_file),
            "traffic": str(self.folder / "traffic.jsonl"),
            "processes": {"service": service} | ({"traffic": traffic} if traffic else {}),
        }
        self.file.write_text(json.dumps(found, indent=1) + "\n")
        return found

    def read(self) -> dict[str, Any]:
        """Return what `up` wrote down."""
        try:
            found: dict[str, Any] = json.loads(self.file.read_text())
        except OSError:
            why = f"no stack in {self.folder}: stack.py up --folder … starts one"
            raise SystemExit(why) from None
        return found

    def runs(self) -> bool:
        """Say whether every process of the stack runs."""
        if not self.file.exists():
            return False
        return all(map(is_alive, self.read()["processes"].values()))

    def down(self) -> None:
        """Stop the traffic, then the service, and wait for both; a second time does nothing."""
        processes = self.read()["processes"]
        for name in ("traffic", "service"):
            if name in processes:
                stop(processes[name])

    def fault(self, document: str) -> object:
        """Put faults in the place of those before, over HTTP, and return what is on now."""
        token = os.environ.get(TOKEN_VARIABLE) or self.token_file.read_text().strip()
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        status, body = _asked(self.read()["base_url"], "POST", "/faults", document, headers)
        if status != HTTPStatus.OK:
            raise SystemExit(f"refused: {body}")
        return json.loads(body)

    def _prepare(self, percent: str) -> None:
        env_file = self.folder / ".env.production"
        if not env_file.exists():
            change(env_file, {SWITCH_KEY: percent})
            deploy(env_file, self.folder / ".env.deployed")
        if not self.token_file.exists():
            self.token_file.touch(mode=0o600)
            self.token_file.write_text(secrets.token_urlsafe(24))

    def _service(self, more: list[str]) -> dict[str, int]:
        token = os.environ.get(TOKEN_VARIABLE) or self.token_file.read_text().strip()
        paths = ["--db", "imports.db", "--env-file", ".env.production", "--log", "app.log"]
        paths += ["--faults-file", "faults.json", "--port-file", "base_url"]
        (self.folder / "base_url").unlink(missing_ok=True)
        command = [sys.executable, str(HERE / "serve.py"), *paths, *more]
        return spawned(self.folder, "service", command, {TOKEN_VARIABLE: token})

    def _traffic(self, base_url: str, asked: argparse.Namespace) -> dict[str, int] | None:
        if asked.rate <= 0:
            return None
        command = [sys.executable, str(HERE / "traffic.py"), "--base-url", base_url]
        command += ["--rate", str(asked.rate), "--seed", str(asked.seed)]
        command += ["--users", str(asked.users), "--count", str(asked.count)]
        return spawned(self.folder, "traffic", [*command, "--out", "traffic.jsonl"], {})

    def _wait_for_health(self, service: dict[str, int]) -> str:
        until = time.monotonic() + _UP_S
        port_file = self.folder / "base_url"
        while time.monotonic() < until and is_alive(service):
            if port_file.exists():
                base_url = port_file.read_text().strip()
                with suppress(OSError, HTTPException):
                    if _asked(base_url, "GET", "/health")[0] == HTTPStatus.OK:
                        return base_url
            threading.Event().wait(0.02)
        stop(service)
        raise SystemExit(f"the service did not start: see {self.folder / 'service.out'}")


def _asked(
    base_url: str, method: str, path: str, body: str = "", headers: dict[str, str] | None = None
) -> tuple[int, str]:
    """Return the status and the body of an answer; the standard library starts faster."""
    with closing(HTTPConnection(base_url.removeprefix("http://"), timeout=5)) as connection:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def main() -> int:
    """Do what the command says, and return its exit code."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = options.add_subparsers(dest="command", required=True)
    for name in ("up", "down", "status", "fault"):
        command = commands.add_parser(name)
        command.add_argument("--folder", type=Path, default=Path("stack"))
        if name == "fault":
            command.add_argument("faults", help="a JSON object; see the page, The service")
        if name == "up":
            command.add_argument("--rate", type=float, default=20.0, help="0: no traffic")
            command.add_argument("--seed", type=int, default=7)
            command.add_argument("--users", type=int, default=5_000)
            command.add_argument("--count", type=int, default=-1)
            command.add_argument("--percent", default="0", help="where a new stack's switch stands")
            command.add_argument("more", nargs="*", help="options of serve.py, after --")
    asked = options.parse_args()
    stack = Stack(asked.folder)
    match asked.command:
        case "up":
            print(json.dumps(stack.up(asked), indent=1))
        case "down":
            stack.down()
        case "fault":
            print(json.dumps(stack.fault(asked.faults)))
        case _:
            runs = stack.runs()
            print(json.dumps({"runs": runs, **stack.read()}, indent=1))
            return 0 if runs else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
