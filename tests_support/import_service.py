"""The import service of the runbook `import_api`, as real processes on a free port."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from importer.documents import fetch, path_of
from tests_support.waiting import until

RUNBOOK = Path(__file__).parents[1] / "runbooks/import_api"
TOKEN = "a token of the tests"  # noqa: S105
FAST = ("--poll-s", "0.02", "--model-wait-s", "0.002")


class NotStartedError(Exception):
    """The service did not start; the message is what it said."""


class Service:
    """One running service, its folder, and what a test does to it."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes], base_url: str) -> None:
        self.folder = folder
        self.process = process
        self.client = httpx.Client(base_url=base_url, timeout=10)
        self.base_url = base_url

    def health(self) -> dict[str, Any]:
        """What the service says of itself."""
        found: dict[str, Any] = self.client.get("/health").json()
        return found

    def comes_back(self, restarts: int) -> None:
        """Wait until a new process answers; connections to the old one are broken."""

        def is_back() -> bool:
            try:
                return bool(self.health()["restarts"] >= restarts)
            except httpx.TransportError:
                return False

        until(is_back, what=f"restart {restarts}")

    def set_percent(self, percent: str) -> None:
        """Set the switch as a person or the engine does it."""
        new = self.folder / ".env.new"
        new.write_text(f"API_KEY=hunter2\nV2_ROLLOUT_PERCENT={percent}\n")
        new.replace(self.folder / ".env.production")

    def stands_at(self, percent: float) -> None:
        """Wait until the routing has the percentage."""
        until(lambda: self.health()["v2_percent"] == percent, what=f"{percent} % in force")

    def send(self, user: str, path: str = "/import", key: str = "") -> dict[str, Any]:
        """Send one import with the soulprint that it must get, and return the answer's JSON."""
        document = fetch(path_of(abs(hash(user)) % 1000, 8))
        body = {"user_id": user, "storage_path": document.path, "soulprint": document.soulprint}
        headers = {"idempotency-key": key or uuid.uuid4().hex}
        answer = self.client.post(path, json=body, headers=headers)
        return {"code": answer.status_code, **answer.json()}

    def send_many(self, count: int, path: str = "/import") -> list[str]:
        """Send imports of as many users, and return their ids."""
        return [self.send(f"user-{number}", path)["id"] for number in range(count)]

    def import_(self, import_id: str) -> dict[str, Any]:
        """One import as it stands."""
        found: dict[str, Any] = self.client.get(f"/imports/{import_id}").json()
        return found

    def ended(self, ids: list[str], timeout_s: float = 15) -> list[dict[str, Any]]:
        """Wait until all of these have ended, and return them."""

        def all_ended() -> list[dict[str, Any]]:
            rows = [self.import_(one) for one in ids]
            done = {"complete", "failed"}
            return rows if all(row["full_pass_status"] in done for row in rows) else []

        return until(all_ended, timeout_s, what="all have ended")

    def fault(self, **faults: object) -> None:
        """Let this go wrong from now on, and nothing else."""
        answer = self.client.post(
            "/faults", json=faults, headers={"authorization": f"Bearer {TOKEN}"}
        )
        answer.raise_for_status()

    def log(self) -> str:
        """The whole log."""
        return (self.folder / "app.log").read_text()

    def ask(self, query: str, side: str = "v2", last_s: float = 3600) -> dict[str, Any]:
        """Answer of one of the runbook's queries over the last seconds."""
        to = datetime.now(UTC) + timedelta(seconds=1)
        return ask(self.folder / "imports.db", query, side, to - timedelta(seconds=last_s + 1), to)

    def run(self, program: str, *arguments: str) -> dict[str, Any]:
        """Run a program of the service in its folder, and return the JSON that it prints."""
        command = [sys.executable, RUNBOOK / "service" / program, *arguments]
        done = subprocess.run(
            command, cwd=self.folder, check=True, capture_output=True, text=True, timeout=30
        )
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Stop the service and return its exit code."""
        self.client.close()
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(15)


def ask(db: Path, query: str, side: str, since: datetime, to: datetime) -> dict[str, Any]:
    """Answer of a query as a probe gets it: one row, JSON texts as lists."""
    statement = (RUNBOOK / f"queries/{query}.sql").read_text()
    values = {"from": since.isoformat(), "to": to.isoformat(), "side": side}
    with closing(sqlite3.connect(db)) as connection:
        connection.row_factory = sqlite3.Row
        rows = connection.execute(statement, values).fetchall()
    (row,) = rows
    return {
        name: json.loads(value) if isinstance(value, str) and value.startswith("[") else value
        for name, value in dict(row).items()
    }


def start(folder: Path, *options: str, percent: str = "0") -> Service:
    """Start the service in a folder and wait until it answers."""
    if not (folder / ".env.production").exists():
        (folder / ".env.production").write_text(f"V2_ROLLOUT_PERCENT={percent}\n")
    command = [sys.executable, RUNBOOK / "service/serve.py", "--db", "imports.db", *FAST, *options]
    environment = {**os.environ, "IMPORT_API_FAULTS_TOKEN": TOKEN}
    with (folder / "serve.out").open("w") as out:
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=out, env=environment)
    output = folder / "serve.out"
    until(lambda: "\n" in output.read_text() or process.poll() is not None)
    if not output.read_text().startswith("{"):
        process.wait(15)
        raise NotStartedError(output.read_text())
    service = Service(folder, process, json.loads(output.read_text().splitlines()[0])["base_url"])
    service.client.get("/health").raise_for_status()
    return service


@contextmanager
def running(folder: Path, *options: str, percent: str = "0") -> Iterator[Service]:
    """Run the service in a folder, and stop it at the end."""
    service = start(folder, *options, percent=percent)
    try:
        yield service
    finally:
        service.stop()
