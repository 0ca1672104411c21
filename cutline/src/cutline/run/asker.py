"""Probes asked all at once, none of which can hold up the others or a tick."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from cutline.plan.model import Plan
from cutline.run.reading import Question, Reading
from cutline.run.site import Site

AskOne = Callable[[Question], Reading]
Key = tuple[str, str | None]
_MORE_S = 1.0  # so that a probe can say itself that it took too long
_Answers = queue.SimpleQueue[tuple[int, Reading]]


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks each question in a thread of its own; `timeout_s` says how long a probe may take.

    What does not answer in time is left behind, and is not asked again while it hangs: so a probe
    that never answers costs one thread, however long the run is.
    """

    one: AskOne
    timeout_s: Callable[[str], float]
    _hanging: dict[Key, list[threading.Thread]] = field(default_factory=dict)

    def ask(self, questions: Sequence[Question]) -> list[Reading]:
        """Return a reading for each question, in their order; never raises."""
        answers: _Answers = queue.SimpleQueue()
        found: dict[int, Reading] = {}
        threads: dict[int, threading.Thread] = {}
        started = time.monotonic()
        self._forget()
        hanging = set(self._hanging)  # of earlier questions: one may come twice, over two spans
        for number, question in enumerate(questions):
            if _key(question) in hanging:
                found[number] = _none(question, "it still hangs over an earlier question")
            else:
                threads[number] = self._start(number, question, answers)
        limits = [self.timeout_s(question.probe) + _MORE_S for question in questions]
        while len(found) < len(questions):
            waiting = [n for n in range(len(questions)) if n not in found]
            due = min(waiting, key=lambda n: limits[n])
            try:
                left = started + limits[due] - time.monotonic()
                number, found[number] = answers.get(timeout=max(left, 0.0))
                # It has answered: whether its thread has ended by the next question is chance.
                self._hanging[_key(questions[number])].remove(threads[number])
            except queue.Empty:
                why = f"no answer within {limits[due] - _MORE_S:g} s"
                found[due] = _none(questions[due], why)
        return [found[number] for number in range(len(questions))]

    def _start(self, number: int, question: Question, answers: _Answers) -> threading.Thread:
        def run() -> None:
            try:
                answers.put((number, self.one(question)))
            except Exception as error:  # noqa: BLE001  # a probe of others must not end a tick
                answers.put((number, _none(question, f"a fault in the probe: {error!r}")))

        thread = threading.Thread(target=run, name=f"probe {question.probe}", daemon=True)
        self._hanging.setdefault(_key(question), []).append(thread)
        thread.start()
        return thread

    def _forget(self) -> None:
        """Keep only what still hangs."""
        for key, threads in list(self._hanging.items()):
            self._hanging[key] = [one for one in threads if one.is_alive()]
            if not self._hanging[key]:
                del self._hanging[key]


def asker(plan: Plan, site: Site, files: Mapping[str, bytes]) -> Asker:
    """Return what asks the probes of a plan; `files` are its query files as the run took them."""

    def one(question: Question) -> Reading:
        # Databases and HTTP take half a second to load, and most steps ask nothing.
        from cutline import probes  # noqa: PLC0415

        context = probes.Context(site.base, site.values, site.environ, files, site.redactor)
        return probes.ask(question.probe, plan.probes[question.probe], question, context)

    return Asker(one, lambda name: plan.probes[name].timeout_s)


def _key(question: Question) -> Key:
    return question.probe, question.side


def _none(question: Question, why: str) -> Reading:
    return Reading(question, question.until, None, why)
