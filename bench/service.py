"""Ingests over the service: beside the command line, by several workers, and for a while.

Service, workers and PostgreSQL are processes of their own, as one would run them. Every import is
uploaded, queued by `POST /v2/pst/{id}/process`, and over when its status says so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
from extract import BIN, synth
from ingest import SETTINGS
from row import Row, best_of

from postroom.archive import open_archive

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests_support import postgres
from tests_support.serving_postroom import serve
from tests_support.workers import World

MAILS, FEWEST_MAILS = 20_000, 500
IMPORTS, FEWEST_IMPORTS = 60, 8
SOAKED, FEWEST_SOAKED = 150, 12
SMALL_MAILS = 20
ASKED_EVERY_S = 0.02
LONGEST_S = 1800.0
AS_INSTALLED = ("--poll", "1", "--sweep", "5", "--first-wait", "1", "--grace", "10")
"""The worker's defaults, where those of the tests are quicker."""
ONE_EACH = ("--poll", "0.05", "--sweep", "5", "--grace", "10", "--concurrency", "1")
"""One ingest at a time in each worker, and a queue that is looked into often: what is counted is
work, not waiting."""


class NotIngestedError(Exception):
    """An import did not end well; the message is its status."""


@dataclass(frozen=True, slots=True)
class Site:
    """A running service with its workers."""

    world: World
    client: httpx.Client
    pids: list[int]

    def upload(self, path: Path) -> str:
        """Send a file, and return the id of its ingest."""
        named = {"project_id": "bench", "file_name": path.name}
        kind = {"content-type": "application/octet-stream"}
        with path.open("rb") as body:
            answer = self.client.post("/pst", params=named, content=body, headers=kind)
        return str(answer.raise_for_status().json()["id"])

    def process(self, ids: list[str]) -> None:
        """Have these processed, and wait until all are."""
        for one in ids:
            self.client.post(f"/v2/pst/{one}/process").raise_for_status()
        for one in ids:
            self._wait_for(one)

    def _wait_for(self, one: str) -> None:
        until = time.monotonic() + LONGEST_S
        while time.monotonic() < until:
            status = self.client.get(f"/pst/{one}/status").raise_for_status().json()
            if status["processing_status"] == "completed":
                return
            if status["processing_status"] in ("failed", "cancelled"):
                break
            time.sleep(ASKED_EVERY_S)
        raise NotIngestedError(str(status))

    def anonymous_bytes(self) -> int:
        """Sum what service, workers and the processes of their tasks hold of their own."""
        left, found = list(self.pids), 0
        while left:
            process = Path(f"/proc/{left.pop()}")
            with suppress(FileNotFoundError, ProcessLookupError):  # one that has ended holds none
                lines = (process / "status").read_text().splitlines()
                held = [line.split()[1] for line in lines if line.startswith("RssAnon:")]
                found += sum(map(int, held)) * 1024
                for thread in (process / "task").iterdir():
                    left += map(int, (thread / "children").read_text().split())
        return found


@contextmanager
def running(server: str, *options: str, workers: int = 1) -> Iterator[Site]:
    """Run the service and workers on an empty archive and an empty queue."""
    home = Path(tempfile.mkdtemp(prefix="bench-service-"))
    with postgres.database(server) as archive, postgres.database(server) as queue:
        world = World(home, f"b{uuid4().hex[:12]}", archive, queue)
        open_archive(world.source_id, home=home, dsn=archive, create=True)
        os.environ |= {"BENCH_ARCHIVE": archive, "BENCH_QUEUE": queue}
        named = ("--dsn", "env:BENCH_ARCHIVE", "--pipeline-dsn", "env:BENCH_QUEUE")
        try:
            with serve(home, *named, "--source", world.source_id) as service:
                began = [
                    world.start(*options, is_real=True, lease_s=30).process.pid
                    for _ in range(workers)
                ]
                with httpx.Client(base_url=service.url, timeout=300) as client:
                    yield Site(world, client, [service.process.pid, *began])
        finally:
            world.end()
            shutil.rmtree(home, ignore_errors=True)


def one_large(server: str, mails: int) -> Row:
    """Compare an import over HTTP with the same file by the command line, into one archive."""
    path = synth("big-folder", f"folder-{mails}", "--mails", str(mails))
    with running(server, *AS_INSTALLED) as site:
        command = [str(BIN / "postroom"), "ingest", str(path), *site.world.options()]
        environment = site.world.environment()

        def by_command() -> None:
            subprocess.run(command, env=environment, check=True, capture_output=True)

        def over_http() -> None:
            site.process([site.upload(path)])

        over_http()  # a service that was used before, as it is all day
        # In turns: what the archive holds already is part of the work of dedupe.
        pairs = [(best_of(1, over_http), best_of(1, by_command)) for _ in range(3)]
    ours, theirs = (min(seconds) for seconds in zip(*pairs, strict=True))
    claim = f"import over HTTP: upload, queue, all tasks, {mails:,} mails"
    return Row(claim, "postroom ingest, its start included", ours, theirs, at_most=1.5)


def by_workers(server: str, path: Path, count: int) -> list[Row]:
    """Compare the same small imports by one, two and four workers."""
    one, two, four = (_seconds(server, path, count, workers) for workers in (1, 2, 4))
    claim = f"{count} imports of {SMALL_MAILS} mails"
    return [
        Row(f"{claim}, 2 workers", "1 worker", two, one, at_least=1.3),
        Row(f"{claim}, 4 workers on two cores", "2 workers", four, two, at_most=1.25),
    ]


def _seconds(server: str, path: Path, count: int, workers: int) -> float:
    """Return the seconds from the first request to process to the last import's end."""
    with running(server, *ONE_EACH, workers=workers) as site:
        site.process([site.upload(path) for _ in range(4 * workers)])
        ids = [site.upload(path) for _ in range(count)]
        return best_of(1, lambda: site.process(ids))


def soak(server: str, path: Path, count: int) -> Row:
    """Compare the memory after all imports with that after a third of them, both at rest."""
    held = []
    with running(server, "--sweep", "5", "--grace", "10") as site:
        for _ in range(3):
            site.process([site.upload(path) for _ in range(count // 3)])
            held.append(site.anonymous_bytes() / 1e6)
    claim = f"memory of service and worker after {count} imports"
    return Row(
        claim, "after a third of them, both at rest", held[-1], held[0], at_most=1.1, unit="MB"
    )


def rows(scale: float) -> list[Row]:
    """Return the rows; `scale` 1.0 is 20,000 mails, then 60 imports by workers, then 150."""
    small = synth("big-folder", f"folder-{SMALL_MAILS}", "--mails", str(SMALL_MAILS))
    with postgres.server(SETTINGS | {"max_connections": "200"}) as server:
        return [
            one_large(server, max(FEWEST_MAILS, int(MAILS * scale))),
            *by_workers(server, small, max(FEWEST_IMPORTS, int(IMPORTS * scale))),
            soak(server, small, max(FEWEST_SOAKED, int(SOAKED * scale))),
        ]
