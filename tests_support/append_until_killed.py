"""A child that appends to a journal for ever and tells each acknowledged entry on its output."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from cutline.evidence import Journal, Mode


def main() -> None:
    """Append; the number of an entry is printed only after `append` returned."""
    folder = Path(sys.argv[1])
    if (folder / "journal.jsonl").exists():
        journal = Journal.open(folder)
    else:
        journal = Journal.create(folder, Mode.RUN, None)
    while True:
        entry = journal.append("noted", {"text": "x" * 200}, datetime.now(UTC))
        sys.stdout.write(f"{entry.seq}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
