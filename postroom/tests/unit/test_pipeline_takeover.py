"""When a worker may take another for dead."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from postroom.pipeline.say import say_nothing
from postroom.pipeline.takeover import Takeover
from postroom.pipeline.worker_rows import WorkerSeen, this_worker

DEAD_AFTER_S = 30.0
ME = replace(this_worker("me", "10.0.0.1", ("v2",), 2), owner="a/1.1/1-a")
OTHER = replace(ME, executor_id="other", owner="b/2.2/1-b")


@dataclass
class Rows:
    """Rows of workers, and which were taken."""

    all: list[WorkerSeen]
    taken: list[str] = field(default_factory=list)

    def read(self) -> list[WorkerSeen]:
        return self.all

    def take(self, dead: WorkerSeen, _: float) -> WorkerSeen:
        self.taken.append(dead.executor_id)
        return dead

    def forget(self, _: WorkerSeen) -> None:
        return


class Clock:
    """A clock that is set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def takeover(rows: Rows) -> tuple[Takeover, Clock]:
    """Make one that has beaten for a long time."""
    clock = Clock()
    made = Takeover(rows, ME, lambda _: 1, DEAD_AFTER_S, say_nothing, clock)  # type: ignore[arg-type]
    for _ in range(10):
        clock.now += 5
        made.beaten()
    return made, clock


def test_a_silent_worker_is_taken_over() -> None:
    """After the time that the lease says, and not a moment before; never oneself."""
    rows = Rows([replace(ME, silent_s=99.0), replace(OTHER, silent_s=29.0)])
    made, _ = takeover(rows)
    assert made.look() == 0
    rows.all = [replace(ME, silent_s=99.0), replace(OTHER, silent_s=30.0)]
    assert made.look() == 1
    assert rows.taken == ["other"]


def test_who_was_away_itself_judges_nobody_by_silence() -> None:
    """The database was gone: everybody is silent, and gets the time to be heard again."""
    rows = Rows([replace(OTHER, silent_s=60.0)])
    made, clock = takeover(rows)
    clock.now += 60
    assert made.look() == 0, "it can read again, but has not beaten yet"
    made.beaten()
    assert made.look() == 0, "it has just come back"
    for _ in range(6):
        clock.now += 5
        made.beaten()
    assert made.look() == 1


def test_a_worker_that_said_so_is_gone_at_once() -> None:
    """Nobody waits for one that left."""
    rows = Rows([replace(OTHER, state="left")])
    made = Takeover(rows, ME, lambda _: 1, DEAD_AFTER_S, say_nothing)  # type: ignore[arg-type]
    assert made.look() == 1


def test_what_belongs_to_nobody_is_adopted() -> None:
    """An executor without a row is no worker any more."""
    recovered: list[str] = []

    def recover(executor_id: str) -> int:
        recovered.append(executor_id)
        return 2

    made = Takeover(Rows([ME, OTHER]), ME, recover, DEAD_AFTER_S, say_nothing)  # type: ignore[arg-type]
    assert made.adopt({"me", "other", "ghost"}) == 2
    assert recovered == ["ghost"]
