"""Bring the database up to date; the service does it too when it starts.

python migrate.py --db imports.db [--to 1]

Version 1 lacks the four columns of the full pass, version 2 has them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from importer.schema import MIGRATIONS, migrate


def main() -> None:
    """Migrate and print the version that the database has then."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--db", type=Path, required=True)
    options.add_argument("--to", type=int, default=len(MIGRATIONS))
    asked = options.parse_args()
    print(migrate(asked.db, asked.to))


if __name__ == "__main__":
    main()
