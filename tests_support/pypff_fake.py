"""Items that answer as pypff's do, and raise where a test says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Entry:
    """One property; `data` raises if it is an exception."""

    entry_type: int
    value_type: int
    stored: Any

    @property
    def data(self) -> bytes | None:
        """The stored bytes; None for none, as pypff has it."""
        if isinstance(self.stored, Exception):
            raise self.stored
        return self.stored or None


@dataclass
class RecordSet:
    """The properties of one thing."""

    entries: list[Entry]

    @property
    def number_of_entries(self) -> int:
        """How many there are."""
        return len(self.entries)

    def get_entry(self, number: int) -> Entry:
        """One of them."""
        return self.entries[number]

    def get_entry_by_type(self, tag: int, value_type: int, _flags: int) -> Entry | None:
        """The one of that tag and type."""
        kinds = ((entry.entry_type, entry.value_type) for entry in self.entries)
        return next(
            (e for e, k in zip(self.entries, kinds, strict=True) if k == (tag, value_type)), None
        )


@dataclass
class Item:
    """Something with record sets: a folder, a table, an item of an unknown class."""

    identifier: int
    sets: list[RecordSet]

    @property
    def number_of_record_sets(self) -> int:
        """How many there are."""
        return len(self.sets)

    def get_record_set(self, number: int) -> RecordSet:
        """One of them."""
        return self.sets[number]


@dataclass
class Attachment(Item):
    """An attachment; `content` raises if it is an exception."""

    content: bytes | Exception = b""
    position: int = 0

    @property
    def size(self) -> int:
        """Its length."""
        return len(self._content())

    def read_buffer(self, size: int) -> bytes:
        """The next bytes of it."""
        piece = self._content()[self.position : self.position + size]
        self.position += len(piece)
        return piece

    def _content(self) -> bytes:
        if isinstance(self.content, Exception):
            raise self.content
        return self.content


@dataclass
class Message(Item):
    """A message; its tables raise if they are exceptions."""

    recipient_rows: list[RecordSet] | Exception | None = None
    attached: list[Attachment | Exception] | Exception = field(default_factory=list)
    rtf_body: bytes | None = None

    @property
    def recipients(self) -> Item | None:
        """The recipient table."""
        if isinstance(self.recipient_rows, Exception):
            raise self.recipient_rows
        return None if self.recipient_rows is None else Item(0x692, self.recipient_rows)

    @property
    def number_of_attachments(self) -> int:
        """How many rows the attachment table has."""
        if isinstance(self.attached, Exception):
            raise self.attached
        return len(self.attached)

    def get_attachment(self, number: int) -> Attachment:
        """One of them."""
        found = self.attached[number]  # type: ignore[index]  # asked for after the number of them
        if isinstance(found, Exception):
            raise found
        return found
