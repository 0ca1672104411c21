"""Faults on demand: a JSON file that says what goes wrong now.

    {"fail": {"rate": 0.3, "message": "AnthropicAPIError: overloaded", "side": "v2"}}

Whether an import is hit depends on its id alone, so a run can be repeated.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cutline.routing import BUCKETS, bucket, seed_of

_SIDED: Final = {"rate": 1.0, "side": "v2"}
KNOWN: Final[Mapping[str, Mapping[str, object]]] = {
    "fail": {**_SIDED, "message": "AnthropicAPIError: overloaded"},
    "new_error": {**_SIDED, "message": "RLMConfigError: no processor for this kind"},
    "stall": _SIDED,
    "slow": {**_SIDED, "seconds": 0.5},
    "corrupt": _SIDED,
    "crash": {"times": 1},
    "leak": {"mb_per_s": 20.0},
    "lie": {"percent": -1.0},
    "v1_caller": {"name": "legacy-cron", "per_s": 2.0},
    "no_processors": {},
}
"""Each fault with its members and their values unless given; `lie` at -1 keeps what is in force."""

_FRESH_S: Final = 0.02


class WrongFaultError(ValueError):
    """A fault that is not known, or with a member that it does not have."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong."""

    kind: str
    members: Mapping[str, object]

    def number(self, name: str) -> float:
        """Return a member that is a number."""
        return float(self.members[name])  # type: ignore[arg-type]

    def text(self, name: str) -> str:
        """Return a member that is a text."""
        return str(self.members[name])


@dataclass(frozen=True, slots=True)
class FaultSet:
    """Everything that goes wrong at a moment."""

    faults: Mapping[str, Fault] = field(default_factory=dict)

    def get(self, kind: str) -> Fault | None:
        """Return the fault of a kind, if it is on."""
        return self.faults.get(kind)

    def hits(self, kind: str, import_id: str, pipeline: str) -> Fault | None:
        """Return the fault if it hits this import."""
        found = self.faults.get(kind)
        if found is None or found.members["side"] not in (pipeline, "both"):
            return None
        share = found.number("rate") * BUCKETS
        return found if bucket(import_id, seed_of(f"fault {kind}")) < share else None


def read(document: object) -> FaultSet:
    """Return the faults of a JSON object; raise `WrongFaultError` for anything not known."""
    if not isinstance(document, dict):
        raise WrongFaultError("faults are a JSON object")
    found = {}
    for kind, given in document.items():
        if kind not in KNOWN:
            raise WrongFaultError(f"no fault {kind!r}; known are {', '.join(KNOWN)}")
        members = {} if given is True else given
        if not isinstance(members, dict) or not set(members) <= set(KNOWN[kind]):
            raise WrongFaultError(f"{kind} has the members {', '.join(KNOWN[kind]) or 'none'}")
        for name, value in members.items():
            if isinstance(KNOWN[kind][name], str) is not isinstance(value, str):
                raise WrongFaultError(f"{kind}.{name} is like {KNOWN[kind][name]!r}")
        found[kind] = Fault(kind, {**KNOWN[kind], **members})
    return FaultSet(found)


class Faults:
    """The file, read again whenever it may have changed; it outlives a crash of the service."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._read_at = 0.0
        self._now = FaultSet()

    def now(self) -> FaultSet:
        """Return what goes wrong now; a file that is not there, or not valid, is none."""
        with self._lock:
            if time.monotonic() - self._read_at > _FRESH_S:
                self._read_at = time.monotonic()
                try:
                    self._now = read(json.loads(self.path.read_text()))
                except (OSError, ValueError):
                    self._now = FaultSet()
            return self._now

    def set(self, document: Mapping[str, object]) -> FaultSet:
        """Put faults in the place of those before; `{}` ends all of them."""
        found = read(document)
        with self._lock:
            new = self.path.with_name(f"{self.path.name}.{os.getpid()}")
            new.write_text(json.dumps(document))
            new.replace(self.path)
            self._now, self._read_at = found, time.monotonic()
        return found

    def take(self, kind: str) -> bool:
        """Take one fault that happens once; False if it is not on."""
        if (found := self.now().get(kind)) is None:
            return False
        rest = {k: dict(f.members) for k, f in self.now().faults.items() if k != kind}
        left = int(found.number("times")) - 1
        self.set(rest | ({kind: {"times": left}} if left > 0 else {}))
        return True
