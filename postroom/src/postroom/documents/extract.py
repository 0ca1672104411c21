"""The text of one file, in the calling process: `documents.children` calls it in a child."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import kreuzberg

from postroom.documents.kind import PLAIN, type_of
from postroom.documents.ocr import TESSDATA, ocr_language, tessdata
from postroom.documents.plain import plain_text

LARGEST_INPUT_BYTES: Final = 256 << 20
MOST_OCR_PAGES: Final = 10
NO_EXTRACTOR: Final = "no extractor for "
"""How the reason begins where nothing is wrong with a file but that nobody reads its type."""

_RULES: Final = 2  # of this file and of `kind`: a higher number reads everything again
_PDF: Final = "application/pdf"
# A scanned page has no letters of its own but for a stamp or a page number.
_LETTERS_OF_A_TYPED_PAGE: Final = 16


class NoTextError(Exception):
    """Why a file gave no text; `is_final` unless asking again may say something else."""

    def __init__(self, reason: str, *, is_final: bool = True) -> None:
        super().__init__(reason)
        self.is_final = is_final


@dataclass(frozen=True, slots=True)
class Extracted:
    """The text of a file, the type it was read as, and what was left out of the text."""

    text: str
    mime_type: str
    left_out: str | None = None


def extract(path: Path, sha256: str, suffix: str, declared: str) -> Extracted:
    """Read the text of a file; "" where it has none. Raises `NoTextError` with the reason."""
    size = path.stat().st_size
    if size > LARGEST_INPUT_BYTES:
        raise NoTextError(f"limit: {size} bytes are more than {LARGEST_INPUT_BYTES}")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise NoTextError("the object is not the content that it is named by", is_final=False)
    if not data:
        return Extracted("", declared or "application/x-empty")
    mime_type = type_of(data, suffix, declared)
    if mime_type is None:
        raise NoTextError(f"{NO_EXTRACTOR}a file of no known type")
    if mime_type == PLAIN:
        return Extracted(plain_text(data), mime_type)
    return _extracted(data, _supported(mime_type))


def extractor_version() -> str:
    """Name what a text depends on beside its file: program, rules, language data."""
    return f"kreuzberg-{kreuzberg.__version__}-{_RULES}-{ocr_language() or 'no-ocr'}"


def _supported(mime_type: str) -> str:
    try:
        kreuzberg.validate_mime_type(mime_type)
    except (kreuzberg.KreuzbergError, ValueError, RuntimeError) as error:
        raise NoTextError(f"{NO_EXTRACTOR}{mime_type[:100]}") from error
    if mime_type.startswith("image/") and ocr_language() is None:
        raise NoTextError(
            f"{NO_EXTRACTOR}{mime_type}: Tesseract has no language data;"
            f" install tesseract-ocr-eng or set {TESSDATA}"
        )
    return mime_type


def _extracted(data: bytes, mime_type: str) -> Extracted:
    if mime_type != _PDF:
        return Extracted(_read(data, mime_type, _config()).content, mime_type)
    # Left to itself the library takes typed pages for scanned ones and spends a second on each.
    typed = _read(data, mime_type, _config(is_typed=True))
    pages = int(typed.metadata.get("page_count") or 1)
    letters = sum(character.isalnum() for character in typed.content[: pages * 1000])
    if ocr_language() is None or letters >= pages * _LETTERS_OF_A_TYPED_PAGE:
        return Extracted(typed.content, mime_type)
    scanned = _read(data, mime_type, _config(scanned_pages=min(pages, MOST_OCR_PAGES)))
    left_out = f"limit: OCR of {MOST_OCR_PAGES} of {pages} pages"
    return Extracted(scanned.content, mime_type, left_out if pages > MOST_OCR_PAGES else None)


def _read(data: bytes, mime_type: str, config: Any) -> Any:  # noqa: ANN401  # kreuzberg has no types
    try:
        return kreuzberg.extract_bytes_sync(data, mime_type, config=config)
    except Exception as error:  # each of its types says why in its text
        reason = f"{mime_type}: {' '.join(str(error).split())[:300]}"
        raise NoTextError(reason) from error


@cache
def _config(*, is_typed: bool = False, scanned_pages: int = 0) -> Any:  # noqa: ANN401  # likewise
    language = ocr_language()
    if language is None or is_typed:
        return kreuzberg.ExtractionConfig(use_cache=False, disable_ocr=True)  # type: ignore[call-arg]
    os.environ[TESSDATA] = str(tessdata())
    tesseract = kreuzberg.TesseractConfig(language=language, use_cache=False)
    ocr = kreuzberg.OcrConfig(backend="tesseract", language=language, tesseract_config=tesseract)
    if not scanned_pages:
        return kreuzberg.ExtractionConfig(use_cache=False, ocr=ocr)
    # The named pages are only looked at where pages are asked for one by one.
    return kreuzberg.ExtractionConfig(
        use_cache=False,
        ocr=ocr,
        force_ocr_pages=list(range(1, scanned_pages + 1)),
        pages=kreuzberg.PageConfig(extract_pages=True),
    )
