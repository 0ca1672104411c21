"""A model of a source's move there and back: every order in which those who take part may act.

Two movers, each of which moves the source on or back, one who recovers, and writers. The unit of an
action is a transaction of one store; whoever acts may be slow without end, be killed, or lose the
session that holds the lock of movers without noticing. Of the data there is one row: its version.

What may change the registry comes from `postroom.archive.placement`, and whether a file is the
registry's from `postroom.archive.settle`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from postroom.archive.fence import Fence
from postroom.archive.placement import Placement
from postroom.archive.settle import standing

LAST_EPOCH: Final = 5
LAST_VERSION: Final = 2
RECOVERER: Final = 2


@dataclass(frozen=True, slots=True)
class Rules:
    """What the move relies on; a test takes out one at a time."""

    compares_epochs: bool = True
    fence_has_epoch: bool = True
    holds_lock: bool = True


class Actor(NamedTuple):
    """`at` is what it does next; it knows the placement `seen` and what it read of the row."""

    at: str = "idle"
    seen: Placement = Placement("sqlite", 1)
    version: int = 0
    log: frozenset[int] = frozenset()


class Store(NamedTuple):
    """The version of the row that a store has, and which of its writes are logged."""

    version: int = 0
    log: frozenset[int] = frozenset()


class World(NamedTuple):
    """Everything that outlives a process, and where each process is."""

    registry: Placement = Placement("sqlite", 1)
    fence: Fence = Fence(is_open=True, epoch=1)
    is_granted: bool = False
    file: Store = Store()
    server: Store = Store()
    acknowledged: int = 0
    lock: int | None = None
    file_lock: int | None = None
    actors: tuple[Actor, ...] = (Actor(), Actor(), Actor())


def broken(world: World) -> str | None:
    """Say which promise does not hold, if one does not."""
    newest = world.acknowledged
    if world.fence.is_open and world.is_granted:
        return "both stores take writes"
    if world.fence.is_open and world.file.version != newest:
        return "the file takes writes and lacks one that was acknowledged"
    if world.is_granted and world.server.version != newest:
        return "PostgreSQL takes writes and lacks one that was acknowledged"
    read = world.file if world.registry.reads == "sqlite" else world.server
    if read.version != newest:
        return "readers are shown a store that lacks an acknowledged write"
    if world.registry.reads == "sqlite" and standing(world.fence, world.registry) == "old":
        return "the file that serves is taken for a copy of another time"
    return None


def recovered(world: World, rules: Rules) -> World:
    """Kill everybody, and let the recoverer work until it finds nothing to do."""
    world = world._replace(lock=None, file_lock=None, actors=World().actors)
    while True:
        after = next(_recoverer(world, RECOVERER, rules), None)
        if after is None:
            return world
        world = after


def successors(world: World, rules: Rules) -> Iterator[World]:
    """Yield every world that may come next."""
    yield from _writers(world)
    for who, actor in enumerate(world.actors):
        if actor.at != "idle":
            yield _ended(world, who)
        yield from (_recoverer if who == RECOVERER else _mover)(world, who, rules)
    if world.lock is not None:
        yield world._replace(lock=None)  # its session is lost; it goes on


def _writers(world: World) -> Iterator[World]:
    version = world.acknowledged + 1
    if version > LAST_VERSION:
        return
    if world.fence.is_open and world.file_lock is None:
        file = Store(version, world.file.log | {version})
        yield world._replace(file=file, acknowledged=version)
    if world.is_granted:
        server = Store(version, world.server.log | {version})
        yield world._replace(server=server, acknowledged=version)


def _mover(world: World, who: int, rules: Rules) -> Iterator[World]:
    at = world.actors[who].at
    if at in _LIMITED:
        yield _at(world, who, "undo", version=0, log=frozenset())  # it gives up
    if world.file_lock is None or at not in _LOCKS_FILE:
        yield from _ACTS[at](world, who, rules)


_LIMITED: Final = ("close", "rest", "carry", "switch", "seal", "give back")
_LOCKED: Final = ("load", "apply", "carry", "freeze", "switch")
"""What is said over the session that holds the lock."""
_LOCKS_FILE: Final = ("load", "forget", "tidy", "close", "carry back", "seal", "settle", "reopen")
"""What writes to the file, or holds its lock: one at a time."""


def _begun(world: World, who: int, rules: Rules) -> Iterator[World]:
    registry = world.registry
    if registry.epoch >= LAST_EPOCH:
        return
    if registry.owner == "postgres":
        yield _at(world, who, "carry back", seen=registry)
    elif not rules.holds_lock or world.lock is None:
        then = {"sqlite": "settle", "freezing": "undo", "returning": "undo"}[registry.owner]
        yield _at(world._replace(lock=who if rules.holds_lock else None), who, then, seen=registry)


def _recoverer(world: World, who: int, rules: Rules) -> Iterator[World]:
    registry, fence = world.registry, world.fence
    if world.actors[who].at != "idle":
        yield from _repaired(world, who, rules)
    elif registry.writes is None:
        yield _at(world, who, "undo", seen=registry)
    elif registry.owner == "sqlite" and (not fence.is_open or fence.epoch < registry.epoch):
        yield _at(world, who, "reopen", seen=registry)


def _repaired(world: World, who: int, rules: Rules) -> Iterator[World]:
    """Undo, read the registry again, and open the file's fence if that says so."""
    actor = world.actors[who]
    seen = actor.seen
    if actor.at == "undo":
        back = seen.undo()
        if not rules.compares_epochs or world.registry == seen:
            is_granted = back.owner == "postgres"
            world = world._replace(registry=back, is_granted=is_granted or world.is_granted)
        is_ours = world.registry == back and back.owner == "sqlite"
        yield _at(world, who, "reopen", seen=back) if is_ours else _ended(world, who)
    elif world.file_lock is None:
        opened = _fenced(world, seen.epoch, rules, is_open=True)
        after = world if opened is None else opened
        yield _at(after, who, "load") if actor.at == "settle" else _ended(after, who)


def _loaded(world: World, who: int, rules: Rules) -> Iterator[World]:
    """Begin with an empty log and a new schema, or go on with the one of a mover that is gone."""
    if not _is_cut_off(world, who, rules):
        version = world.file.version
        loaded = world._replace(file=Store(version), server=Store(version))
        yield _at(loaded, who, "read")
    if world.registry.generation == 0:
        yield _at(world, who, "read")


def _read(world: World, who: int, _: Rules) -> Iterator[World]:
    actor = world.actors[who]
    if actor.at == "rest" and world.fence != Fence(is_open=False, epoch=actor.seen.epoch):
        yield _at(world, who, "undo")
        return
    then = "apply" if actor.at == "read" else "carry"
    yield _at(world, who, then, version=world.file.version, log=world.file.log)


def _applied(world: World, who: int, rules: Rules) -> Iterator[World]:
    actor = world.actors[who]
    if _is_cut_off(world, who, rules) or (rules.compares_epochs and world.registry != actor.seen):
        yield _at(world, who, "undo") if actor.at == "carry" else _ended(world, who)
        return
    if actor.log:
        world = world._replace(server=world.server._replace(version=actor.version))
    yield _at(world, who, "forget" if actor.at == "apply" else "switch", version=0)


def _is_cut_off(world: World, who: int, rules: Rules) -> bool:
    return rules.holds_lock and world.actors[who].at in _LOCKED and world.lock != who


def _taken_back(world: World, who: int, _: Rules) -> Iterator[World]:
    """Take the file's lock, then look at PostgreSQL: the fence stays as it is from here on."""
    actor, registry = world.actors[who], world.registry
    wanted = registry.owner == "postgres" if actor.at == "carry back" else registry == actor.seen
    if not wanted or world.fence.is_open:
        yield _at(world, who, "undo") if actor.at == "seal" else _ended(world, who)
        return
    then = "commit back" if actor.at == "carry back" else "commit seal"
    held = world._replace(file_lock=who)
    server = world.server
    yield _at(held, who, then, seen=registry, version=server.version, log=server.log)


def _committed_back(world: World, who: int, _: Rules) -> Iterator[World]:
    actor = world.actors[who]
    fence = world.fence
    if actor.at == "commit seal":
        fence = Fence(is_open=False, epoch=actor.seen.epoch)
    if actor.log:
        world = world._replace(file=world.file._replace(version=actor.version))
    then = "forget back" if actor.at == "commit back" else "forget seal"
    yield _at(world._replace(fence=fence, file_lock=None), who, then, version=0)


def _forgotten(world: World, who: int, _: Rules) -> Iterator[World]:
    actor = world.actors[who]
    if actor.at in ("forget", "tidy"):
        world = world._replace(file=world.file._replace(log=world.file.log - actor.log))
    else:
        world = world._replace(server=world.server._replace(log=world.server.log - actor.log))
    then = {"forget": "freeze", "forget back": "withdraw", "forget seal": "give back"}.get(actor.at)
    yield _ended(world, who) if then is None else _at(world, who, then, log=frozenset())


def _closed(world: World, who: int, rules: Rules) -> Iterator[World]:
    closed = _fenced(world, world.actors[who].seen.epoch, rules, is_open=False)
    yield _at(world, who, "undo") if closed is None else _at(closed, who, "rest")


def _changed(world: World, who: int, rules: Rules) -> Iterator[World]:
    """Change the registry and PostgreSQL's fence in one transaction, if nobody was quicker."""
    actor = world.actors[who]
    is_refused = rules.compares_epochs and world.registry != actor.seen
    if is_refused or _is_cut_off(world, who, rules):
        yield _at(world, who, "undo") if actor.at in _LIMITED else _ended(world, who)
        return
    change, then = _CHANGES[actor.at]
    after = change(actor.seen)
    server = world.server._replace(log=frozenset()) if then == "tidy" else world.server
    is_granted = after.owner == "postgres"
    changed = world._replace(registry=after, is_granted=is_granted, server=server)
    yield _at(changed, who, then, seen=after)


def _fenced(world: World, epoch: int, rules: Rules, *, is_open: bool) -> World | None:
    if rules.fence_has_epoch and epoch <= world.fence.epoch:
        return None
    return world._replace(fence=Fence(is_open=is_open, epoch=epoch))


def _at(world: World, who: int, at: str, **known: object) -> World:
    actors = list(world.actors)
    actors[who] = actors[who]._replace(at=at, **known)
    return _alike(world._replace(actors=tuple(actors)))


def _ended(world: World, who: int) -> World:
    """It ends or is killed: what it held is free, what it knew is gone."""
    actors = list(world.actors)
    actors[who] = Actor()
    lock = None if world.lock == who else world.lock
    file_lock = None if world.file_lock == who else world.file_lock
    return _alike(world._replace(actors=tuple(actors), lock=lock, file_lock=file_lock))


def _alike(world: World) -> World:
    """Movers are alike: which is the first does not make another world."""
    one, other, recoverer = world.actors
    if _order(one) <= _order(other):
        return world
    swapped = {0: 1, 1: 0, None: None}
    return world._replace(
        actors=(other, one, recoverer),
        lock=swapped[world.lock],
        file_lock=swapped[world.file_lock],
    )


def _order(actor: Actor) -> tuple[str, int, int, tuple[int, ...]]:
    return actor.at, actor.seen.epoch, actor.version, tuple(sorted(actor.log))


_CHANGES: Final[dict[str, tuple[Callable[[Placement], Placement], str]]] = {
    "freeze": (Placement.freeze, "close"),
    "switch": (lambda seen: seen.switch(1), "tidy"),
    "withdraw": (Placement.withdraw, "seal"),
    "give back": (Placement.give_back, "reopen"),
}
_ACTS: Final[dict[str, Callable[[World, int, Rules], Iterator[World]]]] = {
    "idle": _begun,
    "settle": _repaired,
    "load": _loaded,
    "read": _read,
    "apply": _applied,
    "forget": _forgotten,
    "freeze": _changed,
    "close": _closed,
    "rest": _read,
    "carry": _applied,
    "switch": _changed,
    "tidy": _forgotten,
    "carry back": _taken_back,
    "commit back": _committed_back,
    "forget back": _forgotten,
    "withdraw": _changed,
    "seal": _taken_back,
    "commit seal": _committed_back,
    "forget seal": _forgotten,
    "give back": _changed,
    "undo": _repaired,
    "reopen": _repaired,
}
