"""What an accepted message asks for: one entry, which takes it out of the state's inbox."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cutline.run.action import Action, OpenCheckpoint, Record
from cutline.run.kinds import Kind
from cutline.run.message import Message
from cutline.run.state import State
from cutline.run.transitions import Phase


def carry_out(state: State, now: datetime) -> list[Action]:
    """Return the entry that carries out the oldest accepted message."""
    del now
    if not state.inbox:
        return []
    return [_entry(state, state.inbox[0])]


def _entry(state: State, message: Message) -> Action:  # noqa: PLR0911  # one return a case
    data, by = dict(message.data), message.by
    done = {"message": message.id, "by": by}
    match message.verb:
        case "approve" | "form":
            kept = {key: data.get(key) for key in ("identity", "value", "note", "files")}
            brief = state.checkpoints[str(data["checkpoint"])].brief
            return Record(
                Kind.APPROVED, done | kept | {"checkpoint": data["checkpoint"], "brief": brief}
            )
        case "deny":
            return Record(
                Kind.DENIED, done | {"checkpoint": data["checkpoint"], "note": data.get("note")}
            )
        case "report":
            return Record(Kind.REPORTED, done | {"what": data["what"], "note": data.get("note")})
        case "pause":
            why = str(data.get("note") or f"{by} said so")
            return Record(Kind.PAUSED, done | {"reason": "person", "why": why})
        case "resume":
            return Record(Kind.RESUMED, done | {"reason": data.get("reason")})
        case "retry":
            return _retry(data, done)
        case "extend":
            why = str(data.get("note") or f"{by} said so")
            asked = {"stage": state.stage_name, "by_s": data["by_s"], "why": why}
            return Record(Kind.EXTENDED, done | asked)
        case "amend" | "override":
            return _proposal(state, message)
        case "rollback" | "abort":
            return _rollback(state, message, done)
        case _:
            return Record(Kind.NOTED, done | {"text": data.get("text") or data.get("note") or ""})


def _retry(data: dict[str, Any], done: dict[str, Any]) -> Action:
    """A person says that a step runs again, or that it was done."""
    if data.get("done"):
        why = f"{done['by']} said that it was done"
        asked = {"stage": data["stage"], "step": data["step"], "key": data["key"], "why": why}
        return Record(Kind.STEP_FOUND_DONE, done | asked)
    return Record(Kind.RESUMED, done | {"reason": f"step {data['step']}"})


def _rollback(state: State, message: Message, done: dict[str, Any]) -> Action:
    why = str(message.data.get("reason") or message.data.get("note") or f"{message.by} said so")
    if state.phase in {Phase.ROLLING_BACK, Phase.CLOSING}:
        return Record(Kind.NOTED, done | {"text": f"joins the rollback: {why}"})
    asked = {"why": why, "trigger": "", "is_abort": message.verb == "abort"}
    return Record(Kind.ROLLBACK_STARTED, done | asked)


def _proposal(state: State, message: Message) -> Action:
    """An amendment or an override begins as a checkpoint: other people have to agree."""
    data = message.data
    if message.verb == "amend":
        name = "amend"
        ask = f"{message.by} wants to amend the plan: {data['reason']}"
    else:
        name = f"override {data['what']} {data['name']}"
        ask = f"{message.by} wants to {name} until {data['until']}: {data['reason']}"
    return OpenCheckpoint(
        {
            "checkpoint": name,
            "what": message.verb,
            "stage": state.stage_name,
            "ask": ask,
            "by": [],
            "quorum": data.get("quorum", 2),
            "identity": "claimed",
            "valid_s": 86400.0,
            "message": message.id,
            "proposal": {"verb": message.verb, "by": message.by, "data": dict(data)},
        }
    )
