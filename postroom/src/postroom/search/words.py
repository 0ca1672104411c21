"""Which words a text has. Both engines index these and nothing else, so they find the same.

A word is a run of letters, digits and the marks that belong to them, without case and diacritics.
Scripts that are written without spaces, or that hang endings onto words (Chinese, Japanese, Korean,
Thai, Lao, Khmer, Burmese, Tibetan), have a word for each character: what is looked for in them is a
phrase, so any part of a sentence is found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final

LONGEST_WORD: Final = 64
"""A longer run is several words, one after the other, so that it is found as a phrase."""

# Marks that say how a letter sounds or looks, in Latin, Greek, Cyrillic, Hebrew and Arabic; and
# what is not seen at all: soft hyphens, joiners, marks of direction, variation selectors, tatweel.
_DROPPED: Final = re.compile(
    "[\u00ad\u0300-\u034e\u0350-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u1ab0-\u1aff"
    "\u1dc0-\u1dff\u200b-\u200f\u202a-\u202e\u2060-\u2064\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f"
    "\ufeff\U000e0100-\U000e01ef]"
)

# Letters that no normal form takes apart.
_SPELLED: Final = (
    *(("ø", "o"), ("ł", "l"), ("đ", "d"), ("ħ", "h"), ("ŧ", "t"), ("\u0131", "i"), ("ð", "d")),
    *(("æ", "ae"), ("œ", "oe")),
)

# The scripts whose characters are words.
_SINGLE_RANGES: Final = (
    *((0x0E01, 0x0EFF), (0x0F00, 0x0FFF), (0x1000, 0x109F), (0x1100, 0x11FF), (0x1780, 0x17FF)),
    *((0x1950, 0x19DF), (0x1A20, 0x1AAF), (0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3021, 0x303C)),
    *((0x3041, 0x312F), (0x3131, 0x31BF), (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF)),
    *((0xA000, 0xA4CF), (0xA960, 0xA97F), (0xA980, 0xA9FF), (0xAA60, 0xAADF), (0xAC00, 0xD7FF)),
    *((0xF900, 0xFAFF), (0xFF66, 0xFFDC), (0x16F00, 0x18CFF), (0x1AFF0, 0x1B2FF)),
    *((0x20000, 0x323AF),),
)

# Above are only ideographs, which are all in the ranges above.
_LAST_SCANNED: Final = 0x1FFFF

_ASCII: Final = re.compile(rf"[a-z0-9]{{1,{LONGEST_WORD}}}")
_ASCII_FOLDED: Final = "".join(c.lower() if c.isalnum() else " " for c in map(chr, range(128)))
_MOST_MARKS: Final = 30

# COMBINING GRAPHEME JOINER: ends a run of marks and is not seen.
_JOINER: Final = "\u034f"

# Korean letters and Japanese voicing marks join what stands before them.
_CLUSTER_END: Final = "\u1160-\u11ff\u3099\u309a\u3131-\u318e\uff9e-\uffdc"


def fold(text: str) -> str:
    """The text without case, diacritics and compatibility forms; folding it again changes nothing.

    `Straße` and `STRASSE` fold to the same, as do half and full widths, ligatures, and letters with
    and without accents.
    """
    if text.isascii():
        return text.lower()
    # Putting a run of marks in order takes the square of their number: long ones are broken up, as
    # in the Stream-Safe Text Format (Unicode Standard Annex 15, section 13).
    bounded = _mark_run().sub(rf"\g<0>{_JOINER}", text)
    folded = _DROPPED.sub("", unicodedata.normalize("NFKD", bounded)).casefold()
    for letter, spelled in _SPELLED:
        folded = folded.replace(letter, spelled)
    return unicodedata.normalize("NFC", folded).replace(_JOINER, "")


def words(text: str) -> list[str]:
    """The words of `text`, in order. Any text has some or none: nothing is refused."""
    if text.isascii():
        found = text.translate(_ASCII_FOLDED).split()
        # Most texts have no long word: a regex for all would take twice as long.
        if not found or len(max(found, key=len)) <= LONGEST_WORD:
            return found
    folded = fold(text)
    return (_ASCII if folded.isascii() else _any_word()).findall(folded)


def located_words(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield each word with where it stands in `text`: its begin and its end."""
    if text.isascii():
        for found in _ASCII.finditer(text.lower()):
            yield found[0], found.start(), found.end()
        return
    parts, starts, ends = [], list[int](), list[int]()
    for cluster in _cluster().finditer(text):
        part = _fold_cluster(cluster[0])
        parts.append(part)
        starts += [cluster.start()] * len(part)
        ends += [cluster.end()] * len(part)
    for found in _any_word().finditer("".join(parts)):
        yield found[0], starts[found.start()], ends[found.end() - 1]


@cache
def _any_word() -> re.Pattern[str]:
    single, rest = _classes()
    return re.compile(f"[{single}]|[{rest}]{{1,{LONGEST_WORD}}}")


@cache
def _mark_run() -> re.Pattern[str]:
    dropped = _DROPPED.pattern.strip("[]")
    return re.compile(f"[{_marks()}{dropped}]{{{_MOST_MARKS}}}")


@cache
def _cluster() -> re.Pattern[str]:
    """A character with what belongs to it: folded one by one they are as the text folded whole."""
    end = f"{_marks()}{_CLUSTER_END}\U000e0100-\U000e01ef"
    return re.compile(f".[{end}]{{0,{_MOST_MARKS}}}", re.DOTALL)


@cache
def _marks() -> str:
    return _spelled_ranges(n for n in range(_LAST_SCANNED) if _category(n)[0] == "M")


@lru_cache(maxsize=4096)
def _fold_cluster(cluster: str) -> str:
    return fold(cluster)


@cache
def _classes() -> tuple[str, str]:
    """The characters that are words, and those that make words with others, as regex classes."""
    singles = {n for first, last in _SINGLE_RANGES for n in range(first, last + 1)}
    known = [n for n in range(_LAST_SCANNED) if _is_word(n)]
    ideographs = (n for n in sorted(singles) if n > _LAST_SCANNED)
    single = [*(n for n in known if n in singles), *ideographs]
    return _spelled_ranges(single), _spelled_ranges(n for n in known if n not in singles)


def _is_word(number: int) -> bool:
    return chr(number).isalnum() or _category(number)[0] == "M"


def _category(number: int) -> str:
    return unicodedata.category(chr(number))


def _spelled_ranges(numbers: Iterator[int] | list[int]) -> str:
    spelled, first, last = [], -1, -1
    for number in [*numbers, -1]:
        if number == last + 1 and first >= 0:
            last = number
            continue
        if first >= 0:
            spelled.append(f"\\U{first:08x}-\\U{last:08x}")
        first = last = number
    return "".join(spelled)
