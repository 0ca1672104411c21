"""Keys: Ed25519 in PEM files. Only `new_key` makes one, and a broken one is never made anew."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cutline.errors import CannotWrite
from cutline.evidence import files
from cutline.evidence.refusals import KeyBroken

# `cryptography` is imported where it is used: it takes a while, and most commands sign nothing.
if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What a signature is checked with; `raw` are its 32 bytes."""

    raw: bytes

    @property
    def key_id(self) -> str:
        """Return the SHA-256 of the 32 bytes, in lower-case hex."""
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def pem(self) -> bytes:
        """Return the key as PEM (SubjectPublicKeyInfo)."""
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415

        return ed25519.Ed25519PublicKey.from_public_bytes(self.raw).public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Say whether this key's owner signed `message`."""
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415

        try:
            ed25519.Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except InvalidSignature:
            return False
        return True


class Signer:
    """Signs with one private key, which never leaves it."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = PublicKey(private.public_key().public_bytes_raw())

    @property
    def key_id(self) -> str:
        """Return the id of the public key."""
        return self.public.key_id

    @property
    def public_pem(self) -> bytes:
        """Return the public key as PEM."""
        return self.public.pem

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of the signature."""
        return self._private.sign(message)


def load_signer(path: Path) -> Signer:
    """Return the signer of a PEM file (PKCS#8, Ed25519, mode 0600); raises `KeyBroken`."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415

    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_bytes()
    except OSError as error:
        raise _broken(path, error.strerror or str(error)) from error
    if mode & _OTHERS:
        raise _broken(path, f"its mode is {mode:04o}: others can read it", f"chmod 600 {path}")
    try:
        private = serialization.load_pem_private_key(text, password=None)
    except (ValueError, TypeError) as error:
        raise _broken(path, "it holds no private key in PEM form without a password") from error
    if not isinstance(private, ed25519.Ed25519PrivateKey):
        raise _broken(path, "it is no Ed25519 key")
    return Signer(private)


def load_public(path: Path) -> PublicKey:
    """Return the public key of a PEM file; raises `KeyBroken`."""
    try:
        return parse_public(path.read_bytes())
    except OSError as error:
        raise _broken(path, error.strerror or str(error)) from error
    except ValueError as error:
        raise _broken(path, str(error), "cutline key show prints the public key") from error


def parse_public(pem: bytes) -> PublicKey:
    """Return the public key in a PEM text; `ValueError` if there is none of Ed25519."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415

    try:
        key = serialization.load_pem_public_key(pem)
    except ValueError as error:
        raise ValueError("it holds no public key in PEM form") from error
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise ValueError("it is no Ed25519 key")  # noqa: TRY004  # of a text, not of a type
    return PublicKey(key.public_bytes_raw())


def new_key(path: Path) -> Signer:
    """Make a key, write it with mode 0600 where no file is, and return its signer."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415

    private = ed25519.Ed25519PrivateKey.generate()
    text = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    try:
        files.put_new(path, text, 0o600)
    except FileExistsError as error:
        raise CannotWrite(
            "there is a file already and no key is made over it",
            where=str(path),
            remedy="name another path, or keep using this key",
        ) from error
    return Signer(private)


def key_path(environment: dict[str, str] | os._Environ[str] = os.environ) -> Path:
    """Return the path in `CUTLINE_KEY`; raises `KeyBroken` where it is not set."""
    path = environment.get("CUTLINE_KEY")
    if not path:
        raise KeyBroken(
            "no key is named",
            where="CUTLINE_KEY",
            remedy="cutline key new cutline.key.pem, then export CUTLINE_KEY=cutline.key.pem",
        )
    return Path(path)


def _broken(path: Path, why: str, remedy: str = "") -> KeyBroken:
    return KeyBroken(
        "the key cannot be used; nothing was signed and no other key was made",
        where=str(path),
        why=why,
        remedy=remedy or "bring it back from its copy, or cutline key rotate to a new one",
    )
