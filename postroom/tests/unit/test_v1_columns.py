"""How v1 makes columns for people out of stored bytes."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import compressed_rtf
import pytest
from tests_support.pypff_fake import Message

from postroom.identity import Value
from postroom.legacy import moments
from postroom.legacy.bodies import bodies_of, html_text
from postroom.legacy.decode import Decoder, clean, codec, errors_of
from postroom.legacy.fields import attachment_columns, base_name, edrm_mih, subject
from postroom.legacy.names import categories

EXTRACTOR = Path(__file__).parents[2] / "extractor"
PAGES = json.loads((EXTRACTOR / "tests/text/codepages.json").read_text())["single"]
HTML = Value(0x0102, "<p>Grüße</p>".encode())


def page(number: int) -> Value:
    return Value(0x0003, struct.pack("<I", number))


def wide(text: str) -> Value:
    return Value(0x001F, text.encode("utf-16-le"))


@pytest.mark.parametrize(
    ("code_page", "data", "text"),
    [
        (1252, b"caf\xe9 \x81\x80", "café \x81€"),
        (1251, "Привет".encode("cp1251"), "Привет"),
        (932, "東京".encode("cp932"), "東京"),
        (28597, "Αθήνα".encode("iso8859-7"), "Αθήνα"),
        (65001, "Grüße".encode(), "Grüße"),
        (20866, "Привет".encode("koi8-r"), "Привет"),
        (99999, b"caf\xe9", "café"),
    ],
)
def test_eight_bit_text_is_read_by_the_code_page_of_its_message(code_page, data, text):
    """3FFD says how; an unknown page is read as 1252, an undefined byte there is a control."""
    decoder = Decoder({0x3FFD: page(code_page), 0x0070: Value(0x001E, data)})
    assert decoder.tag(0x0070) == text
    assert not decoder.is_lossy


@pytest.mark.parametrize("code_page", sorted(PAGES, key=int))
def test_a_page_of_single_bytes_reads_as_in_the_extractor(code_page):
    """v1 and v2 decode by tables of their own; they agree wherever a byte has a meaning."""
    name, found = codec(int(code_page))
    read = bytes(range(256)).decode(name, errors_of(name))
    defined = [at for at, char in enumerate(PAGES[code_page]) if char != "\ufffd"]
    assert found == int(code_page)
    assert [read[at] for at in defined] == [PAGES[code_page][at] for at in defined]


def test_text_that_had_to_be_replaced_is_said_to_be_lossy():
    """A reader can tell that the stored text was broken."""
    decoder = Decoder({0x3FFD: page(65001), 0x0070: Value(0x001E, b"\xff")})
    assert decoder.tag(0x0070) == "\ufffd"
    assert decoder.is_lossy


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({0x1013: HTML, 0x3FDE: page(65001)}, ("<p>Grüße</p>", 65001)),
        ({0x1013: HTML}, ("<p>GrÃ¼ÃŸe</p>", 1252)),
        ({0x1013: wide("<p>ж</p>"), 0x3FDE: page(1252)}, ("<p>ж</p>", None)),
        ({0x1013: Value(0x0102, b"")}, (None, None)),
    ],
)
def test_html_is_read_by_its_own_code_page(properties, expected):
    """3FDE, then the meta tag, then 1252; UTF-16 needs none."""
    assert Decoder(properties).html() == expected


def test_a_meta_tag_names_the_code_page_where_no_property_does():
    """What the page says of itself is believed before the default."""
    data = b'<meta http-equiv="x" content="text/html; charset=windows-1251"><p>\xe6</p>'
    html, code_page = Decoder({0x1013: Value(0x0102, data)}).html()
    assert html.endswith("<p>ж</p>")
    assert code_page == 1251


def test_an_unknown_code_page_is_that_of_western_windows():
    """A page that Python does not know never raises."""
    assert codec(12345) == ("cp1252", 1252)


def test_text_for_people_is_valid_for_postgresql():
    """No U+0000 and no lone surrogate reaches a column."""
    assert clean("a\0b\ud800\0\0") == "a\ufffdb\ufffd"


def test_the_plain_body_comes_before_html_and_html_before_rtf():
    """body_text is the first form that is not empty, and says which."""
    rtf = Value(0x0102, compressed_rtf.compress(rb"{\rtf1\ansi\ansicpg1251 from RTF\par}"))
    forms = {0x1000: wide("plain"), 0x1013: Value(0x0102, b"<b>from</b> HTML"), 0x1009: rtf}
    found = []
    for empty in ((), (0x1000,), (0x1000, 0x1013)):
        kept = {tag: value for tag, value in forms.items() if tag not in empty}
        bodies = bodies_of(Message(1, []), kept, Decoder(kept))
        found.append((bodies.source, bodies.text.split(), bodies.code_page))
    assert found == [
        ("plain", ["plain"], None),
        ("html", ["from", "HTML"], 1252),
        ("rtf", ["from", "RTF"], 1251),
    ]


def test_rtf_with_a_crc_of_zero_is_read():
    """Many writers leave the CRC out; the text is there all the same."""
    stored = bytearray(compressed_rtf.compress(rb"{\rtf1 hello}"))
    stored[12:16] = bytes(4)
    kept = {0x1009: Value(0x0102, bytes(stored))}
    assert bodies_of(Message(1, []), kept, Decoder(kept)).text.strip() == "hello"


def test_rtf_that_cannot_be_unpacked_is_a_loss():
    """The mail stays, without that body and with the reason."""
    kept = {0x1009: Value(0x0102, b"no RTF")}
    bodies = bodies_of(Message(1, []), kept, Decoder(kept))
    assert bodies.text is None
    assert [loss.property for loss in bodies.losses] == ["10090102"]


def test_scripts_and_styles_are_no_text():
    """A reader sees what a mail shows."""
    html = "<title>t</title><style>p{}</style><script>x()</script><p>one</p><p>two &amp; three</p>"
    assert html_text(html) == "one\ntwo & three"


@pytest.mark.parametrize(
    ("filetime", "expected"),
    [
        (None, None),
        (0, None),
        (1, "1601-01-01T00:00:00.0000001Z"),
        (132_000_000_001_234_567, "2019-04-17T18:40:00.1234567Z"),
        ((1 << 63) - 1, None),
    ],
)
def test_a_filetime_keeps_its_seven_digits(filetime, expected):
    """No tick is lost; zero and years after 9999 are no moment."""
    assert moments.utc(filetime) == expected


def test_a_subject_loses_its_mark_and_nothing_else():
    """The mark of a prefix is for programs."""
    properties = {0x0037: wide("\x01\x05RE: Plan")}
    assert subject(properties, Decoder(properties)) == "RE: Plan"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("C:\\a\\b.txt", "b.txt"), ("../../etc/passwd", "passwd"), ("a/", None)],
)
def test_a_file_name_for_people_is_never_a_path(name, expected):
    """What an attachment calls itself names no folder."""
    assert base_name(name) == expected


def test_the_edrm_hash_is_of_the_bare_message_id():
    """Other tools compute the same."""
    assert edrm_mih("<a@b>") == edrm_mih("a@b") == "a1ca0ed6e42a23f4758e8a3f6b54de58"


def test_an_attachment_that_the_html_shows_is_inline():
    """A content id that the body refers to, or the flag of a rendered one."""
    decoder = Decoder({})
    picture = {0x3712: wide("<p1@x>")}
    assert attachment_columns(picture, decoder, '<img src="cid:p1@x">')["is_inline"]
    assert not attachment_columns(picture, decoder, "<p>none</p>")["is_inline"]
    assert attachment_columns({0x3714: page(4)}, decoder, "")["is_inline"]


def test_categories_are_strings_or_none():
    """A file that keeps something else under that name has no categories."""
    packed = [part.encode("utf-16-le") for part in ("Red", "Blau")]
    offsets = (12, 12 + len(packed[0]))
    stored = struct.pack("<III", 2, *offsets) + b"".join(packed)
    decoder = Decoder({})
    assert categories({0x8012: Value(0x101F, stored)}, 0x8012, decoder) == ["Red", "Blau"]
    assert categories({0x8012: Value(0x0003, b"\1\0\0\0")}, 0x8012, decoder) == []
    assert categories({0x8012: Value(0x101F, b"\xff\xff\xff\xff")}, 0x8012, decoder) == []
