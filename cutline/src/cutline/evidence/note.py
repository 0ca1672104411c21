"""Signed notes: a short text with an Ed25519 signature, in the form of C2SP `signed-note`.

That form is read by the tools of transparency logs; ours carries exactly one signature.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cutline.evidence.keys import PublicKey, Signer

_ED25519 = b"\1"
_SIGNATURE_BYTES = 64
_HINT_BYTES = 4
_SHAPE = re.compile(r"((?:[^\n]+\n)+)\n— ([^\s+]+) ([A-Za-z0-9+/]+=*)\n")
_NAME = re.compile(r"[^\s+]+")


@dataclass(frozen=True, slots=True)
class Note:
    """A note as it was read: its signature is checked by `is_by` and by nothing before."""

    text: str
    name: str
    hint: bytes
    signature: bytes

    def is_by(self, key: PublicKey) -> bool:
        """Say whether the owner of `key` signed this text under this name."""
        is_meant = self.hint == _hint(self.name, key)
        return is_meant and key.verifies(self.signature, self.text.encode())


def is_name(name: str) -> bool:
    """Say whether a note can be signed under this name: no space, no plus sign."""
    return _NAME.fullmatch(name) is not None


def sign(text: str, name: str, signer: Signer) -> bytes:
    """Return the note over `text`: one or more lines, none empty, each with its line feed."""
    signature = base64.b64encode(_hint(name, signer.public) + signer.sign(text.encode())).decode()
    made = f"{text}\n— {name} {signature}\n"
    if not _SHAPE.fullmatch(made):
        raise ValueError(f"a note cannot hold this text under the name {name!r}")
    return made.encode()


def read(raw: bytes) -> Note:
    """Return the note in `raw`; `ValueError` if a byte is not as `sign` would write it."""
    try:
        found = _SHAPE.fullmatch(raw.decode())
        blob = base64.b64decode(found[3], validate=True) if found else b""
    except (UnicodeDecodeError, binascii.Error) as error:
        raise ValueError("it is no signed note") from error
    if found is None or len(blob) != _HINT_BYTES + _SIGNATURE_BYTES:
        raise ValueError("it is no signed note")
    if base64.b64encode(blob).decode() != found[3]:
        raise ValueError("its signature is not in the one form that base64 has for it")
    return Note(found[1], found[2], blob[:_HINT_BYTES], blob[_HINT_BYTES:])


def _hint(name: str, key: PublicKey) -> bytes:
    """Return the four bytes by which a reader finds the key."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + key.raw).digest()[:_HINT_BYTES]
