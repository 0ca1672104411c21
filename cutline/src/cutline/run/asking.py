"""What becomes of checkpoints: a quorum or a no closes them, time and change undo approvals."""

from __future__ import annotations

from datetime import datetime

from cutline.gates.verdict import Verdict
from cutline.run.action import Action, Record
from cutline.run.checkpoint import Checkpoint, is_enough
from cutline.run.kinds import Kind
from cutline.run.scope import scope_of
from cutline.run.state import State
from cutline.run.transitions import Phase

_UNUSED = {Phase.APPROVING, Phase.STEPPING, Phase.RAISING}


def checkpoints(state: State, now: datetime) -> list[Action]:
    """Return what follows for the checkpoints of a run."""
    if not state.checkpoints or state.phase in {Phase.CLOSING, Phase.ROLLING_BACK}:
        return []
    for point in state.checkpoints.values():
        found = _lapse(state, point) or _answer(state, point) or _agreed(state, point, now)
        if found:
            return found
    return []


def basis_of(state: State) -> str:
    """Return what a brief is made of, as a short text: a change of it makes approvals lapse."""
    overrides = ",".join(f"{one.what} {one.name}" for one in state.overrides)
    counts = f"{len(state.marks)} marks, {len(state.deviations)} deviations"
    return f"{state.plan_digest}; {counts}; {overrides}"


def _lapse(state: State, point: Checkpoint) -> list[Action]:
    why = why_lapsed(state, point)
    return [Record(Kind.LAPSED, {"checkpoint": point.name, "why": why})] if why else []


def why_lapsed(state: State, point: Checkpoint) -> str:  # noqa: PLR0911, C901  # one return a case
    """Return why what was approved so far no longer counts, or nothing (rule 10)."""
    if point.is_denied:
        return ""
    is_used = not point.is_open and (point.what != "stage" or state.phase not in _UNUSED)
    if is_used or (not point.is_open and state.raised_at is not None):
        return ""
    if any(one.age_s > point.valid_s for one in point.approvals):
        return f"an approval is older than {point.valid_s:g} s"
    if point.what in {"amend", "override"}:
        return _fired_since(state, point)
    if point.what != "stage" or point.stage != state.stage_name:
        return ""
    if point.basis != basis_of(state):
        return "what its brief says has changed"
    if not point.approvals:
        return ""
    if state.open_triggers:
        return f"the trigger {state.open_triggers[0]} fired"
    for one in scope_of(state).standing:
        seen = state.gates.get(one.name)
        if seen is not None and seen.verdict is not Verdict.PASS and not seen.is_waived:
            return f"{one.name} no longer passes: {seen.why}"
    return ""


def _fired_since(state: State, point: Checkpoint) -> str:
    """Name a trigger that fired after somebody agreed, unless it is the one to be silenced."""
    first = min((one.at for one in point.approvals), default=None)
    for label, seen in state.triggers.items():
        if point.name == f"override trigger {label}" or first is None or seen.fired_at is None:
            continue
        if seen.fired_at > first:
            return f"the trigger {label} fired"
    return ""


def _answer(state: State, point: Checkpoint) -> list[Action]:  # noqa: PLR0911  # one return a case
    if not point.is_open:
        return []
    closing = Record(Kind.CHECKPOINT_CLOSED, {"checkpoint": point.name, "is_approved": False})
    if not point.is_denied:
        if not is_enough(point, state.plan.people):
            return []
        return [Record(Kind.CHECKPOINT_CLOSED, {"checkpoint": point.name, "is_approved": True})]
    if point.what in {"amend", "override"}:
        return [closing]
    if point.what == "trigger":
        return _denied_trigger(state, point, closing)
    reason = f"denied {point.name}"
    if reason in state.pauses:
        return [closing]
    why = f"{point.name} was denied"
    return [Record(Kind.PAUSED, {"reason": reason, "why": why})]


def _denied_trigger(state: State, point: Checkpoint, closing: Record) -> list[Action]:
    """A no to a trigger's question does its `else` at once."""
    seen = state.triggers.get(point.name)
    trigger = next((one for one in state.plan.triggers if one.label == point.name), None)
    if seen is None or trigger is None or seen.else_at is not None:
        return [closing]
    data = {
        "trigger": point.name,
        "severity": trigger.severity,
        "do": trigger.else_do or "pause",
        "why": "denied by a person",
        "is_else": True,
        "incident": trigger.incident,
    }
    return [Record(Kind.TRIGGER_FIRED, data)]


def _agreed(state: State, point: Checkpoint, now: datetime) -> list[Action]:
    """People agreed to an amendment or an override: it takes effect."""
    proposal = state.proposals.get(point.name)
    if proposal is None or not point.is_approved:
        return []
    data = proposal.data
    if proposal.verb == "amend":
        return [
            Record(
                Kind.AMENDED,
                {
                    "by": proposal.by,
                    "reason": data["reason"],
                    "plan": data["plan"],
                    "files": data.get("files") or {},
                    "difference": data["difference"],
                    "restarts": data["restarts"],
                },
            )
        ]
    asked = {key: data[key] for key in ("what", "name", "until", "reason")}
    by = [approval.by for approval in point.approvals]
    made = Record(Kind.OVERRIDDEN, asked | {"by": by, "checkpoint": point.name})
    if now >= datetime.fromisoformat(str(data["until"])):
        ended = Record(Kind.OVERRIDE_ENDED, {"what": data["what"], "name": data["name"]})
        return [made, ended]
    return [made]
