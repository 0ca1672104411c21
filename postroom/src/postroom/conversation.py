"""Which mail answers which: links with their method and confidence, and the threads they make.

A pure function over what mails say of themselves. The order in which the mails come does not
matter, no link closes a circle, and the work grows with the number of mails, not its square.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

IN_REPLY_TO: Final = "in_reply_to"
REFERENCES: Final = "references"
CONVERSATION_INDEX: Final = "conversation_index"
SUBJECT: Final = "subject"

CONFIDENCE: Final[Mapping[str, float]] = {
    IN_REPLY_TO: 1.0,
    REFERENCES: 0.9,
    CONVERSATION_INDEX: 0.8,
    SUBJECT: 0.5,
}
"""How sure a link is, by what it was made of; the methods are tried in this order."""

SUBJECT_WINDOW: Final = 30 * 24 * 3600 * 10_000_000
"""How long after a mail, in FILETIME, an answer is still recognised by its subject alone."""

_HEADER_HEX = 22 * 2
_LEVEL_HEX = 5 * 2
_DEEPEST_LEVELS = 256
_NEVER = 1 << 64
_ANGLE = re.compile(r"<([^<>\s]+)>")
_ANSWER = re.compile(
    r"\s*(?:re|fwd?|aw|wg|sv|vs|antw|tr|rv|rif|res|enc)(?:\[\d+\])?\s*:", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Mail:
    """What a mail says of itself; `key` is its node path, `filetime` when it was sent or came."""

    key: str
    message_id: str | None = None
    in_reply_to: str | None = None
    references: str | None = None
    conversation_index: str | None = None
    subject: str | None = None
    sender: str | None = None
    recipients: tuple[str, ...] = ()
    filetime: int | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """`child` answers `parent`; both are keys."""

    child: str
    parent: str
    method: str

    @property
    def confidence(self) -> float:
        """How sure the link is, from 0 to 1."""
        return CONFIDENCE[self.method]


@dataclass(frozen=True, slots=True)
class Threads:
    """The links, ordered by child, and for each mail the key of the first mail of its thread."""

    links: tuple[Link, ...]
    thread_of: Mapping[str, str]


def threads(mails: Iterable[Mail]) -> Threads:
    """Link each mail to the one it answers, by the surest method that finds one."""
    ordered = sorted(mails, key=_order)
    holders = _first(ordered, lambda mail: bare_ids(mail.message_id)[:1])
    forest = _Forest()
    for method, candidates in _methods(ordered, holders).items():
        for mail, parents in candidates:
            if mail.key not in forest.parent_of:
                _link_first(forest, mail, parents, method)
    links = tuple(
        Link(child, parent, method) for child, (parent, method) in sorted(forest.parent_of.items())
    )
    return Threads(links, _threads_of(ordered, links, holders))


def bare_ids(field_text: str | None) -> list[str]:
    """The message ids of a field, without their brackets; words where it has no brackets."""
    if not field_text:
        return []
    return _ANGLE.findall(field_text) or field_text.split()


def base_subject(subject: str | None) -> tuple[str, bool]:
    """The subject without its Re: and Fwd:, folded, and whether it had any."""
    rest, start = subject or "", 0
    while marked := _ANSWER.match(rest, start):
        start = marked.end()
    return " ".join(rest[start:].split()).casefold(), start > 0


# Candidates of a mail: where it may hang, best first.
_Candidates = Iterator[tuple[Mail, Iterable[str]]]


def _methods(ordered: list[Mail], holders: Mapping[str, str]) -> dict[str, _Candidates]:
    indexes = _first(ordered, lambda mail: [(mail.conversation_index or "").lower()])
    latest_first = ordered[::-1]  # where two mails answer each other, the later one is the answer
    return {
        IN_REPLY_TO: ((mail, _known(bare_ids(mail.in_reply_to), holders)) for mail in latest_first),
        REFERENCES: (
            (mail, _known(reversed(bare_ids(mail.references)), holders)) for mail in latest_first
        ),
        CONVERSATION_INDEX: ((mail, _known(_shorter(mail), indexes)) for mail in latest_first),
        SUBJECT: _by_subject(ordered),
    }


def _known(names: Iterable[str], holders: Mapping[str, str]) -> Iterator[str]:
    return (holders[name] for name in names if name in holders)


def _shorter(mail: Mail) -> Iterator[str]:
    """The conversation indexes above a mail's own, nearest first."""
    index = (mail.conversation_index or "").lower()
    levels, rest = divmod(len(index) - _HEADER_HEX, _LEVEL_HEX)
    if levels < 1 or rest:
        return iter(())
    lengths = (_HEADER_HEX + _LEVEL_HEX * level for level in reversed(range(levels)))
    return (index[:length] for _, length in zip(range(_DEEPEST_LEVELS), lengths, strict=False))


def _by_subject(ordered: list[Mail]) -> _Candidates:
    """For each answer: the last earlier mail of its subject between its sender and a recipient.

    One look-up for each recipient: a table holds, for each subject, sender and participant, the
    last mail of that sender. Mails of one moment never answer one another.
    """
    last: dict[tuple[str, str, str], tuple[tuple[int, int, str], Mail]] = {}
    timed = (mail for mail in ordered if mail.filetime is not None and mail.sender)
    for _, group in groupby(timed, key=lambda mail: mail.filetime):
        of_moment = [(mail, *base_subject(mail.subject)) for mail in group]
        for mail, subject, is_answer in of_moment:
            if subject and is_answer:
                yield mail, _latest(mail, subject, last)
        for mail, subject, _ in of_moment:
            for participant in {*mail.recipients, mail.sender} if subject else ():
                last[subject, mail.sender or "", participant or ""] = (_order(mail), mail)


def _latest(
    mail: Mail, subject: str, last: Mapping[tuple[str, str, str], tuple[tuple[int, int, str], Mail]]
) -> list[str]:
    keys = ((subject, recipient, mail.sender or "") for recipient in mail.recipients)
    found = [last[key] for key in keys if key in last]
    if not found:
        return []
    _, latest = max(found, key=lambda entry: entry[0])
    is_recent = (mail.filetime or 0) - (latest.filetime or 0) <= SUBJECT_WINDOW
    return [latest.key] if is_recent else []


def _order(mail: Mail) -> tuple[int, int, str]:
    return (_NEVER if mail.filetime is None else mail.filetime, len(mail.key), mail.key)


def _first(ordered: list[Mail], names: Callable[[Mail], list[str]]) -> dict[str, str]:
    """Who holds a name: the earliest of those that claim it, so duplicates never compete."""
    holders: dict[str, str] = {}
    for mail in ordered:
        for name in filter(None, names(mail)):
            holders.setdefault(name, mail.key)
    return holders


def _link_first(forest: _Forest, mail: Mail, parents: Iterable[str], method: str) -> None:
    for parent in parents:
        if forest.link(mail.key, parent, method):
            return


def _threads_of(
    ordered: list[Mail], links: Iterable[Link], holders: Mapping[str, str]
) -> dict[str, str]:
    """Mails that are linked or share a message id are one thread, named by its first mail."""
    together = _Sets()
    for link in links:
        together.join(link.child, link.parent)
    for mail in ordered:
        for holder in _known(bare_ids(mail.message_id)[:1], holders):
            together.join(mail.key, holder)
    first: dict[str, str] = {}
    return {mail.key: first.setdefault(together.find(mail.key), mail.key) for mail in ordered}


@dataclass(slots=True)
class _Sets:
    """Disjoint sets of keys, joined in almost constant time."""

    above: dict[str, str] = field(default_factory=dict)
    size: dict[str, int] = field(default_factory=dict)

    def find(self, key: str) -> str:
        """The key that stands for the set of `key`."""
        root = key
        while (up := self.above.get(root, root)) != root:
            root = up
        while (up := self.above.get(key, root)) != root:
            self.above[key], key = root, up
        return root

    def join(self, one: str, other: str) -> bool:
        """Make one set of two; False if they were one already."""
        small, large = self.find(one), self.find(other)
        if small == large:
            return False
        if self.size.get(small, 1) > self.size.get(large, 1):
            small, large = large, small
        self.above[small] = large
        self.size[large] = self.size.get(small, 1) + self.size.get(large, 1)
        return True


@dataclass(slots=True)
class _Forest:
    """Links so far; a mail without a parent is the root of its tree."""

    trees: _Sets = field(default_factory=_Sets)
    parent_of: dict[str, tuple[str, str]] = field(default_factory=dict)

    def link(self, child: str, parent: str, method: str) -> bool:
        """Hang the root `child` under `parent`, unless `parent` already hangs under it."""
        if not self.trees.join(child, parent):
            return False
        self.parent_of[child] = (parent, method)
        return True
