"""Hold what the service acknowledged against what the source has, as one JSON object.

python ledger.py --folder local --source acme

`acknowledged` changes of `traffic.py`; of them `lost` (a note that is not there), `twice` (a note
that is there more than once), `wrong` (a note that is there though its deletion was acknowledged,
a value that is not the last one set). What is under way, or was never answered, is not judged.
`longest_pause_ms` is the longest time in which no write of anybody was acknowledged while some
were sent; `reads` and `reads_failed` are those of readers.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from postroom.archive import Archive
from stack import Stack

_READ_OK: Final = 400
_QUIET_S: Final = 30.0
"""Traffic that says nothing for so long was stopped: no pause of the service."""


@dataclass(slots=True)
class Ledger:
    """What `traffic.py` wrote down."""

    notes: dict[str, str] = field(default_factory=dict)
    values: dict[str, tuple[str, str]] = field(default_factory=dict)
    acknowledged: int = 0
    moments: list[float] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> Ledger:
        """Read the file; one that is not there holds nothing."""
        found = cls()
        for line in _lines(path):
            found._take(line)
        return found

    def _take(self, line: dict[str, Any]) -> None:
        state, key = str(line["state"]), str(line["key"])
        if state == "done":
            self.acknowledged += 1
            self.moments.append(float(line["at"]))
        match line["kind"]:
            case "note":
                self.notes[key] = state
            case "gone":
                self.notes[key] = f"gone {state}"
            case _:
                self.values[key] = (state, str(line["value"]))

    @property
    def longest_pause_ms(self) -> float:
        """The longest time without an acknowledged write."""
        gaps = [later - earlier for earlier, later in pairwise(sorted(self.moments))]
        return round(1000 * max((gap for gap in gaps if gap < _QUIET_S), default=0.0), 1)


def compared(before: Ledger, archive: Archive, path: Path) -> dict[str, int]:
    """Compare; only what the ledger said before and after the source was read is judged."""
    notes, values = _held(archive)
    after = Ledger.read(path)
    settled = {key: state for key, state in before.notes.items() if after.notes[key] == state}
    kept = [key for key, state in settled.items() if state == "done"]
    gone = [key for key, state in settled.items() if state == "gone done"]
    wrong = sum(notes[key] > 0 for key in gone)
    for key, (state, value) in before.values.items():
        if state == "done" and after.values[key] == (state, value):
            wrong += values.get(key) != value
    return {
        "lost": sum(notes[key] == 0 for key in kept),
        "twice": sum(notes[key] > 1 for key in kept),
        "wrong": wrong,
    }


def _held(archive: Archive) -> tuple[Counter[str], dict[str, str]]:
    """Read the notes by their words and the values by their paths, of one moment."""
    with archive.reading() as tx:
        bodies = Counter(str(row["body"]) for row in tx.rows("SELECT body FROM item_notes"))
        rows = tx.rows("SELECT email_id, name, value FROM item_meta")
    paths = {f"/items/{row['email_id']}/meta/{row['name']}": row["value"] for row in rows}
    return bodies, {path: str(json.loads(value)) for path, value in paths.items()}


def _lines(path: Path) -> Iterable[dict[str, Any]]:
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.endswith("\n"):  # the last one may be half written
                yield json.loads(line)


def main() -> int:
    """Print what was found."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--folder", type=Path, required=True)
    options.add_argument("--source", required=True)
    asked = options.parse_args()
    stack, path = Stack(asked.folder), asked.folder / "writes.jsonl"
    archive = stack.archive(asked.source)
    before = Ledger.read(path)
    statuses = [int(line["status"]) for line in _lines(asked.folder / "reads.jsonl")]
    told: dict[str, Any] = compared(before, archive, path)
    told |= {"acknowledged": before.acknowledged, "longest_pause_ms": before.longest_pause_ms}
    told |= {"reads": len(statuses), "reads_failed": sum(not 0 < s < _READ_OK for s in statuses)}
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
