"""One mail as deduplication sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Tier = Literal["message_id", "content_hash", "relaxed_hash"]

TIERS: Final[tuple[Tier, ...]] = ("message_id", "content_hash", "relaxed_hash")
"""Surest first: mails of an earlier tier are also alike by a later one."""


@dataclass(frozen=True, slots=True)
class DedupeItem:
    """One mail with its family, never an embedded message of its own.

    `place` is the rank of its ingest, then node id and path; `filetime` is when it was sent, else
    received. `family` is the digest of all that is attached to it, embedded messages with their own
    attachments included: "" for nothing, None where some of it is not known. `subject` and `sender`
    are as the relaxed hash has them.
    """

    email_id: str
    place: tuple[int, int, str]
    filetime: int | None = None
    message_id: str | None = None
    content_hash: str | None = None
    family: str | None = ""
    subject: str = ""
    sender: str = ""

    @property
    def order(self) -> tuple[int, bool, int, tuple[int, int, str]]:
        """The place among all: older ingests first, then by time, undated ones last, then node."""
        return (self.place[0], self.filetime is None, self.filetime or 0, self.place)

    @property
    def is_known(self) -> bool:
        """Say whether it can be a copy at all: what could not be read matches nothing."""
        return self.content_hash is not None and self.family is not None
