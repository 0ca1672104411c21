"""The lines of a log that were first read within a span: for logs whose lines tell no time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cutline.probes.log_files import Generation, generations
from cutline.probes.log_stop import Stop, Trail, Unknown, find, read_trail, stop_at
from cutline.probes.log_tally import Tally
from cutline.run.reading import Question

_CHUNK = 1 << 20


def count_new(path: Path, question: Question, over_s: float, tally: Tally) -> tuple[str, str]:
    """Count the lines since the last reading at the span's beginning.

    Returns where it stops now, and why there is no reading of this span, if there is none: lines
    were lost. Then too it stops here, so that what follows is counted once the loss is past. A
    line that is still being written waits for its end.
    """
    files = generations(path)
    if question.offset is None:
        end = Trail(question.until, (_end(files[-1], question),))
        return end.text(), ""
    trail = read_trail(question.offset)
    try:
        stop = _count_all(files, _first(trail, files, question, over_s), question, tally)
    except Unknown as error:
        stop, why = _end(files[-1], question), f"{error.what}: {error.why}"
        return trail.then(stop, over_s).text(), why
    return trail.then(stop, over_s).text(), ""


def _first(trail: Trail, files: Sequence[Generation], question: Question, over_s: float) -> Stop:
    """Return where the lines of a span begin."""
    first = trail.first_since(question.since, question.until)
    if first is None:
        span_s = (question.until - question.since).total_seconds()
        # Over its usual span a log counts what is read for the first time now. A shorter one has a
        # reason to begin where it does, such as a switch, and what was before must not count.
        return trail.stops[-1] if span_s >= over_s else _end(files[-1], question)
    return first


def _count_all(files: Sequence[Generation], first: Stop, question: Question, tally: Tally) -> Stop:
    """Count the lines from a stop through all files after it; return where it stops now."""
    at = find(first, files)
    end_offset = _count(files[at], first.offset, tally)
    for one in files[at + 1 :]:
        end_offset = _count(one, 0, tally)
    return stop_at(files[-1], end_offset, question.until)


def _count(generation: Generation, offset: int, tally: Tally) -> int:
    """Count the lines from an offset; return where the last whole line ends.

    A file that is written no more has no line whose end is still to come.
    """
    with generation.open() as file:
        file.seek(offset)
        for line in file:
            if not line.endswith(b"\n") and generation.is_live:
                break
            tally.add(line)
            offset += len(line)
    tally.look()
    return offset


def _end(generation: Generation, question: Question) -> Stop:
    """Return the end of the last whole line of a file."""
    with generation.open() as file:
        end = file.seek(0, 2)
        while end > 0:
            start = max(0, end - _CHUNK)
            file.seek(start)
            if (found := file.read(end - start).rfind(b"\n")) >= 0:
                return stop_at(generation, start + found + 1, question.until)
            end = start
    return stop_at(generation, 0, question.until)
