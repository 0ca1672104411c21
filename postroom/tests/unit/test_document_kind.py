"""What a file is, and what plain text says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.documents.kind import type_of
from postroom.documents.plain import is_text, plain_text, storable

OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)


@pytest.mark.parametrize(
    ("data", "suffix", "declared", "expected"),
    [
        (b"%PDF-1.4\n", "txt", "text/plain", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "pdf", "application/pdf", "image/png"),
        (b"BEGIN:VCALENDAR\r\n", "ics", "text/calendar", "text/plain"),
        (b"def f(): pass\n", "py", "", "text/plain"),
        (b'{"a": 1}', "json", "application/json", "text/plain"),
        (b"words and words", "html", "", "text/html"),
        (b"Subject: x\r\n\r\nbody", "eml", "", "message/rfc822"),
        (b"words and words", "xyz", "video/mp4", "text/plain"),
        ("Wörter".encode("utf-16"), "prx", "", "text/plain"),
        (bytes(range(256)), "mp3", "", "audio/mpeg"),
        (bytes(range(256)), "", "application/x-foo", "application/x-foo"),
        (bytes(range(256)), "", "", None),
        (OLE, "doc", "", "application/msword"),
    ],
)
def test_a_type_is_told_by_the_bytes_then_the_name_then_the_sender(
    data, suffix, declared, expected
):
    """A wrong name or a wrong declared type never decides about bytes that tell."""
    assert type_of(data, suffix, declared) == expected


def test_bytes_with_nul_are_no_text():
    """Binary files do not become pages of control characters."""
    assert not is_text(b"MZ\x90\x00" + b"text " * 99)
    assert not is_text(b"\x01\x02\x03 text")
    assert is_text(b"\x1b[1mlog\x1b[0m of a terminal, " * 9)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("é".encode(), "é"),
        ("é".encode("cp1252"), "é"),
        (b"\xef\xbb\xbf\xc3\xa9", "é"),
        (b"\xff\xfee\x00\x00\xd8", "e\ufffd"),
        (b"\x81", "\ufffd"),
    ],
)
def test_no_bytes_are_too_broken_to_decode(data, text):
    """What is no valid text of its encoding is replaced, never refused."""
    assert plain_text(data) == text


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_becomes_storable(text):
    """PostgreSQL takes it, and nothing but what it refuses was changed."""
    stored = storable(text)
    stored.encode()
    assert "\0" not in stored
    if text.isascii() and "\0" not in text:
        assert stored == text
    assert storable(stored) == stored


@given(st.binary(max_size=300), st.sampled_from(["", "html", "docx", "png"]))
def test_any_bytes_have_a_type_or_none(data, suffix):
    """Looking at a file never raises."""
    assert type_of(data, suffix, "") is None or type_of(data, suffix, "")
