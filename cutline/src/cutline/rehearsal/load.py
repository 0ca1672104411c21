"""Reading a scenario: YAML with places, what it shares with others, and its shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from cutline.errors import CannotMeasure, Exit, Problem
from cutline.plan.document import Document, Loc, read
from cutline.plan.fault import Fault, at
from cutline.plan.shape import shaped_as
from cutline.plan.source import Source
from cutline.rehearsal.scenario import Scenario

# What only the engine decides. A scenario that could say it would prove nothing.
_DECIDED = {
    "gate", "gates", "verdict", "verdicts", "state", "states", "bake", "clock", "mark", "marks",
    "trigger", "triggers", "phase", "outcome", "approved", "judged",
}  # fmt: skip
_LISTS = ("people", "events")  # of these a scenario adds to what it uses


class ScenarioRefused(Problem):
    """A scenario that cannot be played; every fault is listed."""

    code = "scenario-refused"
    exit_code = Exit.USAGE

    def __init__(self, where: str, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda one: (one.file, one.line, one.column)))
        count = len(self.faults)
        super().__init__(
            f"the scenario is refused: {count} fault{'' if count == 1 else 's'}",
            where=where,
            why="\n         ".join(str(one) for one in self.faults),
            remedy="docs/rehearsal.md says what every key means",
        )


def load_scenario(path: Path) -> tuple[Scenario, Source]:
    """Return a scenario of the right shape, and where each of its parts stands.

    Raises `ScenarioRefused` with every fault, and `CannotMeasure` if it cannot be read.
    """
    document = _read(path)
    _refuse_decided(document)
    name = document.data.get("uses") if isinstance(document.data, dict) else None
    if name is not None:
        _use(path, name, document)
    if not isinstance(document.data, dict):
        if not document.faults:
            what = "a scenario is keys with values, and begins with `scenario: 1`"
            document.faults.append(at(document.spot(()).value, what))
        raise ScenarioRefused(str(path), document.faults)
    found = shaped_as(Scenario, document.data, Source(path.name, document.spots))
    if isinstance(found, list):
        said = {(one.file, one.line, one.column) for one in document.faults}
        document.faults += [one for one in found if (one.file, one.line, one.column) not in said]
    if document.faults or isinstance(found, list):
        raise ScenarioRefused(str(path), document.faults)
    return found, Source(path.name, document.spots)


def scenarios_of(path: Path) -> list[Path]:
    """Return a scenario's file, or all of a folder; names with `_` in front are shared parts."""
    if not path.is_dir():
        return [path]
    found = sorted([*path.glob("*.yaml"), *path.glob("*.yml")])
    return [one for one in found if not one.name.startswith("_")]


def _read(path: Path) -> Document:
    try:
        return read(path.name, path.read_bytes())
    except OSError as error:
        raise CannotMeasure(
            "the scenario cannot be read",
            where=str(path),
            why=error.strerror or str(error),
            remedy="docs/rehearsal.md shows one to begin with",
        ) from error


def _refuse_decided(document: Document) -> None:
    """Refuse whatever would say what the engine has to find out."""
    if not isinstance(document.data, dict):
        return
    events = document.data.get("events")
    parts: list[tuple[Loc, object]] = [((), document.data)]
    if isinstance(events, list):
        parts += [(("events", number), one) for number, one in enumerate(events)]
    for loc, part in parts:
        for key in part if isinstance(part, dict) else ():
            if key in _DECIDED:
                what = f"`{key}`: a scenario says what the world does; what is made of it is judged"
                document.faults.append(at(document.spot((*loc, key)).key, what))


def _use(path: Path, name: object, document: Document) -> None:
    """Put a scenario on top of the file that it uses."""
    place = document.spot(("uses",)).value
    pure = PurePosixPath(name) if isinstance(name, str) else None
    if pure is None or pure.is_absolute() or ".." in pure.parts:
        document.faults.append(at(place, "`uses` names a file beside the scenario"))
        return
    file = path.parent / pure
    if not file.is_file():
        document.faults.append(at(place, f"{str(pure)!r} cannot be read: there is no such file"))
        return
    used = read(str(pure), file.read_bytes())
    _refuse_decided(used)
    document.faults += used.faults
    if not isinstance(used.data, dict):
        return
    if "uses" in used.data:
        what = "`uses` goes one level deep: this file is used itself"
        document.faults.append(at(used.spot(("uses",)).key, what))
    for key in ("expect", "uses"):
        used.data.pop(key, None)
    document.data = _merged(document, used, document.data, used.data, ())


def _merged(
    document: Document, used: Document, own: Mapping[str, Any], shared: Mapping[str, Any], loc: Loc
) -> dict[str, Any]:
    """Return what both say; of what both name, the scenario wins."""
    found = dict(own)
    for key, value in shared.items():
        here = (*loc, key)
        mine = own.get(key)
        if key not in own:
            found[key] = value
            _move(document, used, here, here)
        elif isinstance(value, dict) and isinstance(mine, dict):
            found[key] = _merged(document, used, mine, value, here)
        elif not loc and key in _LISTS and isinstance(value, list) and isinstance(mine, list):
            found[key] = _joined(document, used, key, value)
    return found


def _joined(document: Document, used: Document, key: str, shared: Sequence[Any]) -> list[Any]:
    """Return shared events before one's own, so that one's own win; people the other way."""
    own = list(document.data[key])
    if key == "people":
        for number in range(len(shared)):
            _move(document, used, (key, number), (key, len(own) + number))
        return [*own, *shared]
    kept = {loc: spot for loc, spot in document.spots.items() if loc[:1] == (key,) and loc[1:]}
    for loc in kept:
        del document.spots[loc]
    for number in range(len(shared)):
        _move(document, used, (key, number), (key, number))
    for loc, spot in kept.items():
        moved = (key, int(loc[1]) + len(shared), *loc[2:])
        document.spots[moved] = spot
    return [*shared, *own]


def _move(document: Document, used: Document, loc: Loc, to: Loc) -> None:
    for known, spot in used.spots.items():
        if known[: len(loc)] == loc:
            document.spots[(*to, *known[len(loc) :])] = spot
