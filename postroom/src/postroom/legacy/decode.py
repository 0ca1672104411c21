"""Text for people, as v1 decodes it: Python's codecs by the code page of the message."""

from __future__ import annotations

import codecs
import re

from postroom import identity
from postroom.identity import Properties, Value

DEFAULT_CODE_PAGE = 1252
_NAMES = {
    1200: "utf-16-le",
    1201: "utf-16-be",
    708: "iso8859-6",
    10000: "mac-roman",
    10001: "cp932",
    10002: "cp950",
    10003: "cp949",
    10004: "mac-arabic",
    10006: "mac-greek",
    10007: "mac-cyrillic",
    10008: "gbk",
    10010: "mac-romanian",
    10029: "mac-latin2",
    10079: "mac-iceland",
    10081: "mac-turkish",
    10082: "mac-croatian",
    20127: "ascii",
    20866: "koi8-r",
    20932: "euc-jp",
    20936: "gbk",
    21866: "koi8-u",
    50220: "iso2022-jp",
    50221: "iso2022-jp",
    50222: "iso2022-jp",
    50225: "iso2022-kr",
    38598: "iso8859-8",
    51932: "euc-jp",
    51936: "gbk",
    51949: "cp949",
    52936: "hz",
    54936: "gb18030",
    65000: "utf-7",
    65001: "utf-8",
}
_ISO_8859 = range(28591, 28607)
_C1 = range(0x80, 0xA0)
_CHARSET = re.compile(rb"""<meta[^>]{0,400}?charset\s*=\s*["']?([A-Za-z0-9_:.-]+)""", re.IGNORECASE)


def _c1_or_replacement(error: UnicodeError) -> tuple[str, int]:
    """An undefined byte of 80 to 9F is the control of that number, as on Windows and on the web."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    byte = error.object[error.start]
    return (chr(byte) if byte in _C1 else "\ufffd", error.start + 1)


codecs.register_error("postroom-windows", _c1_or_replacement)


def codec(code_page: int | None) -> tuple[str, int]:
    """Python's codec for a code page and the page that it stands for; 1252 where there is none."""
    page = code_page or DEFAULT_CODE_PAGE
    name = _NAMES.get(page, f"cp{page}")
    if page in _ISO_8859:
        name = f"iso8859-{page - _ISO_8859.start + 1}"
    try:
        codecs.lookup(name)
    except LookupError:
        return "cp1252", DEFAULT_CODE_PAGE
    return name, page


def clean(string: str) -> str:
    """The string as PostgreSQL takes it: trailing U+0000 removed, others and surrogates U+FFFD."""
    without = string.rstrip("\0").replace("\0", "\ufffd")
    return without.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def decoded(data: bytes, name: str) -> str:
    """8-bit text by a codec of Python, nothing of it lost in silence."""
    return clean(data.decode(name, errors_of(name)))


def errors_of(name: str) -> str:
    """The handler of undefined bytes: pages of Windows let the controls of 80 to 9F through."""
    is_windows = name.startswith("cp125") or name == "cp874"
    return "postroom-windows" if is_windows else "replace"


class Decoder:
    """Decodes the strings of one message and remembers whether it had to replace anything."""

    def __init__(self, properties: Properties) -> None:
        self._properties = properties
        self.name, self.code_page = codec(identity.integer32(properties.get(0x3FFD)))
        self.is_lossy = False

    def text(self, value: Value | None) -> str | None:
        """The text of a stored string; None where there is none."""
        if value is None or not identity.text(value):
            return None
        if value.type == identity.PT_UNICODE:
            found = identity.text(value)
        else:
            found = decoded(value.data, self.name)
        self.is_lossy = self.is_lossy or "\ufffd" in found
        return found

    def tag(self, tag: int) -> str | None:
        """The text of a property of the message."""
        return self.text(self._properties.get(tag))

    def html(self) -> tuple[str | None, int | None]:
        """The HTML body and the code page that it was decoded by, None for UTF-16."""
        value = self._properties.get(0x1013)
        if value is None or not identity.text(value):
            return None, None
        if value.type == identity.PT_UNICODE:
            return self.text(value), None
        name, page = self._html_codec(value.data)
        found = decoded(value.data, name)
        self.is_lossy = self.is_lossy or "\ufffd" in found
        return found, page

    def _html_codec(self, data: bytes) -> tuple[str, int]:
        if stated := identity.integer32(self._properties.get(0x3FDE)):
            return codec(stated)
        if charset := _CHARSET.search(data[:4096]):
            return _named(charset[1].decode("ascii"))
        return codec(None)


def _named(charset: str) -> tuple[str, int]:
    pages = {**{f"windows-{page}": page for page in range(1250, 1259)}, "utf-8": 65001}
    pages |= {f"iso-8859-{number}": 28590 + number for number in range(1, 17)}
    pages |= {"koi8-r": 20866, "koi8-u": 21866, "gb2312": 936, "gbk": 936, "gb18030": 54936}
    pages |= {"big5": 950, "shift_jis": 932, "euc-jp": 51932, "euc-kr": 949, "us-ascii": 20127}
    pages |= {"iso-2022-jp": 50220}
    return codec(pages.get(charset.lower()))
