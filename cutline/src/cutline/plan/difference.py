"""What an amendment changes, by meaning: where, from what to what, and whether it is looser."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cutline.plan.digest import canonical
from cutline.plan.duration import words
from cutline.plan.model import Plan

Path = tuple[str, ...]

_MORE_IS_LOOSER = {
    *("above", "after", "at_most", "blind_after", "deadline", "every", "fresh", "margin"),
    *("margin_pct", "max_gap", "max_hold", "percent", "slack", "sure", "tolerate", "valid"),
    "within",
}
_LESS_IS_LOOSER = {"at_least", "below", "keep", "quorum"}
_NO_LIMIT = {"deadline", "fresh"}  # without one nothing is ever too late
_SAYS_ONLY = {"about", "fix", "diagnose", "incident", "ask"}
# What comes first is the stricter.
_ORDERS: dict[tuple[str, str], tuple[str, ...]] = {
    ("gates", "severity"): ("BLOCKER", "WARNING"),
    ("gates", "at"): ("instants", "marks", "end"),
    ("triggers", "severity"): ("critical", "high", "medium", "low"),
    ("triggers", "do"): ("rollback", "pause", "ask", "extend", "notify"),
    ("triggers", "else"): ("rollback", "pause", "ask", "extend", "notify"),
    ("watch", "on_blind"): ("rollback", "pause", "notify"),
    ("stages", "on_fail"): ("rollback", "hold", "extend"),
    ("stages", "identity"): ("ssh", "claimed"),
    ("evidence", "mode"): ("COMPLIANCE", "GOVERNANCE"),
}
_DURATIONS = {
    *("after", "blind_after", "by", "deadline", "every", "for", "fresh", "keep", "max_gap"),
    *("max_hold", "over", "slack", "timeout", "tolerate", "valid"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; `before` or `after` is None where a part was added or taken away.

    What cannot be ordered counts as looser. `probe` names the probe whose meaning changed: its
    readings before and after do not belong together.
    """

    path: str
    before: Any
    after: Any
    is_looser: bool
    probe: str | None = None

    @property
    def changes_probe(self) -> bool:
        """Say whether what a probe measures has changed."""
        return self.probe is not None

    def __str__(self) -> str:
        kind = "changed probe" if self.changes_probe else "looser" if self.is_looser else "tighter"
        return f"{self.path}: {_shown(self, self.before)} → {_shown(self, self.after)} ({kind})"


def difference(
    old: Plan,
    new: Plan,
    *,
    old_files: Mapping[str, str] | None = None,
    new_files: Mapping[str, str] | None = None,
) -> list[Change]:
    """Return what differs in meaning between two plans; nothing for another way of writing.

    Stages and steps are known by name, triggers by label. Files are given as digests by name.
    """
    changes = [_change(*found) for found in _walk(_named(old), _named(new), ())]
    for name, before, after in _differing(old_files or {}, new_files or {}):
        probes = [one for one in (_probe_of(new, name), _probe_of(old, name)) if one]
        is_looser = not probes
        changes.append(
            Change(f"files.{name}", before, after, is_looser, probes[0] if probes else None)
        )
    return changes


def approvals_wanted(changes: Collection[Change]) -> int:
    """Return how many people must approve: two for anything looser or a changed probe, else one."""
    if not changes:
        return 0
    return 2 if any(one.is_looser or one.changes_probe for one in changes) else 1


def _named(plan: Plan) -> dict[str, Any]:
    """Return a plan as mappings all the way to what is compared: lists of parts go by name."""
    data = canonical(plan)
    triggers = zip(plan.triggers, data["triggers"], strict=True)
    data["triggers"] = {trigger.label: part for trigger, part in triggers}
    for stage, part in zip(plan.stages, data["stages"], strict=True):
        if stage.bake is not None:  # as they count, however they are written
            marks = [
                mark for mark in stage.bake.marks_s if mark != stage.bake.for_s
            ]  # its end is one
            part["bake"] |= {"marks": marks, "max_gap": stage.bake.gap_s}
        part["steps"] = {step["name"]: step for step in part["steps"]}
    data["stages"] = {part["name"]: part for part in data["stages"]}
    return data


def _walk(before: object, after: object, path: Path) -> Iterator[tuple[Path, object, object]]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys([*before, *after]):
            yield from _walk(before.get(key), after.get(key), (*path, str(key)))
        if path == ("stages",) and _order(before, after) != _order(after, before):
            yield (*path, "order"), _order(before, after), _order(after, before)
    elif before != after:
        yield path, before, after


def _order(one: Mapping[str, object], other: Mapping[str, object]) -> list[str]:
    return [name for name in one if name in other]


def _change(path: Path, before: object, after: object) -> Change:
    probe = path[1] if path[0] == "probes" and len(path) > 1 else None
    is_looser = probe is None and _is_looser(path, before, after)
    return Change(".".join(path), before, after, is_looser, probe)


def _is_looser(path: Path, before: object, after: object) -> bool:
    area, last = path[0], path[-1]
    if last in _SAYS_ONLY:
        return False
    if "steps" in path or area in {"inputs", "uses", "switch"} or path == ("stages", "order"):
        return True  # what is done is another thing: that has no order
    if area == "people":
        return _of_people(path, before, after)
    if (area, last) in _ORDERS:
        return _is_later(_ORDERS[area, last], before, after)
    return _of_parts(path, before, after)


def _of_parts(path: Path, before: object, after: object) -> bool:
    is_list = isinstance(before, list) and isinstance(after, list)
    if is_list and path[-1] in {"gates", "marks"}:
        return not _as_set(before) <= _as_set(after)
    if isinstance(before, dict) or isinstance(after, dict):
        is_stage = path[0] == "stages" and len(path) == 2  # noqa: PLR2004  # stages, its name
        return after is None or is_stage
    return _of_values(path, before, after)


def _as_set(values: object) -> set[object]:
    return set(values) if isinstance(values, list) else set()


def _of_values(path: Path, before: object, after: object) -> bool:
    last, is_trigger = path[-1], path[0] == "triggers"
    if last in _NO_LIMIT and (before is None or after is None):
        return after is None
    if not isinstance(before, (int, float)) or not isinstance(after, (int, float)):
        return True
    if last in {"for", "needs", "by"}:  # a trigger that waits is looser, a bake that does not
        is_more_looser = is_trigger and last != "by"
        return after > before if is_more_looser else after < before
    if last in _MORE_IS_LOOSER:
        return after > before
    return after < before if last in _LESS_IS_LOOSER else True


def _of_people(path: Path, before: object, after: object) -> bool:
    if after is None:
        return False  # fewer people may decide
    if path[-1] == "roles":
        return not _as_set(after) <= _as_set(before)
    return True


def _is_later(order: tuple[str, ...], before: object, after: object) -> bool:
    return _rank(order, after) > _rank(order, before)


def _rank(order: tuple[str, ...], word: object) -> int:
    return order.index(word) if isinstance(word, str) and word in order else len(order)


def _differing(
    old: Mapping[str, str], new: Mapping[str, str]
) -> Iterator[tuple[str, str | None, str | None]]:
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) != new.get(name):
            yield name, old.get(name), new.get(name)


def _probe_of(plan: Plan, file: str) -> str | None:
    for name, probe in plan.probes.items():
        if probe.sql is not None and probe.sql.file == file:
            return name
    return None


def _shown(change: Change, value: object) -> str:
    last = change.path.rpartition(".")[2]
    if value is None:
        return "nothing"
    if isinstance(value, (int, float)) and not isinstance(value, bool) and last in _DURATIONS:
        return words(float(value))
    if isinstance(value, list):
        return "[" + ", ".join(str(one) for one in value) + "]"
    return str(value) if not isinstance(value, dict) else "a part"
