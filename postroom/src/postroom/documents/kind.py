"""What a file is: by its content, else by its name, else by what was declared."""

from __future__ import annotations

import mimetypes
from typing import Final

import kreuzberg

from postroom.documents.plain import is_text

PLAIN: Final = "text/plain"

_TEXT_WITH_MARKUP: Final = frozenset(
    ("text/html", "application/xhtml+xml", "text/rtf", "application/rtf", "message/rfc822")
)
_TEXT_BY_CONTENT: Final = frozenset((PLAIN, "application/json", "application/xml", "text/xml"))
_MARKUP_BY_NAME: Final = {"eml": "message/rfc822", "rtf": "application/rtf"}


def type_of(data: bytes, suffix: str, declared: str) -> str | None:
    """Give the MIME type of `data`; None for bytes that nothing tells about.

    `text/plain` stands for every text that is read as it is: program code, tables, calendars.
    """
    by_name = _by_name(suffix)
    by_content = _by_content(data)
    if by_content in _TEXT_BY_CONTENT or by_content is None:
        if not is_text(data):
            return by_name or declared or None
        hints = (hint for hint in (by_name, declared) if hint in _TEXT_WITH_MARKUP)
        return next(hints, PLAIN)
    return by_content if by_content in _TEXT_WITH_MARKUP or not is_text_type(by_content) else PLAIN


def is_text_type(mime_type: str) -> bool:
    """Whether a type is text that needs no parser."""
    return mime_type.startswith("text/") and mime_type not in _TEXT_WITH_MARKUP


def _by_name(suffix: str) -> str | None:
    if not suffix:
        return None
    return _MARKUP_BY_NAME.get(suffix) or mimetypes.guess_type(f"x.{suffix}", strict=False)[0]


def _by_content(data: bytes) -> str | None:
    try:
        return str(kreuzberg.detect_mime_type(data))
    except (kreuzberg.KreuzbergError, ValueError, RuntimeError):
        return None
