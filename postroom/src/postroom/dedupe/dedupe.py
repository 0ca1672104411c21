"""The decisions: each copy, what it is a copy of, and by which tier."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from postroom.dedupe.item import DedupeItem, Tier

Key = tuple[str | None, ...] | None

Relaxed = Callable[[Sequence[DedupeItem]], Mapping[str, str | None]]
"""Give the relaxed hash of each of these mails by its id; only the few in doubt are asked for."""


@dataclass(frozen=True, slots=True)
class Decision:
    """`email_id` is a copy of `kept_email_id`, which is before it; `key_hash` is what they share.

    What is kept may itself be a copy of another by a later tier: who trusts the tiers up to one of
    them keeps exactly the mails without a decision of those tiers.
    """

    email_id: str
    kept_email_id: str
    tier: Tier
    key_hash: str


def decide(items: Iterable[DedupeItem], relaxed: Relaxed) -> list[Decision]:
    """Find every copy among `items`, in their order, whatever order they come in.

    Of those alike by a tier the first stays and goes on to the next tier. Families are copies or
    not as a whole: mails with different attachments are never alike.
    """
    left = sorted((item for item in items if item.is_known), key=lambda item: item.order)
    decisions: list[Decision] = []
    left = _settle(left, "message_id", _by_message_id, decisions)
    left = _settle(left, "content_hash", _by_content, decisions)
    doubtful = _doubtful(left)
    hashes = relaxed(doubtful) if doubtful else {}

    def by_relaxed(item: DedupeItem) -> Key:
        found = hashes.get(item.email_id)
        return None if found is None else (found, item.family)

    _settle(doubtful, "relaxed_hash", by_relaxed, decisions)
    return decisions


def _settle(
    items: Sequence[DedupeItem],
    tier: Tier,
    key_of: Callable[[DedupeItem], Key],
    decisions: list[Decision],
) -> list[DedupeItem]:
    """Decide on those that share their key with an earlier one; hand back the others."""
    first: dict[Key, str] = {}
    left = []
    for item in items:
        key = key_of(item)
        kept = first.setdefault(key, item.email_id) if key is not None else item.email_id
        if kept == item.email_id:
            left.append(item)
        else:
            decisions.append(Decision(item.email_id, kept, tier, _digest(tier, key)))
    return left


def _by_message_id(item: DedupeItem) -> Key:
    if item.message_id is None:
        return None
    return (item.message_id, item.content_hash, item.family)


def _by_content(item: DedupeItem) -> Key:
    return (item.content_hash, item.family)


def _doubtful(items: Sequence[DedupeItem]) -> list[DedupeItem]:
    """Pick those that share with another what is cheap to know of a relaxed hash."""
    seen = Counter((item.subject, item.sender, item.family) for item in items)
    return [item for item in items if seen[item.subject, item.sender, item.family] > 1]


def _digest(tier: Tier, key: Key) -> str:
    return hashlib.sha256(json.dumps([tier, *(key or ())]).encode()).hexdigest()
