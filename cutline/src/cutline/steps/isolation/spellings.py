"""The texts that one text also is: decoded as URL, JSON, base64 and gzip, a few times over."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
import zlib
from collections.abc import Iterator
from urllib.parse import unquote

DEEPEST = 4
_MOST_BYTES = 64 * 1024 * 1024
_JSON_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|\\(/)")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
_DOTS: dict[int, str] = dict.fromkeys(
    (0x3002, 0xFF0E, 0xFF61), "."
)  # what IDNA also takes for a dot
_GZIP = b"\x1f\x8b"


def spellings(text: str) -> Iterator[str]:
    """Yield `text` as people read it, then what an encoding hides in it; each once."""
    seen: set[str] = set()
    queue = [(text, 0)]
    while queue:
        one, depth = queue.pop()
        plain = unicodedata.normalize("NFKC", one).translate(_DOTS)
        if plain in seen:
            continue
        seen.add(plain)
        yield plain
        if depth < DEEPEST:
            queue += [(other, depth + 1) for other in _decodings(plain)]


def _decodings(text: str) -> Iterator[str]:
    if "%" in text:
        yield unquote(text)
    if "\\" in text:
        yield _JSON_ESCAPE.sub(_character, text)
    for found in _BASE64.finditer(text):
        if (inner := _decoded(found[0])) is not None:
            yield text_of(inner)


def text_of(content: bytes) -> str:
    """Return bytes as text in which ASCII words are found, whatever the encoding is."""
    if content.startswith(_GZIP):
        content = _unpacked(content)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    # UTF-16 without its mark is ASCII with NUL between: read it both ways.
    return f"{text}\n{text.replace(chr(0), '')}" if "\0" in text else text


def _unpacked(content: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(content, _MOST_BYTES)
    except zlib.error:
        return content


def _character(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    return chr(int(code, 16)) if code else found[3]


def _decoded(word: str) -> bytes | None:
    """Return what a word is as base64, if it is text or packed text; most words are neither."""
    padded = word.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        content = base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True)
        if not content.startswith(_GZIP):
            content.decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    return content
