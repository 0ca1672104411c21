"""The categories of a message, which each file keeps under a tag of its own.

[MS-PST] 2.4.7: the named-property lookup map holds GUIDs, names and an array that gives each name
its property id, 8000 and up.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from postroom.identity import Properties, Value
from postroom.legacy.decode import Decoder
from postroom.legacy.stored import UNREADABLE, properties_of

PUBLIC_STRINGS = uuid.UUID("00020329-0000-0000-c000-000000000046")
KEYWORDS = "Keywords"
_FIRST_NAMED = 0x8000
_OWN_GUIDS = 3  # 0 is none, 1 is PS_MAPI, 2 is PS_PUBLIC_STRINGS; the stream begins after them
_PUBLIC_STRINGS_INDEX = 2
_ENTRY = struct.Struct("<IHH")
_MULTIPLE = {0x101F: 0x001F, 0x101E: 0x001E}


def keywords_tag(file: Any) -> int | None:
    """The tag under which this file keeps categories; None where it names none."""
    try:
        streams = properties_of(file.name_to_id_map).properties
    except UNREADABLE:
        return None
    guids = streams.get(0x0002, Value(0, b"")).data
    strings = streams.get(0x0004, Value(0, b"")).data
    for offset, guid, index in _entries(streams.get(0x0003, Value(0, b"")).data):
        if guid & 1 and _is_public(guid >> 1, guids) and _string(strings, offset) == KEYWORDS:
            return _FIRST_NAMED + index
    return None


def categories(properties: Properties, tag: int | None, decoder: Decoder) -> list[str]:
    """The categories of a message as it keeps them; [] where it has none or keeps them oddly."""
    value = properties.get(tag) if tag is not None else None
    if value is None or value.type not in _MULTIPLE:
        return []
    single = _MULTIPLE[value.type]
    parts = (decoder.text(Value(single, part)) for part in _parts(value.data))
    return [part for part in parts if part]


def _entries(stream: bytes) -> Iterator[tuple[int, int, int]]:
    return _ENTRY.iter_unpack(stream[: len(stream) // _ENTRY.size * _ENTRY.size])


def _is_public(index: int, guids: bytes) -> bool:
    if index < _OWN_GUIDS:
        return index == _PUBLIC_STRINGS_INDEX
    start = (index - _OWN_GUIDS) * 16
    return guids[start : start + 16] == PUBLIC_STRINGS.bytes_le


def _string(strings: bytes, offset: int) -> str:
    if offset + 4 > len(strings):
        return ""
    (length,) = struct.unpack_from("<I", strings, offset)
    return strings[offset + 4 : offset + 4 + length].decode("utf-16-le", "replace")


def _parts(data: bytes) -> list[bytes]:
    """[MS-PST] 2.3.3.4.2: a count, the offset of each value, the values."""
    if len(data) < 4:  # noqa: PLR2004  # the count is a u32
        return []
    (count,) = struct.unpack_from("<I", data)
    if count > (len(data) - 4) // 4:
        return []
    offsets = [*struct.unpack_from(f"<{count}I", data, 4), len(data)]
    return [data[start:end] for start, end in pairwise(offsets)]
