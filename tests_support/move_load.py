"""People who read and write a source over HTTP while it moves, and what they were told."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import httpx

BETWEEN_WRITES_S: Final = 0.005
BETWEEN_READS_S: Final = 0.02
AGAIN_AFTER_S: Final = 0.01
_AWAY: Final = 503
_AGAIN, _DELETED = 0.4, 0.3


@dataclass(frozen=True, slots=True)
class Known:
    """What everybody knows: `notes` that were acknowledged, by message; `leaving` are deleted."""

    notes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    leaving: set[str] = field(default_factory=set)


@dataclass(eq=False)
class _Person(threading.Thread):
    """Somebody who asks one of the services after the other."""

    urls: Sequence[str]
    number: int
    ids: tuple[str, ...]
    known: Known
    stopping: threading.Event
    answers: Counter[int] = field(default_factory=Counter)
    broken: list[BaseException] = field(default_factory=list)

    def __post_init__(self) -> None:
        threading.Thread.__init__(self)
        self.drawn = random.Random(self.number)

    def run(self) -> None:
        """Ask until told to stop."""
        try:
            with httpx.Client(timeout=60) as client:
                while not self.stopping.is_set():
                    self.turn(client)
        except BaseException as error:  # noqa: BLE001  # the test raises it again
            self.broken.append(error)

    def turn(self, client: httpx.Client) -> None:
        """Ask once."""
        raise NotImplementedError

    def url(self, path: str) -> str:
        """Give the address of a path at one of the services."""
        return self.drawn.choice(self.urls) + path


@dataclass(eq=False)
class Reader(_Person):
    """Lists, opens and counts; any answer but 200 is a reader who noticed.

    `stale` are notes that were acknowledged before they were asked for, and missing in the answer.
    """

    longest_s: float = 0.0
    stale: set[str] = field(default_factory=set)
    backends: set[str] = field(default_factory=set)

    def turn(self, client: httpx.Client) -> None:
        """See `_Person.turn`."""
        one = self.drawn.choice(self.ids)
        path = self.drawn.choice([f"/items/{one}", f"/items/{one}/notes", "/items?limit=5"])
        before = set(self.known.notes[one]) if path.endswith("/notes") else set()
        began = time.perf_counter()
        answer = client.get(self.url(path))
        self.longest_s = max(self.longest_s, time.perf_counter() - began)
        self.answers[answer.status_code] += 1
        self.backends.add(answer.headers["X-Backend"])
        if before and answer.is_success:
            found = {note["id"] for note in answer.json()}
            self.stale |= before - found - self.known.leaving
        self.stopping.wait(BETWEEN_READS_S)


@dataclass(eq=False)
class Writer(_Person):
    """Writes notes, changes and deletes them; `notes` is what was acknowledged, by note id.

    A 503 says that nothing was done: the same is sent again. `longest_s` is the longest that a
    write took, from its first attempt to its acknowledgement.
    """

    notes: dict[str, tuple[str, str]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    longest_s: float = 0.0
    refused_longest_s: float = 0.0

    def turn(self, client: httpx.Client) -> None:
        """See `_Person.turn`."""
        drawn = self.drawn.random()
        if self.notes and drawn < _AGAIN:
            note_id = self.drawn.choice(list(self.notes))
            self._again(client, note_id, is_last=drawn < _AGAIN * _DELETED)
        else:
            one = self.drawn.choice(self.ids)
            answer = self._sent(client, "POST", f"/items/{one}/notes", self._body())
            if answer is not None:
                self.notes[answer.json()["id"]] = (one, answer.json()["body"])
                self.known.notes[one].add(answer.json()["id"])
        self.stopping.wait(BETWEEN_WRITES_S)

    def _again(self, client: httpx.Client, note_id: str, *, is_last: bool) -> None:
        path = f"/items/{self.notes[note_id][0]}/notes/{note_id}"
        if is_last:
            self.known.leaving.add(note_id)
            if self._sent(client, "DELETE", path, None) is not None:
                self.notes.pop(note_id)
                self.gone.add(note_id)
            return
        answer = self._sent(client, "PUT", path, self._body())
        if answer is not None:
            self.notes[note_id] = (self.notes[note_id][0], answer.json()["body"])

    def _body(self) -> str:
        return f"writer {self.number}: {self.answers.total()} {self.drawn.random()}"

    def _sent(
        self, client: httpx.Client, method: str, path: str, body: str | None
    ) -> httpx.Response | None:
        """Send until it is done; None if it was told to stop first, and nothing was done."""
        began = time.perf_counter()
        content = None if body is None else {"body": body}
        was_refused = False
        while True:
            answer = client.request(method, self.url(path), json=content)
            self.answers[answer.status_code] += 1
            if answer.status_code != _AWAY:
                answer.raise_for_status()
                took_s = time.perf_counter() - began
                self.longest_s = max(self.longest_s, took_s)
                if was_refused:
                    self.refused_longest_s = max(self.refused_longest_s, took_s)
                return answer
            was_refused = True
            if self.stopping.wait(AGAIN_AFTER_S):
                return None


@dataclass(frozen=True, slots=True)
class Crowd:
    """Everybody who reads and writes."""

    writers: list[Writer]
    readers: list[Reader]

    @property
    def notes(self) -> dict[str, str]:
        """Every note that was acknowledged and not deleted, by id."""
        return {key: body for one in self.writers for key, (_, body) in one.notes.items()}

    @property
    def written(self) -> int:
        """How many writes were acknowledged."""
        return sum(n for one in self.writers for code, n in one.answers.items() if code != _AWAY)

    def answers(self, each: list[Writer] | list[Reader]) -> Counter[int]:
        """What was answered to some of them, by status."""
        return sum((one.answers for one in each), Counter())

    def check(self) -> None:
        """Raise what broke one of them."""
        for one in (*self.writers, *self.readers):
            if one.broken:
                raise one.broken[0]


@contextmanager
def crowd(urls: list[str], ids: tuple[str, ...], *, writers: int, readers: int) -> Iterator[Crowd]:
    """Let so many read and write, each over all services; at the end all have stopped."""
    stopping, known = threading.Event(), Known()
    each = Crowd(
        [Writer(urls, n, ids, known, stopping) for n in range(writers)],
        [Reader(urls, n, ids, known, stopping) for n in range(readers)],
    )
    everybody: tuple[_Person, ...] = (*each.writers, *each.readers)
    for one in everybody:
        one.start()
    try:
        yield each
    finally:
        stopping.set()
        for one in everybody:
            one.join()
    each.check()
