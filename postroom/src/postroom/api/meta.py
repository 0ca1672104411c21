"""Values and tags that people and programs keep with messages."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final
from uuid import uuid4

from fastapi import APIRouter, Body, Path
from pydantic import BaseModel, ConfigDict, Field

from postroom.api.context import About
from postroom.api.errors import NotFound, Unprocessable
from postroom.api.item import check_item, meta_of
from postroom.api.item_rows import TAGS, tags_within
from postroom.api.words import BODY, ERRORS, NOT_FOUND, ItemId, Text
from postroom.archive.transaction import Transaction
from postroom.moment import now_text

router = APIRouter(tags=["meta"], responses=ERRORS)

_MOST_NAMES: Final = 200
_MOST_TAGS: Final = 100
_VALUE_CHARACTERS: Final = 20_000

Name = Annotated[
    str,
    Path(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
        description="The name of a value; `tags` has routes of its own.",
    ),
]
Tag = Annotated[Text, Field(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
Tags = Annotated[list[Tag], Body(max_length=_MOST_TAGS)]


class MetaValue(BaseModel):
    """A value."""

    model_config = ConfigDict(extra="forbid", strict=True)

    value: Text = Field(max_length=_VALUE_CHARACTERS, pattern=r"^[^\x00]*$")


class TagCount(BaseModel):
    """A tag and how many messages have it."""

    tag: str
    count: int


@router.get("/items/{item_id}/meta", responses=NOT_FOUND)
def list_meta(item_id: ItemId, about: About) -> dict[str, Any]:
    """Give the values of a message by name, its tags among them."""
    with about.archive.reading() as tx:
        check_item(tx, str(item_id))
        return meta_of(tx, str(item_id))


@router.put("/items/{item_id}/meta/{name}", responses={**NOT_FOUND, **BODY})
def set_meta(item_id: ItemId, name: Name, given: MetaValue, about: About) -> dict[str, Any]:
    """Set a value; hand back all of the message."""
    _check_name(name)
    with about.archive.transaction() as tx:
        check_item(tx, str(item_id))
        known = meta_of(tx, str(item_id))
        if name not in known and len(known) >= _MOST_NAMES:
            raise _refused(f"a message has at most {_MOST_NAMES} values")
        _put(tx, str(item_id), name, given.value)
        return meta_of(tx, str(item_id))


@router.delete("/items/{item_id}/meta/{name}", status_code=204, responses=NOT_FOUND)
def delete_meta(item_id: ItemId, name: Name, about: About) -> None:
    """Take a value away."""
    _check_name(name)
    with about.archive.transaction() as tx:
        check_item(tx, str(item_id))
        gone = tx.change(
            "DELETE FROM item_meta WHERE email_id = :id AND name = :name",
            id=str(item_id),
            name=name,
        )
        if not gone:
            raise NotFound(
                "there is no such value",
                where=f"item {item_id}",
                why="nothing was set by that name",
                remedy="GET /items/{id}/meta lists the names",
            )


@router.put("/items/{item_id}/tags", responses={**NOT_FOUND, **BODY})
def set_tags(item_id: ItemId, tags: Tags, about: About) -> list[str]:
    """Set the tags of a message, all at once; hand them back, each once, in their order."""
    kept = list(dict.fromkeys(tags))
    with about.archive.transaction() as tx:
        check_item(tx, str(item_id))
        _put(tx, str(item_id), TAGS, kept)
    return kept


@router.get("/tags")
def list_tags(about: About) -> list[TagCount]:
    """List the tags that messages have, with the number of messages of each."""
    with about.archive.reading() as tx:
        rows = tx.rows(
            f"SELECT t.value AS tag, count(*) AS count FROM item_meta AS m,"  # noqa: S608
            f" {tags_within(tx.backend, 'm')}"
            f" WHERE m.name = '{TAGS}' GROUP BY 1 ORDER BY 1"
        )
    return [TagCount.model_validate(dict(row)) for row in rows]


def _put(tx: Transaction, item_id: str, name: str, value: str | list[str]) -> None:
    tx.change(
        "INSERT INTO item_meta (id, email_id, name, value, updated_at)"
        " VALUES (:id, :item_id, :name, :value, :now) ON CONFLICT (email_id, name)"
        " DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
        id=str(uuid4()),
        item_id=item_id,
        name=name,
        value=json.dumps(value, ensure_ascii=False),
        now=now_text(),
    )


def _check_name(name: str) -> None:
    if name == TAGS:
        raise _refused("tags are set by PUT /items/{id}/tags, as a list")


def _refused(why: str) -> Unprocessable:
    return Unprocessable(
        "this value cannot be set", where="the name in the path", why=why, remedy="see docs/api.md"
    )
