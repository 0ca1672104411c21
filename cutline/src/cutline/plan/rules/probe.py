"""Probes: what they return is what their kind can give, and the past only where it can be asked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cutline.plan.document import Loc
from cutline.plan.fault import Fault, nearest
from cutline.plan.interpolate import names
from cutline.plan.model import Plan
from cutline.plan.probe import Http, Log, Probe
from cutline.plan.rules.condition import conditions
from cutline.plan.source import Source

_PARITY = {"go": "bool", "failed": "int", "blind": "int"}
_STATUS_CODE = "status_code"


def check_probes(plan: Plan, source: Source) -> Iterator[Fault]:
    """Yield what is wrong with each probe, and warn of probes that nothing uses."""
    used = _used(plan)
    for name, probe in plan.probes.items():
        loc: Loc = ("probes", name)
        if not probe.returns:
            yield source.at_key(loc, "a probe returns at least one field")
        if probe.fresh_s == 0:
            yield source.fault((*loc, "fresh"), "nothing is fresh for 0 s: every reading is blind")
        if probe.timeout_s == 0:
            yield source.fault((*loc, "timeout"), "nothing answers within 0 s")
        if probe.http is not None:
            yield from _http(probe, probe.http, (*loc, "http"), source)
        if probe.log is not None:
            yield from _log(probe, probe.log, loc, source)
        if probe.prometheus is not None:
            yield from _same(probe.returns, probe.prometheus.query, (*loc, "prometheus"), source)
        if probe.parity is not None:
            yield from _parity(probe, loc, source)
        if name not in used:
            yield source.warning(loc, f"nothing uses the probe `{name}`")


def _used(plan: Plan) -> set[str]:
    """Return the probes that anything of a plan names, by reference, condition or `diagnose`."""
    confirm, drained = plan.switch.confirm, plan.rollback.drained
    texts = [text for _, text in conditions(plan)]
    texts += [confirm.rate, confirm.of] if confirm else []
    texts += [drained.list] if drained and drained.list else []
    for gate in plan.gates.values():
        texts += [one for one in (gate.rate, gate.of, gate.no_new, gate.no_upward) if one]
    for trigger in plan.triggers:
        texts += [one for one in (trigger.rate, trigger.of) if one]
    named = {word for text in texts for word in re.findall(r"[A-Za-z_]\w*(?=\.)", text)}
    diagnosed = {one for gate in plan.gates.values() for one in gate.diagnose}
    diagnosed |= {one for trigger in plan.triggers for one in trigger.diagnose}
    return named | diagnosed | set(plan.rollback.diagnose)


def _http(probe: Probe, http: Http, loc: Loc, source: Source) -> Iterator[Fault]:
    if (http.get is None) == (http.post is None):
        yield source.at_key(loc, "an `http` probe has exactly one of `get` and `post`")
        return
    if http.get is not None and http.body is not None:
        yield source.at_key((*loc, "body"), "`body` goes with `post`")
    key, url = ("get", http.get) if http.get is not None else ("post", http.post or "")
    if not url.startswith(("http://", "https://", "${")):
        yield source.fault((*loc, key), "an address begins with http:// or https://")
    for field in http.returns_headers:
        if field not in probe.returns:
            what = f"`returns` does not declare `{field}`"
            here = (*loc, "returns_headers", field)
            yield source.at_key(here, what, nearest(field, probe.returns))
    if probe.returns.get(_STATUS_CODE, "int") != "int":
        yield source.fault((*loc[:-1], "returns", _STATUS_CODE), "`status_code` is int")
    if probe.past and not _asks_for_a_span(f"{url} {http.body}"):
        what = "an address without `${from}` or `${to}` cannot be asked about the past"
        yield source.at_key((*loc[:-1], "past"), what)


def _asks_for_a_span(text: str) -> bool:
    try:
        return bool({"from", "to"} & {name for _, name in names(text)})
    except ValueError:
        return False  # said by the rule for placeholders


def _log(probe: Probe, log: Log, loc: Loc, source: Source) -> Iterator[Fault]:
    yield from _same(probe.returns, {**log.count, **log.values}, (*loc, "log"), source)
    for field in log.count.keys() & log.values.keys():
        yield source.at_key((*loc, "log", "values", field), f"`{field}` is counted already")
    for field in log.count:
        if probe.returns.get(field, "int") != "int":
            yield source.fault((*loc, "returns", field), f"`{field}` counts lines: it is int")
    for field, pattern in log.values.items():
        if probe.returns.get(field, "list(string)") != "list(string)":
            what = f"`{field}` collects texts: it is list(string)"
            yield source.fault((*loc, "returns", field), what)
        yield from _pattern(pattern, (*loc, "log", "values", field), source)
    if log.time is not None:
        yield from _pattern(log.time.regex, (*loc, "log", "time", "regex"), source)
    elif probe.past:
        what = "a log whose lines have no `time:` cannot be asked about the past"
        yield source.at_key((*loc, "past"), what)


def _pattern(pattern: str, loc: Loc, source: Source) -> Iterator[Fault]:
    try:
        groups = re.compile(pattern).groups
    except (re.error, RecursionError, OverflowError) as error:
        yield source.fault(loc, f"this is no regular expression: {error}")
        return
    if groups < 1:
        yield source.fault(loc, "the first group `(…)` is what is taken, and there is none")


def _same(
    returns: Mapping[str, str], given: Mapping[str, str], loc: Loc, source: Source
) -> Iterator[Fault]:
    """Yield fields that are declared and not measured, or measured and not declared."""
    for field in returns:
        if field not in given:
            what = f"`{loc[-1]}` does not say how `{field}` is measured"
            yield source.at_key((*loc[:-1], "returns", field), what, nearest(field, given))
    for field in given:
        if field not in returns:
            what = f"`returns` does not declare `{field}`"
            yield source.at_key(
                (*loc, _group(loc, field, source), field), what, nearest(field, returns)
            )


def _group(loc: Loc, field: str, source: Source) -> str:
    groups = ("count", "values", "query")
    return next((one for one in groups if (*loc, one, field) in source.spots), groups[0])


def _parity(probe: Probe, loc: Loc, source: Source) -> Iterator[Fault]:
    for field, kind in probe.returns.items():
        here = (*loc, "returns", field)
        if field not in _PARITY:
            what = f"a parity probe returns {', '.join(_PARITY)}, not `{field}`"
            yield source.at_key(here, what, nearest(field, _PARITY))
        elif kind != _PARITY[field]:
            yield source.fault(here, f"`{field}` is {_PARITY[field]}")
    if probe.over_s or probe.past:
        key = "over" if probe.over_s else "past"
        yield source.at_key((*loc, key), "a parity probe compares what is there now")
