"""Sum up the samples of a span as JSON: `compared`, `same`, `messages`.

python samples.py samples.jsonl --since 2026-11-20T00:00:00Z --until 2026-11-21T00:00:00Z
"""

from __future__ import annotations

import argparse
import json
from datetime import datetime
from pathlib import Path


def summed(lines: list[str], since: datetime, until: datetime) -> dict[str, int]:
    """Sum up what `sample.py` wrote between two instants."""
    taken = map(json.loads, lines)
    found = [one for one in taken if since <= datetime.fromisoformat(one["at"]) < until]
    return {
        "compared": len(found),
        "same": sum(one["go"] for one in found),
        "messages": sum(one["messages"] for one in found),
    }


def main() -> None:
    """Print what was found; a file that is not there yet holds none."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("file", type=Path)
    options.add_argument("--since", type=datetime.fromisoformat, required=True)
    options.add_argument("--until", type=datetime.fromisoformat, required=True)
    asked = options.parse_args()
    lines = asked.file.read_text().splitlines() if asked.file.exists() else []
    print(json.dumps(summed(lines, asked.since, asked.until)))


if __name__ == "__main__":
    main()
