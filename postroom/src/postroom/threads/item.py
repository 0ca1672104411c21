"""What threading knows of a mail, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Method = Literal["in_reply_to", "references", "conversation_index", "subject"]

METHODS: Final[tuple[Method, ...]] = ("in_reply_to", "references", "conversation_index", "subject")
"""Strongest first: a link of an earlier method is never given up for one of a later."""


@dataclass(frozen=True, slots=True)
class ThreadItem:
    """One mail of an ingest, never an embedded one.

    `filetime` is when it was sent, else received; None if neither is known. Message ids stand
    without their angle brackets; `references` are in the order of the field, oldest first.
    `conversation_index` is the stored bytes. `subject` is normalised and empty where nothing may be
    told by it; `is_answer` and `is_forward` say which prefix it had. Addresses are in lower case.
    """

    email_id: str
    pst_nid: int
    node_path: str
    filetime: int | None = None
    message_id: str | None = None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    conversation_index: bytes = b""
    subject: str = ""
    is_answer: bool = False
    is_forward: bool = False
    sender: str | None = None
    recipients: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[bool, int, int, str]:
        """The place of a mail among all: by time, undated ones last, then by node."""
        return (self.filetime is None, self.filetime or 0, self.pst_nid, self.node_path)


@dataclass(frozen=True, slots=True)
class Link:
    """`email_id` answers or forwards `parent_email_id`; `confidence` is over 0, at most 1."""

    email_id: str
    parent_email_id: str
    method: Method
    confidence: float
