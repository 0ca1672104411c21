"""The text of one file, in the calling process: `documents.children` calls it in a child."""

from __future__ import annotations

import codecs
import mimetypes
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import kreuzberg

LARGEST_INPUT_BYTES: Final = 256 << 20
TESSDATA: Final = "TESSDATA_PREFIX"
_DEBIAN_TESSDATA = Path("/usr/share/tesseract-ocr")
_PLAIN: Final = frozenset(("text/plain", "text/csv", "text/tab-separated-values"))
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class NoTextError(Exception):
    """Why a file gave no text."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """The text of a file and the type that it was read as."""

    text: str
    mime_type: str


def extract(path: Path, suffix: str, declared: str) -> Extracted:
    """The text of a file; "" for a type that carried none. Raises `NoTextError` with the reason."""
    size = path.stat().st_size
    if not size:
        return Extracted("", declared or "application/x-empty")
    if size > LARGEST_INPUT_BYTES:
        raise NoTextError(f"limit: {size} bytes are more than {LARGEST_INPUT_BYTES}")
    data = path.read_bytes()
    mime_type = type_of(data, suffix, declared)
    if mime_type in _PLAIN:
        return Extracted(plain_text(data), mime_type)
    if mime_type.startswith("image/") and tessdata() is None:
        raise NoTextError(
            f"no language data of Tesseract: install tesseract-ocr-eng or set {TESSDATA}"
        )
    try:
        found = kreuzberg.extract_bytes_sync(data, mime_type, config=_config())
    except Exception as error:  # each of its types says why in its text
        raise NoTextError(f"{mime_type}: {' '.join(str(error).split())[:300]}") from error
    return Extracted(found.content, mime_type)


def type_of(data: bytes, suffix: str, declared: str) -> str:
    """The MIME type by the content, else by the name, else as declared.

    Content that is only known to be text takes the more exact text type of its name.
    """
    by_name = mimetypes.guess_type(f"x.{suffix}", strict=False)[0] if suffix else None
    try:
        by_content = str(kreuzberg.detect_mime_type(data))
    except (kreuzberg.KreuzbergError, ValueError, RuntimeError):
        by_content = None
    if by_content == "text/plain" and by_name is not None and by_name.startswith("text/"):
        return by_name
    found = by_content or by_name or declared
    if not found:
        raise NoTextError("of no known type")
    return found


def plain_text(data: bytes) -> str:
    """Plain text by its byte order mark, else UTF-8, else windows-1252."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data.decode(name, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


@cache
def tessdata() -> Path | None:
    """The folder of Tesseract's language data; None where there is none."""
    named = os.environ.get(TESSDATA)
    folders = [Path(named)] if named else sorted(_DEBIAN_TESSDATA.glob("*/tessdata"), reverse=True)
    return next((folder for folder in folders if _languages(folder)), None)


def ocr_language() -> str | None:
    """English where it is installed, else the first language, else None."""
    folder = tessdata()
    if folder is None:
        return None
    languages = _languages(folder)
    return "eng" if "eng" in languages else languages[0]


def extractor_version() -> str:
    """What a text depends on beside its file: the program and its language data."""
    return f"kreuzberg-{kreuzberg.__version__}-{ocr_language() or 'no-ocr'}"


def _languages(folder: Path) -> list[str]:
    return sorted(file.stem for file in folder.glob("*.traineddata") if file.stem != "osd")


@cache
def _config() -> Any:  # noqa: ANN401  # a type of kreuzberg's, which tells none
    language = ocr_language()
    if language is None:
        return kreuzberg.ExtractionConfig(use_cache=False, disable_ocr=True)  # type: ignore[call-arg]
    os.environ[TESSDATA] = str(tessdata())
    tesseract = kreuzberg.TesseractConfig(language=language, use_cache=False)
    ocr = kreuzberg.OcrConfig(backend="tesseract", language=language, tesseract_config=tesseract)
    return kreuzberg.ExtractionConfig(use_cache=False, ocr=ocr)
