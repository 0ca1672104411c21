"""The switch, as an application reads it: the share of traffic that goes to v2, live.

A reader thread asks the source each second. A second thread lowers the share when the last good
value has grown too old, so that a source which hangs cannot keep traffic on v2.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self
from weakref import WeakSet

from cutline.errors import Problem
from cutline.routing.percent import as_buckets
from cutline.routing.sources import Fixed, Source, source_of

_log = logging.getLogger("cutline.routing")


@dataclass(frozen=True, slots=True)
class Held:
    """What a switch knows: its last good value, when that was asked for, and the latest trouble."""

    buckets: int | None = None
    asked_at_s: float = 0.0
    trouble: str = ""

    def in_force(self, now_s: float, stale_ok_s: float) -> int:
        """Return the buckets in force: the last good value while it is fresh enough, else none."""
        if self.buckets is None or now_s - self.asked_at_s > stale_ok_s:
            return 0
        return self.buckets


class Switch:
    """The share of traffic that goes to v2, read from where the cutover sets it.

    A source that cannot be read leaves the last good value in force for `stale_ok_s` seconds, then
    nothing goes to v2; without any good value from the start nothing does either.
    """

    __slots__ = (
        "__weakref__",
        "_closing",
        "_held",
        "_lock",
        "_poll_s",
        "_source",
        "_stale_ok_s",
        "_threads",
        "buckets",
        "url",
    )

    def __init__(self, source: Source, *, poll_s: float = 1.0, stale_ok_s: float = 60.0) -> None:
        self.url = source.name
        self.buckets = 0
        self._source = source
        self._poll_s = poll_s
        self._stale_ok_s = stale_ok_s
        self._held = Held()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._threads: tuple[threading.Thread, ...] = ()

    @classmethod
    def from_url(cls, url: str, *, poll_s: float = 1.0, stale_ok_s: float = 60.0) -> Self:
        """Open the switch that a URL names, read it once and follow it from then on.

        `env-file:PATH#KEY`, `postgres:DSN#NAME` (the DSN may be `env:NAME`) or `http://…` with an
        optional `#MEMBER`. Raises `WrongUsage` for any other URL; a source that does not answer is
        no error here, nothing goes to v2 until it does.
        """
        switch = cls(source_of(url), poll_s=poll_s, stale_ok_s=stale_ok_s)
        switch.poll()
        switch.start()
        return switch

    @classmethod
    def fixed(cls, percent: float) -> Self:
        """Return a switch that stands still, for tests and for programs that ask once."""
        switch = cls(Fixed(as_buckets(f"{percent:g}", "Switch.fixed")), stale_ok_s=float("inf"))
        switch.poll()
        return switch

    @property
    def percent(self) -> float:
        """Return the percentage in force."""
        return self.buckets / 100

    @property
    def trouble(self) -> str:
        """Return why the source could not be read the last time; empty if it could."""
        return self._held.trouble

    def poll(self) -> int:
        """Read the source now and return the buckets in force after that."""
        asked_at_s = time.monotonic()
        before = self._held
        try:
            found = self._source.read()
        except Problem as problem:
            self._held = replace(before, trouble=str(problem))
            if not before.trouble:
                _log.warning("switch %s cannot be read: %s", self.url, problem.why or problem.what)
        else:
            self._held = Held(found, asked_at_s)
            if before.trouble or before.buckets != found:
                _log.info("switch %s stands at %g %%", self.url, found / 100)
        self._settle()
        return self.buckets

    def start(self) -> None:
        """Follow the source in the background until `close`."""
        _running.add(self)
        guard_s = max(0.001, min(self._poll_s, self._stale_ok_s, 1.0) / 4)
        self._threads = (
            self._thread("reader", self._poll_s, self.poll),
            self._thread("guard", guard_s, self._settle),
        )
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop following; the share in force is 0 from then on."""
        _running.discard(self)
        self._closing.set()
        for thread in self._threads:
            thread.join(timeout=self._poll_s + 5)
        self._held = Held()
        self._settle()
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _settle(self) -> None:
        """Put the value into force that holds now; the two threads take turns."""
        with self._lock:
            held = self._held
            self.buckets = held.in_force(time.monotonic(), self._stale_ok_s)

    def _thread(self, role: str, every_s: float, work: Callable[[], object]) -> threading.Thread:
        closing = self._closing

        def loop() -> None:
            while not closing.wait(every_s):
                work()

        return threading.Thread(target=loop, name=f"cutline-switch-{role}", daemon=True)

    def _after_fork(self) -> None:
        """Go on in a forked child, to which the threads of the parent do not come along."""
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self.start()


_running: WeakSet[Switch] = WeakSet()


def _follow_in_child() -> None:
    for switch in list(_running):
        switch._after_fork()  # noqa: SLF001  # the hook belongs to the class


os.register_at_fork(after_in_child=_follow_in_child)
