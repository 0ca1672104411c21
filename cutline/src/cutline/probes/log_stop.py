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
_KEPT_DENSE = 4
_STOPS_A_SPAN = 24


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

    def first_since(self, since: datetime) -> Stop | None:
        """Return the first stop of a span; None if the log was not looked at since.

        Never one before the span: traffic from before a switch must not count for it. Raises
        `Unknown` if the log was looked at then and it was not kept where.
        """
        first = next((stop for stop in self.stops if stop.at >= since), None)
        oldest = self.stops[0]
        if first is oldest and self.began < min(since, oldest.at):
            raise Unknown(
                "so long ago this log was not looked at",
                why="lines without a time are kept for `over`; `time:` reads them from the file",
            )
        return first

    def then(self, stop: Stop, over_s: float) -> Trail:
        """Return the trail with one more stop, without what is older than a span needs."""
        oldest = stop.at - timedelta(seconds=over_s)
        step = timedelta(seconds=over_s / _STOPS_A_SPAN)
        kept: list[Stop] = []
        for at, one in enumerate(self.stops):
            following = self.stops[at + 1].at if at + 1 < len(self.stops) else stop.at
            is_dense = at >= len(self.stops) - _KEPT_DENSE
            if following < oldest:
                continue
            if is_dense or not kept or one.at - kept[-1].at >= step:
                kept.append(one)
        return Trail(self.began, (*kept, stop))

    def text(self) -> str:
        """Return the trail as the journal keeps it."""
        stops = [[one.at.isoformat(), one.inode, one.offset, one.crc] for one in self.stops]
        return json.dumps({"began": self.began.isoformat(), "stops": stops}, separators=(",", ":"))


def read_trail(text: str) -> Trail:
    """Read what `text` wrote; raises `NoReading` for anything else."""
    try:
        found = json.loads(text)
        stops = tuple(
            Stop(datetime.fromisoformat(at), int(inode), int(offset), int(crc))
            for at, inode, offset, crc in found["stops"]
        )
        return Trail(datetime.fromisoformat(found["began"]), stops)
    except (ValueError, TypeError, KeyError) as error:
        raise NoReading(
            "the journal's offset of this log cannot be read", why=str(error)
        ) from error


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
