"""The text of a mail by the libraries that v1 uses: plain, else out of HTML, else out of RTF."""

from __future__ import annotations

import re
import struct
import warnings
from dataclasses import dataclass
from typing import Any

import compressed_rtf
from bs4 import BeautifulSoup
from compressed_rtf.crc32 import crc32
from striprtf.striprtf import rtf_to_text

from postroom import identity
from postroom.identity import Properties
from postroom.legacy.decode import DEFAULT_CODE_PAGE, Decoder, clean
from postroom.legacy.stored import UNREADABLE, Loss, why

_ANSI_CODE_PAGE = re.compile(r"\\ansicpg(\d{1,5})")
_HEADER = struct.Struct("<II4sI")


@dataclass(frozen=True, slots=True)
class Bodies:
    """What a mail says, in each form that it has, and the text that people and gates read."""

    text: str | None
    source: str | None
    html: str | None
    rtf: str | None
    code_page: int | None
    losses: tuple[Loss, ...] = ()

    @property
    def text_hash(self) -> str | None:
        """SHA-256 of the text as it is stored."""
        return None if self.text is None else identity.sha256(self.text.encode())


def bodies_of(message: Any, properties: Properties, decoder: Decoder) -> Bodies:
    """The bodies of a message; one that cannot be read is a loss and leaves the others."""
    html, html_page = decoder.html()
    rtf, losses = _rtf(message, properties)
    plain = decoder.tag(0x1000)
    if plain is not None:
        is_wide = properties[0x1000].type == identity.PT_UNICODE
        page = None if is_wide else decoder.code_page
        return Bodies(plain, "plain", html, rtf, page, losses)
    if html is not None:
        return Bodies(html_text(html), "html", html, rtf, html_page, losses)
    if rtf is not None:
        return Bodies(rtf_text(rtf), "rtf", html, rtf, _rtf_code_page(rtf), losses)
    return Bodies(None, None, html, rtf, None, losses)


def html_text(html: str) -> str:
    """What a reader sees of HTML: no script, no style, one line a block."""
    with warnings.catch_warnings():
        # It warns where HTML looks like XML, a path or a URL: mail often does.
        warnings.simplefilter("ignore")
        soup = BeautifulSoup(html, "html.parser")
    for hidden in soup(["script", "style", "head", "title"]):
        hidden.decompose()
    return clean(soup.get_text("\n", strip=True))


def rtf_text(rtf: str) -> str:
    """What a reader sees of RTF."""
    return clean(rtf_to_text(rtf, errors="replace"))  # type: ignore[no-untyped-call]


def _rtf_code_page(rtf: str) -> int:
    stated = _ANSI_CODE_PAGE.search(rtf)
    return int(stated[1]) if stated else DEFAULT_CODE_PAGE


def _rtf(message: Any, properties: Properties) -> tuple[str | None, tuple[Loss, ...]]:
    stored = properties.get(0x1009)
    if stored is None or not stored.data:
        return None, ()
    try:
        return clean(_decompressed(message, stored.data).decode("latin-1")), ()
    except Exception as error:  # noqa: BLE001  # the library raises bare Exceptions
        return None, (Loss(why(error), tag=0x1009, property=f"1009{stored.type:04x}"),)


def _decompressed(message: Any, data: bytes) -> bytes:
    """By pypff, which refuses a CRC of 0 as many writers leave it; then by compressed_rtf."""
    try:
        found = message.rtf_body
    except (*UNREADABLE, AttributeError):
        found = None
    return bytes(found) if found else bytes(compressed_rtf.decompress(_with_crc(data)))


def _with_crc(data: bytes) -> bytes:
    if len(data) < _HEADER.size:
        return data
    size, raw_size, kind, crc = _HEADER.unpack_from(data)
    if kind != b"LZFu" or crc:
        return data
    contents = data[_HEADER.size : size + 4]
    return _HEADER.pack(size, raw_size, kind, crc32(contents)) + contents
