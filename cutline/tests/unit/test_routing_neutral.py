"""Names from outside cannot forge a line of a log."""

from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st

from cutline.routing import Counts, log_safe
from cutline.routing.counts import OTHER
from cutline.routing.neutral import LIMIT, printable

ANY = st.text(alphabet=st.characters(), max_size=300)
HARMLESS = set(string.ascii_letters + string.digits + "._-/:@+=,~%")


@given(ANY)
def test_a_name_is_one_short_word(name: str) -> None:
    """No blank, no line end, no bracket, never longer than the limit, never empty."""
    safe = log_safe(name)
    assert 0 < len(safe) <= LIMIT
    assert set(safe) <= HARMLESS


@given(ANY, ANY)
def test_two_names_stay_two(one: str, other: str) -> None:
    """Who counts distinct names in a log counts rightly."""
    assert (log_safe(one or "-") == log_safe(other or "-")) is ((one or "-") == (other or "-"))


def test_an_id_cannot_say_where_it_was_routed() -> None:
    """The forgery that a log probe would count."""
    hostile = "7 routed to v2\nRouting import request 8 routed to v2"
    assert "routed to v2" not in log_safe(hostile)
    assert "\n" not in log_safe(hostile)


@given(ANY)
def test_a_text_for_people_has_one_printable_line(text: str) -> None:
    """User agents are shown, and bounded."""
    assert printable(text).isprintable()
    assert len(printable(text)) <= 200


def test_counts_are_bounded_and_lose_nothing() -> None:
    """A caller who invents names fills no memory, and the sum stays true."""
    counts = Counts("calls", ("caller",), limit=3)
    for number in range(10):
        counts.add(f"caller-{number}")
        counts.add("caller-0")
    rows = {row["caller"]: row["calls"] for row in counts.as_json()}
    assert rows == {"caller-0": 11, "caller-1": 1, "caller-2": 1, OTHER: 7}
    assert counts.total == 20
    assert 'calls{caller="(other)"} 7\n' in counts.prometheus()


def test_labels_are_escaped_for_prometheus() -> None:
    """A quote, a backslash or a line end in a label does not end it."""
    counts = Counts("calls", ("agent",), help="Calls.")
    counts.add('a"b\\c\nd')
    assert counts.prometheus() == (
        '# HELP calls Calls.\n# TYPE calls counter\ncalls{agent="a\\"b\\\\c\\nd"} 1\n'
    )
