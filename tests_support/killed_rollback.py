"""A process that brings a source back and kills itself before a statement that it would send.

Run as `python -m tests_support.killed_rollback SOURCE HOME DSN N`, as `killed_move` is.
"""

from __future__ import annotations

import sys
from pathlib import Path

from postroom.archive.sqlite import open_sqlite
from postroom.move.rollback import roll_back
from tests_support.killed_move import counting


def main(source_id: str, home: Path, dsn: str, last: int) -> None:
    """Come back, and die on the way."""
    counter = counting(last)
    roll_back(open_sqlite(source_id, home, create=False), dsn, wait_s=10, compares=True)
    sys.stdout.write(f"{counter.count}\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
