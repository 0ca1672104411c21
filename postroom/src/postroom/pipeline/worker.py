"""A worker: takes ingests off the queues until it is told to end."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cutline.errors import Exit
from postroom.claim import Engine
from postroom.pipeline.database import PipelineDatabase
from postroom.pipeline.durable import DurableQueue, DurableWorker, Limits, workflow_id
from postroom.pipeline.place import Place
from postroom.pipeline.runner import Rules, Runner, Running
from postroom.pipeline.say import Say
from postroom.pipeline.stop import Stop
from postroom.pipeline.sweep import sweep
from postroom.pipeline.takeover import Takeover
from postroom.pipeline.task_process import PROGRAM, TaskProcesses
from postroom.pipeline.worker_rows import WorkerIsThere, WorkerRows, WorkerSeen, this_worker

if TYPE_CHECKING:
    import sqlalchemy

_BEATS: Final = 6
_LAST_WORDS_S: Final = 5.0
_TICK_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """What a worker is told. Times are in seconds.

    `poll_s`: between looks into a queue. `sweep_s`: between looks for dead workers and rows without
    a workflow. `grace_s`: how long a task may go on after the worker was told to end.
    `rules.lease_s`: after how much silence a worker counts as dead, and its claims end.
    """

    place: Place
    database: PipelineDatabase
    source_id: str
    executor_id: str
    address: str
    limits: dict[Engine, Limits]
    rules: Rules = field(default_factory=Rules)
    poll_s: float = 1.0
    sweep_s: float = 5.0
    grace_s: float = 10.0
    program: Sequence[str] = PROGRAM


def work(settings: WorkerSettings, say: Say) -> Exit:
    """Work until SIGTERM or SIGINT; does not return but ends the process, unless it cannot begin.

    Raises `WorkerIsThere` where another worker has the only place or the executor id, `Away` where
    the queue cannot be reached.
    """
    with _alone(settings.database):
        worker = Worker(settings, say)
        _on_signal(worker.stop.ask)
        worker.enter()
        code = worker.work()
        # Threads that wait for the end of the process are not waited for: as after a kill, what
        # was not recorded did not happen, and nothing can be recorded any more.
        os._exit(code)


class Worker:
    """The threads of a worker and what they share."""

    def __init__(self, settings: WorkerSettings, say: Say) -> None:
        self.stop = Stop()
        self._settings, self._say = settings, say
        self._engine: sqlalchemy.Engine = settings.database.engine()
        self._queue = DurableQueue(self._engine)
        self._rows = WorkerRows(settings.database, self._engine)
        concurrency = sum(limit.of_worker for limit in settings.limits.values())
        self._me: WorkerSeen = this_worker(
            settings.executor_id, settings.address, tuple(settings.limits), concurrency
        )
        environment = settings.place.environment()
        self._tasks = TaskProcesses(concurrency, settings.program, environment)
        self._runner = Runner(
            place=settings.place,
            refused_source=settings.source_id,
            tasks=self._tasks,
            step=DurableWorker.step,
            stop=self.stop,
            rules=settings.rules,
            say=say,
        )
        self._takeover = Takeover(
            self._rows, self._me, DurableWorker.recover, settings.rules.lease_s, say
        )
        self._is_taken_over = self._has_left = False
        self._idle_since: dict[str, float] = {}

    def enter(self) -> None:
        """Prepare the queue and the default source, and take a place among the workers."""
        settings = self._settings
        settings.place.archive(settings.source_id, create=True)
        self._queue.prepare()
        self._rows.prepare()
        # On SQLite there is one place, and it is ours.
        dead_after_s = settings.rules.lease_s if settings.database.is_shared else 0.0
        self._rows.enter(self._me, dead_after_s)

    def work(self) -> Exit:
        """Take ingests off the queues until told to end; hand back the exit code."""
        settings = self._settings
        threading.Thread(target=self._beat, name="beat", daemon=True).start()
        durable = DurableWorker(self._engine, settings.executor_id, self._runner.run, self._say)
        durable.launch(settings.limits, settings.poll_s)
        self._say(
            "ready",
            executor=settings.executor_id,
            address=settings.address,
            engines=list(settings.limits),
            pid=os.getpid(),
        )
        sweep_at = 0.0
        while not self.stop.wait(settings.rules.watch_s if sweep_at else 0.0):
            self._quietly(self._see_cancelled)
            if time.monotonic() >= sweep_at:
                self._quietly(self._take_over)
                self._quietly(self._sweep)
                sweep_at = time.monotonic() + settings.sweep_s
        return self._end(durable)

    def _end(self, durable: DurableWorker) -> Exit:
        """Finish the tasks that run or give them back, within seconds."""
        durable.stop_taking()
        running = self._runner.running
        self._say("stops", running=len(running))
        is_idle = not self._is_taken_over and self._tasks.wait_until_idle(self._settings.grace_s)
        self._runner.is_out_of_time = True
        if not is_idle:
            self._tasks.wait_until_idle(_LAST_WORDS_S)
        self._wait_until_parked()
        self._tasks.end()
        if not self._is_taken_over:
            self._bounded(lambda: self._give_back(running))
        self._say("ended", executor=self._me.executor_id, is_taken_over=self._is_taken_over)
        return Exit.BLOCKED if self._is_taken_over else Exit.OK

    def _wait_until_parked(self) -> None:
        """Let what was done be recorded: then an ingest ends, or is parked before its next step."""
        deadline = time.monotonic() + _LAST_WORDS_S
        while self.stop.parked < len(self._runner.running) and time.monotonic() < deadline:
            time.sleep(_TICK_S)

    def _give_back(self, running: list[Running]) -> None:
        for one in running:
            if one.hold is not None:
                one.hold.give_back()
        self._has_left = True
        self._rows.leave(self._me)

    def _bounded(self, work: Callable[[], None]) -> None:
        """Do something that a database which is away must not keep us from ending."""
        thread = threading.Thread(target=self._quietly, args=(work,), daemon=True)
        thread.start()
        thread.join(_LAST_WORDS_S)

    def _beat(self) -> None:
        beat_s = self._settings.rules.lease_s / _BEATS
        while not self._pause(beat_s):
            try:
                is_ours = self._rows.beat(self._me)
            except Exception as error:  # noqa: BLE001  # it is away; the next beat may come through
                self._say("away", why=type(error).__name__)
                continue
            if self._has_left:
                return
            if not is_ours:  # another took over while we could not be heard
                self._is_taken_over = True
                self._runner.is_out_of_time = True
                self.stop.ask()
                return
            self._takeover.beaten()

    def _pause(self, seconds: float) -> bool:
        # It beats on while the worker ends: until it is gone, its tasks are its own.
        time.sleep(seconds)
        return self._is_taken_over

    def _see_cancelled(self) -> None:
        running = {_name(one): one for one in self._runner.running}
        if running:
            for name in self._queue.cancelled(list(running)):
                running[name].cancelled.set()

    def _take_over(self) -> None:
        self._takeover.look()
        pending = self._queue.pending()
        self._takeover.adopt(set(pending.values()))
        me = self._me.executor_id
        self._give_back_idle({name for name, owner in pending.items() if owner == me})

    def _give_back_idle(self, own: set[str]) -> None:
        """Put back what is ours and nobody runs: its thread died, whatever it met."""
        now, running = time.monotonic(), {_name(one) for one in self._runner.running}
        self._idle_since = {name: self._idle_since.get(name, now) for name in own - running}
        for name, since in self._idle_since.items():
            if now - since >= self._settings.rules.lease_s:
                is_given_back = DurableWorker.give_back(name, self._me.executor_id)
                self._say("dropped", workflow=name, is_given_back=is_given_back)

    def _sweep(self) -> None:
        place = self._settings.place
        for source_id in place.sources():
            self._quietly(lambda: sweep(place.archive(source_id), self._queue, self._say))  # noqa: B023

    def _quietly(self, work: Callable[[], object]) -> None:
        """Do a round; what it could not do it does in the next one."""
        try:
            work()
        except Exception as error:  # noqa: BLE001  # a worker outlives whatever is away
            self._say("round-failed", what=type(error).__name__)


def _on_signal(do: Callable[[], None]) -> None:
    """Do something in a thread of its own: a handler may interrupt whoever holds a lock."""
    heard: queue.SimpleQueue[None] = queue.SimpleQueue()  # its `put` is made for handlers
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: heard.put(None))

    def wait() -> None:
        heard.get()
        do()

    threading.Thread(target=wait, name="signals", daemon=True).start()


def _name(running: Running) -> str:
    message = running.message
    return workflow_id(message.source_id, message.pst_file_id, running.attempt)


@contextmanager
def _alone(database: PipelineDatabase) -> Iterator[None]:
    """Hold the one place that there is on SQLite, as long as this process lives."""
    if database.is_shared:
        yield
        return
    import fcntl  # noqa: PLC0415  # exists on Unix alone

    path = Path(f"{database.path}.worker")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise WorkerIsThere(
                "a worker is at this queue already",
                where=str(database.path),
                why=f"process {file.read().strip() or 'unknown'}; on SQLite there can be one",
                remedy="end it, raise its --concurrency, or put the queue into PostgreSQL:"
                " --pipeline-dsn env:NAME",
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        with contextlib.ExitStack() as kept:
            kept.callback(file.truncate, 0)
            yield
