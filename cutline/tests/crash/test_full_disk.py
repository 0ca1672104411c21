"""A run whose disk is full: nothing but lowering, and what is shown of it afterwards.

The limit is the kernel's own, set on the running process: no file of it may grow beyond the size
of the journal.
"""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests_support.small_runs import ENDLESS, HEAD, Small
from tests_support.waiting import until

from cutline.run.folder import every

TRIGGER = "triggers:\n  - {name: wrong, when: world.errors > 5, severity: critical, do: rollback}\n"
RAISES = """\
stages:
  - {name: canary, approve: {by: sre}, percent: 10, bake: {for: 1h, every: 0.2s, max_gap: 30s},
     gates: [sound]}
"""


def fill(small: Small, process: subprocess.Popen[str]) -> int:
    """Let no file of a process grow beyond its journal; return how large that is."""
    size = small.run.journal.stat().st_size
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    return size


def free(process: subprocess.Popen[str]) -> None:
    """Give it space again."""
    infinite = resource.RLIM_INFINITY
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (infinite, infinite))


@contextmanager
def running(small: Small, *words: str) -> Iterator[subprocess.Popen[str]]:
    """The program in the foreground of its own process."""
    process = small.start("run", "plan.yaml", "--by", "ana", *words)
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=30)


def has(small: Small, kind: str) -> bool:
    """Say whether the run has begun and has an entry of that kind."""
    runs = every(small.runs)
    return bool(runs) and runs[-1].journal.exists() and bool(small.told(kind))


def test_a_full_disk_lowers_traffic_and_journals_it_once_there_is_space(tmp_path: Path) -> None:
    """The trigger is watched on; what was done then stands in the journal with its own time."""
    small = Small.of(tmp_path, ENDLESS + TRIGGER)
    with running(small) as process:
        until(lambda: has(small, "judged"), 60)
        size = fill(small, process)
        small.world(errors=9)
        until(lambda: small.percent == 0, 60)
        assert small.run.journal.stat().st_size <= size
        assert not small.told("rollback_started")
        free(process)
        assert process.wait(timeout=60) == 4
    assert small.state.outcome == "rolled back"
    assert len(small.told("rollback_started")) == 1
    assert small("verify", small.run.path / "evidence.tar", "--key", small.public).code == 0


def test_a_process_that_dies_over_a_full_disk_leaves_a_run_that_says_so(tmp_path: Path) -> None:
    """What only it knew is gone, and not what it did: the switch is found lowered, and acted on."""
    small = Small.of(tmp_path, ENDLESS + TRIGGER)
    with running(small) as process:
        until(lambda: has(small, "judged"), 60)
        fill(small, process)
        small.world(errors=9)
        until(lambda: small.percent == 0, 60)
    assert not small.told("rollback_started")
    small("tick", small.name)
    assert small.percent == 0
    assert small.told("drifted")[-1] == {"set": 10, "seen": 0}
    state = small.ticks(lambda s: s.is_over)
    assert state.outcome == "rolled back"


def test_on_a_full_disk_an_approval_raises_nothing(tmp_path: Path) -> None:
    """The message stays in the inbox, and is carried out by whoever finds space."""
    small = Small.of(tmp_path, RAISES, HEAD)
    with running(small, "--stay") as process:
        until(lambda: has(small, "checkpoint_opened"), 60)
        fill(small, process)
        assert small("approve", small.name, "canary", "--by", "ben").code == 0
        assert process.wait(timeout=60) == 6
    assert small.percent == 0
    assert not small.told("switch_set")
    small.ticks(lambda s: s.traffic.percent == 10)
