"""Known differences, waived by name: check, keys, reason, approver, expiry.

Nothing is waived by pattern.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from cutline.errors import CannotMeasure

REQUIRED = ("check", "keys", "reason", "approver", "expiry")


@dataclass(frozen=True, slots=True)
class Waiver:
    """One known difference: the items of `keys` may differ in `check` until the end of `expiry`."""

    check: str
    keys: tuple[str, ...]
    reason: str
    approver: str
    expiry: date

    def is_expired(self, today: date) -> bool:
        """Say whether the waiver no longer applies."""
        return today > self.expiry


def load(path: Path) -> tuple[Waiver, ...]:
    """Read a waivers file: TOML with `[[waiver]]` tables, or JSON with a list `waiver`.

    Raises `CannotMeasure` where a member is missing, unknown or empty: a waiver that is not
    complete waives nothing.
    """
    try:
        text = path.read_text(encoding="utf-8")
        document = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise _refused(path, str(error)) from error
    entries = document.get("waiver") if isinstance(document, dict) else None
    if not isinstance(entries, list) or set(document) != {"waiver"}:
        raise _refused(path, "it holds one list named waiver and nothing else")
    return tuple(_waiver(path, at, entry) for at, entry in enumerate(entries, 1))


def _waiver(path: Path, at: int, entry: Mapping[str, Any]) -> Waiver:
    if not isinstance(entry, dict) or set(entry) != set(REQUIRED):
        raise _refused(path, f"waiver {at} has exactly the members {', '.join(REQUIRED)}")
    keys = entry["keys"]
    texts = (entry["check"], entry["reason"], entry["approver"])
    if not (isinstance(keys, list) and keys and all(isinstance(k, str) and k for k in keys)):
        raise _refused(path, f"waiver {at} names its keys in a list of texts")
    if not all(isinstance(text, str) and text.strip() for text in texts):
        raise _refused(
            path, f"waiver {at}: check, reason and approver are texts that are not empty"
        )
    try:
        expiry = entry["expiry"]
        expiry = expiry if type(expiry) is date else date.fromisoformat(expiry)
    except (TypeError, ValueError) as error:
        raise _refused(path, f"waiver {at}: expiry is a date such as 2026-12-31") from error
    return Waiver(entry["check"], tuple(keys), entry["reason"], entry["approver"], expiry)


def _refused(path: Path, why: str) -> CannotMeasure:
    return CannotMeasure(
        "this waivers file cannot be used",
        where=str(path),
        why=why,
        remedy="see docs/parity.md for an example",
    )
