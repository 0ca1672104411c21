"""Many imports at once over HTTP while workers are killed; with `SOAK=1` there are 500."""

from __future__ import annotations

import hashlib
import os
import random
import secrets
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from tests_support import pipeline_worlds, synthetic
from tests_support.serving_postroom import PROGRAM, serve
from tests_support.synthetic import Written
from tests_support.waiting import until
from tests_support.workers import Worker, World

from cutline.parity import Options, Side, Verdict, find, judge
from postroom.ingest import Ingest, read_ingests
from postroom.pipeline.dead_letters import read_dead_letters
from postroom.tasks.names import ORDER

IS_SOAK = bool(os.environ.get("SOAK"))
IMPORTS = 500 if IS_SOAK else 20
KILLS = 25 if IS_SOAK else 2
FILES = 10 if IS_SOAK else 2
AT_ONCE = 16
TRIES = 20
LEASE_S = 5.0
WAIT_S = 3600.0 if IS_SOAK else 600.0
PROJECT = "many"


@dataclass(frozen=True, slots=True)
class File:
    """A PST that is sent in, and how many emails it holds by its truth."""

    path: Path
    content: bytes
    sha256: str
    emails: int

    @classmethod
    def of(cls, written: Written) -> File:
        """Read what the generator wrote."""
        content = written.pst.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        return cls(written.pst, content, digest, len(written.of("email")))


@dataclass(frozen=True, slots=True)
class Import:
    """What is asked for, once or more often with the same key."""

    key: str
    file: File

    def send(self, client: httpx.Client) -> str:
        """Send it until it is acknowledged, as the service tells who is not; give its id."""
        said = ""
        for _ in range(TRIES):
            answer = client.post(
                "/imports",
                params={"project_id": PROJECT, "file_name": self.file.path.name},
                content=self.file.content,
                headers={"Content-Type": "application/octet-stream", "Idempotency-Key": self.key},
            )
            said = answer.text
            if answer.status_code == httpx.codes.ACCEPTED:
                return str(answer.json()["id"])
            assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE, said
        raise AssertionError(said)


@pytest.fixture
def shared(
    tmp_path: Path, postgres_server: str, postgres_dsn: str, empty_queue: str
) -> Iterator[World]:
    """A world in PostgreSQL of the test's own."""
    with pipeline_worlds.world(tmp_path, postgres_server, postgres_dsn, empty_queue) as made:
        yield made


@pytest.fixture
def chance() -> random.Random:
    """What is repeated, who is killed, and when; its seed is said."""
    seed = secrets.randbits(32)
    sys.stdout.write(f"seed {seed}\n")
    return random.Random(seed)  # noqa: S311  # no secret


@pytest.fixture
def files(tmp_path: Path) -> list[File]:
    """Small files that differ."""
    options = [("--mails", "6", "--seed", str(seed)) for seed in range(1, FILES + 1)]
    return [
        File.of(synthetic.write(tmp_path, "small", *one, name=f"small-{at}"))
        for at, one in enumerate(options)
    ]


def begin_worker(world: World, number: int) -> Worker:
    """Start a real worker on a host of its own."""
    options = ("--address", f"127.0.0.{number + 1}", "--engine", "v2")
    return world.start(*options, is_real=True, lease_s=LEASE_S)


def kill_at_random(world: World, workers: list[Worker], chance: random.Random) -> None:
    """Kill workers while they work, at any task of any of them, and start others instead."""
    total = IMPORTS * len(ORDER["v2"])

    def begun() -> int:
        return sum(one.log.read_bytes().count(b'"event": "task"') for one in world.workers)

    for kill in range(KILLS):
        at = total * (kill + chance.random()) // (KILLS + 1)
        until(lambda at=at: begun() >= at, WAIT_S, f"{at} tasks of {total}")
        victim = chance.randrange(len(workers))
        workers[victim].kill()
        workers[victim] = begin_worker(world, victim)


def finished(world: World) -> list[Ingest]:
    """Wait until no ingest is under way; give all of them."""

    def is_over() -> bool:
        return not any(one.is_in_progress for one in read_ingests(world.archive))

    try:
        until(is_over, WAIT_S, "every ingest has ended")
    except AssertionError as error:
        said = "\n".join(one.log.read_text()[-2000:] for one in world.workers)
        raise AssertionError(f"{error}\n{read_ingests(world.archive)}\n{said}") from None
    return read_ingests(world.archive)


def emails_by_ingest(world: World) -> Counter[str]:
    """Count the rows that each ingest has."""
    with world.archive.reading() as tx:
        rows = tx.rows("SELECT pst_file_id, count(*) AS n FROM email_messages GROUP BY pst_file_id")
    return Counter({str(row["pst_file_id"]): int(row["n"]) for row in rows})


def judged_by_v1(world: World, file: File, candidates: list[Ingest]) -> set[Verdict]:
    """Ingest a file by v1 as well, and judge each of these ingests by v2 against that one."""
    command = [str(PROGRAM), "ingest", str(file.path), "--engine", "v1", *world.options()]
    done = subprocess.run(
        command, env=world.environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    params = {"source": world.source_id}
    dsn = world.archive.dsn_for_parity()
    baseline = Side(dsn, done.stdout.strip(), params)
    options = Options(objects=True, store=world.where.store().url)
    suite = find("postroom.pst")
    return {
        judge(
            suite, baseline=baseline, candidate=Side(dsn, one.id, params), options=options
        ).verdict
        for one in candidates
    }


def test_many_imports_at_once_are_completed_once_each_though_workers_are_killed(
    shared: World, files: list[File], chance: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was acknowledged is completed, with the rows of its truth; v1 has the same of it.

    Nothing else is in the archive, however often a request came again, and no dead letter.
    """
    asked = [Import(f"import-{at}", files[at % len(files)]) for at in range(IMPORTS)]
    sent = asked + chance.sample(asked, IMPORTS // 4) * 2
    chance.shuffle(sent)
    for name in ("ARCHIVE_DSN", "POSTROOM_PIPELINE_DSN"):
        monkeypatch.setenv(name, shared.environment()[name])
    place = ("--source", shared.source_id, *shared.options())
    with (
        serve(shared.home, *place) as service,
        httpx.Client(base_url=service.url, timeout=120) as client,
        ThreadPoolExecutor(AT_ONCE) as senders,
    ):
        workers = [begin_worker(shared, number) for number in range(3)]
        answers: list[Future[str]] = [senders.submit(one.send, client) for one in sent]
        kill_at_random(shared, workers, chance)
        pairs = {(one.key, answer.result()) for one, answer in zip(sent, answers, strict=True)}
        done = finished(shared)
    id_of = dict(pairs)
    assert len(pairs) == len(id_of) == len(set(id_of.values())) == IMPORTS
    assert {one.id for one in done} == set(id_of.values())
    assert {(one.processing_status, one.engine) for one in done} == {("completed", "v2")}
    assert {one.id: one.sha256 for one in done} == {
        id_of[one.key]: one.file.sha256 for one in asked
    }
    assert emails_by_ingest(shared) == {id_of[one.key]: one.file.emails for one in asked}
    assert read_dead_letters(shared.archive, with_requeued=True) == []
    for file in files:
        own = [one for one in done if one.sha256 == file.sha256]
        assert judged_by_v1(shared, file, own if IS_SOAK else own[:1]) == {Verdict.GO}
