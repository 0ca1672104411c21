"""What the edge sends by itself, and what a log may say of where a request went."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any, Final

from cutline.routing.protocol import Scope, Send
from postroom.api.errors import Answer

SAFE_HEADERS: Final = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
"""On every answer that does not bring its own: nothing of mail is cached, embedded or guessed."""

INTERNAL: Final = Answer(
    500,
    {
        "error": {
            "code": "internal",
            "what": "the service made a mistake",
            "where": "",
            "why": "its log says where, under the X-Request-ID of this answer",
            "remedy": "report it with that id",
        }
    },
    {},
)


async def send_answer(answer: Answer, send: Send) -> None:
    """Send an error as the whole answer."""
    body = json.dumps(answer.body).encode()
    headers = {**answer.headers, "content-type": "application/json"}
    pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    pairs.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


def route_of(scope: Scope) -> str:
    """Give the template of the route that was taken; what a client made up is not for logs."""
    route: Any = scope.get("route")
    return str(getattr(route, "path", "")) or "(none)"


def ids_of(scope: Scope) -> dict[str, str]:
    """Give those parts of the path that are ids: a UUID says nothing of mail."""
    found: Mapping[str, object] = scope.get("path_params") or {}
    return {name: str(value) for name, value in found.items() if is_uuid(str(value))}


def is_uuid(value: str) -> bool:
    """Say whether a text is a UUID in its usual form."""
    try:
        return str(uuid.UUID(value)) == value.lower()
    except ValueError:
        return False
