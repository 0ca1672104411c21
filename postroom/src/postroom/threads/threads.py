"""Links between mails, and the thread that each belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from postroom.threads.by_subject import earlier_mails
from postroom.threads.conversation import HEADER_BYTES, ancestors, guid_of
from postroom.threads.forest import Forest, Groups
from postroom.threads.item import Link, Method, ThreadItem

Candidate = tuple[int, float]

_DIRECT: Final = 1.0
_REFERENCED: Final = 0.95
_REFERENCED_FARTHER: Final = 0.85
_INDEX_PARENT: Final = 0.9
_INDEX_ANCESTOR: Final = 0.8
_INDEX_ROOT: Final = 0.7
_SUBJECT: Final = 0.5


@dataclass(frozen=True, slots=True)
class _Known:
    """Mails in order, and the first of them under each name that another may call it by."""

    items: Sequence[ThreadItem]
    by_message_id: dict[str, int]
    by_index: dict[bytes, int]
    by_guid: dict[bytes, int]


def threads(items: Iterable[ThreadItem]) -> list[Link]:
    """Find the parent of each mail: at most one, never itself or one that descends from it.

    The result depends on the set of mails alone, not on their order. A stronger method wins over a
    weaker one; among links of one method that would close a circle, the later mail keeps its
    parent. A message id that several mails have is the first one's, by `ThreadItem.order`. Takes
    next to linear time.
    """
    known = _known(sorted(items, key=lambda item: item.order))
    forest = Forest(len(known.items))
    found = [*_named(known, forest), *_by_subject(known, forest)]
    return [_link(known, *each) for each in sorted(found)]


def roots(items: Iterable[ThreadItem], links: Iterable[Link]) -> dict[str, ThreadItem]:
    """Give the root of the thread of each mail, by its id.

    Linked mails are one thread. So are mails of one message id, which are copies, and mails of one
    conversation GUID, whose parents may be missing. The root is the first of its thread that has no
    parent.
    """
    known = _known(sorted(items, key=lambda item: item.order))
    numbers = {item.email_id: number for number, item in enumerate(known.items)}
    groups, children = Groups(len(known.items)), set()
    for link in links:
        children.add(numbers[link.email_id])
        groups.join(numbers[link.email_id], numbers[link.parent_email_id])
    for number, item in enumerate(known.items):
        if item.message_id:
            groups.join(number, known.by_message_id[item.message_id])
        if item.conversation_index:
            groups.join(number, known.by_guid[guid_of(item.conversation_index)])
    first: dict[int, ThreadItem] = {}
    for number, item in enumerate(known.items):
        if number not in children:
            first.setdefault(groups.of(number), item)
    return {item.email_id: first[groups.of(number)] for number, item in enumerate(known.items)}


def _known(items: Sequence[ThreadItem]) -> _Known:
    by_message_id: dict[str, int] = {}
    by_index: dict[bytes, int] = {}
    by_guid: dict[bytes, int] = {}
    for number, item in enumerate(items):
        if item.message_id:
            by_message_id.setdefault(item.message_id, number)
        if index := item.conversation_index:
            by_index.setdefault(index, number)
            first = by_guid.setdefault(guid_of(index), number)
            if len(index) < len(items[first].conversation_index):
                by_guid[guid_of(index)] = number
    return _Known(items, by_message_id, by_index, by_guid)


def _named(known: _Known, forest: Forest) -> Iterator[tuple[int, int, Method, float]]:
    """Yield number, parent, method and confidence, by what a mail says of its parent."""
    methods: tuple[tuple[Method, Callable[[_Known, ThreadItem], Iterator[Candidate]]], ...] = (
        ("in_reply_to", _in_reply_to),
        ("references", _references),
        ("conversation_index", _conversation_index),
    )
    for method, candidates in methods:
        # The later mail first: of two that answer each other, the later one keeps its parent.
        for number in range(len(known.items) - 1, -1, -1):
            if forest.parents[number] is None:
                for parent, confidence in candidates(known, known.items[number]):
                    if forest.link(number, parent):
                        yield number, parent, method, confidence
                        break


def _in_reply_to(known: _Known, item: ThreadItem) -> Iterator[Candidate]:
    for each in item.in_reply_to:
        if each != item.message_id and each in known.by_message_id:
            yield known.by_message_id[each], _DIRECT


def _references(known: _Known, item: ThreadItem) -> Iterator[Candidate]:
    confidence = _REFERENCED
    for each in reversed(item.references):
        if each != item.message_id:
            if each in known.by_message_id:
                yield known.by_message_id[each], confidence
            confidence = _REFERENCED_FARTHER


def _conversation_index(known: _Known, item: ThreadItem) -> Iterator[Candidate]:
    index = item.conversation_index
    if len(index) <= HEADER_BYTES:
        return
    for distance, above in ancestors(index):
        if above in known.by_index:
            confidence = _INDEX_PARENT if distance == 1 else _INDEX_ANCESTOR
            yield known.by_index[above], confidence
    root = known.by_guid[guid_of(index)]
    if len(known.items[root].conversation_index) < len(index):
        yield root, _INDEX_ROOT


def _by_subject(known: _Known, forest: Forest) -> Iterator[tuple[int, int, Method, float]]:
    children = {
        number
        for number, item in enumerate(known.items)
        if (item.is_answer or item.is_forward) and forest.parents[number] is None
    }
    for number, parent in earlier_mails(known.items, children):
        if forest.link(number, parent):
            yield number, parent, "subject", _SUBJECT


def _link(known: _Known, number: int, parent: int, method: Method, confidence: float) -> Link:
    items = known.items
    return Link(items[number].email_id, items[parent].email_id, method, confidence)
