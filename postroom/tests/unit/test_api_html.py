"""What is left of the HTML of a mail."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postroom.api.html import is_shown, sanitised

HARMFUL = [
    "<script>x</script>",
    "<SCRIPT SRC=//e.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<img src='http://e.example/t.gif'>",
    "<img src='//e.example/t.gif'>",
    "<img src='/pst'>",
    "<img srcset='http://e.example/t.gif 2x'>",
    "<img src='data:image/svg+xml;base64,PHN2Zz4='>",
    "<img src='cid:unknown'>",
    "<img src='cid:../../x'>",
    "<iframe src='http://e.example'></iframe>",
    "<object data='http://e.example'></object>",
    "<embed src='http://e.example'>",
    "<svg><a xlink:href='javascript:alert(1)'>x</a></svg>",
    "<math><mtext><style><img src=http://e.example></style></mtext></math>",
    "<link rel=stylesheet href=http://e.example/x.css>",
    "<style>@import 'http://e.example/x.css'; p{background:url(http://e.example)}</style>",
    "<p style=\"background:url('http://e.example')\">x</p>",
    "<p style='background-image:url(http://e.example)'>x</p>",
    "<p style='width:expression(alert(1))'>x</p>",
    "<p style='color:red;list-style:url(http://e.example)'>x</p>",
    "<p style='font-family:\\75rl(http://e.example)'>x</p>",
    "<td background='http://e.example/t.gif'>x</td>",
    "<table background='http://e.example/t.gif'><tr><td>x</table>",
    "<body background='http://e.example/t.gif'>x</body>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' java\tscript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>1</script>'>x</a>",
    "<a href='/pst' ping='http://e.example'>x</a>",
    "<base href='http://e.example/'>",
    "<meta http-equiv=refresh content='0;url=http://e.example'>",
    "<form action='http://e.example'><input name=x><button>go</button></form>",
    "<video src='http://e.example/v' poster='http://e.example/p'></video>",
    "<audio src='http://e.example/a'></audio>",
    "<!--[if mso]><img src=http://e.example><![endif]-->",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<template><img src=http://e.example></template>",
    "<img alt='`' src=`http://e.example`>",
    "<bgsound src=http://e.example>",
    "<input type=image src=http://e.example>",
]
RUNS = {
    *("script", "iframe", "object", "embed", "link", "style", "base", "meta", "form", "input"),
    *("svg", "math", "video", "audio"),
}
LOADS = {"background", "srcset", "poster", "ping"}
CALLS = re.compile(r"(?i)\\|(?<!rgb)(?<!rgba)(?<!hsl)(?<!hsla)\(")
SOURCE = re.compile(r"(?i)/attachments/a1/content|data:image/(png|gif|jpeg|webp);")
LINK = re.compile(r"(?i)https?:|mailto:")


class Elements(HTMLParser):
    """What a parser finds: a word within a quoted value is no attribute."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def does_harm(tag: str, attributes: dict[str, str]) -> bool:
    return (
        tag in RUNS
        or any(name.startswith("on") or name in LOADS for name in attributes)
        or bool(CALLS.search(attributes.get("style", "")))
        or not (SOURCE.match(attributes.get("src", "data:image/png;")))
        or not (LINK.match(attributes.get("href", "https:")))
    )


def is_harmless(html: str) -> bool:
    """Nothing in it runs or loads."""
    return not any(does_harm(*element) for element in Elements(html).found)


@pytest.mark.parametrize("html", [one for one in HARMFUL if "<!--" not in one])
def test_what_is_called_harmful_here_is_seen_as_such(html: str) -> None:
    """The judge of these tests sees harm where it is, or an element that is not known to it."""
    known = ("noscript", "template", "bgsound")
    assert not is_harmless(html) or html[1:].startswith(known)


@pytest.mark.parametrize("html", HARMFUL)
def test_what_runs_or_loads_is_taken_out(html: str) -> None:
    """Each way by which a mail could act or call home leads nowhere."""
    assert is_harmless(sanitised(html, {"known": "a1"}))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([*HARMFUL, "<", ">", '"', "'", "<p ", "-->", "</", "&lt;", "\0"])))
def test_pieces_of_harm_stay_harmless(parts: list[str]) -> None:
    """However such pieces are broken and put together, nothing runs or loads."""
    assert is_harmless(sanitised("".join(parts), {"known": "a1"}))


@pytest.mark.parametrize("cid", ["cid:known", "CID:known", "cid:kno%77n", " cid:known "])
def test_pictures_of_the_mail_itself_are_shown(cid: str) -> None:
    """A content id leads to the attachment that has it."""
    assert sanitised(f'<img src="{cid}">', {"known": "a1"}) == (
        '<img src="/attachments/a1/content">'
    )


def test_what_a_mail_looks_like_stays() -> None:
    """Tables, fonts, colours, lists and links to elsewhere are kept."""
    html = (
        '<table border="1" width="100%"><tbody><tr><td bgcolor="#fff" colspan="2">'
        '<font color="red" face="Arial">x</font></td></tr></tbody></table>'
        '<p style="color:red;margin-left:2em">y</p><ul><li>z</li></ul>'
    )
    assert sanitised(html, {}) == html


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 1_001,
        "<div></x>" * 1_001,
        "<b><p></b>" * 10 + "<i>" * 1_001,
        "<svg>" + "<td>" * 1_001,
        "x" * ((1 << 20) + 1),
    ],
    ids=["deep", "closing what is not open", "formatting", "foreign", "long"],
)
def test_a_body_made_to_exhaust_a_parser_is_not_parsed(html: str) -> None:
    """Parsers take the square of the nesting: 100,000 open elements took 49 s of the processor."""
    assert not is_shown(html)


@pytest.mark.parametrize(
    "html", ["<p>x" * 5_000, "<ul><li>x</ul>" * 5_000, "<div>" * 1_000, "<br>" * 5_000]
)
def test_a_body_of_careless_html_is_parsed(html: str) -> None:
    """What mail programs write leaves many elements open that others close."""
    assert is_shown(html)
    assert sanitised(html, {})
