"""Texts kept by content, so that the same bytes are read once in a home, by whichever version.

A text depends on the bytes, on the hints (suffix, declared type) and on the extractor's version; so
does its name. Only final answers are kept: a file that ran over its time is tried again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from postroom.documents.children import Answer
from postroom.errors import DiskRefused, NotReadable
from postroom.store import Store


@dataclass(frozen=True, slots=True)
class TextCache:
    """The texts of one version of the extractor, below `cache/text/` in the store.

    With a `pool` it asks the store for many at the same time.
    """

    store: Store
    version: str
    pool: ThreadPoolExecutor | None = None
    _on_their_way: list[Future[None]] = field(default_factory=list)

    def key(self, sha256: str, suffix: str, declared: str) -> str:
        """The key of the text of that content under those hints."""
        hints = hashlib.sha256(f"{suffix}\0{declared}".encode()).hexdigest()[:16]
        return f"cache/text/{self.version}/{sha256[:2]}/{sha256}-{hints}.json"

    def get(self, key: str) -> Answer | None:
        """The answer kept under a key, if it is there and whole."""
        try:
            kept = json.loads(self.store.read_bytes(key))
            return Answer(kept["text"], kept["reason"], kept["mime_type"])
        except (NotReadable, ValueError, KeyError):
            return None

    def get_all(self, keys: Sequence[str]) -> list[Answer | None]:
        """The answers kept under keys, in their order."""
        if self.pool is None:
            return [self.get(key) for key in keys]
        return list(self.pool.map(self.get, keys))

    def put(self, key: str, answer: Answer) -> None:
        """Keep a final answer; a cache that cannot be written only costs time."""
        if not answer.is_final:
            return
        kept = {"text": answer.text, "reason": answer.reason, "mime_type": answer.mime_type}
        content = json.dumps(kept).encode()
        if self.pool is None:
            self._keep(key, content)
        else:
            self._on_their_way.append(self.pool.submit(self._keep, key, content))

    def finish(self) -> None:
        """Wait until what was put is kept; raises what the store raises."""
        while self._on_their_way:
            self._on_their_way.pop().result()

    def _keep(self, key: str, content: bytes) -> None:
        with contextlib.suppress(DiskRefused):
            self.store.put_bytes(key, content)
