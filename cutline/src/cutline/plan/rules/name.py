"""Names: those that conditions use are plain words, and none means two things."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cutline.plan.document import Loc
from cutline.plan.fault import Fault
from cutline.plan.model import Plan
from cutline.plan.source import Source

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9 ._-]{0,63}")
_TAKEN = {"inputs", "stage", "run"}  # the names that conditions have beside the probes
# Words that CEL keeps for itself (its specification, Syntax): after a dot, and at the beginning.
_NEVER = frozenset({"false", "in", "null", "true"})
_RESERVED = _NEVER | {
    *("as", "break", "const", "continue", "else", "for", "function", "if", "import", "let"),
    *("loop", "package", "namespace", "return", "var", "void", "while"),
}


def check_names(plan: Plan, source: Source) -> Iterator[Fault]:
    """Yield names that a condition could not write, or could not tell apart."""
    yield from _words(plan.inputs, ("inputs",), source, _NEVER)
    yield from _words(plan.probes, ("probes",), source, _RESERVED)
    for name, probe in plan.probes.items():
        loc: Loc = ("probes", name)
        if name in _TAKEN:
            yield source.at_key(loc, f"`{name}` is a name that conditions already have")
        yield from _words(probe.returns, (*loc, "returns"), source, _NEVER)
        for number, side in enumerate(probe.sides):
            here = (*loc, "sides", number)
            if not _WORD.fullmatch(side) or side in _NEVER:
                yield source.fault(here, _not_a_word(side, _NEVER))
            if side in probe.sides[:number]:
                yield source.fault(here, f"the side `{side}` stands twice")
            if side in probe.returns:
                yield source.fault(here, f"`{side}` is a side and a field: rename one")
    for key, names in (("gates", plan.gates), ("people", plan.people)):
        for name in names:
            if not _NAME.fullmatch(name):
                what = f"`{name}` is no plain name: letters, digits, blanks and . _ -, 64 at most"
                yield source.at_key((key, name), what)


def _words(
    names: Iterable[str], loc: Loc, source: Source, reserved: frozenset[str]
) -> Iterator[Fault]:
    for name in names:
        if not _WORD.fullmatch(name) or name in reserved:
            yield source.at_key((*loc, name), _not_a_word(name, reserved))


def _not_a_word(name: str, reserved: frozenset[str]) -> str:
    if name in reserved:
        return f"`{name}` is a word that conditions keep for themselves"
    return f"`{name}` is no word that a condition can write: letters, digits and _, 64 at most"
