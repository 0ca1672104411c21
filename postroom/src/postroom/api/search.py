"""Messages by their words."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query

from postroom.api import cursor
from postroom.api.context import About
from postroom.api.item_rows import rows_of
from postroom.api.models import Found
from postroom.api.words import ERRORS, After, Text
from postroom.search import SearchHit, SearchQuery
from postroom.search import search as find
from postroom.search.query import moment
from postroom.search.search import MOST_HITS

router = APIRouter(tags=["search"], responses=ERRORS)

_HELP = 'Words that are all wanted; "a phrase"; -unwanted; begin*.'
Words = Annotated[Text, Query(max_length=1000, pattern=r"^[^\x00]*$", description=_HELP)]
Day = Annotated[
    Text | None,
    Query(max_length=40, pattern=r"^[^\x00]*$", description="A day or a moment of ISO 8601, UTC."),
]


@router.get("/search")
def search_items(  # noqa: PLR0913, PLR0917  # one parameter for each part of the question
    about: About,
    q: Words = "",
    from_: Annotated[Words, Query(alias="from")] = "",
    to: Words = "",
    after_date: Day = None,
    before_date: Day = None,
    folder: Annotated[Text | None, Query(max_length=1000, pattern=r"^[^\x00]*$")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_HITS, description="How many at most.")] = 50,
    after: After = None,
) -> Found:
    """Find messages by words in subject, people, body and attachments; the newest first."""
    asked = SearchQuery(
        text=q,
        sender=from_,
        recipient=to,
        after=_moment(after_date),
        before=_moment(before_date),
        folder=folder,
    )
    bound = (about.source_id, "search", asked)
    place = None if after is None else cursor.released(after, *bound)
    page = find(about.archive, asked, limit=limit, after=place)
    with about.archive.reading() as tx:
        rows = rows_of(tx, (hit.email_id for hit in page.hits))
    hits = [_hit(hit, rows[hit.email_id]) for hit in page.hits if hit.email_id in rows]
    more = None if page.next is None else cursor.bound(page.next, *bound)
    return Found.model_validate(
        {"hits": hits, "next": more, "total": page.total, "unindexed": page.unindexed}
    )


def _moment(given: str | None) -> datetime | None:
    return moment(given) if given else None


def _hit(hit: SearchHit, row: dict[str, Any]) -> dict[str, Any]:
    snippet = [{"text": text, "is_match": is_match} for text, is_match in hit.snippet]
    return {
        **row,
        "snippet": snippet,
        "found_in": hit.found_in,
        "attachment_id": hit.attachment_id,
    }
