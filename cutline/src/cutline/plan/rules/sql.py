"""Queries: they read, they take the span and the side as parameters, and know no clock."""

from __future__ import annotations

from collections.abc import Iterator

from cutline.plan.document import Loc
from cutline.plan.fault import Fault, Place, at, nearest
from cutline.plan.model import Plan
from cutline.plan.probe import Probe
from cutline.plan.source import Source
from cutline.plan.sql_text import Query, query

PARAMETERS = ("from", "to", "side")


def check_sql(plan: Plan, source: Source) -> Iterator[Fault]:
    """Yield what is wrong with each query, at its place in the plan or in its own file."""
    for name, probe in plan.probes.items():
        if probe.sql is None:
            continue
        loc: Loc = ("probes", name, "sql")
        match probe.sql.file, probe.sql.query:
            case None, str(text):
                yield from _query(probe, query(text), _Inline(source, (*loc, "query")))
            case str(file), None:
                if file in source.files:
                    yield from _file(probe, file, source, (*loc, "file"))
            case _:
                what = "an `sql` probe has exactly one of `file` and `query`"
                yield source.at_key(loc, what)


def _file(probe: Probe, file: str, source: Source, loc: Loc) -> Iterator[Fault]:
    try:
        found = query(source.files[file].decode("utf-8-sig"))
    except UnicodeDecodeError:
        yield source.fault(loc, f"{file!r} is not UTF-8")
        return
    yield from _query(probe, found, _Beside(file))


class _Inline:
    """Places within the text of a plan."""

    def __init__(self, source: Source, loc: Loc) -> None:
        self._spot = source.spot(loc)

    def place(self, found: Query, offset: int) -> Place:
        return self._spot.inside(*found.place(offset))


class _Beside:
    """Places within the file of a query."""

    def __init__(self, file: str) -> None:
        self._file = file

    def place(self, found: Query, offset: int) -> Place:
        return Place(self._file, *found.place(offset))


def _query(probe: Probe, found: Query, where: _Inline | _Beside) -> Iterator[Fault]:
    start = where.place(found, 0)
    bound = {name for _, name in found.parameters()}
    if not found.is_reading():
        yield at(start, "a probe reads: its query begins with SELECT, WITH or VALUES")
    for offset, word in found.writes():
        yield at(where.place(found, offset), f"a probe reads, and `{word}` changes data")
    second = found.second_statement()
    if second is not None:
        yield at(where.place(found, second), "a query is one statement")
    for offset, words in found.clocks():
        what = f"`{words}` is refused: time is the driver's, bound as :from and :to"
        yield at(where.place(found, offset), what)
    opened = found.text.find("${")
    if opened >= 0:
        what = "nothing is pasted into SQL: use the bound parameters :from, :to, :side"
        yield at(where.place(found, opened), what)
    for offset, name in found.parameters():
        if name not in PARAMETERS:
            what = f"unknown parameter `:{name}`: {', '.join(f':{one}' for one in PARAMETERS)}"
            yield at(where.place(found, offset), what, nearest(name, PARAMETERS))
        elif name == "side" and not probe.sides:
            what = "`:side` is bound only for a probe with `sides`"
            yield at(where.place(found, offset), what)
    yield from _unbound(probe, bound, start)


def _unbound(probe: Probe, bound: set[str], start: Place) -> Iterator[Fault]:
    """Yield what a query must use: without it every side, or every span, gets the same answer."""
    if probe.sides and "side" not in bound:
        sides = " and ".join(probe.sides)
        yield at(start, f"the query never uses :side, so {sides} would be measured together")
    if probe.over_s > 0 and not {"from", "to"} & bound:
        yield at(start, "the query never uses :from or :to, so `over` would mean nothing")
    elif probe.past and "to" not in bound:
        yield at(start, "the query never uses :to, so it cannot be asked about the past")
