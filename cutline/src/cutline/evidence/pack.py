"""The evidence tar: uncompressed ustar in one form only, so that one content has one digest.

Members are regular files in the order of their names' bytes, with mode 0644, owner 0 and time 0.
Whatever differs from that form by one byte is not what was sealed, and `unpack` names where.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

BLOCK = 512
_NAME_BYTES = 100
_PREFIX_BYTES = 155
_LARGEST = 8**11 - 1
_SIZE = slice(124, 136)
_NAME = slice(0, 100)
_PREFIX = slice(345, 500)
_OCTAL = re.compile(rb"[0-7]{11}\0")
_BAD = re.compile(r"[\x00-\x1f\x7f\\]|(?:^|/)(?:\.{0,2})(?:/|$)")
_COPY_BYTES = 1 << 20


class NotAsSealed(ValueError):  # noqa: N818  # a statement about one place of a file
    """The tar is not in the form in which evidence is sealed, at `place`, because of `why`."""

    def __init__(self, place: str, why: str) -> None:
        self.place = place
        self.why = why
        super().__init__(f"{place}: {why}")


def is_packable(name: str) -> bool:
    """Say whether a relative path can be a member: no `..`, control character or backslash."""
    try:
        return not _BAD.search(name) and _split(name.encode()) is not None
    except UnicodeEncodeError:
        return False


def header(name: str, size: int) -> bytes:
    """Return the one header of a member; `ValueError` if a member cannot have that name or size."""
    split = _split(name.encode()) if not _BAD.search(name) else None
    if split is None or not 0 <= size <= _LARGEST:
        raise ValueError(f"no member can have the name {name!r} and {size} bytes")
    prefix, rest = split
    made = b"".join(
        (
            rest.ljust(_NAME_BYTES, b"\0"),
            b"0000644\0" + b"0000000\0" * 2,
            b"%011o\0" % size,
            b"00000000000\0",
            b" " * 8,
            b"0",
            bytes(100),
            b"ustar\00000",
            bytes(80),
            prefix.ljust(_PREFIX_BYTES, b"\0"),
            bytes(12),
        )
    )
    return made[:148] + b"%06o\0 " % sum(made) + made[156:]


def _split(name: bytes) -> tuple[bytes, bytes] | None:
    """Return prefix and name: no prefix if it fits, else the shortest that lets the rest fit."""
    if len(name) <= _NAME_BYTES:
        return b"", name
    for place, byte in enumerate(name[: _PREFIX_BYTES + 1]):
        if byte == ord("/") and len(name) - place - 1 <= _NAME_BYTES:
            return name[:place], name[place + 1 :]
    return None


def pack(members: Mapping[str, Path], out: BinaryIO) -> None:
    """Write the tar of `members` (name in the tar → file) to `out`."""
    for name in sorted(members, key=str.encode):
        size = members[name].stat().st_size
        out.write(header(name, size))
        written = 0
        with members[name].open("rb") as source:
            while chunk := source.read(_COPY_BYTES):
                out.write(chunk)
                written += len(chunk)
        if written != size:
            raise OSError(f"{name} changed while it was packed")
        out.write(bytes(-size % BLOCK))
    out.write(bytes(2 * BLOCK))


def unpack(tar: memoryview) -> Iterator[tuple[str, memoryview]]:
    """Yield name and content of each member; raises `NotAsSealed` at the first foreign byte."""
    place, before = 0, b""
    while True:
        block = bytes(tar[place : place + BLOCK])
        if len(block) < BLOCK:
            raise NotAsSealed(f"byte {place}", "the tar ends too early")
        if block == bytes(BLOCK):
            break
        name, size = _member(block, place)
        begin = place + BLOCK
        end = begin + size
        place = end + -size % BLOCK
        if place > len(tar):
            raise NotAsSealed(name, "the tar ends within this file")
        if any(tar[end:place]):
            raise NotAsSealed(name, "there are bytes behind the end of this file")
        if name.encode() <= before:
            raise NotAsSealed(name, "it stands out of order, or twice")
        before = name.encode()
        yield name, tar[begin:end]
    if bytes(tar[place:]) != bytes(2 * BLOCK):
        raise NotAsSealed(f"byte {place}", "there are bytes behind the end of the tar")


def _member(block: bytes, place: int) -> tuple[str, int]:
    """Return name and size in a header that is byte for byte the one that `header` makes."""
    parts = (block[_PREFIX].rstrip(b"\0"), block[_NAME].rstrip(b"\0"))
    size = block[_SIZE]
    try:
        name = b"/".join(filter(None, parts)).decode()
        is_ours = _OCTAL.fullmatch(size) and header(name, int(size[:-1], 8)) == block
    except ValueError:
        name, is_ours = "", None
    if not is_ours:
        where = f"byte {place}" + (f" ({name})" if name.isprintable() and name else "")
        raise NotAsSealed(where, "the header of this member is not one that was sealed")
    return name, int(size[:-1], 8)


def names_unfit(names: Iterable[str]) -> list[str]:
    """Return those names that no member can have."""
    return [name for name in names if not is_packable(name)]
