"""What the source of the reader page may not contain."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import postroom

PAGE = Path(postroom.__file__).parent / "api/page"
SCRIPTS = sorted(PAGE.glob("*.js"))
FILES = sorted(path for path in PAGE.iterdir() if path.is_file())
# What parses a text as HTML or as a program.
SINKS = (
    r"\.(inner|outer)HTML\b",
    r"\binsertAdjacentHTML\b",
    r"\bdocument\.write",
    r"\bsetHTMLUnsafe\b",
    r"\bcreateContextualFragment\b",
    r"\beval\b|\bnew Function\b",
)
# The one frame that a body is built into, and the inert document that it is read from.
ALLOWED = {r"\.srcdoc\s*=": "mail_frame.js", r"\bDOMParser\b": "mail_frame.js"}


@pytest.mark.parametrize("sink", SINKS)
def test_no_text_is_ever_parsed_as_html(sink: str) -> None:
    """Text of mail cannot become an element where nothing makes elements of text."""
    assert SCRIPTS
    assert [path.name for path in SCRIPTS if re.search(sink, path.read_text())] == []


@pytest.mark.parametrize(("sink", "where"), ALLOWED.items())
def test_a_body_is_parsed_in_one_place(sink: str, where: str) -> None:
    """HTML of mail is read where it is taken apart, and nowhere else."""
    assert [path.name for path in SCRIPTS if re.search(sink, path.read_text())] == [where]


def test_the_page_names_no_other_host() -> None:
    """No CDN, no font service, no counter; a name space of SVG is no address."""
    named = {
        path.name: found
        for path in FILES
        if (found := set(re.findall(r"https?://[^\s\"'<>)]+", path.read_text())))
    }
    assert set().union(*named.values()) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xhtml",
    }


def test_the_page_has_no_script_or_style_inside() -> None:
    """The policy refuses them, so one that slipped in would silently do nothing."""
    index = (PAGE / "index.html").read_text()
    assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", index) == []


def test_every_script_is_one_that_the_page_reaches() -> None:
    """A module that nobody imports is left over."""
    imported = set(re.findall(r'from "\./(\w+\.js)"', "".join(p.read_text() for p in SCRIPTS)))
    assert {path.name for path in SCRIPTS} == imported | {"app.js"}


def test_every_script_is_asked_for_at_once() -> None:
    """Scripts that import each other would come one round after the other over a slow line."""
    index = (PAGE / "index.html").read_text()
    early = set(re.findall(r'<link rel="modulepreload" href="page/(\w+\.js)">', index))
    assert {path.name for path in SCRIPTS} == early | {"app.js"}
