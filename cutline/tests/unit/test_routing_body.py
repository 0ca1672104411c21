"""A body is looked into and still comes whole."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from cutline.routing.body import member, peek


class Chunks:
    """A client that sends chunk after chunk, and counts how many were taken."""

    def __init__(self, *chunks: bytes, ends: bool = True) -> None:
        last = len(chunks) - 1
        self.messages: list[dict[str, Any]] = [
            {"type": "http.request", "body": chunk, "more_body": number < last or not ends}
            for number, chunk in enumerate(chunks)
        ] + [{"type": "http.disconnect"}]
        self.taken = 0

    async def receive(self) -> dict[str, Any]:
        self.taken += 1
        return self.messages[self.taken - 1]


@pytest.mark.parametrize(
    ("client", "seen", "taken"),
    [
        (Chunks(b"ab", b"cd"), b"abcd", 2),
        (Chunks(b""), b"", 1),
        (Chunks(b"abcd"), b"abcd", 1),
        (Chunks(b"abcde"), b"", 1),
        (Chunks(b"abc", b"def", b"ghi", b"jkl"), b"", 2),
        (Chunks(b"ab", ends=False), b"", 2),
    ],
)
def test_no_more_is_read_than_the_limit_needs(client: Chunks, seen: bytes, taken: int) -> None:
    """Beyond it nothing is seen, nothing more is held, and every message still comes, in order."""

    async def run() -> None:
        body, receive = await peek(client.receive, 4)
        assert (body, client.taken) == (seen, taken)
        assert [await receive() for _ in client.messages] == client.messages

    asyncio.run(run())


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"k": "a"}', "a"),
        (b'{"k": 17}', "17"),
        (b'{"k": true}', ""),
        (b'{"k": null}', ""),
        (b'{"k": ["a"]}', ""),
        (b"[1]", ""),
        (b"{", ""),
        (b"\xff", ""),
        (b"[" * 100_000, ""),
        (b"", ""),
    ],
)
def test_a_key_is_a_text_or_a_whole_number(body: bytes, found: str) -> None:
    """Anything else is no key: it would deal different people alike."""
    assert member(body, "k") == found
