"""An amendment: what may change, how many must agree, and whether the bake begins anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from cutline.plan.difference import Change, approvals_wanted
from cutline.plan.model import Plan
from cutline.plan.stage import Stage
from cutline.run.scope import scope_of
from cutline.run.state import State
from cutline.run.transitions import Phase

# What of the stage in force may still change once its traffic is on its way.
_MAY_CHANGE = {"gates", "bake", "on_fail"}
_NOT_BEGUN = {Phase.BETWEEN, Phase.WAITING, Phase.APPROVING}


Compare = Callable[[Plan, Plan], Sequence[Change]]


def amendment(
    state: State, by: str, asked: Mapping[str, Any], compare: Compare
) -> tuple[dict[str, Any], str]:
    """Return an amendment's data with what it changes, and why it is refused, or nothing."""
    data = dict(asked)
    if not data.get("reason"):
        return data, "it gives no reason"
    try:
        plan = Plan.model_validate(dict(data.get("plan") or {}).get("model"))
    except ValidationError as error:
        return data, f"it holds no plan: {error.error_count()} faults"
    why = refused(state, plan)
    if why:
        return data, why
    changes = list(compare(state.plan, plan))
    if not changes:
        return data, "nothing differs from the plan in force"
    data["difference"] = [
        {
            "path": one.path,
            "before": _plain(one.before),
            "after": _plain(one.after),
            "is_looser": one.is_looser,
            "changes_probe": one.changes_probe,
        }
        for one in changes
    ]
    data["quorum"] = approvals_wanted(changes)
    data["restarts"] = restarts(state, plan)
    return data, unreachable(state, by, data["quorum"])


def unreachable(state: State, by: str, quorum: int) -> str:
    """Return why an amendment could never get its approvals, or nothing.

    Its author does not count, and where two are needed neither do those of the run.
    """
    people = state.plan.people
    left = sorted(people.keys() - {by} - (state.involved if quorum > 1 else frozenset()))
    if not people or len(left) >= quorum:
        return ""
    others = f"only {', '.join(left)} may agree" if left else "nobody may agree"
    return f"it wants {quorum} approval(s) by others than {by}, and {others}"


def refused(state: State, plan: Plan) -> str:
    """Return what an amendment must not change, or nothing."""
    old = state.plan
    if plan.name != old.name:
        return f"it is the plan of another run: {plan.name}"
    if plan.switch != old.switch:
        return "the switch of a run cannot change"
    done = max(0, state.stage_index)
    if state.stage_index >= len(plan.stages) or plan.stages[:done] != old.stages[:done]:
        return "finished stages cannot change"
    stage = state.stage
    if stage is None or (state.phase in _NOT_BEGUN and plan.stages[done].name == stage.name):
        return ""
    return _in_force(stage, plan.stages[done])


def _in_force(old: Stage, new: Stage) -> str:
    names = set(type(old).model_fields) - _MAY_CHANGE
    changed = sorted(name for name in names if getattr(old, name) != getattr(new, name))
    return f"{', '.join(changed)} of the stage in force cannot change" if changed else ""


def restarts(state: State, plan: Plan) -> list[str]:
    """Return the probes of the present bake that measure something else and have no past."""
    used = {probe for one in scope_of(state).gates for probe, _ in one.keys}
    return sorted(
        name
        for name in used
        if name not in plan.probes
        or (plan.probes[name] != state.plan.probes[name] and not plan.probes[name].past)
    )


def _plain(value: object) -> str | int | float | bool | None:
    return value if isinstance(value, (str, int, float, bool)) or value is None else str(value)
