"""The HTML of a message made harmless: nothing runs, nothing is loaded from anywhere else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

import nh3

LONGEST_CHARACTERS: Final = 1 << 20
"""A longer body is not shown as HTML; its text is."""

DEEPEST: Final = 1_000
"""A body of more open elements in each other is not shown either: parsers take its square."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TAGS: Final = _words("""
    a abbr address article b bdi bdo big blockquote br caption center cite code col colgroup
    dd del details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr
    i img ins kbd li main mark nav ol p pre q s samp section small span strike strong sub
    summary sup table tbody td tfoot th thead time tr tt u ul var wbr
""")
_ANY: Final = _words("""
    align bgcolor class color dir height lang style title valign width
""")
_ATTRIBUTES: Final = {
    "*": set(_ANY),
    "a": {"href", "name"},
    "img": {"src", "alt", "border", "hspace", "vspace"},
    "font": {"face", "size"},
    "table": {"border", "cellpadding", "cellspacing", "summary"},
    "td": {"colspan", "rowspan", "nowrap"},
    "th": {"colspan", "rowspan", "nowrap", "scope"},
    "ol": {"start", "type"},
    "ul": {"type"},
    "li": {"value"},
    "col": {"span"},
    "colgroup": {"span"},
    "blockquote": {"type"},
}
# Of style sheets only what takes no address: a background or a list mark could load something.
_STYLES: Final = _words("""
    background-color border border-bottom border-bottom-color border-bottom-style
    border-bottom-width border-collapse border-color border-left border-left-color
    border-left-style border-left-width border-right border-right-color border-right-style
    border-right-width border-spacing border-style border-top border-top-color
    border-top-style border-top-width border-width color direction display font-family
    font-size font-style font-variant font-weight height letter-spacing line-height margin
    margin-bottom margin-left margin-right margin-top max-width min-width padding
    padding-bottom padding-left padding-right padding-top text-align text-decoration
    text-indent text-transform vertical-align white-space width word-break word-spacing
    word-wrap
""")
_DROPPED_WITH_CONTENT: Final = _words("""
    script style title head noscript template iframe object embed applet svg math form select
    textarea button audio video canvas
""")
_PICTURE: Final = re.compile(
    r"data:image/(?:png|gif|jpeg|webp);base64,[A-Za-z0-9+/=\s]*", re.IGNORECASE
)
_FUNCTION: Final = re.compile(r"(?<!rgb)(?<!rgba)(?<!hsl)(?<!hsla)\s*\(", re.IGNORECASE)
_LINK: Final = re.compile(r"(?:https?|mailto):", re.IGNORECASE)


_TAG: Final = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
_CLOSED_BY_OTHERS: Final = _words("""
    area base br col dd dt hr img input li link meta option p param source tbody td tfoot th thead
    tr track wbr
""")


def is_shown(html: str) -> bool:
    """Say whether a body is small and shallow enough to be made harmless in good time."""
    return len(html) <= LONGEST_CHARACTERS and _depth(html) <= DEEPEST


def _depth(html: str) -> int:
    """Give at least as many elements as a parser would have open at a time."""
    # Inside drawings and formulas no element is closed by another one.
    is_foreign = re.search(r"<(?:svg|math)\b", html, re.IGNORECASE) is not None
    known: dict[str, int] = {}
    depth = deepest = 0
    for is_end, name in _TAG.findall(html.lower()):
        if name in _CLOSED_BY_OTHERS and not is_foreign:
            continue
        if not is_end:
            known[name] = known.get(name, 0) + 1
            depth += 1
            deepest = max(deepest, depth)
        elif known.get(name, 0) > 0:
            known[name] -= 1
            depth -= 1
    return deepest


def sanitised(html: str, pictures: Mapping[str, str]) -> str:
    """Make a body harmless; `pictures` gives the id of the attachment of each content id.

    A picture that the message itself brings is shown, by `/attachments/{id}/content` or as the data
    that it is; any other is left without a source, so that reading a mail tells nobody of it.
    """

    def kept(_tag: str, attribute: str, value: str) -> str | None:
        if attribute == "src":
            return _source(value, pictures)
        if attribute == "href":
            return value if _LINK.match(value.strip()) else None
        if attribute in ("bgcolor", "color", "width", "height", "align", "valign", "class"):
            return value if "(" not in value else None
        if attribute == "style":
            return None if _FUNCTION.search(value) or "\\" in value else value
        return value

    return nh3.clean(
        html,
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED_WITH_CONTENT),
        attributes=_ATTRIBUTES,
        attribute_filter=kept,
        strip_comments=True,
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        url_schemes={"http", "https", "mailto", "cid", "data"},
        filter_style_properties=set(_STYLES),
    )


def _source(value: str, pictures: Mapping[str, str]) -> str | None:
    found = value.strip()
    if found.lower().startswith("cid:"):
        attachment_id = pictures.get(content_id(unquote(found[4:])))
        return f"/attachments/{attachment_id}/content" if attachment_id else None
    return found if _PICTURE.fullmatch(found) else None


def content_id(value: str) -> str:
    """Give a content id as it is compared: without angle brackets, case as it is."""
    return value.strip().strip("<>").strip()
