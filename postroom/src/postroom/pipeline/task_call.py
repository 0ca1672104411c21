"""What a worker and the process of a task say to each other: one line of JSON each."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from postroom.claim import Claim
from postroom.pipeline.retry import Kind


@dataclass(frozen=True, slots=True)
class TaskCall:
    """One task to run, under the claim that the worker holds."""

    source_id: str
    claim: Claim
    task: str

    def as_line(self) -> str:
        """Write it as one line."""
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def from_line(cls, line: str) -> TaskCall:
        """Read what `as_line` wrote."""
        given = json.loads(line)
        return cls(given["source_id"], Claim(**given["claim"]), given["task"])


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a task; `reason` says why it did not end well."""

    kind: Kind
    reason: str = ""
    item_errors: int = 0
    elapsed_s: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Give it as a JSON object."""
        return asdict(self)
