"""People at work on a source: writers who note and tag, readers who look and search, until SIGTERM.

python traffic.py --base-url U --folder local --source acme --writers 4 --readers 4

Every change is written down before it is sent and after it was acknowledged (`writes.jsonl`), so
that `ledger.py` can say what is missing. A writer that is told to come back later sends the same
again; one that did not hear an answer asks what became of it. What readers were refused stands in
`reads.jsonl`.
"""

from __future__ import annotations

import argparse
import json
import random
import secrets
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TextIO

import httpx

_AGAIN_S: Final = 0.05
_AWAY: Final = 503
_ITEMS: Final = 200


Body = dict[str, str] | None


class Ledger:
    """Lines of one file, from several threads, each on the disk before the next is written."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._lock = threading.Lock()

    def add(self, **line: Any) -> None:  # noqa: ANN401  # JSON
        """Write one line."""
        with self._lock:
            self._file.write(json.dumps({"at": time.time(), **line}) + "\n")
            self._file.flush()


class Person:
    """One client of the service."""

    def __init__(self, number: int, asked: argparse.Namespace, stop: threading.Event) -> None:
        headers = {"X-Source-ID": asked.source}
        self.name = f"w{number}-{secrets.token_hex(3)}"
        self._service = httpx.Client(base_url=asked.base_url, headers=headers, timeout=30)
        self._chance = random.Random(number)  # noqa: S311  # which message, no secret
        self._stop = stop
        self._pause_s = asked.pause_s

    def write(self, ledger: Ledger, items: list[str]) -> None:
        """Write notes and values, change and delete some, until stopped."""
        notes: list[tuple[str, str]] = []
        number = 0
        while not self._stop.is_set():
            item, number = self._chance.choice(items), number + 1
            body = f"{self.name} {number}"
            if self._change(ledger, "note", body, "POST", f"/items/{item}/notes", {"body": body}):
                notes.append((item, body))
            value = {"value": body}
            path = f"/items/{items[number % len(items)]}/meta/{self.name}"
            self._change(ledger, "value", path, "PUT", path, value)
            if number % 5 == 0 and notes:
                item, body = notes.pop(self._chance.randrange(len(notes)))
                if (note := self._note(item, body)) is not None:
                    gone = f"/items/{item}/notes/{note}"
                    self._change(ledger, "gone", body, "DELETE", gone, None)
            self._stop.wait(self._pause_s)

    def read(self, ledger: Ledger, items: list[str]) -> None:
        """Open, list, count and search until stopped."""
        while not self._stop.is_set():
            item = self._chance.choice(items)
            for path in (f"/items/{item}", "/items?limit=20", "/stats", "/search?q=the"):
                if self._stop.is_set():
                    return
                began = time.monotonic()
                try:
                    answer = self._service.get(path)
                    status, backend = answer.status_code, answer.headers.get("X-Backend", "")
                except httpx.TransportError as error:
                    status, backend = 0, type(error).__name__
                ms = round((time.monotonic() - began) * 1000, 1)
                ledger.add(path=path.split("?")[0][:7], status=status, backend=backend, ms=ms)
            self._stop.wait(self._pause_s)

    def _change(  # a request, and what it is in the ledger
        self, ledger: Ledger, kind: str, key: str, method: str, path: str, body: Body
    ) -> bool:
        """Send one change until it is answered; say whether it was acknowledged."""
        text = (body or {}).get("value", "")
        ledger.add(kind=kind, key=key, value=text, state="sent")
        given: dict[str, Any] = {} if body is None else {"json": body}
        refused = 0
        while True:
            try:
                answer = self._service.request(method, path, **given)
            except httpx.TransportError as error:
                ledger.add(
                    kind=kind, key=key, value=text, state="unknown", why=type(error).__name__
                )
                return False
            if answer.status_code != _AWAY:
                state = "done" if answer.is_success else f"refused {answer.status_code}"
                ledger.add(kind=kind, key=key, value=text, state=state, waited=refused)
                return answer.is_success
            refused += 1
            if self._stop.wait(_AGAIN_S):
                ledger.add(kind=kind, key=key, value=text, state="unsent", waited=refused)
                return False

    def _note(self, item: str, body: str) -> str | None:
        """Find the id of a note of ours; None where the service does not say."""
        try:
            answer = self._service.get(f"/items/{item}/notes")
        except httpx.TransportError:
            return None
        if not answer.is_success:
            return None
        return next((str(one["id"]) for one in answer.json() if one["body"] == body), None)


def main() -> None:
    """Write and read until SIGTERM."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--base-url", required=True)
    options.add_argument("--folder", type=Path, required=True)
    options.add_argument("--source", required=True)
    options.add_argument("--writers", type=int, default=4)
    options.add_argument("--readers", type=int, default=4)
    options.add_argument("--pause-s", type=float, default=0.4)
    asked = options.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    listed = httpx.get(
        f"{asked.base_url}/items",
        params={"limit": _ITEMS},
        headers={"X-Source-ID": asked.source},
        timeout=30,
    ).json()
    items = [one["id"] for one in listed["items"]]
    with (
        (asked.folder / "writes.jsonl").open("a", encoding="utf-8") as written,
        (asked.folder / "reads.jsonl").open("a", encoding="utf-8") as seen,
    ):
        writes, reads = Ledger(written), Ledger(seen)
        people = [Person(number, asked, stop) for number in range(asked.writers + asked.readers)]
        tasks: list[Callable[[], None]] = [
            *((lambda one=one: one.write(writes, items)) for one in people[: asked.writers]),
            *((lambda one=one: one.read(reads, items)) for one in people[asked.writers :]),
        ]
        threads = [threading.Thread(target=task) for task in tasks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    main()
