"""What is read by OCR, and what is not."""

from __future__ import annotations

import hashlib

import kreuzberg
import pytest
from tests_support import papers

from postroom.documents import extract as module
from postroom.documents import ocr
from postroom.documents.extract import NO_EXTRACTOR, Extracted, NoTextError, extract

WORDS = ["Invoice 4711", "for the quarterly report"]


@pytest.fixture
def needs_ocr():
    if ocr.ocr_language() is None:
        pytest.skip("NO LANGUAGE DATA OF TESSERACT: apt-get install tesseract-ocr-eng")


@pytest.fixture
def no_language_data(tmp_path, monkeypatch):
    (tmp_path / "tessdata").mkdir()
    monkeypatch.setenv(ocr.TESSDATA, str(tmp_path / "tessdata"))
    for known in (ocr.tessdata, module._config):
        known.cache_clear()
    yield
    for known in (ocr.tessdata, module._config):
        known.cache_clear()


@pytest.fixture
def readings(monkeypatch):
    seen, real = [], kreuzberg.extract_bytes_sync

    def counted(data, mime_type, config):
        seen.append(mime_type)
        return real(data, mime_type, config=config)

    monkeypatch.setattr(kreuzberg, "extract_bytes_sync", counted)
    return seen


def read(path, data: bytes, suffix: str = "", declared: str = "") -> Extracted:
    path.write_bytes(data)
    return extract(path, hashlib.sha256(data).hexdigest(), suffix, declared)


def test_a_typed_pdf_is_read_once_and_without_ocr(tmp_path, readings):
    """Its odd words are no reason to look at it as a picture: that costs a second a page."""
    found = read(tmp_path / "a", papers.pdf(["zq xj 4711 kkvw", *WORDS], pages=3))
    assert found.text.count("Invoice 4711") == 3
    assert readings == ["application/pdf"]


@pytest.mark.usefixtures("needs_ocr")
def test_a_scanned_pdf_is_read_by_ocr_up_to_a_number_of_pages(tmp_path, monkeypatch):
    """What was left out is said."""
    monkeypatch.setattr(module, "MOST_OCR_PAGES", 1)
    found = read(tmp_path / "a", papers.scan(WORDS, tmp_path, pages=2))
    assert found.text.count("Invoice") == 1
    assert found.left_out == "limit: OCR of 1 of 2 pages"


@pytest.mark.usefixtures("needs_ocr")
def test_a_picture_is_read_by_ocr(tmp_path):
    """The words that it shows are its text."""
    found = read(tmp_path / "a", papers.picture(WORDS, tmp_path))
    assert "4711" in found.text
    assert found.mime_type == "image/png"


@pytest.mark.usefixtures("needs_ocr")
def test_a_picture_without_writing_is_ready_and_empty(tmp_path):
    """Nothing to read is not a failure."""
    assert read(tmp_path / "a", papers.png(60, 40, b"\x99" * 60)).text == ""


@pytest.mark.usefixtures("no_language_data")
def test_without_language_data_a_picture_says_what_helps(tmp_path):
    """It is a type that nobody reads here, and the reason names the package."""
    with pytest.raises(NoTextError, match=rf"^{NO_EXTRACTOR}image/png.*tesseract-ocr-eng") as no:
        read(tmp_path / "a", papers.png(60, 40, b"\x99" * 60))
    assert no.value.is_final
    assert module.extractor_version().endswith("-no-ocr")


@pytest.mark.usefixtures("no_language_data")
def test_without_language_data_a_typed_pdf_is_still_read(tmp_path):
    """OCR is no part of what has letters."""
    assert "Invoice 4711" in read(tmp_path / "a", papers.pdf(WORDS)).text


@pytest.mark.parametrize(
    ("data", "suffix", "declared", "reason"),
    [
        (bytes(range(256)), "mp3", "", "no extractor for audio/mpeg"),
        (bytes(range(256)), "", "", "no extractor for a file of no known type"),
        (bytes(range(256)), "", "x/" + "y" * 999, "no extractor for x/" + "y" * 98),
        (b"%PDF-1.4\n" + bytes(99), "", "", "application/pdf: ParsingError"),
        (b"PK\x03\x04" + bytes(99), "docx", "", "ParsingError"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path, data, suffix, declared, reason):
    """A type without extractor and a broken file are told apart, in a bounded line."""
    with pytest.raises(NoTextError) as no:
        read(tmp_path / "a", data, suffix, declared)
    assert reason in str(no.value)
    assert len(str(no.value)) < 500


def test_a_file_over_the_limit_is_not_opened(tmp_path):
    """Its size alone is the reason."""
    path = tmp_path / "a"
    with path.open("wb") as file:
        file.truncate(module.LARGEST_INPUT_BYTES + 1)
    with pytest.raises(NoTextError, match="limit: 268435457 bytes"):
        extract(path, "00" * 32, "txt", "text/plain")
