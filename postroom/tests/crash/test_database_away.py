"""A database that goes away for a while: nothing is lost, nobody is taken for dead."""

from __future__ import annotations

import os
import threading
from collections import Counter
from pathlib import Path

import pytest
from tests_support import pipeline_worlds, postgres_gate
from tests_support.waiting import until

from postroom.errors import Away
from postroom.pipeline.dead_letters import read_dead_letters
from postroom.tasks.names import ORDER

V2 = ORDER["v2"]
LEASE_S = 4.0
AWAY_S = 60.0 if os.environ.get("SOAK") else 1.5 * LEASE_S


def test_a_database_that_is_away_for_longer_than_a_lease_loses_nothing(
    tmp_path: Path, postgres_server: str, postgres_dsn: str, empty_queue: str
) -> None:
    """Archive and queue go away in the middle of a task, and come back: it ends as it would have.

    Of two workers neither takes over the other, since both were silent alike.
    """
    with (
        postgres_gate.gate(postgres_server) as (gate, folder),
        pipeline_worlds.world(tmp_path, postgres_server, postgres_dsn, empty_queue) as world,
    ):
        direct = world.dsn
        world.dsn = postgres_gate.through(folder, str(world.dsn))
        world.pipeline_dsn = postgres_gate.through(folder, str(world.pipeline_dsn))
        world.behave(text="wait")
        path = tmp_path / "any.pst"
        path.write_bytes(b"!BDN")
        pst_file_id, later = world.register(path), world.register(path)
        world.submit(pst_file_id)
        workers = [
            world.start("--address", f"127.0.0.{n}", TASKS_STAND_IN="1", lease_s=LEASE_S)
            for n in (1, 2)
        ]
        until(lambda: world.ran("begin", pst_file_id, "text"), 60)
        gate.close()
        with pytest.raises(Away):
            world.submit(later)
        threading.Event().wait(AWAY_S / 2)  # the time that passes is what is tested
        (world.folder / "open").touch()  # the task goes on, and cannot write
        threading.Event().wait(AWAY_S / 2)
        gate.open()
        done = world.wait_for(pst_file_id, "completed", 120)
        world.submit(later)
        world.wait_for(later, "completed")
        assert [one.process.poll() for one in workers] == [None, None]
        assert [event for one in workers for event in one.events("takeover")] == []
        world.dsn = direct
        assert done.claim_attempt == 1
        begun = Counter(line[2] for line in world.ran("begin", pst_file_id))
        assert {name: n for name, n in begun.items() if name != "text"} == dict.fromkeys(
            [name for name in V2 if name != "text"], 1
        )
        assert read_dead_letters(world.archive) == []
