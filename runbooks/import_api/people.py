"""Play the people of this plan for a demonstration: each checkpoint of the open run is answered.

python people.py --runs runs [--complaints 0]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from answering import People

ANSWERS: Final = ("half=ana", "full=ben", "sunset=ana", "remove v1=ben", "remove v1=eva")


def main() -> None:
    """Play until the run is over."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--runs", type=Path, default=Path("runs"))
    options.add_argument("--complaints", type=int, default=0, help="what support counted")
    asked = options.parse_args()
    counted = f"no_complaints=kim:{asked.complaints}"
    People("import-api", asked.runs, [*ANSWERS, counted]).play()


if __name__ == "__main__":
    main()
