"""What is written into the search box, as what the service is asked."""

from __future__ import annotations

from tests_support.reader import Visit

PARSE = 'async (text) => (await import("/page/query.js")).parse(text)'

MEANT = [
    ("merger draft", {"q": "merger draft"}),
    (
        '"draft of the merger" -lunch -"out of office"',
        {"q": '"draft of the merger" -lunch -"out of office"'},
    ),
    ('begin* "two wor"*', {"q": 'begin* "two wor"*'}),
    ('from:ann@x.org TO:"Ben Weiss" x', {"q": "x", "from": "ann@x.org", "to": '"Ben Weiss"'}),
    ("from:ann -from:bot", {"from": "ann -bot"}),
    ("after:2019 before:2019-06", {"after_date": "2019-01-01", "before_date": "2019-06-01"}),
    ('folder:"Top/In box" 日本', {"q": "日本", "folder": "Top/In box"}),
    ('an "open end', {"q": 'an "open end"'}),
    ("", {}),
]
WRONG = [
    ("before:2019-02-30", "before: takes a day"),
    ("after:yesterday", "after: takes a day"),
    ("from: ann", "from: needs something"),
    ("-folder:x", "-folder: is not possible"),
    ("folder:a folder:b", "folder: is there twice"),
    ('""', "nothing in it"),
]


def test_a_search_means_what_the_manual_says(visit: Visit) -> None:
    """Each form of the page's table, as the parameters of `GET /search`."""
    visit.open()
    found = {text: visit.page.evaluate(PARSE, text) for text, _ in MEANT}
    assert found == {text: {"params": params, "faults": []} for text, params in MEANT}


def test_a_search_that_means_nothing_is_named(visit: Visit) -> None:
    """A fault is a sentence with what would be right."""
    visit.open()
    for text, fault in WRONG:
        assert fault in " ".join(visit.page.evaluate(PARSE, text)["faults"]), text
