"""Restores the staging database elsewhere and compares: what the procedure asks a person to do.

It measures and prints; it does not fill in the form. Attesting is the person's part.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from stack import fingerprint, restore, snapshot


def main() -> None:
    """Take a snapshot, restore it into a new file, compare counts and fingerprints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    folder = parser.parse_args().folder
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=folder) as kept:
        taken = snapshot(folder, Path(kept) / "snapshot.sqlite")
        restored = restore(Path(kept) / "snapshot.sqlite", Path(kept) / "restored.sqlite")
    original = fingerprint(folder / "staging.sqlite")
    found = {
        "rows": [original["rows"], restored["rows"]],
        "fingerprints": [original["fingerprint"], restored["fingerprint"]],
        "is_equal": taken["fingerprint"] == restored["fingerprint"] == original["fingerprint"],
        "rto_s": round(time.monotonic() - began, 3),
    }
    print(json.dumps(found, indent=1))  # a person reads it
    raise SystemExit(0 if found["is_equal"] else 1)


if __name__ == "__main__":
    main()
