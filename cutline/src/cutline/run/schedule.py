"""What is due at an instant: which gates, at which mark, over which spans; and so the questions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from cutline.run.bake import BakeClock, ended_early, mark_ahead
from cutline.run.raising import obstacles
from cutline.run.reading import Question
from cutline.run.scope import Key, Reads, Scope, Watches
from cutline.run.state import State
from cutline.run.stepping import StepIs
from cutline.run.transitions import Back, Phase

DRAINED = "rollback drained"
_BEFORE_RAISE = {Phase.WAITING, Phase.APPROVING, Phase.STEPPING, Phase.RAISING}
_Asked = tuple[str, str | None, datetime]


class Due(NamedTuple):
    """What one instant judges.

    `gates` turn the bake clock if `is_instant`; `standing` gates are those of the stage before,
    while this one waits. `since` is where their spans begin, None for the probe's own `over`.
    `conditions` are `done:` and `drained:`; `wants_confirm` asks for the traffic.
    """

    at: datetime
    is_instant: bool = False
    mark_s: float | None = None
    is_end: bool = False
    gates: tuple[Reads, ...] = ()
    standing: tuple[Reads, ...] = ()
    since: datetime | None = None
    conditions: tuple[Reads, ...] = ()
    wants_confirm: bool = False

    @property
    def judges(self) -> bool:
        """Say whether anything but triggers is judged."""
        return bool(self.is_instant or self.standing or self.conditions)


def due(state: State, scope: Scope, now: datetime) -> Due:
    """Return what is judged at `now`."""
    phase = state.phase
    if phase is Phase.BAKING:
        return _of_bake(state, scope, now)
    if phase is Phase.CONFIRMING:
        return Due(now, wants_confirm=True)
    if phase is Phase.ROLLING_BACK:
        return _of_rollback(state, scope, now)
    if phase in _BEFORE_RAISE:
        return _before_raise(state, scope, now)
    return Due(now)


def clock_in_force(state: State, scope: Scope) -> BakeClock:
    """Return the bake clock; where people ended the bake early, only its last mark is left."""
    if state.overrides and state.override("bake", state.stage_name) is not None:
        return ended_early(state.bake, scope.rules)
    return state.bake


def _of_bake(state: State, scope: Scope, now: datetime) -> Due:
    last = state.bake.last_at
    if last is not None:
        slack_s = min(scope.plan.watch.every_s, scope.rules.every_s) / 2
        if (now - last).total_seconds() < scope.rules.every_s - slack_s:
            return Due(now)
    return instant(state, scope, now)


def instant(state: State, scope: Scope, now: datetime) -> Due:
    """Return what an instant of the bake judges."""
    clock = clock_in_force(state, scope)
    mark_s = mark_ahead(clock, scope.rules, now)
    is_end = mark_s is not None and mark_s >= scope.rules.marks_s[-1]
    wanted = {"instants"}
    if mark_s is not None:
        wanted.add("marks")
    if is_end:
        wanted.add("end")
    gates = tuple(one for one in scope.gates if one.gate.at in wanted)
    has_marks = scope.stage is not None and scope.stage.bake is not None
    since = state.bake.mark_at if mark_s is not None and has_marks else None
    return Due(now, is_instant=True, mark_s=mark_s, is_end=is_end, gates=gates, since=since)


def _of_rollback(state: State, scope: Scope, now: datetime) -> Due:
    back = state.rollback
    drained = scope.plan.rollback.drained
    if back is None:
        return Due(now)
    if back.state is Back.DRAINING and drained is not None:
        return Due(now, conditions=(scope.reads(DRAINED, drained.check),))
    return Due(now, wants_confirm=back.state is Back.CONFIRMING)


def _before_raise(state: State, scope: Scope, now: datetime) -> Due:
    done = tuple(_cut_off(state, scope))
    standing: tuple[Reads, ...] = ()
    if scope.standing and _wants_standing(state, scope, now):
        standing = scope.standing
    return Due(now, standing=standing, since=_standing_since(state, scope), conditions=done)


def _wants_standing(state: State, scope: Scope, now: datetime) -> bool:
    """Look at them as the bake did, and at every tick once nothing else holds the raise."""
    last = state.gates.get(scope.standing[0].name)
    if last is None or not obstacles(state, now, is_after_gates=True):
        return True
    owner = scope.standing_stage
    every_s = owner.bake.every_s if owner is not None and owner.bake else 0.0
    return (now - last.at).total_seconds() >= every_s - scope.plan.watch.every_s / 2


def _standing_since(state: State, scope: Scope) -> datetime | None:
    owner = scope.standing_stage
    return state.bake.span_at if owner is not None and owner.bake is not None else None


def _cut_off(state: State, scope: Scope) -> Iterable[Reads]:
    if scope.stage is None:
        return
    for step in scope.stage.steps:
        known = state.steps.get((scope.stage.name, step.name))
        if known is not None and known.state is StepIs.CUT_OFF and step.done is not None:
            yield scope.reads(done_name(step.name), step.done)


def done_name(step: str) -> str:
    """Return the name under which the verdict of a step's `done:` is journaled."""
    return f"done {step}"


class Asks(NamedTuple):
    """The questions of a tick, each once, and which of them answer what.

    `watching` are the places of the triggers' readings by key, `judging` those of the gates,
    `confirming` those of the traffic since the switch was applied.
    """

    questions: tuple[Question, ...]
    watching: Mapping[Key, int]
    judging: Mapping[Key, int]
    confirming: Mapping[Key, int]


def asks(state: State, scope: Scope, what: Due, *, is_late: bool = False) -> Asks:
    """Return everything that has to be asked for what is due, and for the triggers."""
    at, offsets = what.at, state.offsets
    if not (is_late or what.judges or what.wants_confirm):
        sinces = [at - over if over else at for over in scope.spans]
        watched = tuple(
            Question(probe, side, sinces[place], at, is_late, offsets.get((probe, side)))
            for probe, side, place in scope.asked
        )
        return Asks(watched, scope.watching, {}, {})
    found: dict[_Asked, int] = {}
    watching = _trailing(found, scope, what.at, _keys(scope, scope.triggers, is_late=is_late))
    judging: dict[Key, int] = {}
    gates = what.gates or what.standing
    if gates:
        widest = what.since if what.standing else None
        keys = _keys(scope, gates, is_late=is_late)
        if what.mark_s is not None and what.since is not None:
            judging = _since(found, scope, what.at, what.since, keys)
        else:
            judging = _trailing(found, scope, what.at, keys, widest)
    if what.conditions:
        keys = _keys(scope, what.conditions, is_late=is_late)
        judging |= _trailing(found, scope, what.at, keys)
    confirming: dict[Key, int] = {}
    if what.wants_confirm:
        confirming = _exactly(found, confirm_keys(scope), _counted_since(state, what.at))
    questions = tuple(
        Question(probe, side, since, at, is_late, offsets.get((probe, side)))
        for probe, side, since in found
    )
    return Asks(questions, watching, judging, confirming)


def confirm_keys(scope: Scope) -> tuple[Key, ...]:
    """Return the probes that show the share of traffic."""
    confirm = scope.plan.switch.confirm
    if confirm is None:
        return ()
    fields = (scope.conditions.field(confirm.rate), scope.conditions.field(confirm.of))
    return tuple({(field.probe, field.side): None for field in fields})


def _counted_since(state: State, now: datetime) -> datetime:
    """Return from when traffic shows the switch: what was decided before does not count."""
    confirm, traffic = state.plan.switch.confirm, state.traffic
    if traffic.wrong_at is not None:
        return min(traffic.wrong_at, now)
    grace = timedelta(seconds=confirm.grace_s if confirm is not None else 0.0)
    return now if traffic.applied_at is None else min(traffic.applied_at + grace, now)


def _keys(scope: Scope, of: Iterable[Reads | Watches], *, is_late: bool) -> Iterable[Key]:
    """Yield what is read by them; of an instant that was missed what can be asked of the past."""
    probes = scope.plan.probes
    for one in of:
        for key in one.keys:
            if not is_late or probes[key[0]].past:
                yield key


def _trailing(
    found: dict[_Asked, int],
    scope: Scope,
    now: datetime,
    keys: Iterable[Key],
    widest: datetime | None = None,
) -> dict[Key, int]:
    """Ask over each probe's own span, or from `widest` on where that lies further back."""
    places: dict[Key, int] = {}
    for key in keys:
        over = scope.over[key[0]]
        since = now - over
        if widest is not None and over and widest < since:
            since = widest
        places[key] = found.setdefault((*key, since), len(found))
    return places


def _since(
    found: dict[_Asked, int], scope: Scope, now: datetime, since: datetime, keys: Iterable[Key]
) -> dict[Key, int]:
    """Ask over the time since the last mark; what measures the present measures it."""
    places: dict[Key, int] = {}
    none = timedelta(0)
    for key in keys:
        begin = now if scope.over[key[0]] == none else min(since, now)
        places[key] = found.setdefault((*key, begin), len(found))
    return places


def _exactly(found: dict[_Asked, int], keys: Iterable[Key], since: datetime) -> dict[Key, int]:
    return {key: found.setdefault((*key, since), len(found)) for key in keys}
