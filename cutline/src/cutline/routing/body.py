"""Looking into a request's body without taking it from the application."""

from __future__ import annotations

import json

from cutline.routing.protocol import Message, Receive


async def peek(receive: Receive, limit_bytes: int) -> tuple[bytes, Receive]:
    """Return the body and a `receive` that gives every message again.

    Of a body that is longer than `limit_bytes`, or that ends early, nothing is returned, and the
    application still gets all of it: no more than the limit and one chunk lies in memory.
    """
    messages: list[Message] = []
    size, is_whole = 0, False
    while not is_whole and size <= limit_bytes:
        message = await receive()
        messages.append(message)
        if message["type"] != "http.request":
            break
        size += len(message.get("body", b""))
        is_whole = not message.get("more_body", False)
    body = b"".join(message.get("body", b"") for message in messages)
    waiting = iter(messages)

    async def again() -> Message:
        for message in waiting:
            return message
        return await receive()

    return (body if is_whole and size <= limit_bytes else b""), again


def member(body: bytes, name: str) -> str:
    """Return a member of a JSON object as text; empty unless it is a text or a whole number."""
    try:
        found = json.loads(body) if body else None
    except (ValueError, RecursionError):
        return ""
    value = found.get(name) if isinstance(found, dict) else None
    is_plain = isinstance(value, str | int) and not isinstance(value, bool)
    return str(value) if is_plain else ""
