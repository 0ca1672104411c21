"""The verifier for auditors: one file, no dependency, nothing of the engine in it."""

from __future__ import annotations

from pathlib import Path

from cutline.evidence import files

SOURCE = Path(__file__).with_name("verify.py")


def write(folder: Path) -> Path:
    """Write `verify.py` into a folder and return its path."""
    path = folder / SOURCE.name
    files.put(path, SOURCE.read_bytes(), 0o755)
    return path
