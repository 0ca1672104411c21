"""The same plan in less time: what is divided, what never is, and how far it makes sense."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

from cutline.errors import WrongUsage
from cutline.plan.gate import Gate
from cutline.plan.model import Plan, Window
from cutline.plan.probe import Probe
from cutline.plan.stage import Bake, Stage
from cutline.plan.step import Step
from cutline.plan.switch import Switch
from cutline.plan.trigger import Trigger

SHORTEST_EVERY_S = 0.2
SHORTEST_S = 2.0
SHORTEST_DEADLINE_S = 60.0


def compressed(plan: Plan, factor: float) -> Plan:
    """Return a plan whose durations and spans are divided by `factor`, without `hours`.

    `every` is not divided below 0.2 s, and nothing but `for`, `marks` and `window` below 2 s; what
    was shorter stays as it was; a deadline not below 60 s, since traffic and people take the time
    that they take. Timeouts, `needs`, `valid`, `keep`, the `by` of `confirm` and dates
    are never divided. Raises `WrongUsage` for a factor below 1.
    """
    if not math.isfinite(factor) or factor < 1:
        raise WrongUsage(f"--compress takes a factor of 1 or more; found {factor:g}")
    if factor == 1:
        return plan
    watch = plan.watch.model_copy(
        update={
            "every_s": _every(plan.watch.every_s, factor),
            "blind_after_s": _other(plan.watch.blind_after_s, factor),
        }
    )
    return plan.model_copy(
        update={
            "hours": None,
            "watch": watch,
            "switch": _switch(plan.switch, factor),
            "window": _window(plan.window, factor),
            "probes": {name: _probe(one, factor) for name, one in plan.probes.items()},
            "gates": {name: _gate(one, factor) for name, one in plan.gates.items()},
            "stages": tuple(_stage(one, factor) for one in plan.stages),
            "triggers": tuple(_trigger(one, factor) for one in plan.triggers),
        }
    )


def largest_factor(plan: Plan) -> float:
    """Return the largest factor at which a rehearsal on real systems still means something.

    Two instants fit between neighbouring marks, and no bake is shorter than the 2 s at which
    tolerance and gaps stop shrinking. 1 for a plan without a bake.
    """
    limits = [limit for stage in plan.stages if stage.bake for limit in _limits(stage.bake)]
    return max(1.0, float(math.floor(min(limits, default=1.0))))


def _limits(bake: Bake) -> Iterator[float]:
    marks = (0.0, *bake.marks_s)
    closest_s = min(after - before for before, after in pairwise(marks))
    yield max(closest_s / (2 * SHORTEST_EVERY_S), bake.every_s / SHORTEST_EVERY_S)
    if bake.for_s > SHORTEST_S:
        yield bake.for_s / SHORTEST_S


def _every(value_s: float, factor: float) -> float:
    return max(min(value_s, SHORTEST_EVERY_S), value_s / factor)


def _other(value_s: float, factor: float) -> float:
    return max(min(value_s, SHORTEST_S), value_s / factor)


def _maybe(value_s: float | None, factor: float) -> float | None:
    return None if value_s is None else _other(value_s, factor)


def _deadline(value_s: float | None, factor: float) -> float | None:
    return None if value_s is None else max(min(value_s, SHORTEST_DEADLINE_S), value_s / factor)


def _switch(switch: Switch, factor: float) -> Switch:
    confirm = switch.confirm
    if confirm is None:
        return switch
    update = {
        "grace_s": _other(confirm.grace_s, factor),
        "over_s": _other(confirm.quiet_s, factor),
    }
    return switch.model_copy(update={"confirm": confirm.model_copy(update=update)})


def _window(window: Window | None, factor: float) -> Window | None:
    if window is None:
        return None
    if not isinstance(window.t0, datetime):
        return window.model_copy(update={"t0": window.t0 / factor})
    if window.close is None:
        return window
    return window.model_copy(
        update={"close": window.t0 + (window.close - window.t0) / factor},
    )


def _probe(probe: Probe, factor: float) -> Probe:
    return probe.model_copy(
        update={"over_s": _other(probe.over_s, factor), "fresh_s": _maybe(probe.fresh_s, factor)}
    )


def _gate(gate: Gate, factor: float) -> Gate:
    return gate.model_copy(update={"tolerate_s": _other(gate.tolerate_s, factor)})


def _trigger(trigger: Trigger, factor: float) -> Trigger:
    return trigger.model_copy(
        update={
            "for_s": _other(trigger.for_s, factor),
            "after_s": _maybe(trigger.after_s, factor),
            "by_s": _other(trigger.by_s, factor),
        }
    )


def _stage(stage: Stage, factor: float) -> Stage:
    update: dict[str, Any] = {
        "slack_s": _other(stage.slack_s, factor),
        "steps": tuple(_step(step, factor) for step in stage.steps),
    }
    if stage.at is not None:
        update["at"] = f"T{stage.offset_s / factor:+.6f}s"
    if stage.bake is not None:
        update["bake"] = _bake(stage.bake, factor)
    return stage.model_copy(update=update)


def _step(step: Step, factor: float) -> Step:
    if step.wait_for is None:
        return step
    every = {"every_s": _every(step.wait_for.every_s, factor)}
    return step.model_copy(update={"wait_for": step.wait_for.model_copy(update=every)})


def _bake(bake: Bake, factor: float) -> Bake:
    return bake.model_copy(
        update={
            "for_s": bake.for_s / factor,
            "every_s": _every(bake.every_s, factor),
            "max_gap_s": _other(bake.gap_s, factor),
            "marks": tuple(mark / factor for mark in bake.marks_s),
            "max_hold_s": _other(bake.max_hold_s, factor),
            "deadline_s": _deadline(bake.deadline_s, factor),
        }
    )
