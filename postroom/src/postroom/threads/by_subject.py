"""The last resort: the same subject, between the same people, within a month."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from postroom.threads.item import ThreadItem

WINDOW_DAYS: Final = 30
MOST_PEOPLE: Final = 200
"""Of a mail to more people only the first are looked at."""

_WINDOW_FILETIME: Final = WINDOW_DAYS * 86_400 * 10_000_000


def earlier_mails(items: Sequence[ThreadItem], children: set[int]) -> Iterator[tuple[int, int]]:
    """Yield child and parent for each of `children` that continues an earlier mail.

    `items` are in order. An answer continues the latest earlier mail of the same subject between
    its sender and one of its recipients, whoever of the two wrote; a forward the latest that its
    sender wrote or received. A mail without time, people or a telling subject continues nothing.
    """
    for bucket in _buckets(items, children):
        yield from _within(items, bucket, children)


def _buckets(items: Sequence[ThreadItem], children: set[int]) -> Iterator[list[int]]:
    wanted = {items[child].subject for child in children} - {""}
    buckets: dict[str, list[int]] = {}
    for number, item in enumerate(items):
        if item.subject in wanted and item.filetime is not None:
            buckets.setdefault(item.subject, []).append(number)
    yield from buckets.values()


def _within(
    items: Sequence[ThreadItem], bucket: list[int], children: set[int]
) -> Iterator[tuple[int, int]]:
    latest: dict[str | tuple[str, str], int] = {}
    # Copies of one mail have one time: what is sent at the same moment continues nothing.
    for _, moment in groupby(bucket, key=lambda number: items[number].filetime):
        numbers = list(moment)
        for number in numbers:
            if number in children:
                parent = _latest(items[number], latest)
                if parent is not None and _is_near(items[parent], items[number]):
                    yield number, parent
        for number in numbers:
            latest.update(dict.fromkeys(_posted(items[number]), number))


def _latest(item: ThreadItem, latest: dict[str | tuple[str, str], int]) -> int | None:
    keys = _pairs(item) if item.is_answer else ([item.sender] if item.sender else [])
    found = [latest[key] for key in keys if key in latest]
    return max(found, default=None)


def _posted(item: ThreadItem) -> list[str | tuple[str, str]]:
    people = [item.sender] if item.sender else []
    return [*_pairs(item), *people, *item.recipients[:MOST_PEOPLE]]


def _pairs(item: ThreadItem) -> list[str | tuple[str, str]]:
    if item.sender is None:
        return []
    sender = item.sender
    return [(min(sender, to), max(sender, to)) for to in item.recipients[:MOST_PEOPLE]]


def _is_near(parent: ThreadItem, child: ThreadItem) -> bool:
    if parent.filetime is None or child.filetime is None:
        return False
    is_same = child.message_id is not None and parent.message_id == child.message_id
    return not is_same and child.filetime - parent.filetime <= _WINDOW_FILETIME
