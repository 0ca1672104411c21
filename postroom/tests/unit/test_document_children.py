"""Text out of files, in children that may die."""

from __future__ import annotations

import hashlib
import sys
import zipfile
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from tests_support.papers import png

from postroom.documents.children import Child, Limits, Request, children
from postroom.errors import NoSuchObject, StoreAway

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/word/document.xml" ContentType="application/'
    'vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)


@pytest.fixture(scope="module")
def child():
    found = Child(Limits())
    yield found
    found.end()


def opened(key: str):
    return nullcontext(Path(key))


def ask(child: Child, request: Request):
    return child.ask(request, Path(request.key))


def request(path, suffix: str, declared: str = ""):
    return Request(str(path), hashlib.sha256(path.read_bytes()).hexdigest(), suffix, declared)


def docx(path, paragraph: bytes, count: int = 1):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        with archive.open("word/document.xml", "w") as part:
            part.write(f'<w:document xmlns:w="{WORD}"><w:body>'.encode())
            for _ in range(count):
                part.write(b"<w:p><w:r><w:t>" + paragraph + b"</w:t></w:r></w:p>")
            part.write(b"</w:body></w:document>")
    return request(path, "docx")


def file(path, data: bytes, suffix: str = "txt", declared: str = ""):
    path.write_bytes(data)
    return request(path, suffix, declared)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Grüße".encode(), "Grüße"),
        ("Grüße".encode("cp1252"), "Grüße"),
        ("Grüße".encode("utf-16"), "Grüße"),
        (b"\xef\xbb\xbfx", "x"),
        (b"", ""),
    ],
)
def test_plain_text_is_read_by_its_mark_or_its_bytes(child, tmp_path, data, text):
    """A text file needs no code page to be named."""
    answer = ask(child, file(tmp_path / "a.txt", data))
    assert (answer.text, answer.reason) == (text, None)


def test_a_document_of_word_gives_its_text(child, tmp_path):
    """DOCX is known by its content, whatever type was declared."""
    request = replace(docx(tmp_path / "a.docx", b"a plan"), suffix="", declared="image/png")
    assert "a plan" in (ask(child, request).text or "")


def test_a_file_of_no_known_type_fails_with_its_reason(child, tmp_path):
    """What nobody can read is said to be unreadable."""
    answer = ask(child, file(tmp_path / "a", bytes(range(256)), suffix="prx"))
    assert (answer.text, answer.reason) == (None, "no extractor for a file of no known type")


def test_a_bomb_is_recorded_and_the_next_file_is_read(child, tmp_path):
    """A small file that unpacks to hundreds of megabytes meets a limit that is named."""
    bomb = ask(child, docx(tmp_path / "bomb.docx", b"boom " * 100_000, 400))
    assert bomb.text is None
    assert "limit" in (bomb.reason or "")
    assert ask(child, file(tmp_path / "a.txt", b"after")).text == "after"


def test_a_child_that_runs_over_its_time_is_ended_and_replaced(tmp_path):
    """Time is a limit of each document, and asking again may say something else."""
    child = Child(Limits(timeout_s=0.0))
    answer = ask(child, file(tmp_path / "a.txt", b"text"))
    assert (answer.text, answer.reason, answer.is_final) == (None, "limit: more than 0 s", False)
    assert child._process is None


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("import os, signal; input(); os.kill(os.getpid(), signal.SIGSEGV)", "ended by SIGSEGV"),
        ("input(); raise SystemExit(7)", "ended with code 7"),
        ("raise SystemExit(7)", "ended with code 7"),
        ("input(); print('[]', flush=True); input()", "answered what it should not"),
        ("input(); print('{', flush=True); input()", "answered what it should not"),
        ("input()\nwhile True: print('x' * 65536, end='')", "answered without end"),
        ("input()\nwhile True: pass", "more than 1 s"),
    ],
)
def test_whatever_a_child_does_costs_one_document(tmp_path, script, words):
    """A child that crashes, hangs, floods or lies is replaced, and the document says why."""
    child = Child(Limits(timeout_s=1.0), [sys.executable, "-c", script])
    answer = ask(child, file(tmp_path / "a.txt", b"text"))
    assert answer.text is None
    assert words in (answer.reason or "")
    assert not answer.is_final
    assert child._process is None


def test_a_picture_that_unpacks_to_more_than_the_memory_costs_one_document(tmp_path):
    """140 MB of white in 140 KB: the child may not have the memory, the next file is read."""
    child = Child(Limits(memory_bytes=128 << 20))
    bomb = file(tmp_path / "bomb.png", png(12_000, 12_000, b"\xff" * 12_000), "png")
    answer = ask(child, bomb)
    assert answer.text is None
    assert answer.reason
    assert ask(child, file(tmp_path / "a.txt", b"after")).text == "after"
    child.end()


def test_a_relative_path_is_found(child, tmp_path, monkeypatch):
    """A child lives in another folder; the home of a source may be given from ours."""
    monkeypatch.chdir(tmp_path)
    whole = file(tmp_path / "a.txt", b"text")
    assert ask(child, replace(whole, key="a.txt")).text == "text"


def test_each_document_begins_with_at_least_half_of_the_memory(tmp_path):
    """A child that has grown is replaced, and a failure in it is not kept as the last word."""
    child = Child(Limits(memory_bytes=1 << 30))
    broken = file(tmp_path / "a.docx", b"PK\x03\x04", "docx")
    assert ask(child, broken).is_final
    first = child._process
    grown = Child(Limits(memory_bytes=64 << 20))
    answer = ask(grown, broken)
    assert (answer.is_final, grown._process) == (False, None)
    assert ask(grown, file(tmp_path / "a.txt", b"after")).text == "after"
    assert first is child._process
    child.end()
    grown.end()


def test_a_child_has_none_of_our_secrets(tmp_path, monkeypatch):
    """Only what a program needs to run goes into its environment."""
    monkeypatch.setenv("POSTROOM_DSN", "secret")
    script = "import os, sys; input(); sys.exit(len(os.environ.get('POSTROOM_DSN', '')))"
    child = Child(Limits(), [sys.executable, "-c", script])
    answer = ask(child, file(tmp_path / "a.txt", b"text"))
    assert answer.reason == "the extractor ended with code 0"


def test_a_file_that_is_not_its_content_is_refused(child, tmp_path):
    """What would be kept under the digest of other bytes is never read."""
    wrong = replace(file(tmp_path / "a.txt", b"text"), sha256="00" * 32)
    answer = ask(child, wrong)
    assert (answer.text, answer.is_final) == (None, False)
    assert "not the content" in (answer.reason or "")


def test_a_long_text_is_cut_and_says_so(tmp_path):
    """What is kept of a text is bounded, and the cut is recorded."""
    with children(Limits(characters=10), opened) as pool:
        found = [answer for answer in pool.answers([file(tmp_path / "a.txt", b"x" * 25)]) if answer]
    [(_, answer)] = found
    assert answer.text == "x" * 10
    assert answer.reason == "limit: the first 10 of 25 characters"


def test_content_that_is_not_there_is_an_answer_and_a_store_that_is_away_is_not(tmp_path):
    """An object that is gone costs its document; while nothing can be read, nothing has failed."""

    def gone(key: str):
        raise NoSuchObject(key, "it left")

    def away(key: str):
        raise StoreAway("no answer", where=key)

    request = file(tmp_path / "a.txt", b"x")
    with children(Limits(), gone) as pool:
        [(_, answer)] = [found for found in pool.answers([request]) if found]
    assert (answer.text, answer.is_final) == (None, False)
    assert "it left" in (answer.reason or "")
    with children(Limits(), away) as pool, pytest.raises(StoreAway):
        list(pool.answers([request]))
