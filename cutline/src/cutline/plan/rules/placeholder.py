"""`${…}` in a plan: plain known names, where they have a value, and secrets only where hidden."""

from __future__ import annotations

from collections.abc import Iterator

from cutline.plan.digest import canonical
from cutline.plan.document import Loc, paths
from cutline.plan.fault import Fault, nearest
from cutline.plan.interpolate import PROBE_NAMES, RUN_NAMES, names
from cutline.plan.model import Plan
from cutline.plan.source import Source

_CONDITIONS = {"check", "when", "done", "applied", "verify_back", "verify_forward"}
_OTHER_RULE = {("sql", "query"), ("sql", "file")}  # refused with a better reason elsewhere
_NEVER = {"name", "report", "gates", "diagnose", "rate", "of", "than", "attest", "evidence", "role"}
_HIDDEN = {"dsn", "headers", "env", "heartbeat", "notify", "key", "kubeconfig"}
_SHELLS = {"sh", "bash", "dash", "zsh", "ksh"}
_ONLY_INPUTS = {"switch", "evidence", "notify", "watch", "people", "hours", "window"}


def check_placeholders(plan: Plan, source: Source) -> Iterator[Fault]:
    """Yield every placeholder that is malformed, unknown, or stands where it must not."""
    secret = {f"inputs.{name}" for name, one in plan.inputs.items() if one.secret}
    for loc, value in paths(canonical(plan)):
        if not isinstance(value, str) or "${" not in value:
            continue
        keys = [part for part in loc if isinstance(part, str)]
        if keys[-1] in _CONDITIONS or tuple(keys[-2:]) in _OTHER_RULE:
            continue
        yield from _text(plan, source, loc, value, secret)
    yield from _shells(plan, source)


def _text(plan: Plan, source: Source, loc: Loc, text: str, secret: set[str]) -> Iterator[Fault]:
    spot = source.spot(loc)
    keys = {part for part in loc if isinstance(part, str)}
    last = next(part for part in reversed(loc) if isinstance(part, str))
    try:
        found = names(text)
    except ValueError as error:
        yield source.fault(loc, str(error))
        return
    if last in _NEVER and keys.isdisjoint({"headers", "env", "params", "body"}):
        yield source.fault(loc, f"`{last}` is written as it is: no `${{…}}`")
        return
    known = _known(plan, loc)
    for offset, name in found:
        place = spot.inside(1, offset + 1) if "\n" not in text else spot.value
        if name not in known:
            what = f"`${{{name}}}` has no value here"
            yield Fault(place.file, place.line, place.column, what, nearest(name, known))
        elif name in secret and keys.isdisjoint(_HIDDEN):
            what = f"`{name}` is secret: it goes into dsn, headers or env, where nobody reads it"
            yield Fault(place.file, place.line, place.column, what)


def _known(plan: Plan, loc: Loc) -> list[str]:
    """Return the names that have a value at a path."""
    inputs = [f"inputs.{name}" for name in plan.inputs]
    if loc[0] in _ONLY_INPUTS:
        return inputs
    if loc[0] != "probes":
        return [*inputs, *RUN_NAMES]
    probe = plan.probes[str(loc[1])]
    return [*inputs, *RUN_NAMES, *(one for one in PROBE_NAMES if one != "side" or probe.sides)]


def _shells(plan: Plan, source: Source) -> Iterator[Fault]:
    """Yield values that would be pasted into the text of a shell."""
    lists: dict[Loc, list[str]] = {}
    for loc, value in paths(canonical(plan)):
        if loc and isinstance(loc[-1], int) and isinstance(value, str):
            lists.setdefault(loc[:-1], []).append(value)
    for loc, words in lists.items():
        program = words[0].rpartition("/")[2]
        for number, word in enumerate(words[1:], 1):
            is_script = words[number - 1].startswith("-") and words[number - 1].endswith("c")
            if program in _SHELLS and is_script and "${" in word:
                what = f"nothing is pasted into a shell: hand it over as {program}'s $1, or by env"
                yield source.fault((*loc, number), what)
