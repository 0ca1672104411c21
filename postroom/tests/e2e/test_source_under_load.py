"""A source moves to PostgreSQL, back and there again while people read and write it over HTTP."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from typing import Any

import pytest
from tests_support.api_mails import fill
from tests_support.moving import Mover
from tests_support.serving_postroom import PROGRAM, serve
from tests_support.source_traffic import Traffic, multiply

from postroom.store import FolderStore

MAILS = 1_000_000 if os.environ.get("SOAK") else 2_000
WRITERS, READERS = (4, 8) if os.environ.get("SOAK") else (2, 3)
STEPS = ("move", "rollback", "move")


@pytest.fixture
def traffic(mover: Mover, monkeypatch: pytest.MonkeyPatch) -> Traffic:
    """A source with many messages; nobody reads or writes it yet."""
    filled = fill(mover.file, FolderStore(mover.home / "store"), count=60)
    multiply(mover.file, MAILS)
    monkeypatch.setenv("POSTROOM_DSN", mover.service_dsn)
    return Traffic([], filled.ids)


def step(mover: Mover, name: str) -> dict[str, Any]:
    """Run `postroom source NAME`, which has to succeed."""
    done = subprocess.run(
        [PROGRAM, "source", name, mover.source_id, "--home", str(mover.home), "--json"],
        env={**os.environ, "POSTROOM_ADMIN_DSN": mover.admin_dsn},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (name, done.returncode, done.stdout[-3000:], done.stderr[-3000:])
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def notes(mover: Mover) -> Counter[str]:
    """Count the notes by what they say, in the store that serves."""
    with mover.placed.reading() as tx:
        return Counter(
            row["body"] for row in tx.rows("SELECT body FROM item_notes WHERE body LIKE '%/%'")
        )


def test_nothing_that_was_acknowledged_is_lost_and_nobody_reads_what_is_old(
    mover: Mover, traffic: Traffic
) -> None:
    """Two services that were there before and know nothing of the move beyond the registry.

    Every acknowledged note is there once, every read is answered and sees at least what was
    acknowledged before it. How long the longest write took is printed.
    """
    source = ("--source", mover.source_id)
    with (
        serve(mover.home / "a", *source, "--home", str(mover.home)) as one,
        serve(mover.home / "b", *source, "--home", str(mover.home)) as other,
    ):
        traffic.urls = [one.url, other.url]
        with traffic.at_work(WRITERS, READERS):
            traffic.goes_on(20)
            for name in STEPS:
                told = step(mover, name)
                traffic.goes_on(20)
                print(name, "pause_ms", told.get("pause_ms"))  # noqa: T201  # what it is for
    print(  # noqa: T201  # likewise
        f"{MAILS:,} messages, {len(traffic.acknowledged):,} writes,"
        f" the longest {max(traffic.pauses_s):.3f} s; refused {dict(traffic.refused)},"
        f" reads {dict(traffic.read)}"
    )
    assert traffic.faults == []
    assert traffic.stale == []
    assert set(traffic.refused) <= {503}
    assert {status for status, _ in traffic.read} == {200}
    assert {backend for _, backend in traffic.read} == {"sqlite", "postgres_primary"}
    found = notes(mover)
    assert set(traffic.acknowledged) <= set(found)
    assert set(found.values()) == {1}
