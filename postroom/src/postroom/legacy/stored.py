"""Stored bytes out of pypff: properties, recipients and attachments as the identity wants them.

Everything is taken as `entry.data`. pypff's decoding attributes (`subject`, `plain_text_body`, …)
cut at the first NUL, raise on a lone surrogate and read 8-bit text as cp1252.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pypff

from postroom.identity import Properties, Value

CONTENT = 0x3701
UNREADABLE = (OSError, MemoryError, OverflowError, ValueError)
"""What pypff raises for something damaged; MemoryError where it cannot make an object of it."""
HAS_ATTACHMENTS = 0x10
MAY_HOLD_RECIPIENTS = (0x0E02, 0x0E03, 0x0E04)


@dataclass(frozen=True, slots=True)
class Loss:
    """Something of an item that pypff could not read; `tag` is None where that is not known."""

    reason: str
    kind: str = "property"
    tag: int | None = None
    nid: int | None = None
    property: str | None = None


@dataclass(slots=True)
class Table:
    """The properties of one thing, with what could not be read of it."""

    properties: dict[int, Value] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)


def why(error: BaseException) -> str:
    """What libpff says went wrong: its first two sentences, where it failed and the cause.

    What follows is its way back up the stack, with paths of the machine that it ran on.
    """
    sentences = re.split(r"\.\s+", " ".join(str(error).split()))
    return ". ".join(sentences[:2])[:300].rstrip(". ") or type(error).__name__


def properties_of(item: Any, *, without: frozenset[int] = frozenset()) -> Table:
    """What the first record set of an item holds; of `without`, the type alone.

    The first entry of a tag wins. An entry that raises costs itself.
    """
    table = Table()
    if item.number_of_record_sets:
        _read_record_set(item.get_record_set(0), without, table)
    return table


def _read_record_set(record_set: Any, without: frozenset[int], table: Table) -> None:
    for number in range(record_set.number_of_entries):
        tag = stored_type = None
        try:
            entry = record_set.get_entry(number)
            tag, stored_type = entry.entry_type, entry.value_type
            if tag in table.properties:
                continue
            data = b"" if tag in without else entry.data or b""
            table.properties[tag] = Value(stored_type, data)
        except UNREADABLE as error:
            table.losses.append(_loss(error, tag, stored_type))


def _loss(error: BaseException, tag: int | None, stored_type: int | None) -> Loss:
    name = None if tag is None else f"{tag:04x}{stored_type or 0:04x}"
    return Loss(why(error), tag=tag, property=name)


@dataclass(frozen=True, slots=True)
class Recipients:
    """The rows of a recipient table in row-index order; `is_known` says whether all were read."""

    rows: list[Properties]
    losses: list[Loss]

    @property
    def is_known(self) -> bool:
        """Whether nothing of the table was lost."""
        return not self.losses


def recipients_of(message: Any, properties: Properties) -> Recipients:
    """The recipients of a message; the record sets of the table are its rows in row-index order."""
    rows: list[Properties] = []
    losses: list[Loss] = []
    if not isinstance(message, pypff.message):
        return Recipients(rows, _beyond_reach(properties))
    try:
        table = message.recipients
        if table is None:
            return Recipients(rows, losses)
        for number in range(table.number_of_record_sets):
            row = Table()
            _read_record_set(table.get_record_set(number), frozenset(), row)
            rows.append(row.properties)
            losses += row.losses
    except UNREADABLE as error:
        losses.append(Loss(f"recipient table: {why(error)}"))
    return Recipients(rows, losses)


def _beyond_reach(properties: Properties) -> list[Loss]:
    """Items of some classes come without recipients and attachments: a loss if there are any."""
    flags = properties.get(0x0E07, Value(0, b"")).data
    claims = any(properties.get(tag, Value(0, b"")).data for tag in MAY_HOLD_RECIPIENTS)
    if claims or int.from_bytes(flags, "little") & HAS_ATTACHMENTS:
        return [Loss("pypff does not give recipients and attachments of items of this class")]
    return []


def attachments_of(message: Any) -> Iterator[tuple[int, Any | None, Loss | None]]:
    """Row-index position and pypff's attachment of each row, or why there is none."""
    try:
        count = message.number_of_attachments if isinstance(message, pypff.message) else 0
    except UNREADABLE as error:
        yield -1, None, Loss(f"attachment table: {why(error)}", kind="attachment")
        return
    for number in range(count):
        try:
            yield number, message.get_attachment(number), None
        except UNREADABLE as error:
            yield number, None, Loss(f"attachment {number}: {why(error)}", kind="attachment")
