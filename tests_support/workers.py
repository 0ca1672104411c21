"""Workers as processes, and what they say."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from postroom.archive import Archive, open_archive
from postroom.commands.where import Where
from postroom.ingest import Ingest, read_ingest, register
from postroom.pipeline.attempt import message_of, read_row
from postroom.pipeline.database import PipelineDatabase
from postroom.pipeline.local import LocalQueue
from tests_support.waiting import until

ROOT = Path(__file__).parents[1]
FAST = ("--poll", "0.05", "--sweep", "0.2", "--grace", "0.3", "--first-wait", "0.05")


@dataclass
class Worker:
    """A worker that was started, and the file that it writes to."""

    process: subprocess.Popen[bytes]
    log: Path

    def events(self, name: str = "") -> list[dict[str, Any]]:
        """Read what it said so far, of one kind or all."""
        lines = self.log.read_text().splitlines()
        said = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        return [event for event in said if name in ("", event["event"])]

    def kill(self) -> None:
        """End it as the kernel does where memory is short."""
        self.process.kill()
        self.process.wait()

    def end(self) -> int:
        """Ask it to end; hand back its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@dataclass
class World:
    """A source, its queue, and its workers."""

    home: Path
    source_id: str
    dsn: str | None
    pipeline_dsn: str | None
    workers: list[Worker] = field(default_factory=list)

    @property
    def where(self) -> Where:
        """Where it all lies."""
        return Where(self.source_id, self.home, self.dsn)

    @property
    def archive(self) -> Archive:
        """The archive of the source."""
        return open_archive(self.source_id, home=self.home, dsn=self.dsn)

    @property
    def folder(self) -> Path:
        """Where tasks note what they do."""
        folder = self.home / "tasks"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @contextmanager
    def queue(self) -> Iterator[LocalQueue]:
        """Open the queue."""
        database = PipelineDatabase(self.home / "pipeline.sqlite", self.pipeline_dsn)
        opened = LocalQueue(self.where, database)
        try:
            yield opened
        finally:
            opened.close()

    def environment(self, **more: str) -> dict[str, str]:
        """Make the environment of a program that works here."""
        own = {
            "POSTROOM_HOME": str(self.home),
            "POSTROOM_SOURCE": self.source_id,
            "ARCHIVE_DSN": self.dsn or "",
            "POSTROOM_PIPELINE_DSN": self.pipeline_dsn or "",
            "TASKS_FOLDER": str(self.folder),
        }
        return os.environ | own | more

    def options(self) -> list[str]:
        """Name the archive in PostgreSQL, if it is there."""
        return ["--dsn", "env:ARCHIVE_DSN"] if self.dsn else []

    def start(
        self, *options: str, is_real: bool = False, lease_s: float = 1.5, **more: str
    ) -> Worker:
        """Start a worker and wait until it is ready; its tasks are the test's own or real."""
        log = self.home / f"worker-{len(self.workers)}.ndjson"
        module = ["-m", "tests_support.pipeline_worker"]
        program = ["-c", "from postroom.cli import main; main()"] if is_real else module
        command = [sys.executable, *program, "worker", *FAST, "--lease", str(lease_s)]
        with log.open("wb") as out:
            process = subprocess.Popen(
                [*command, *self.options(), *options],
                cwd=ROOT,
                env=self.environment(**more),
                stdout=out,
                stderr=out,
            )
        worker = Worker(process, log)
        self.workers.append(worker)
        until(lambda: worker.events("ready") or process.poll() is not None, 120, "ready")
        if process.poll() is not None:
            raise AssertionError(log.read_text())
        return worker

    def register(self, path: Path) -> str:
        """Put a file into the store and the archive."""
        return register(path, None, self.archive, self.where.store(), "p1", None)

    def submit(self, pst_file_id: str, engine: Any = "v2") -> None:
        """Send the message for an ingest that is registered."""
        row = read_row(self.archive, pst_file_id)
        if row is None:
            raise AssertionError(pst_file_id)
        with self.queue() as queue:
            queue.submit(message_of(row, self.source_id), engine)

    def read(self, pst_file_id: str) -> Ingest:
        """Read an ingest."""
        return read_ingest(self.archive, pst_file_id)

    def wait_for(self, pst_file_id: str, status: str, timeout_s: float = 60.0) -> Ingest:
        """Wait until an ingest has a status."""
        is_there = lambda: self.read(pst_file_id).processing_status == status  # noqa: E731
        try:
            until(is_there, timeout_s, f"{pst_file_id} {status}")
        except AssertionError as error:
            said = "\n".join(worker.log.read_text() for worker in self.workers)
            raise AssertionError(f"{error}\n{self.read(pst_file_id)}\n{said}") from None
        return self.read(pst_file_id)

    def behave(self, **how: str) -> None:
        """Say how tasks are to behave."""
        (self.folder / "behave.json").write_text(json.dumps(how))

    def ran(self, *what: str) -> list[list[str]]:
        """Read the lines of what tasks did that begin like `what`."""
        path = self.folder / "ran"
        lines = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
        return [line for line in lines if line[: len(what)] == list(what)]

    def end(self) -> None:
        """End what still runs."""
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.kill()
