"""Texts kept by content, so that the same bytes are read once in a home, by whichever version.

A text depends on the bytes, on the hints (suffix, declared type) and on the extractor's version; so
does its name. Only final answers are kept: a file that ran over its time is tried again.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass

from postroom.documents.children import Answer
from postroom.store import FolderStore


@dataclass(frozen=True, slots=True)
class TextCache:
    """The texts of one version of the extractor, below `cache/text/` in the store."""

    store: FolderStore
    version: str

    def key(self, sha256: str, suffix: str, declared: str) -> str:
        """The key of the text of that content under those hints."""
        hints = hashlib.sha256(f"{suffix}\0{declared}".encode()).hexdigest()[:16]
        return f"cache/text/{self.version}/{sha256[:2]}/{sha256}-{hints}.json"

    def get(self, key: str) -> Answer | None:
        """The answer kept under a key, if it is there and whole."""
        try:
            kept = json.loads(self.store.path_for(key).read_bytes())
            return Answer(kept["text"], kept["reason"], kept["mime_type"])
        except (OSError, ValueError, KeyError):
            return None

    def put(self, key: str, answer: Answer) -> None:
        """Keep a final answer; a cache that cannot be written only costs time."""
        if not answer.is_final:
            return
        kept = {"text": answer.text, "reason": answer.reason, "mime_type": answer.mime_type}
        path = self.store.path_for(key)
        partial = path.with_name(f".{secrets.token_hex(8)}.partial")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            partial.touch(mode=0o600)
            partial.write_text(json.dumps(kept), encoding="utf-8")
            partial.replace(path)
        except OSError:
            partial.unlink(missing_ok=True)
