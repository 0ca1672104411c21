"""What the driver is handed: the seams to journal, files, people, keys and gates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from cutline.plan.model import Plan
from cutline.run.message import Message


class AnEntry(Protocol):
    """One line of a journal, as far as the fold and the stories of it read it."""

    @property
    def at(self) -> str:
        """Return the instant, RFC 3339 in UTC."""
        ...

    @property
    def kind(self) -> str:
        """Return what the entry says: one of `cutline.run.kinds.Kind`."""
        ...

    @property
    def data(self) -> Mapping[str, Any]:
        """Return its members."""
        ...


class AJournal(Protocol):
    """Where a run is kept. What `append` returned is on the disk; else it raises."""

    def append(self, kind: str, data: Mapping[str, object], at: datetime) -> AnEntry:
        """Record one thing."""
        ...

    def entries(self) -> Sequence[AnEntry]:
        """Return everything recorded, oldest first."""
        ...


class SomeBlobs(Protocol):
    """Files of a run by digest."""

    def put(self, content: bytes, name_hint: str) -> str:
        """Keep a file and return its digest."""
        ...

    def open(self, digest: str) -> bytes:
        """Return a file's content; raises `CannotMeasure`."""
        ...


class Messages(Protocol):
    """The inbox: what people wrote and the run has not taken yet, or took just now."""

    def __call__(self) -> Sequence[Message]:
        """Return the messages that lie there, in the order in which they came."""
        ...


class Signer(Protocol):
    """Signs the journal as it stands."""

    def __call__(self, reason: str) -> Mapping[str, object]:
        """Return the members of a HEAD entry: size, root, key_id, is_anchored, why."""
        ...


class Closer(Protocol):
    """Closes the evidence and writes the last entry."""

    def __call__(self, outcome: str, verdict: str) -> AnEntry:
        """Return the CLOSED entry; raises where the evidence cannot be closed as it is."""
        ...


@dataclass(frozen=True, slots=True)
class Identified:
    """How sure it is who wrote a message: `ssh` or `claimed`; `why` refuses it."""

    identity: str
    why: str = ""


class Identify(Protocol):
    """Looks at the signature that came with an approval."""

    def __call__(self, plan: Plan, message: Message, brief: bytes) -> Identified:
        """Say how the writer of a message identified himself over a brief."""
        ...
