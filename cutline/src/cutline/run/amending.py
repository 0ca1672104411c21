"""An amendment: what may change, how many must agree, and whether the bake begins anew."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from pydantic import ValidationError

from cutline.plan.difference import Change, approvals_wanted
from cutline.plan.model import Plan
from cutline.plan.named_files import named_files
from cutline.plan.stage import Stage
from cutline.run.scope import scope_of
from cutline.run.state import State
from cutline.run.transitions import Phase

# What of the stage in force may still change once its traffic is on its way.
_MAY_CHANGE = {"gates", "bake", "on_fail"}
_NOT_BEGUN = {Phase.BETWEEN, Phase.WAITING, Phase.APPROVING}


class Compare(Protocol):
    """Tells what differs by meaning between two plans, and between the files that they name."""

    def __call__(
        self,
        old: Plan,
        new: Plan,
        *,
        old_files: Mapping[str, str] | None = None,
        new_files: Mapping[str, str] | None = None,
    ) -> Sequence[Change]:
        """Return the differences; files are given as digests by name."""
        ...


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
    files = dict(data.get("files") or state.files)
    before, after = named(state.plan, state.files), named(plan, files)
    changes = list(compare(state.plan, plan, old_files=before, new_files=after))
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
    data["restarts"] = restarts(
        state, plan, {one for one in after if before.get(one) != after[one]}
    )
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


def named(plan: Plan, files: Mapping[str, str]) -> dict[str, str]:
    """Return those of a run's files that a plan names: not its own YAML, which is compared."""
    return {name: files[name] for _, name in named_files(plan) if name in files}


def restarts(state: State, plan: Plan, changed: Collection[str] = ()) -> list[str]:
    """Return the probes of the present bake that measure something else and have no past.

    `changed` are the files that say something else.
    """
    used = {probe for one in scope_of(state).gates for probe, _ in one.keys}
    return sorted(
        name
        for name in used
        if name not in plan.probes
        or (not plan.probes[name].past and _is_other(state.plan, plan, name, changed))
    )


def _is_other(old: Plan, new: Plan, name: str, changed: Collection[str]) -> bool:
    probe = new.probes[name]
    has_other_query = probe.sql is not None and probe.sql.file in changed
    return has_other_query or probe != old.probes[name]


def _plain(value: object) -> str | int | float | bool | None:
    return value if isinstance(value, (str, int, float, bool)) or value is None else str(value)
