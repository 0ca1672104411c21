"""Whether a message of a person is accepted, and why not; nothing of it is done here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cutline.run.checkpoint import refusal
from cutline.run.message import Message
from cutline.run.ports import Identify, SomeBlobs
from cutline.run.state import State
from cutline.run.stepping import StepIs
from cutline.run.transitions import Phase

VERBS = frozenset(
    {
        "approve", "deny", "report", "note", "pause", "resume", "extend", "retry", "amend",
        "override", "rollback", "abort", "form",
    }
)  # fmt: skip
_LONGEST_S = {"gate": 86400.0, "bake": 86400.0, "trigger": 14400.0}


@dataclass(frozen=True, slots=True)
class Taken:
    """What is journaled of a message: `why` refuses it, `data` are its words and what we found."""

    why: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_accepted(self) -> bool:
        """Say whether it will be carried out."""
        return not self.why


def taken(  # noqa: PLR0911  # one return a case
    state: State, message: Message, now: datetime, blobs: SomeBlobs, identify: Identify
) -> Taken:
    """Return whether a message is accepted in this state."""
    data = dict(message.data)
    if message.verb not in VERBS:
        return Taken(str(data.get("why") or f"{message.verb} is no verb of an inbox"), data)
    if state.phase is Phase.ENDED:
        return Taken("the run is closed", data)
    match message.verb:
        case "approve" | "deny" | "form":
            return _unbound(_answer(state, message, data, blobs, identify))
        case "report":
            return _needs(data, "what")
        case "resume":
            return _resume(state, data)
        case "retry":
            return _retry(state, data)
        case "extend":
            return _extend(state, data)
        case "override":
            return _override(state, data, now)
        case "rollback" | "abort":
            return _rollback(state, data)
        case _:
            return Taken("", data)


def _needs(data: dict[str, Any], *names: str) -> Taken:
    lacking = [name for name in names if not data.get(name)]
    return Taken(f"it lacks {', '.join(lacking)}" if lacking else "", data)


def _unbound(said: Taken) -> Taken:
    """Return a refused answer without a hold on its files: its form will be filled in anew."""
    if said.is_accepted or "files" not in said.data:
        return said
    data = {("were" if name == "files" else name): value for name, value in said.data.items()}
    return Taken(said.why, data)


def _answer(  # noqa: PLR0911  # one return a case
    state: State, message: Message, data: dict[str, Any], blobs: SomeBlobs, identify: Identify
) -> Taken:
    name = str(data.get("checkpoint") or "")
    point = state.checkpoints.get(name)
    if point is None or not point.is_open:
        return Taken(f"no checkpoint {name} waits for an answer", data)
    if data.get("brief") not in {None, point.brief}:
        return Taken("it answers another brief than the one that is open", data)
    if data.get("brief") is None and message.at < point.opened_at:
        return Taken("it was written before this brief", data)
    if point.is_denied:
        return Taken("it has been denied", data)
    why = refusal(point, message.by, state.plan.people, state.involved)
    if why and not (message.verb == "deny" and message.by in state.plan.people):
        return Taken(why, data)
    said = identify(state.plan, message, blobs.open(point.brief))
    if said.why:
        return Taken(said.why, data)
    if message.verb != "deny" and point.identity == "ssh" and said.identity != "ssh":
        return Taken("this checkpoint wants a signature by the person's ssh key", data)
    data["identity"] = said.identity
    return Taken("", data)


def _resume(state: State, data: dict[str, Any]) -> Taken:
    reason = data.get("reason")
    if reason is None:
        if not any(not one.startswith("step ") for one in state.pauses):
            return Taken("nothing is paused that `resume` ends; a step runs again by `retry`", data)
    elif str(reason).startswith("step "):
        return Taken("a step runs again by `retry`", data)
    elif reason not in state.pauses:
        return Taken(f"nothing is paused for {reason}", data)
    return Taken("", data)


def _retry(state: State, data: dict[str, Any]) -> Taken:
    waiting = [
        step
        for step in state.steps.values()
        if f"step {step.step}" in state.pauses
        and step.state in {StepIs.WAITS, StepIs.CUT_OFF}
        and data.get("step") in {None, step.step}
    ]
    if not waiting:
        return Taken("no step waits to be tried again", data)
    step = waiting[0]
    return Taken("", data | {"stage": step.stage, "step": step.step, "key": step.key})


def _extend(state: State, data: dict[str, Any]) -> Taken:
    by_s = data.get("by_s")
    if isinstance(by_s, bool) or not isinstance(by_s, (int, float)) or by_s <= 0:
        return Taken("it does not say by how many seconds (by_s)", data)
    if state.stage is None or data.get("stage") not in {None, state.stage_name}:
        return Taken("only the stage in force can be extended", data)
    return Taken("", data)


def _override(state: State, data: dict[str, Any], now: datetime) -> Taken:  # noqa: PLR0911  # one return a case
    lacks = _needs(data, "what", "name", "until", "reason")
    if not lacks.is_accepted:
        return lacks
    what, name = str(data["what"]), str(data["name"])
    if what not in _LONGEST_S:
        return Taken("an override is for a gate, a bake or a trigger", data)
    known = {
        "gate": set(state.plan.gates),
        "bake": {state.stage_name},
        "trigger": {trigger.label for trigger in state.plan.triggers},
    }
    if name not in known[what]:
        return Taken(f"there is no {what} {name} that can be overridden now", data)
    try:
        until = datetime.fromisoformat(str(data["until"]))
    except ValueError:
        return Taken("`until` is no instant", data)
    if until.tzinfo is None or until <= now:
        return Taken("`until` lies in the past, or has no zone", data)
    if until - now > timedelta(seconds=_LONGEST_S[what]):
        return Taken(f"an override of a {what} lasts {_LONGEST_S[what] / 3600:g} h at most", data)
    return Taken("", data | {"quorum": 2})


def _rollback(state: State, data: dict[str, Any]) -> Taken:
    if state.no_return is None:
        return Taken("", data)
    stage, name = state.no_return
    restore = ""
    for step in state.plan.stage(stage).steps:
        if step.name == name and step.restore is not None:
            restore = f"; {step.restore} says how to restore"
    return Taken(f"behind {name} of {stage} there is no way back{restore}", data)
