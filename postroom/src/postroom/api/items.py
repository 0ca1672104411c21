"""Lists of messages: filtered, sorted, in pages that no change between them can shift."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from postroom.api import cursor
from postroom.api.context import About, Asked
from postroom.api.item_rows import COLUMNS, TAGS, as_row, tags_within
from postroom.api.models import Folder, Items
from postroom.api.words import ERRORS, After, Limit, Text
from postroom.archive.transaction import Backend, Transaction

router = APIRouter(tags=["items"], responses=ERRORS)

Sort = Literal["sent_utc", "subject", "from_address"]
Order = Literal["asc", "desc"]

_FILTER_CHARACTERS: Final = 1000
Chosen = Annotated[Text | None, Query(max_length=_FILTER_CHARACTERS, pattern=r"^[^\x00]*$")]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which messages a list has; None filters nothing."""

    pst_file_id: str | None
    folder: str | None
    thread_id: str | None
    tag: str | None
    pinned: bool | None

    def sql(self, backend: Backend) -> tuple[str, dict[str, object]]:
        """Give the condition and its parameters."""
        parts = ["1 = 1"]
        if self.pst_file_id is not None:
            parts.append("e.pst_file_id = :pst_file_id")
        if self.folder is not None:
            parts.append("COALESCE(e.pst_message_path, '') = :folder")
        if self.thread_id is not None:
            parts.append("e.thread_id = :thread_id")
        if self.tag is not None:
            parts.append(
                "EXISTS (SELECT 1 FROM item_meta AS m,"  # noqa: S608  # nothing of it from outside
                f" {tags_within(backend, 'm')}"
                f" WHERE m.email_id = e.id AND m.name = '{TAGS}' AND t.value = :tag)"
            )
        if self.pinned is not None:
            pinned = "EXISTS (SELECT 1 FROM item_notes AS p WHERE p.email_id = e.id AND p.pinned)"
            parts.append(pinned if self.pinned else f"NOT {pinned}")
        return " AND ".join(parts), {
            "pst_file_id": self.pst_file_id,
            "folder": self.folder,
            "thread_id": self.thread_id,
            "tag": self.tag,
        }


@router.get("/items")
def list_items(  # noqa: PLR0913, PLR0917  # one parameter for each filter
    about: About,
    limit: Limit = 50,
    after: After = None,
    sort: Sort = "sent_utc",
    order: Order = "desc",
    pst_file_id: UUID | None = None,
    folder: Chosen = None,
    thread_id: UUID | None = None,
    tag: Chosen = None,
    pinned: bool | None = None,  # noqa: FBT001  # a filter by name
) -> Items:
    """List messages, sorted and filtered, a page at a time."""
    filters = Filters(_text(pst_file_id), folder, _text(thread_id), tag, pinned)
    with about.archive.reading() as tx:
        return Items.model_validate(_page(about, tx, filters, sort, order, limit, after))


@router.get("/folders")
def list_folders(about: About) -> list[Folder]:
    """List the folders of all ingests with the number of messages in each."""
    with about.archive.reading() as tx:
        rows = tx.rows(
            "SELECT COALESCE(pst_message_path, '') AS folder, count(*) AS count"
            " FROM email_messages GROUP BY 1 ORDER BY 1"
        )
    return [Folder.model_validate(dict(row)) for row in rows]


def _page(  # the parts of a query
    about: Asked,
    tx: Transaction,
    filters: Filters,
    sort: Sort,
    order: Order,
    limit: int,
    after: str | None,
) -> dict[str, Any]:
    query = (about.source_id, "items", filters, sort, order)
    where, parameters = filters.sql(tx.backend)
    total = tx.value(
        f"SELECT count(*) FROM email_messages AS e WHERE {where}",  # noqa: S608
        **parameters,
    )
    if after is not None:
        parameters["last"] = cursor.place(after, *query)
        if (
            tx.row("SELECT 1 AS x FROM email_messages WHERE id = :id", id=parameters["last"])
            is None
        ):
            raise cursor.foreign()
        where += f" AND {_beyond(sort, order, tx.backend)}"
    found = tx.rows(
        f"SELECT {COLUMNS} FROM email_messages AS e WHERE {where}"  # noqa: S608
        f" ORDER BY {_ordered(sort, order, tx.backend)} LIMIT :most",
        most=limit + 1,
        **parameters,
    )
    rows = [as_row(row) for row in found[:limit]]
    more = cursor.after(rows[-1]["id"], *query) if len(found) > limit else None
    return {"items": rows, "next": more, "total": total}


def _key(sort: Sort, row: str, backend: Backend) -> str:
    """Give what is sorted by: the same order of bytes in both engines, no value before any.

    Letters are folded within A-Z alone, as SQLite does and PostgreSQL with this collation.
    """
    if sort == "sent_utc":
        return f"{row}.sent_utc"
    collate = ' COLLATE "C"' if backend == "postgres" else ""
    return f"lower(COALESCE({row}.{sort}, ''){collate})"


def _ordered(sort: Sort, order: Order, backend: Backend) -> str:
    nulls = "NULLS FIRST" if order == "asc" else "NULLS LAST"
    return f"{_key(sort, 'e', backend)} {order} {nulls}, e.id {order}"


def _beyond(sort: Sort, order: Order, backend: Backend) -> str:
    """Give the condition of the rows that come after the row `:last`, whose key is looked up."""
    key, sign = _key(sort, "e", backend), ">" if order == "asc" else "<"
    last = f"(SELECT {_key(sort, 'l', backend)} FROM email_messages AS l WHERE l.id = :last)"  # noqa: S608
    same = f"({key} = {last} OR ({key} IS NULL AND {last} IS NULL))"
    if order == "asc":
        beyond = f"({key} {sign} {last} OR ({key} IS NOT NULL AND {last} IS NULL))"
    else:
        beyond = f"({key} {sign} {last} OR ({key} IS NULL AND {last} IS NOT NULL))"
    return f"({beyond} OR ({same} AND e.id {sign} :last))"


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
