"""One walk over a PST file, in the order of its folders and of their row indexes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from postroom import identity
from postroom.legacy.stored import UNREADABLE, Loss, properties_of, why

NORMAL_MESSAGE = 0x04
SEARCH_FOLDER = 0x03
_NODE_TYPE = 0x1F


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message lies; `nid` is None for one that pypff could not load."""

    origin: str
    path: str
    folder_nid: int | None
    folder_index: int | None = None
    nid: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A message, or what was lost in its place."""

    place: Place
    message: Any = None
    loss: Loss | None = None


def walk(file: Any) -> Iterator[Found]:
    """Every message of the folders below the root, the root's own first, then the orphans.

    Search folders are not walked: what they show lies elsewhere. A folder is entered once.
    """
    try:
        pending: list[tuple[Any, tuple[str, ...]]] = [(file.root_folder, ())]
    except UNREADABLE as error:
        pending = []
        yield Found(Place("table", "", None), loss=Loss(f"root folder: {why(error)}", "folder"))
    entered: set[int] = set()
    while pending:
        folder, names = pending.pop()
        if folder.identifier in entered:
            continue
        entered.add(folder.identifier)
        place = Place("table", identity.message_path(names), folder.identifier)
        yield from _messages(folder, place)
        children = []
        for child in _children(folder, place):
            if isinstance(child, Found):
                yield child
            else:
                children.append((child, (*names, _name(child))))
        pending += reversed(children)
    yield from _orphans(file)


def _name(folder: Any) -> str:
    try:
        properties = properties_of(folder).properties
    except UNREADABLE:
        properties = {}
    return identity.folder_name(folder.identifier, properties)


def _messages(folder: Any, place: Place) -> Iterator[Found]:
    try:
        count = folder.number_of_sub_messages
    except UNREADABLE as error:
        yield Found(
            place, loss=Loss(f"contents table: {why(error)}", "folder", nid=place.folder_nid)
        )
        return
    for index in range(count):
        here = replace(place, folder_index=index)
        try:
            message = folder.get_sub_message(index)
            yield Found(replace(here, nid=message.identifier), message)
        except UNREADABLE as error:
            yield Found(here, loss=Loss(why(error), "message"))


def _children(folder: Any, place: Place) -> Iterator[Any]:
    try:
        count = folder.number_of_sub_folders
    except UNREADABLE as error:
        lost = f"hierarchy table: {why(error)}"
        yield Found(place, loss=Loss(lost, "folder", nid=place.folder_nid))
        return
    for index in range(count):
        try:
            child = folder.get_sub_folder(index)
            if child.identifier & _NODE_TYPE != SEARCH_FOLDER:
                yield child
        except UNREADABLE as error:
            lost = f"sub folder {index}: {why(error)}"
            yield Found(place, loss=Loss(lost, "folder", nid=place.folder_nid))


def _orphans(file: Any) -> Iterator[Found]:
    place = Place("orphan", "(orphaned)", None)
    try:
        count = file.number_of_orphan_items
    except UNREADABLE as error:
        yield Found(place, loss=Loss(f"orphan items: {why(error)}", "orphan"))
        return
    for index in range(count):
        try:
            item = file.get_orphan_item(index)
            nid = item.identifier
            if nid & _NODE_TYPE == NORMAL_MESSAGE:
                yield Found(replace(place, nid=nid), item)
        except UNREADABLE as error:
            yield Found(place, loss=Loss(f"orphan item {index}: {why(error)}", "message"))
