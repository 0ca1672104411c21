"""What a decision asks the driver to do: facts to record, and acts on the world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cutline.run.checkpoint import Asked
from cutline.run.kinds import Kind
from cutline.run.world import Call, Notice

_VALID_S = 86400.0


@dataclass(frozen=True, slots=True)
class Record:
    """Journal a fact that follows from the state alone."""

    kind: Kind
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SetSwitch:
    """Set and apply the switch; journal the intent before, the outcome and what is read after."""

    percent: int
    why: str


@dataclass(frozen=True, slots=True)
class StartStep:
    """Journal the try of a step, then start it."""

    call: Call
    is_no_return: bool = False


@dataclass(frozen=True, slots=True)
class OpenCheckpoint:
    """Write the brief of a checkpoint, then journal that it is open; `data` is all the rest."""

    data: Mapping[str, Any]

    @classmethod
    def of(cls, what: Asked, name: str, stage: str, ask: str, **more: object) -> OpenCheckpoint:
        """Return one that any single person answers within a day, unless `more` says otherwise."""
        usual = {"by": [], "quorum": 1, "identity": "claimed", "valid_s": _VALID_S}
        asked = {"checkpoint": name, "what": what, "stage": stage, "ask": ask}
        return cls({**asked, **usual, **more})


@dataclass(frozen=True, slots=True)
class TakeBaseline:
    """Ask the probes to which later stages refer, over the whole of the stage."""

    stage: str


@dataclass(frozen=True, slots=True)
class Diagnose:
    """Ask probes whose answers people will want, and journal them; they decide nothing."""

    name: str
    why: str
    probes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell people, and journal whether they could be told."""

    notice: Notice


@dataclass(frozen=True, slots=True)
class Sign:
    """Sign a head over the journal as it stands."""

    reason: str


@dataclass(frozen=True, slots=True)
class Close:
    """Close the evidence, and journal the last entry."""

    outcome: str
    verdict: str


Action = (
    Record | SetSwitch | StartStep | OpenCheckpoint | TakeBaseline | Diagnose | Tell | Sign | Close
)
