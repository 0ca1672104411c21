"""What a search hands back."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from postroom.search.term import Place


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A mail, and a stretch of text that says why it was found.

    `snippet` is that text in pieces, each with whether it is what was looked for; `found_in` says
    where it stands, and `attachment_id` in which attachment.
    """

    email_id: str
    pst_file_id: str
    subject: str | None
    from_address: str | None
    sender_name: str | None
    sent_utc: str | None
    folder: str | None
    found_in: Place
    attachment_id: str | None
    snippet: tuple[tuple[str, bool], ...]

    def as_json(self) -> dict[str, Any]:
        """Give it as a JSON object."""
        pieces = [{"text": text, "is_match": is_match} for text, is_match in self.snippet]
        return {**asdict(self), "snippet": pieces}


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of hits, the newest first; `next` is the cursor of the page that follows, if any.

    `total` counts the hits of all pages. `unindexed` is the number of completed ingests that are
    not in the index, so that nothing of them can be found.
    """

    hits: tuple[SearchHit, ...]
    total: int
    next: str | None
    unindexed: int

    def as_json(self) -> dict[str, Any]:
        """Give it as a JSON object."""
        hits = [hit.as_json() for hit in self.hits]
        return {
            "hits": hits,
            "total": self.total,
            "next": self.next,
            "unindexed_ingests": self.unindexed,
        }
