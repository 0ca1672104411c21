"""The header of a PST file: whether it is one, and how long it says that it is.

[MS-PST] 2.2.2.6 HEADER and 2.2.2.5 ROOT (`ibFileEof`); ANSI headers have narrower fields.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from postroom.api.errors import CutOff, NoPst

HEADER_BYTES: Final = 192
"""As many bytes as have to be seen before anything can be said."""

_ANSI: Final = (14, 15)
_WIDE: Final = (23, 36)
_SIZE_AT_ANSI: Final = 168
_SIZE_AT_WIDE: Final = 184


@dataclass(frozen=True, slots=True)
class PstHeader:
    """The version of the format and the size that the file had when it was last written."""

    version: int
    declared_bytes: int

    @classmethod
    def parse(cls, head: bytes) -> PstHeader:
        """Read the first `HEADER_BYTES` of a file.

        Raises `NoPst` if they are of no PST file that Postroom reads, `CutOff` if the
        file ends inside them.
        """
        if head[:4] != b"!BDN"[: len(head)] or not head:
            raise _no_pst("it does not begin with !BDN")
        if len(head) < HEADER_BYTES:
            raise cut_off(len(head), "a whole header")
        (version,) = struct.unpack_from("<H", head, 10)
        if version in _ANSI:
            (declared,) = struct.unpack_from("<I", head, _SIZE_AT_ANSI)
        elif version in _WIDE:
            (declared,) = struct.unpack_from("<Q", head, _SIZE_AT_WIDE)
        else:
            raise _no_pst(f"version {version} of the format is not known")
        return cls(version, declared)

    def check_whole(self, size_bytes: int) -> None:
        """Raise `CutOff` if the file is shorter than its header says."""
        if size_bytes < self.declared_bytes:
            raise cut_off(size_bytes, f"{self.declared_bytes} bytes")


def cut_off(size_bytes: int, wanted: str) -> CutOff:
    """Make the error for a file whose end is missing."""
    return CutOff(
        "the file is cut off",
        where="the body of the request",
        why=f"{size_bytes} bytes came, its header says {wanted}",
        remedy="copy it again from where it was made, with the program that uses it closed",
    )


def _no_pst(why: str) -> NoPst:
    return NoPst(
        "this is no PST file",
        where="the body of the request",
        why=why,
        remedy="send the file itself: curl --data-binary @mail.pst -H 'Content-Type:"
        " application/octet-stream'",
    )
