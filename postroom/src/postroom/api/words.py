"""The kinds of values that requests bring, each with the bound that the description tells."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query
from pydantic import AfterValidator

from postroom.api.models import ErrorAnswer


def storable(text: str) -> str:
    """Hand back a text that both engines can hold; raise `ValueError` for one that they cannot."""
    if "\0" in text:
        raise ValueError("it holds U+0000")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("it holds half of a surrogate pair") from None
    return text


Text = Annotated[str, AfterValidator(storable)]
"""Any text that can be stored."""

ProjectId = Annotated[
    str,
    Query(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
        description="The project, part of the key under which the file is kept.",
    ),
]
CaseId = Annotated[
    Text | None,
    Query(
        min_length=1,
        max_length=200,
        pattern=r"^[^\x00]*$",
        description="The case within the project.",
    ),
]
FileName = Annotated[
    Text,
    Query(
        min_length=1,
        max_length=255,
        pattern=r"^[^\x00]*$",
        description="What people call the file.",
    ),
]
Limit = Annotated[int, Query(ge=1, le=500, description="How many at most.")]
After = Annotated[
    str | None,
    Query(max_length=128, description="The `next` of the page before, with the same query."),
]
IngestId = Annotated[UUID, Path(description="The id of an ingest.")]
ItemId = Annotated[UUID, Path(description="The id of a message.")]

ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorAnswer, "description": text}
    for status, text in {
        400: "the request cannot mean anything: two sources, an unknown source, a foreign cursor",
        401: "no token that is known",
        403: "not this token, page or host",
        404: "no such generation as the header X-Generation names",
        422: "a value is not of its form",
        429: "too many requests",
        500: "a mistake of the service",
        503: "archive or store away; nothing changed",
    }.items()
}
"""What every route may answer."""

NOT_FOUND: dict[int | str, dict[str, Any]] = {
    404: {"model": ErrorAnswer, "description": "nothing of that id in this source"}
}
CONFLICT: dict[int | str, dict[str, Any]] = {
    409: {"model": ErrorAnswer, "description": "held, completed, or another request of that key"}
}
BODY: dict[int | str, dict[str, Any]] = {
    408: {"model": ErrorAnswer, "description": "the body stopped coming"},
    413: {"model": ErrorAnswer, "description": "the body is too large"},
}
MEDIA: dict[int | str, dict[str, Any]] = {
    415: {"model": ErrorAnswer, "description": "a body of another kind"}
}
