"""A hit as people see it: the mail, and where it has what was looked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from postroom.archive.transaction import Row, Transaction
from postroom.search.page import SearchHit
from postroom.search.pieces import recipient_texts, sender_texts
from postroom.search.snippet import Snippet, snippet
from postroom.search.term import Place, Term
from postroom.search.word_index import word_index

_READ_CHARACTERS: Final = 2_000_000
_MOST_ATTACHMENTS: Final = 10

_MAIL: Final = f"""SELECT id, pst_file_id, subject, from_address, sender_name, sender_smtp,
    representing_name, representing_smtp, recipients, coalesce(sent_utc, received_utc) AS sent_utc,
    pst_message_path, substr(body_text, 1, {_READ_CHARACTERS}) AS body_text
    FROM email_messages WHERE id = :id"""  # noqa: S608  # a number

_ATTACHMENT: Final = """SELECT a.file_name, d.text_excerpt FROM email_attachments a
    LEFT JOIN documents d ON d.attachment_id = a.id WHERE a.id = :id"""

_NOTHING: Final = Snippet((), -1)


def shown(
    tx: Transaction, email_id: str, terms: Sequence[Term], found_in: Place | None
) -> SearchHit | None:
    """Read the mail of a hit and choose what to show of it; None if it is gone since.

    The place with the most of `terms` is shown; of several the body, then attachments, the subject,
    the people.
    """
    row = tx.row(_MAIL, id=email_id)
    if row is None:
        return None
    best: tuple[Place, str | None, Snippet] = ("body", None, _NOTHING)
    for place, attachment_id, text in _texts(tx, row, terms):
        if found_in is not None and not _is_within(place, found_in):
            continue
        found = snippet(text, [term for term in terms if _may_be(term, place)])
        if found.terms_found > best[2].terms_found:
            best = (place, attachment_id, found)
        if found.terms_found == len(terms):
            break
    place, attachment_id, found = best
    return SearchHit(
        email_id=row["id"],
        pst_file_id=row["pst_file_id"],
        subject=row["subject"],
        from_address=row["from_address"],
        sender_name=row["sender_name"],
        sent_utc=row["sent_utc"],
        folder=row["pst_message_path"],
        found_in=place,
        attachment_id=attachment_id,
        snippet=found.pieces,
    )


def _texts(
    tx: Transaction, row: Row, terms: Sequence[Term]
) -> Iterator[tuple[Place, str | None, str]]:
    yield "body", None, row["body_text"] or ""
    yield from _attachments(tx, row["id"], terms)
    yield "subject", None, row["subject"] or ""
    yield "sender", None, "; ".join(sender_texts(row))
    yield "recipients", None, "; ".join(recipient_texts(row["recipients"]))


def _attachments(
    tx: Transaction, email_id: str, terms: Sequence[Term]
) -> Iterator[tuple[Place, str | None, str]]:
    sought = tuple(term for term in terms if _may_be(term, "attachment"))
    if not sought:
        return
    sql, asked = word_index(tx.backend).found(sought, "sought")
    query = (
        sql.format("DISTINCT p.attachment_id")
        + " AND p.email_id = :id AND p.attachment_id IS NOT NULL"
        + f" ORDER BY p.attachment_id LIMIT {_MOST_ATTACHMENTS}"
    )
    for found in tx.rows(query, id=email_id, sought=asked):
        attachment = tx.row(_ATTACHMENT, id=found["attachment_id"])
        if attachment is not None:
            name, text = attachment["file_name"], attachment["text_excerpt"]
            yield "attachment", found["attachment_id"], "\n".join(filter(None, (name, text)))


def _may_be(term: Term, place: Place) -> bool:
    """Say whether a term may be in a place."""
    return term.place is None or _is_within(place, term.place)


def _is_within(place: Place, wanted: Place) -> bool:
    return place == wanted or (wanted == "people" and place in ("sender", "recipients"))
