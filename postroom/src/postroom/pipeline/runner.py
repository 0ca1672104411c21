"""An ingest as a worker runs it: its tasks in order, each a step, all under one claim."""

from __future__ import annotations

import contextlib
import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, Protocol

from cutline.errors import Problem
from postroom.archive.archive import Archive
from postroom.archive.pause import is_paused
from postroom.archive.transaction import Row
from postroom.claim import Claim, Engine, take
from postroom.errors import AlreadyEnded, Away, ClaimHeld
from postroom.ingest import reason_of
from postroom.moment import now_text
from postroom.pipeline import attempt as attempts
from postroom.pipeline.dead_letters import add_dead_letter, add_refused
from postroom.pipeline.hold import Hold
from postroom.pipeline.message import IngestMessage
from postroom.pipeline.place import Place
from postroom.pipeline.retry import Backoff, Kind, Patience, kind_of
from postroom.pipeline.say import Say
from postroom.pipeline.stop import Stop
from postroom.pipeline.task_call import Answer, TaskCall
from postroom.progress import Progress
from postroom.tasks.names import ORDER

_AWAY: Final = Backoff(1_000_000, 0.5, 10.0)

Step = Callable[[str, Callable[[], Any]], Any]
"""Runs a step of that name; one that is done is not run again but gives what it gave."""

Outcome = dict[str, Any]
"""What a step leaves: `end` is done, again, failed, cancelled or gone; else kind and reason."""


class Tasks(Protocol):
    """What runs a task; `TaskProcesses` does."""

    def run(self, call: TaskCall, progress: Progress, is_over: Callable[[], bool]) -> Answer:
        """Run it to its end, or until `is_over`."""
        ...


@dataclass(frozen=True, slots=True)
class Rules:
    """How long a claim is ours without a beat, how fast its loss is noticed, what is retried."""

    lease_s: float = 30.0
    watch_s: float = 1.0
    patience: Patience = field(default_factory=Patience)


@dataclass(slots=True)
class Running:
    """An attempt that this worker works on."""

    message: IngestMessage
    engine: Engine
    attempt: int
    archive: Archive
    hold: Hold | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def is_lost(self) -> bool:
        """Whether it was cancelled, or its claim went to another."""
        return self.cancelled.is_set() or (self.hold is not None and self.hold.is_lost)

    @property
    def about(self) -> dict[str, object]:
        """Name it in what the worker says."""
        message = self.message
        return {
            "source": message.source_id,
            "ingest": message.pst_file_id,
            "engine": self.engine,
            "attempt": self.attempt,
        }


class Runner:
    """Runs attempts, each in the thread that calls it."""

    def __init__(  # what a worker is made of
        self,
        *,
        place: Place,
        refused_source: str,
        tasks: Tasks,
        step: Step,
        stop: Stop,
        rules: Rules,
        say: Say,
    ) -> None:
        self._place, self._refused_source = place, refused_source
        self._tasks, self._step, self._stop = tasks, step, stop
        self._rules, self._say = rules, say
        self._lock = threading.Lock()
        self._archives: dict[str, Archive] = {}
        self._running: dict[int, Running] = {}
        self.is_out_of_time = False
        """Whether this worker is to end and its time is up: tasks that still run are ended."""

    @property
    def running(self) -> list[Running]:
        """What is at work now."""
        with self._lock:
            return list(self._running.values())

    def run(self, text: str, engine: Engine, attempt: int) -> str:
        """Run an attempt to its end; say how it ended.

        completed; failed: with its reason in the ingest's row and a dead letter; cancelled; gone:
        the row is of another attempt or engine, and nothing was changed; refused: it is no message.
        """
        message: IngestMessage | None = None
        try:
            message = IngestMessage.from_json(text)
            source_id = message.source_id
            archive = self._patiently(lambda: self._archive(source_id))
        except Problem as problem:
            refuse = partial(self._refuse, problem, text, message, engine, attempt)
            return str(self._safely("refuse", refuse)["end"])
        running = Running(message, engine, attempt, archive)
        with self._lock:
            self._running[id(running)] = running
        try:
            return self._run(running)
        finally:
            with self._lock:
                del self._running[id(running)]
            if running.hold is not None:
                running.hold.give_back()

    def _run(self, running: Running) -> str:
        outcome = self._safely("begin", partial(self._begin, running))
        if outcome["end"] != "done":
            return self._ended(running, outcome)
        for name in ORDER[running.engine]:
            outcome = self._run_task(running, name)
            if outcome["end"] == "failed" and "reason" in outcome:
                settle = partial(self._settle, running, name, outcome)
                return self._ended(running, self._safely("fail", settle))
            if outcome["end"] != "done":
                return self._ended(running, outcome)
        outcome = self._safely("complete", partial(self._complete, running))
        return self._ended(running, outcome)

    def _run_task(self, running: Running, name: str) -> Outcome:
        """Try a task until it is done or given up; each try is a step of its own."""
        failures: Counter[Kind] = Counter()
        wait_s, number = 0.0, 0
        while True:
            number += 1
            tried = partial(self._try_task, running, name, wait_s)
            outcome = self._safely(f"{name} {number}", tried)
            if outcome["end"] != "again":
                return outcome
            kind: Kind = outcome["kind"]
            failures[kind] += 1
            next_s = self._rules.patience.wait_s(kind, failures)
            if next_s is None:
                return {**outcome, "end": "failed"}
            wait_s = next_s
            self._say("retry", **running.about, task=name, wait_s=wait_s, why=outcome["reason"])

    def _try_task(self, running: Running, name: str, wait_s: float) -> Outcome:
        # Not all that failed together come back together.
        self._pause(running, wait_s * random.uniform(0.75, 1.0))  # noqa: S311
        while True:
            hold = self._held(running)
            if not isinstance(hold, Hold):
                return hold
            call = TaskCall(running.message.source_id, hold.claim, name)
            self._say("task", **running.about, task=name)
            answer = self._tasks.run(
                call, hold.report, lambda: running.is_lost or self.is_out_of_time
            )
            outcome = self._judge(running, name, answer)
            if outcome is not None:
                return outcome

    def _judge(self, running: Running, name: str, answer: Answer) -> Outcome | None:
        """Judge an answer; None where the claim was lost, which may come back."""
        self._say(
            "task-end",
            **running.about,
            task=name,
            kind=answer.kind,
            elapsed_s=answer.elapsed_s,
            item_errors=answer.item_errors,
            **({"why": answer.reason} if answer.reason else {}),
        )
        match answer.kind:
            case "done":
                return {"end": "done", "elapsed_s": answer.elapsed_s}
            case "again" | "away":
                return {"end": "again", "kind": answer.kind, "reason": answer.reason}
            case "final":
                return {"end": "failed", "kind": answer.kind, "reason": answer.reason}
            case "completed":
                return {"end": "gone"}
            case "held" | "ended":
                self._stop.pass_by()
                self._drop_hold(running)
                return None

    def _begin(self, running: Running) -> Outcome:
        def begin(claim: Claim) -> Outcome:
            attempts.begin(running.archive, claim)
            self._say("begin", **running.about)
            return {"end": "done"}

        return self._under_claim(running, begin, ("pending", "queued", "processing"))

    def _complete(self, running: Running) -> Outcome:
        def complete(claim: Claim) -> Outcome:
            attempts.complete(running.archive, claim)
            return {"end": "completed"}

        return self._under_claim(running, complete)

    def _settle(self, running: Running, name: str, outcome: Outcome) -> Outcome:
        def settle(claim: Claim) -> Outcome:
            attempts.fail(running.archive, claim, name, outcome["reason"], running.message)
            return outcome

        return self._under_claim(running, settle)

    def _under_claim(
        self,
        running: Running,
        work: Callable[[Claim], Outcome],
        statuses: tuple[str, ...] = ("processing",),
    ) -> Outcome:
        """Write to the ingest's row under its claim, as often as that takes."""
        while True:
            hold = self._held(running, statuses)
            if not isinstance(hold, Hold):
                return hold
            try:
                return dict(self._patiently(partial(work, hold.claim)))
            except ClaimHeld:
                self._drop_hold(running)

    def _refuse(
        self,
        problem: Problem,
        text: str,
        message: IngestMessage | None,
        engine: Engine,
        attempt: int,
    ) -> Outcome:
        reason, now = reason_of(problem), now_text()

        def write() -> None:
            with self._archive(self._refused_source).transaction() as tx:
                if message is None:
                    add_refused(tx, engine, reason, text, now)
                else:
                    add_dead_letter(tx, message, engine, None, attempt, reason, now)

        self._patiently(write)
        self._say("end", engine=engine, end="refused", why=reason)
        return {"end": "refused"}

    def _ended(self, running: Running, outcome: Outcome) -> str:
        why = {"why": outcome["reason"]} if "reason" in outcome else {}
        self._say("end", **running.about, end=outcome["end"], **why)
        return str(outcome["end"])

    def _safely(self, name: str, work: Callable[[], Outcome]) -> Outcome:
        """Run a step. What it raises would be stored with its text, which may quote mail."""

        def guarded() -> Outcome:
            self._stop.pass_by()
            try:
                return work()
            except Exception as error:  # noqa: BLE001  # a bug: the reason names its kind
                return {"end": "failed", "kind": kind_of(error), "reason": reason_of(error)}

        return dict(self._step(name, guarded))

    def _held(
        self, running: Running, statuses: tuple[str, ...] = ("processing",)
    ) -> Hold | Outcome:
        """Keep the claim of an attempt, or take it; else say that the attempt is over.

        While somebody else has the claim it is waited for: a worker that was lost holds it until
        its lease ends.
        """
        if running.hold is not None and not running.is_lost:
            if not self._is_paused(running):
                return running.hold
            self._say("paused", **running.about)  # a claim that is given back is drained
        self._drop_hold(running)
        is_told = False
        while True:
            self._stop.pass_by()
            if running.cancelled.is_set():
                self._patiently(lambda: self._cancel(running))
            row = self._patiently(
                lambda: attempts.read_row(running.archive, running.message.pst_file_id)
            )
            if over := _is_over(row, running, statuses):
                return over
            try:
                claim = self._patiently(lambda: self._taken(running))
            except ClaimHeld as error:
                if not is_told:
                    self._say("waits", **running.about, why=error.why)
                is_told = True
                self._stop.wait(self._rules.watch_s)
                continue
            running.hold = Hold(running.archive, claim, self._rules.watch_s)
            row = self._patiently(
                lambda: attempts.read_row(running.archive, running.message.pst_file_id)
            )
            if over := _is_over(row, running, statuses):  # it changed before the claim was ours
                self._drop_hold(running)
                return over
            return running.hold

    @staticmethod
    def _is_paused(running: Running) -> bool:
        with contextlib.suppress(*running.archive.busy_errors):  # the task itself will find out
            return is_paused(running.archive)
        return False

    @staticmethod
    def _cancel(running: Running) -> None:
        # Whoever cancels it says so in its row, too; but may have to wait for what we just ended.
        with contextlib.suppress(AlreadyEnded):
            attempts.cancel(running.archive, running.message.pst_file_id)

    def _taken(self, running: Running) -> Claim:
        claim = take(
            running.archive,
            running.message.pst_file_id,
            running.engine,
            lease_s=self._rules.lease_s,
        )
        return replace(claim, attempt=running.attempt)

    @staticmethod
    def _drop_hold(running: Running) -> None:
        hold, running.hold = running.hold, None
        if hold is not None:
            hold.give_back()

    def _pause(self, running: Running, wait_s: float) -> None:
        """Wait before another try; the end of the worker and a cancel end it."""
        left_s = wait_s
        while left_s > 0 and not running.is_lost:
            pause_s = min(left_s, self._rules.watch_s)
            self._stop.wait(pause_s)
            self._stop.pass_by()
            left_s -= pause_s

    def _patiently(self, work: Callable[[], Any]) -> Any:  # noqa: ANN401  # what `work` gives
        """Do something with an archive, however long its database is away."""
        failures = 0
        while True:
            self._stop.pass_by()
            try:
                return work()
            except Exception as error:
                if kind_of(error) != "away":
                    raise
                failures += 1
                wait_s = _AWAY.wait_s(failures) or _AWAY.most_s
                why = error.why if isinstance(error, Away) else type(error).__name__
                self._say("away", wait_s=wait_s, why=why)
                self._stop.wait(wait_s)

    def _archive(self, source_id: str) -> Archive:
        with self._lock:
            known = self._archives.get(source_id)
        if known is None:
            known = self._place.archive(source_id)
            with self._lock:
                self._archives[source_id] = known
        return known


def _is_over(row: Row | None, running: Running, statuses: tuple[str, ...]) -> Outcome | None:
    """Say how an attempt is over by what the ingest's row says, None where it is not."""
    if row is None:
        return {"end": "gone"}
    status, number = row["processing_status"], int(row["claim_attempt"])
    if status in ("completed", "failed", "cancelled") and number == running.attempt:
        return {"end": status}
    is_ours = status in statuses and row["engine"] in (None, running.engine)
    is_now = number == running.attempt if status == "processing" else number == running.attempt - 1
    return None if is_ours and is_now else {"end": "gone"}
