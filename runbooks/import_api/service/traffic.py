"""Send imports at a steady rate, the same ones for the same seed, and keep every acknowledgement.

python traffic.py --base-url http://127.0.0.1:8700 --rate 20 --seed 7 --out traffic.jsonl

Requests are due at fixed times whether or not earlier ones were answered, so a slow service is not
spared. A request without an answer is sent again under the same key until `--patience-s` is over.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

import httpx

from importer.clock import now_text
from importer.documents import fetch, path_of

_RETRY_S: Final = 0.05
_MESSAGES: Final = (20, 40, 80)
_SPACE: Final = uuid.UUID("9b0e3c1a-6d0f-4a53-9d5a-1f6f0b7c2d11")


@dataclass(frozen=True, slots=True)
class Request:
    """The k-th import of a seed: who sends it and what is in it."""

    number: int
    key: str
    user: str
    path: str


def request_of(seed: int, number: int, users: int) -> Request:
    """Return the k-th import of a seed.

    Users are drawn evenly and come again: one who sent half of all imports would move the share by
    50 points at once, for the share is one of users.
    """
    chance = random.Random(f"{seed}/{number}")  # noqa: S311  # repeatable on purpose
    user = chance.randint(1, users)
    document = chance.randrange(10_000)
    return Request(
        number=number,
        key=uuid.uuid5(_SPACE, f"{seed}/{number}").hex,
        user=f"user-{user}",
        path=path_of(document, chance.choice(_MESSAGES)),
    )


class Traffic:
    """Sends requests and writes one line for each: acknowledged, refused or without an answer."""

    def __init__(self, client: httpx.AsyncClient, out: TextIO, patience_s: float) -> None:
        self._client = client
        self._out = out
        self._patience_s = patience_s

    async def send(self, wanted: Request) -> None:
        """Send one import until it is answered, and write down how."""
        body = {"user_id": wanted.user, "storage_path": wanted.path}
        body["soulprint"] = fetch(wanted.path).soulprint
        until, tries = time.monotonic() + self._patience_s, 0
        line: dict[str, object] = {"number": wanted.number, "id": wanted.key, "user": wanted.user}
        while True:
            tries += 1
            try:
                answer = await self._client.post(
                    "/import", json=body, headers={"idempotency-key": wanted.key}
                )
            except httpx.HTTPError as error:
                line["error"] = type(error).__name__
                if time.monotonic() > until:
                    break
                await asyncio.sleep(_RETRY_S)
                continue
            line.pop("error", None)
            line["status"] = answer.status_code
            if answer.status_code == httpx.codes.ACCEPTED:
                line["pipeline"] = answer.json()["pipeline"]
            break
        line |= {"tries": tries, "at": now_text()}
        self._out.write(json.dumps(line) + "\n")
        self._out.flush()


async def run(asked: argparse.Namespace) -> None:
    """Send until the count is reached or a signal comes; then wait for the answers still due."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    limits = httpx.Limits(max_connections=64)
    timeout = httpx.Timeout(5.0, pool=None)
    async with httpx.AsyncClient(base_url=asked.base_url, limits=limits, timeout=timeout) as client:
        with asked.out.open("a", encoding="utf-8") as out:
            traffic = Traffic(client, out, asked.patience_s)
            began, number = time.monotonic(), asked.first
            async with asyncio.TaskGroup() as group:
                while not stopping.is_set() and number != asked.first + asked.count:
                    group.create_task(traffic.send(request_of(asked.seed, number, asked.users)))
                    number += 1
                    due = began + (number - asked.first) / asked.rate
                    try:
                        await asyncio.wait_for(stopping.wait(), max(0.0, due - time.monotonic()))
                    except TimeoutError:
                        continue


def main() -> None:
    """Read the options and send."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--base-url", required=True)
    options.add_argument("--rate", type=float, default=20.0, help="imports per second")
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--users", type=int, default=5_000)
    options.add_argument("--first", type=int, default=0, help="the number to begin with")
    options.add_argument("--count", type=int, default=-1, help="-1: until a signal")
    options.add_argument("--out", type=Path, default=Path("traffic.jsonl"))
    options.add_argument("--patience-s", type=float, default=20.0)
    asyncio.run(run(options.parse_args()))


if __name__ == "__main__":
    main()
