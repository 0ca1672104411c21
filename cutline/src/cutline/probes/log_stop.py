"""Where a log was read to, in a form that outlives renaming, copying and compressing."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO

from cutline.probes.answer import NoReading
from cutline.probes.log_files import Generation

_TAIL_BYTES = 256
_STOPS_A_SPAN = 24
_APART = 0.25  # of its age a stop may lie behind the next younger one
_MOST_UNCOVERED = 0.34  # of a span, whose first stop may itself be that far off


class Unknown(NoReading):
    """The lines of a span are not all there; those after it will be."""

    code = "lines-unknown"


@dataclass(frozen=True, slots=True)
class Stop:
    """A place in a log at a time: a file, an offset in it, and the check sum of what is before.

    Rotation renames, copies and compresses; the bytes before the place stay what they were.
    """

    at: datetime
    inode: int
    offset: int
    crc: int

    def is_in(self, generation: Generation) -> bool:
        """Say whether the place is in a file."""
        if self.offset == 0:
            return generation.inode == self.inode and not generation.is_gz
        if not generation.is_gz and generation.size_bytes < self.offset:
            return False
        with generation.open() as file:
            before, crc = _before(file, self.offset)
        return before and crc == self.crc


@dataclass(frozen=True, slots=True)
class Trail:
    """The stops of a log, the oldest first, and when it was read for the first time.

    It goes through the journal as one text, from each reading to the next.
    """

    began: datetime
    stops: tuple[Stop, ...]

    def first_since(self, since: datetime, until: datetime) -> Stop | None:
        """Return the first stop of a span; None if the log was not looked at since.

        Never one before the span: traffic from before a switch must not count for it. Raises
        `Unknown` if the log was looked at then and where is kept for too little of the span.
        """
        first = next((stop for stop in self.stops if stop.at >= since), None)
        if first is None or self.began >= since:
            return first
        if first.at - since > (until - since) * _MOST_UNCOVERED:
            raise Unknown(
                "of so long a span too little is known of this log",
                why=f"where it stood is kept from {first.at:%Y-%m-%d %H:%M} UTC on",
            )
        return first

    def then(self, stop: Stop, over_s: float) -> Trail:
        """Return the trail with one more stop, thinned: the older, the further apart.

        Within `over` they lie at most a 24th of it apart, before at most a quarter of their age.
        """
        stops = [*self.stops, stop]
        kept = stops[-1:]
        for older, one in zip(reversed(stops[:-2]), reversed(stops[1:-1]), strict=True):
            age_s = (stop.at - one.at).total_seconds()
            apart_s = over_s / _STOPS_A_SPAN if age_s <= over_s else age_s * _APART
            if (kept[-1].at - older.at).total_seconds() > apart_s:
                kept.append(one)
        if len(stops) > 1:
            kept.append(stops[0])
        return Trail(self.began, tuple(reversed(kept)))

    def text(self) -> str:
        """Return the trail as the journal keeps it."""
        stops = [
            [(one.at - self.began).total_seconds(), one.inode, one.offset, one.crc]
            for one in self.stops
        ]
        return json.dumps({"began": self.began.isoformat(), "stops": stops}, separators=(",", ":"))


def read_trail(text: str) -> Trail:
    """Read what `text` wrote; raises `NoReading` for anything else."""
    try:
        found = json.loads(text)
        began = datetime.fromisoformat(found["began"])
        stops = tuple(
            Stop(began + timedelta(seconds=at), int(inode), int(offset), int(crc))
            for at, inode, offset, crc in found["stops"]
        )
    except (ValueError, TypeError, KeyError) as error:
        what = "the journal's offset of this log cannot be read"
        raise NoReading(what, why=str(error)) from error
    if not stops:
        raise NoReading("the journal's offset of this log is empty")
    return Trail(began, stops)


def stop_at(generation: Generation, offset: int, at: datetime) -> Stop:
    """Return a place in a file."""
    with generation.open() as file:
        _, crc = _before(file, offset)
    return Stop(at, generation.inode, offset, crc)


def find(stop: Stop, files: Sequence[Generation]) -> int:
    """Return which of the files a stop is in; raises `Unknown` if in none of them."""
    same = [at for at, one in enumerate(files) if one.inode == stop.inode]
    others = [at for at in reversed(range(len(files))) if at not in same]
    for at in [*same, *others]:
        if stop.is_in(files[at]):
            return at
    raise Unknown(
        "lines of this log are lost",
        why="it was rotated or cut, and what was not read yet is in none of its files",
    )


def _before(file: BinaryIO, offset: int) -> tuple[bool, int]:
    """Return whether a file has so many bytes, and the check sum of the last ones before."""
    start = max(0, offset - _TAIL_BYTES)
    file.seek(start)
    found = file.read(offset - start)
    return len(found) == offset - start, zlib.crc32(found)
