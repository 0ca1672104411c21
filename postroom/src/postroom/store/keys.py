"""What a key may be, in every store alike: a database may hold whatever somebody wrote into it."""

from __future__ import annotations

from typing import Final

from cutline.errors import WrongUsage

LONGEST_BYTES: Final = 1024
LONGEST_PART_BYTES: Final = 240


def checked(key: str) -> str:
    """Return the key; raises `WrongUsage` for one that would leave the store or fits none.

    It is a relative path with `/`. No part is empty or begins with a dot: such names are the
    store's own.
    """
    try:
        is_long = len(key.encode()) > LONGEST_BYTES
        is_long = is_long or any(len(p.encode()) > LONGEST_PART_BYTES for p in key.split("/"))
    except UnicodeEncodeError:
        raise _refused(key, "it is no text") from None
    if is_long:
        why = f"it has more than {LONGEST_BYTES} bytes, or a part more than {LONGEST_PART_BYTES}"
        raise _refused(key[:100], why)
    if any(part == "" or part.startswith(".") for part in key.split("/")):
        raise _refused(key, "a key has no empty parts and none that begins with a dot")
    if "\\" in key or any(ord(character) < ord(" ") for character in key):
        raise _refused(key, "a key has no backslash and no control character")
    return key


def below(prefix: str) -> str:
    """Return how every key below a prefix begins; "" for all."""
    return f"{checked(prefix)}/" if prefix else ""


def _refused(key: str, why: str) -> WrongUsage:
    return WrongUsage(
        "this key would leave the object store",
        where=repr(key),
        why=why,
        remedy="use the keys that the archive's s3_key holds",
    )
