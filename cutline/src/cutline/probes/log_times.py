"""The lines of a log that say a time within a span, through all of its generations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from cutline.plan.probe import LogTime
from cutline.probes.answer import NoReading
from cutline.probes.log_files import Generation, generations
from cutline.probes.log_tally import Tally
from cutline.run.reading import Question

DISORDER_S = 60.0  # so much later than a younger line a line may be written
_NEAR_BYTES = 1 << 16
_LINES_LOOKED_AT = 200
_STAMPS = {"epoch": 1.0, "epoch_ms": 1000.0}


class Clock:
    """Reads the time of a line. A time without a zone is UTC."""

    def __init__(self, declared: LogTime) -> None:
        try:
            self._regex = re.compile(declared.regex.encode())
        except re.error as error:
            why = str(error)
            raise NoReading(f"time: {declared.regex} is no regular expression", why=why) from error
        if not self._regex.groups:
            raise NoReading(f"time: {declared.regex} has no group, and its first one is the time")
        self._format = declared.format
        if "%" in self._format and not re.search(r"%[YyGcxs]", self._format):
            raise NoReading(f"time: {declared.format} tells no year")

    def time(self, line: bytes) -> datetime | None:
        """Return the time of a line; None for one that tells none, such as of a traceback."""
        found = self._regex.search(line)
        if found is None or found[1] is None:
            return None
        return _parsed(found[1].decode(errors="replace"), self._format)


def count_between(path: Path, declared: LogTime, question: Question, tally: Tally) -> None:
    """Count the lines with a time from `since` up to, and not including, `until`.

    A line without a time belongs to the one before it. Raises `NoReading` if there are lines and
    none of them tells a time.
    """
    clock = Clock(declared)
    since, until = question.since, question.until
    slack = timedelta(seconds=DISORDER_S)
    files = [one for one in generations(path) if one.changed_s >= since.timestamp() - DISORDER_S]
    has_lines = has_times = False
    for one in files:
        with one.open() as file:
            _seek(file, one, clock, since - slack)
            current: datetime | None = None
            for line in _whole_lines(file, one):
                has_lines = True
                if (found := clock.time(line)) is not None:
                    has_times, current = True, found
                    if found > until + slack:
                        break
                if current is not None and since <= current < until:
                    tally.add(line)
        tally.look()
    if has_lines and not has_times:
        raise NoReading(f"no line of {path.name} tells a time that `time:` can read")


def _whole_lines(file: BinaryIO, generation: Generation) -> Iterator[bytes]:
    for line in file:
        if line.endswith(b"\n") or not generation.is_live:
            yield line


def _seek(file: BinaryIO, generation: Generation, clock: Clock, since: datetime) -> None:
    """Go to the beginning of a line at or before the first one of a span, by halving.

    A compressed file is read from its beginning.
    """
    if generation.is_gz:
        return
    low, high = 0, generation.size_bytes
    while high - low > _NEAR_BYTES:
        middle = (low + high) // 2
        found = _time_after(file, middle, clock)
        if found is None or found >= since:
            high = middle
        else:
            low = middle
    file.seek(low)
    if low:
        file.readline()


def _time_after(file: BinaryIO, at: int, clock: Clock) -> datetime | None:
    file.seek(at)
    file.readline()
    for _ in range(_LINES_LOOKED_AT):
        line = file.readline()
        if not line:
            return None
        if (found := clock.time(line)) is not None:
            return found
    return None


@lru_cache(maxsize=4096)
def _parsed(text: str, form: str) -> datetime | None:
    """Read a time by a format of `strptime`, or `iso`, `epoch` or `epoch_ms`."""
    try:
        if form in _STAMPS:
            return datetime.fromtimestamp(float(text) / _STAMPS[form], UTC)
        found = datetime.fromisoformat(text) if form == "iso" else datetime.strptime(text, form)  # noqa: DTZ007  # the zone is set below
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
