"""The names that a compiled condition reads, from CEL's own account of it.

A compiled expression serialises as a `google.protobuf.Any` (its value is field 2) that holds a
`cel.expr.CheckedExpr`. The `reference_map` (field 2) of that says for each identifier what it was
resolved to (`Reference.name`, field 1, without an `overload_id`, field 3). Reading that is exact,
where a search in the text would also find strings.
"""

from __future__ import annotations

from collections.abc import Iterator

_ANY_VALUE, _REFERENCE_MAP, _VALUE, _NAME, _OVERLOAD_ID = 2, 2, 2, 1, 3


def variables(serialized: bytes) -> tuple[str, ...]:
    """Return the names of a serialised checked expression, sorted, each once."""
    found: set[str] = set()
    checked = next(inner for number, inner in _fields(serialized) if number == _ANY_VALUE)
    for number, entry in _fields(checked):
        if number != _REFERENCE_MAP:
            continue
        for inner, reference in _fields(entry):
            if inner == _VALUE:
                members = list(_fields(reference))
                if not any(member == _OVERLOAD_ID for member, _ in members):
                    found |= {text.decode() for member, text in members if member == _NAME}
    return tuple(sorted(found))


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and bytes of the length-delimited fields of a protobuf message."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        match tag & 7:
            case 0:  # varint
                _, at = _varint(message, at)
            case 1:  # fixed 64
                at += 8
            case 5:  # fixed 32
                at += 4
            case 2:  # length-delimited
                length, at = _varint(message, at)
                yield tag >> 3, message[at : at + length]
                at += length
            case kind:
                raise ValueError(f"a compiled condition holds the wire type {kind}")


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:  # noqa: PLR2004  # the continuation bit
            return value, at
        shift += 7
