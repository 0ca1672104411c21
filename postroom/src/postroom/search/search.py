"""Finds mails by their words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from cutline.errors import WrongUsage
from postroom.archive.archive import Archive
from postroom.archive.transaction import Row, Transaction
from postroom.search.page import SearchHit, SearchPage
from postroom.search.query import SearchQuery
from postroom.search.shown import shown
from postroom.search.tables import UNDATED, filetime, has_index
from postroom.search.term import Term
from postroom.search.word_index import word_index

MOST_HITS: Final = 200
"""Hits that a page may have."""

_CURSOR: Final = re.compile(r"(-?\d{1,19})_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.ASCII)

_UNINDEXED: Final = """SELECT count(*) AS n FROM pst_files WHERE processing_status = 'completed'"""
_NOT_THERE: Final = " AND id NOT IN (SELECT pst_file_id FROM search_ingests)"

_PAGE: Final = """SELECT email_id, moment, (SELECT count(*) FROM found) AS total FROM found
    WHERE :is_first = 1 OR moment < :moment OR (moment = :moment AND email_id > :email_id)
    ORDER BY moment DESC, email_id LIMIT :most"""

_START: Final = "00000000-0000-0000-0000-000000000000"


class _Asked(NamedTuple):
    """A query in SQL that gives every hit as `found`, and its parameters."""

    sql: str
    parameters: dict[str, object]


def search(
    archive: Archive, query: SearchQuery, *, limit: int = 50, after: str | None = None
) -> SearchPage:
    """Find the mails that `query` asks for: a page of them, newest first, those without time last.

    A mail is a hit if each thing that is looked for is somewhere in it: in its subject, its people,
    its body, or the name or the text of an attachment. Hits and their order are the same in both
    engines. `after` is `next` of the page before; what is indexed meanwhile moves no hit to another
    page. Raises `WrongUsage` for a query, a limit or a cursor that is none.
    """
    terms = query.terms()
    moment, email_id = _position(after)
    if not 1 <= limit <= MOST_HITS:
        raise WrongUsage(
            "a page has no such number of hits",
            where=str(limit),
            why=f"it is 1 to {MOST_HITS}",
            remedy="--limit 50",
        )
    with archive.reading() as tx:
        if not has_index(tx):
            return SearchPage((), 0, None, int(tx.value(_UNINDEXED)))
        asked = _asked(tx, query, terms)
        position = {"moment": moment, "email_id": email_id, "is_first": int(after is None)}
        rows = tx.rows(asked.sql + _PAGE, most=limit + 1, **position, **asked.parameters)
        total = int(rows[0]["total"]) if rows else _total(tx, asked, after)
        hits = tuple(_hits(tx, rows[:limit], terms, query))
        unindexed = int(tx.value(_UNINDEXED + _NOT_THERE))
    last = rows[limit - 1] if len(rows) > limit else None
    return SearchPage(
        hits, total, f"{last['moment']}_{last['email_id']}" if last else None, unindexed
    )


def _position(cursor: str | None) -> tuple[int, str]:
    if cursor is None:
        return 0, _START
    found = _CURSOR.fullmatch(cursor)
    if found is None or not -(2**63) <= int(found[1]) < 2**63:
        raise WrongUsage(
            "this is no cursor of a search",
            where=ascii(cursor[:80]),
            why="it is what a page of hits gave as `next`",
            remedy="leave it out for the first page",
        )
    return int(found[1]), found[2]


def _asked(tx: Transaction, query: SearchQuery, terms: tuple[Term, ...]) -> _Asked:
    parameters: dict[str, object] = {}
    index = word_index(tx.backend)

    def mails_with(number: int, term: Term) -> str:
        sql, parameters[f"term{number}"] = index.found((term,), f"term{number}")
        return sql.format("p.email_id") + _which(term)

    numbered = list(enumerate(terms))
    wanted = [mails_with(n, term) for n, term in numbered if not term.is_unwanted]
    unwanted = [mails_with(n, term) for n, term in numbered if term.is_unwanted]
    ids = " INTERSECT ".join(wanted or ["SELECT email_id FROM search_mails"])
    ids = " EXCEPT ".join([ids, *unwanted])
    conditions = " AND ".join(["1 = 1", *_conditions(tx, query, parameters)])
    found = (
        "SELECT email_id, moment FROM search_mails"  # noqa: S608  # parameters are bound
        f" WHERE email_id IN (SELECT email_id FROM ids) AND {conditions}"
    )
    return _Asked(f"WITH ids AS ({ids}), found AS ({found}) ", parameters)


def _which(term: Term) -> str:
    match term.is_in_mail_itself:
        case None:
            return ""
        case True:
            return " AND p.attachment_id IS NULL"
        case False:
            return " AND p.attachment_id IS NOT NULL"


def _conditions(
    tx: Transaction, query: SearchQuery, parameters: dict[str, object]
) -> Iterator[str]:
    if query.after is not None:
        parameters["after"] = filetime(query.after)
        yield "moment >= :after"
    if query.before is not None:
        parameters["before"] = filetime(query.before)
        yield f"moment < :before AND moment > {UNDATED}"
    if query.folder:
        # No folder has a character that no archive can hold.
        name = query.folder.strip("/").encode("utf-8", "replace").decode().replace("\0", "\ufffd")
        parameters["folder"] = f"/{name}/"
        position = "instr" if tx.backend == "sqlite" else "strpos"
        yield f"{position}('/' || folder || '/', :folder) > 0"


def _total(tx: Transaction, asked: _Asked, after: str | None) -> int:
    if after is None:
        return 0
    query = f"{asked.sql}SELECT count(*) AS n FROM found"  # noqa: S608  # parameters are bound
    return int(tx.value(query, **asked.parameters))


def _hits(
    tx: Transaction, rows: list[Row], terms: tuple[Term, ...], query: SearchQuery
) -> Iterator[SearchHit]:
    wanted = tuple(term for term in terms if not term.is_unwanted)
    for row in rows:
        hit = shown(tx, str(row["email_id"]), wanted, query.found_in)
        if hit is not None:
            yield hit
