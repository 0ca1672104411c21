"""The journal beside a bare write-and-fdatasync loop of the same bytes, and its verification."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from row import Row, best_of

from cutline.evidence import Journal, MemoryJournal, Mode, Signer, new_key, sign
from cutline.evidence.entry import parse
from cutline.evidence.verify import State, verify

APPENDS = 2_000
ROUNDS = 5
VERIFIED = 40_000
REHEARSED = 50_000
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def rows(scale: float) -> list[Row]:
    """Return the measured ratios; `scale` 1.0 is 2,000 appends a round and 40,000 entries read."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        root = Path(folder)
        return [
            _append(root, max(100, int(APPENDS * scale))),
            _verification(root, max(1_000, int(VERIFIED * scale))),
            _rehearsal(max(1_000, int(REHEARSED * scale))),
        ]


def reading(number: int) -> dict[str, object]:
    """Return the data of a tick with one probe, as a run writes it every minute."""
    return {
        "switch": {"percent": 10, "is_applied": True, "why": ""},
        "readings": [
            {
                "probe": "imports",
                "since": "2026-11-20T12:00:00.000000Z",
                "until": "2026-11-20T13:00:00.000000Z",
                "values": {"ok": 95 + number % 5, "total": 100, "stuck": 0, "rate": 97.25},
            }
        ],
    }


def _append(root: Path, count: int) -> Row:
    """Alternate rounds of both, so that the disk's moods meet both; the best of each counts."""
    lines: list[bytes] = []
    ours, theirs = [], []
    for number in range(ROUNDS):
        folder = root / f"run-{number}"
        journal = Journal.create(folder, Mode.RUN, None)
        journal.append("started", {"run": "bench/1"}, AT)
        start = time.perf_counter()
        for tick in range(count):
            journal.append("tick", reading(tick), AT + timedelta(minutes=tick))
        ours.append(time.perf_counter() - start)
        lines = lines or [entry.line() for entry in journal.entries()[1:]]
        theirs.append(_bare(root / f"bare-{number}", lines))
    return Row(
        f"journal append of {count:,} entries, each synced",
        "write and fdatasync of the same bytes",
        min(ours),
        min(theirs),
        at_most=1 / 0.7,
    )


def _bare(path: Path, lines: list[bytes]) -> float:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        os.write(handle, lines[0])
        os.fdatasync(handle)
        start = time.perf_counter()
        for line in lines:
            os.write(handle, line)
            os.fdatasync(handle)
        return time.perf_counter() - start
    finally:
        os.close(handle)


def _verification(root: Path, count: int) -> Row:
    """Verify a run's folder: canonical form, chain, root, heads and files."""
    signer = new_key(root / "key.pem")
    folder = root / "long"
    _written(folder, signer, count)

    def verified() -> None:
        found = verify(folder, signer.public)
        assert found.state is State.INCOMPLETE  # it goes on: nothing but its end is missing
        assert len(found.entries) == count

    seconds = best_of(3, verified)
    return Row(
        f"journal verification, for 40,000 entries of {_size(folder, count)} bytes",
        "",
        seconds * VERIFIED / count,
        None,
        at_most=1.0,
    )


def _written(folder: Path, signer: Signer, count: int) -> None:
    """Write a journal at once: what is measured is reading it."""
    journal = Journal.create(folder, Mode.RUN, signer)
    journal.append("started", {"run": "bench/1"}, AT)
    sign(journal, signer)
    lines = []
    for number in range(1, count):
        line = journal._line("tick", reading(number), AT + timedelta(minutes=number))  # noqa: SLF001
        journal._take(parse(line[:-1]), line)  # noqa: SLF001
        lines.append(line)
    with (folder / "journal.jsonl").open("ab") as opened:
        opened.writelines(lines)
    sign(journal, signer)


def _size(folder: Path, count: int) -> int:
    return (folder / "journal.jsonl").stat().st_size // count


def _rehearsal(count: int) -> Row:
    data = reading(1)

    def played() -> None:
        journal = MemoryJournal()
        for number in range(count):
            journal.append("tick", data, AT + timedelta(minutes=number))

    return Row(
        "journal of a rehearsal, for 50,000 entries",
        "",
        best_of(3, played) * REHEARSED / count,
        None,
        at_most=1.0,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    for row in rows(parser.parse_args().scale):
        print(f"{row.claim}: {row.ours:.3f} {row.theirs} ratio {row.ratio:.2f} {row.holds}")
