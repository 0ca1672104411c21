"""People who read and write a source over HTTP, through several services, all the time."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

import httpx

from postroom.archive.sqlite import SqliteArchive

_AGAIN_S = 0.02
_BETWEEN_S = 0.005

_MANY = """WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
    INSERT INTO email_messages ({names}) SELECT {values} FROM numbers,
    (SELECT * FROM email_messages LIMIT 1)"""


def multiply(file: SqliteArchive, count: int) -> None:
    """Write `count` more messages, each like one that is there."""
    made = {
        "id": "printf('%08x-0000-4000-8000-%012x', n, n)",
        "pst_nid": "1000 + n",
        "node_path": "printf('c/%x', n)",
    }
    with closing(file.connect()) as connection, connection:
        names = [row["name"] for row in connection.execute("PRAGMA table_info(email_messages)")]
        values = ", ".join(made.get(name, name) for name in names)
        connection.execute(_MANY.format(names=", ".join(names), values=values), (count,))


@dataclass
class Traffic:
    """Writers and readers of the notes of `items`; each asks one of `urls` after the other."""

    urls: Sequence[str]
    items: Sequence[str]
    acknowledged: list[str] = field(default_factory=list)
    notes_of: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    pauses_s: list[float] = field(default_factory=list)
    read: Counter[tuple[int, str]] = field(default_factory=Counter)
    stale: list[str] = field(default_factory=list)
    refused: Counter[int] = field(default_factory=Counter)
    faults: list[BaseException] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def at_work(self, writers: int, readers: int) -> Iterator[None]:
        """Let so many write and read until the block ends."""
        work = [(self._write, n) for n in range(writers)] + [
            (self._read, n) for n in range(readers)
        ]
        threads = [threading.Thread(target=self._guarded, args=one) for one in work]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.is_over.set()
            for thread in threads:
                thread.join()

    def goes_on(self, more: int) -> None:
        """Wait until so many more writes were acknowledged; raise what broke somebody."""
        goal = len(self.acknowledged) + more
        deadline = time.monotonic() + 60
        while len(self.acknowledged) < goal and not self.faults:
            if time.monotonic() > deadline:
                raise AssertionError(f"nobody writes: {self.refused}")
            self.is_over.wait(0.01)
        if self.faults:
            raise self.faults[0]

    def _guarded(self, work: Callable[[int, httpx.Client], None], number: int) -> None:
        try:
            with httpx.Client(timeout=60) as client:
                work(number, client)
        except BaseException as error:  # noqa: BLE001  # the test raises it again
            self.faults.append(error)
            self.is_over.set()

    def _write(self, number: int, client: httpx.Client) -> None:
        """Write notes, each of its own words; one that was refused is written again."""
        turn = 0
        while not self.is_over.is_set():
            body, began = f"{number}/{turn}", time.perf_counter()
            item = self.items[turn % len(self.items)]
            while not self._is_written(client, f"/items/{item}/notes", body, turn):
                if self.is_over.wait(_AGAIN_S):
                    return
            self.acknowledged.append(body)
            self.notes_of[item].append(body)
            self.pauses_s.append(time.perf_counter() - began)
            turn += 1
            self.is_over.wait(_BETWEEN_S)

    def _is_written(self, client: httpx.Client, path: str, body: str, turn: int) -> bool:
        answer = client.post(self.urls[turn % len(self.urls)] + path, json={"body": body})
        if answer.status_code != httpx.codes.CREATED:
            self.refused[answer.status_code] += 1
        return answer.status_code == httpx.codes.CREATED

    def _read(self, number: int, client: httpx.Client) -> None:
        """Read the notes of messages: none is missing that was acknowledged before."""
        turn = number
        while not self.is_over.is_set():
            item = self.items[turn % len(self.items)]
            known = set(self.notes_of[item])
            answer = client.get(f"{self.urls[turn % len(self.urls)]}/items/{item}/notes")
            self.read[answer.status_code, answer.headers["X-Backend"]] += 1
            if answer.is_success:
                self.stale += known - {note["body"] for note in answer.json()}
            turn += 1
            self.is_over.wait(_BETWEEN_S)
