"""Signatures of people by their SSH keys: `ssh-keygen -Y sign -n cutline -f KEY BRIEF`.

Source: OpenSSH, PROTOCOL.sshsig. Verified here with `cryptography`, so that a machine without
OpenSSH can verify too.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

NAMESPACE = "cutline"
BEGIN, END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
MAGIC = b"SSHSIG"
HASHES = {b"sha256": hashlib.sha256, b"sha512": hashlib.sha512}
RSA_HASHES = {b"rsa-sha2-256": hashes.SHA256(), b"rsa-sha2-512": hashes.SHA512()}
CURVE_HASHES = {256: hashes.SHA256(), 384: hashes.SHA384(), 521: hashes.SHA512()}


def fault(signed: bytes, signature: str, public_key: str) -> str:
    """Return why `signature` is not that of `public_key` over `signed`; empty if it is.

    `public_key` is a whole line such as `ssh-ed25519 AAAA… ana`. Security keys (sk-…) are not read.
    """
    try:
        return _fault(signed, signature, public_key)
    except (ValueError, struct.error, binascii.Error, UnsupportedAlgorithm) as error:
        return f"the signature cannot be read: {error}"


def _fault(signed: bytes, signature: str, public_key: str) -> str:
    parts = public_key.split()
    if len(parts) < 2:  # noqa: PLR2004  # type and key
        return "the plan's key of that person is no SSH public key"
    own = base64.b64decode(parts[1], validate=True)
    key_blob, namespace, reserved, hash_name, blob = _parts(_unarmor(signature))
    if key_blob != own:
        return "it was made with another key than the plan names for that person"
    if namespace != NAMESPACE.encode():
        return f"its namespace is {namespace.decode(errors='replace')!r}, not {NAMESPACE!r}"
    if hash_name not in HASHES:
        return f"its hash is {hash_name.decode(errors='replace')!r}"
    digest = HASHES[hash_name](signed).digest()
    message = MAGIC + b"".join(map(_packed, (namespace, reserved, hash_name, digest)))
    try:
        _verify(public_key, blob, message)
    except InvalidSignature:
        return "it does not fit the brief: another brief was signed, or it was changed since"
    return ""


def _verify(public_key: str, blob: bytes, message: bytes) -> None:
    algorithm, rest = _string(blob)
    raw, more = _string(rest)
    if more or (
        algorithm not in RSA_HASHES and algorithm != public_key.split(maxsplit=1)[0].encode()
    ):
        raise ValueError("its algorithm is not that of the key")
    key = serialization.load_ssh_public_key(public_key.encode())
    match key:
        case ed25519.Ed25519PublicKey():
            key.verify(raw, message)
        case ec.EllipticCurvePublicKey():
            first, rest = _string(raw)
            second, _ = _string(rest)
            der = encode_dss_signature(int.from_bytes(first), int.from_bytes(second))
            key.verify(der, message, ec.ECDSA(CURVE_HASHES[key.curve.key_size]))
        case rsa.RSAPublicKey() if algorithm in RSA_HASHES:
            key.verify(raw, message, padding.PKCS1v15(), RSA_HASHES[algorithm])
        case _:
            raise ValueError(f"signatures of kind {algorithm.decode(errors='replace')} are unknown")


def _unarmor(text: str) -> bytes:
    lines = [line.strip() for line in text.strip().splitlines()]
    if len(lines) < 3 or lines[0] != BEGIN or lines[-1] != END:  # noqa: PLR2004  # frame and body
        raise ValueError(f"it does not stand between {BEGIN!r} and {END!r}")
    body = "".join(lines[1:-1])
    raw = base64.b64decode(body, validate=True)
    if base64.b64encode(raw).decode() != body:
        raise ValueError("its base64 is not canonical")
    return raw


def _parts(raw: bytes) -> tuple[bytes, bytes, bytes, bytes, bytes]:
    if raw[: len(MAGIC)] != MAGIC:
        raise ValueError("it is no SSH signature")
    version = struct.unpack_from(">I", raw, len(MAGIC))[0]
    if version != 1:
        raise ValueError(f"version {version} is unknown")
    rest, found = raw[len(MAGIC) + 4 :], []
    for _ in range(5):
        part, rest = _string(rest)
        found.append(part)
    if rest:
        raise ValueError("bytes follow its end")
    return found[0], found[1], found[2], found[3], found[4]


def _string(raw: bytes) -> tuple[bytes, bytes]:
    size = struct.unpack_from(">I", raw)[0]
    if len(raw) < 4 + size:
        raise ValueError("it is cut off")
    return raw[4 : 4 + size], raw[4 + size :]


def _packed(part: bytes) -> bytes:
    return struct.pack(">I", len(part)) + part
