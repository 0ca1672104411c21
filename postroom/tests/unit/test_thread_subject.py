"""What a subject says once its marks are off."""

from __future__ import annotations

import pytest

from postroom.threads.subject import subject_of


@pytest.mark.parametrize(
    ("raw", "text", "marks"),
    [
        ("Quarterly report", "quarterly report", (False, False)),
        ("RE: Quarterly  report ", "quarterly report", (True, False)),
        ("Re: fw: Re[2]: Quarterly report", "quarterly report", (True, False)),
        ("AW: WG: Quarterly report", "quarterly report", (True, False)),
        ("Fwd: Re: Quarterly report", "quarterly report", (False, True)),
        ("[board] Re: [board] Quarterly report", "[board] quarterly report", (True, False)),
        ("Antwort: \u00c4rger mit Stra\u00dfe", "\u00e4rger mit strasse", (True, False)),
        ("回复\uff1a季度报告", "季度报告", (True, False)),
        ("\uff32\uff25\uff1a quarterly report", "quarterly report", (True, False)),
        ("Refund: order 17", "refund: order 17", (False, False)),
    ],
)
def test_marks_are_stripped_and_told(raw: str, text: str, marks: tuple[bool, bool]) -> None:
    """Any run of marks goes, in many languages; the first says what the mail is."""
    found = subject_of(raw)
    assert (found.text, (found.is_answer, found.is_forward)) == (text, marks)


@pytest.mark.parametrize("raw", [None, "", "Re:", "Re: hi", "Re: ?????????", "Fw: a b c", "re: \0"])
def test_a_short_subject_tells_nothing(raw: str | None) -> None:
    """Unrelated mails share short subjects, so these put no mails together."""
    assert subject_of(raw).text == ""


def test_a_hostile_subject_is_cut() -> None:
    """A megabyte of marks costs no more than a thousand characters of them."""
    assert subject_of("re:" * 500_000).text == ""
