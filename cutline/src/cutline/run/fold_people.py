"""What people change in the state: messages, approvals, amendments, overrides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from cutline.plan.model import Plan
from cutline.run import fold_watch
from cutline.run.checkpoint import Approval, Checkpoint
from cutline.run.kinds import Kind
from cutline.run.message import Message
from cutline.run.owing import signing, telling
from cutline.run.state import Deviation, Override, Proposal, State
from cutline.run.stepping import StepIs, StepState, key_of
from cutline.run.whereabouts import placed

Data = Mapping[str, Any]


def carried_out(state: State, data: Data) -> State:
    """Return the state without the message that this entry carries out."""
    done = data.get("message")
    if done is None:
        return state
    return replace(state, inbox=tuple(one for one in state.inbox if one.id != done))


def _message(state: State, data: Data, at: datetime) -> State:
    state = replace(state, at=at, taken=state.taken | {data["id"]})
    if not data["is_accepted"] or data.get("is_done"):
        return state
    message = Message(data["id"], data["verb"], data["by"], at, data["data"])
    return replace(state, inbox=(*state.inbox, message))


def _opened(state: State, data: Data, at: datetime) -> State:
    name = data["checkpoint"]
    point = Checkpoint(
        name=name,
        what=data["what"],
        stage=data["stage"],
        brief=data["brief"],
        ask=data["ask"],
        opened_at=at,
        by=tuple(data["by"]),
        quorum=int(data["quorum"]),
        identity=data["identity"],
        valid_s=float(data["valid_s"]),
        basis=data.get("basis") or "",
        proposed_by=_proposer(data),
    )
    proposals = state.proposals
    if data.get("proposal") is not None:
        asked = data["proposal"]
        proposal = Proposal(name, asked["verb"], asked["by"], asked["data"])
        proposals = {**proposals, name: proposal}
    state = fold_watch.acted(carried_out(state, data), data)
    state = replace(
        state, at=at, checkpoints={**state.checkpoints, name: point}, proposals=proposals
    )
    return signing(telling(state, "asked", point.ask, name), f"checkpoint {name}")


def _proposer(data: Data) -> str:
    """Return who wrote the amendment that a checkpoint is about; nobody for any other."""
    return str(data["proposal"]["by"]) if data["what"] == "amend" else ""


def _approved(state: State, data: Data, at: datetime) -> State:
    state = carried_out(replace(state, at=at), data)
    name = data["checkpoint"]
    point = state.checkpoints.get(name)
    if point is None:
        return state
    approval = Approval(data["by"], data["identity"], at, data.get("value"), data.get("note") or "")
    point = replace(point, approvals=(*point.approvals, approval))
    return replace(state, checkpoints={**state.checkpoints, name: point})


def _denied(state: State, data: Data, at: datetime) -> State:
    state = carried_out(replace(state, at=at), data)
    name = data["checkpoint"]
    if name not in state.checkpoints:
        return state
    point = replace(state.checkpoints[name], is_denied=True)
    return replace(state, checkpoints={**state.checkpoints, name: point})


def _lapsed(state: State, data: Data, at: datetime) -> State:
    """Approvals no longer count: the checkpoint is opened anew over a new brief.

    What people proposed is gone with them: who still wants it proposes it again.
    """
    name = data["checkpoint"]
    points = {key: point for key, point in state.checkpoints.items() if key != name}
    again = "; propose it again" if name in state.proposals else ""
    proposals = {key: one for key, one in state.proposals.items() if key != name}
    state = replace(state, at=at, checkpoints=points, proposals=proposals)
    return placed(telling(state, "lapsed", f"{name}: {data['why']}{again}"))


def _closed(state: State, data: Data, at: datetime) -> State:
    name, is_yes = data["checkpoint"], bool(data["is_approved"])
    state = carried_out(replace(state, at=at), data)
    point = state.checkpoints.get(name)
    if point is None:
        return state
    point = replace(point, is_open=False, is_approved=is_yes)
    points = {**state.checkpoints, name: point}
    proposals = state.proposals
    if not is_yes and point.what in {"amend", "override"}:
        proposals = {key: one for key, one in proposals.items() if key != name}
    state = replace(state, checkpoints=points, proposals=proposals)
    if is_yes and point.what == "gate":
        given = point.value if point.value is not None else True
        state = replace(state, attested={**state.attested, name: given})
    if is_yes and point.what == "step":
        step = StepState(
            point.stage, name, key_of(state.run, point.stage, name), StepIs.DONE, 1, "answered"
        )
        state = replace(state, steps={**state.steps, (point.stage, name): step})
    return placed(signing(state, f"checkpoint {name}"))


def _amended(state: State, data: Data, at: datetime) -> State:
    plan = Plan.model_validate(data["plan"]["model"])
    index = state.stage_index
    if index >= 0:
        here = state.stage_name
        index = next(n for n, one in enumerate(plan.stages) if one.name == here)
    bake = state.bake
    if data.get("restarts"):
        bake = replace(
            bake, total_s=0.0, held_s=0.0, taken_s=(), standing_s=None, last_at=None,
            began_at=at, mark_at=at, span_at=at, is_over=False,
        )  # fmt: skip
    labels = {trigger.label for trigger in plan.triggers}
    paths = ", ".join(str(one["path"]) for one in data["difference"])
    deviation = Deviation("amended", f"{paths}: {data['reason']}", at)
    state = replace(
        state,
        at=at,
        plan=plan,
        plan_digest=data["plan"]["digest"],
        files=dict(data.get("files") or state.files),
        stage_index=index,
        involved=state.involved | {data["by"]},
        bake=bake,
        triggers={label: seen for label, seen in state.triggers.items() if label in labels},
        deviations=(*state.deviations, deviation),
        proposals={k: one for k, one in state.proposals.items() if one.verb != "amend"},
        checkpoints={k: one for k, one in state.checkpoints.items() if one.what != "amend"},
    )
    return placed(signing(telling(state, "amended", deviation.why), "amended"))


def _overridden(state: State, data: Data, at: datetime) -> State:
    until = datetime.fromisoformat(data["until"])
    one = Override(data["what"], data["name"], until, data["reason"], tuple(data["by"]))
    why = f"{one.what} {one.name} until {data['until']}: {one.reason}"
    name = data["checkpoint"]
    state = replace(
        state,
        at=at,
        overrides=(*state.overrides, one),
        deviations=(*state.deviations, Deviation("overridden", why, at)),
        proposals={key: asked for key, asked in state.proposals.items() if key != name},
        checkpoints={key: point for key, point in state.checkpoints.items() if key != name},
    )
    return signing(telling(state, "overridden", why), "override")


def _override_ended(state: State, data: Data, at: datetime) -> State:
    left = tuple(
        one for one in state.overrides if (one.what, one.name) != (data["what"], data["name"])
    )
    return replace(state, at=at, overrides=left)


def _noted(state: State, data: Data, at: datetime) -> State:
    return fold_watch.acted(carried_out(replace(state, at=at), data), data)


def _reported(state: State, data: Data, at: datetime) -> State:
    state = carried_out(replace(state, at=at), data)
    return replace(state, reported=state.reported | {data["what"]})


HANDLERS: Mapping[str, Callable[[State, Data, datetime], State]] = {
    Kind.MESSAGE: _message,
    Kind.CHECKPOINT_OPENED: _opened,
    Kind.APPROVED: _approved,
    Kind.DENIED: _denied,
    Kind.LAPSED: _lapsed,
    Kind.CHECKPOINT_CLOSED: _closed,
    Kind.AMENDED: _amended,
    Kind.OVERRIDDEN: _overridden,
    Kind.OVERRIDE_ENDED: _override_ended,
    Kind.NOTED: _noted,
    Kind.REPORTED: _reported,
}
