"""What a run is at, for people and for machines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from cutline.gates.verdict import Verdict
from cutline.plan.duration import words
from cutline.run.failing import LastWords
from cutline.run.form import Filled
from cutline.run.ports import AnEntry
from cutline.run.standing import Wait, exit_of, waits
from cutline.run.state import State
from cutline.run.story import Story
from cutline.run.transitions import Phase
from cutline.run.watched import GateSeen

STORY_LINES = 8
STYLES = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.BLIND: "yellow",
    Verdict.THIN: "yellow",
}


def as_json(
    state: State, now: datetime, forms: Mapping[str, Filled] | None = None
) -> dict[str, Any]:
    """Return the state of a run as JSON: what `cutline status --json` prints."""
    return {
        "run": state.run,
        "plan": {"name": state.plan.name, "digest": state.plan_digest},
        "started_by": state.origin.by,
        "started_at": state.origin.at.isoformat(),
        "factor": state.origin.factor,
        "phase": state.phase.value,
        "stage": state.stage_name,
        "percent": {"set": state.traffic.percent, "seen": state.traffic.seen},
        "is_applied": state.traffic.is_applied,
        "drift": state.traffic.drift,
        "bake": _bake(state),
        "gates": {
            name: {"verdict": seen.verdict.value, "why": seen.why, "at": seen.at.isoformat()}
            for name, seen in state.gates.items()
        },
        "open_triggers": list(state.open_triggers),
        "waits_for": [{"why": w.why, "command": w.command} for w in waits(state)],
        "pauses": {reason: pause.why for reason, pause in state.pauses.items()},
        "checkpoints": [
            {
                "name": point.name,
                "ask": point.ask,
                "brief": point.brief,
                "by": list(point.by),
                "quorum": point.wanted,
                "identity": point.identity,
                "approved_by": [approval.by for approval in point.approvals],
            }
            for point in state.asks
        ],
        "forms": {name: list(filled.missing) for name, filled in (forms or {}).items()},
        "deviations": [{"what": d.what, "why": d.why} for d in state.deviations],
        "last_tick_s": _age_s(state, now),
        "is_absent": is_absent(state, now),
        "outcome": state.outcome,
        "exit_code": int(exit_of(state)),
    }


def is_absent(state: State, now: datetime) -> bool:
    """Say whether nobody has watched for longer than the plan allows."""
    age_s = _age_s(state, now)
    return not state.is_over and age_s is not None and age_s > state.plan.watch.blind_after_s


def _age_s(state: State, now: datetime) -> float | None:
    return None if state.ticked_at is None else (now - state.ticked_at).total_seconds()


def _bake(state: State) -> dict[str, Any] | None:
    if state.stage is None or state.stage.bake is None or state.phase is not Phase.BAKING:
        return None
    return {
        "held_s": state.bake.total_s,
        "for_s": state.stage.bake.for_s + state.extra_s,
        "stopped_s": state.bake.held_s,
        "marks_taken_s": list(state.bake.taken_s),
    }


def view(
    state: State,
    now: datetime,
    entries: Sequence[AnEntry] = (),
    forms: Mapping[str, Filled] | None = None,
    failed: Sequence[LastWords] = (),
) -> RenderableType:
    """Return a run as a person sees it on a terminal."""
    parts: list[RenderableType] = [_head(state, now), *_waiting(state, forms or {}), _stages(state)]
    if _shown_gates(state):
        parts.append(_gates(state))
    parts += _known(state)
    for one in failed:
        parts.append(Text(f"{one.step} said at the end (all of it: {one.file}):", style="yellow"))
        parts += [Text(f"  {line}") for line in one.lines]
    story = Story()
    told = [line for entry in entries if (line := story.line(entry))]
    if told:
        parts += [Text(""), *(Text(line, style="dim") for line in told[-STORY_LINES:])]
    return Group(*parts)


def _head(state: State, now: datetime) -> Text:
    head = Text.assemble((state.run, "bold"), "  ", _phase(state))
    if state.origin.factor != 1:
        head.append(f"  COMPRESSED ×{state.origin.factor:g}", style="bold magenta")
    traffic = state.traffic
    if state.plan.switch.kind != "nop" and traffic.seen is not None:
        seen = f"  v2 at {traffic.seen} %"
        head.append(seen if traffic.is_applied else seen + " (set, not in force)")
    if is_absent(state, now):
        age = words(round(_age_s(state, now) or 0))
        head.append(f"\nnobody has watched for {age}: cutline tick {state.run}", style="bold red")
    return head


def _phase(state: State) -> str:
    if state.outcome is not None:
        return state.outcome
    return f"{state.phase.value}, stage {state.stage_name}" if state.stage else state.phase.value


def _stages(state: State) -> Table:
    table = _table("", "stage", "v2", "bake")
    for number, stage in enumerate(state.plan.stages):
        is_now = number == state.stage_index and state.outcome is None
        mark = "✓" if number < state.stage_index or state.outcome == "complete" else " "
        bake = words(stage.bake.for_s) if stage.bake else ""
        if is_now and stage.bake and state.phase is Phase.BAKING:
            whole = stage.bake.for_s + state.extra_s
            bake = f"{_bar(state.bake.total_s / whole)} {words(round(state.bake.total_s))} of "
            bake += words(whole)
        percent = "" if stage.percent is None else f"{stage.percent} %"
        table.add_row("▸" if is_now else mark, stage.name, percent, bake)
    return table


def _table(*headers: str) -> Table:
    """Return a table in which a long word is folded: an ellipsis would keep a part of it back."""
    columns = [Column(header, overflow="fold") for header in headers]
    return Table(*columns, box=None, pad_edge=False, header_style="dim")


def _bar(share: float, width: int = 20) -> str:
    full = round(min(max(share, 0.0), 1.0) * width)
    return "█" * full + "░" * (width - full)


def _shown_gates(state: State) -> Mapping[str, GateSeen]:
    """Return the gates of the stage, or of the one before while it has not been judged."""
    stage = state.stage
    if stage is None or state.is_over:
        return state.gates
    own = {name: state.gates[name] for name in stage.gates if name in state.gates}
    since = state.stage_at
    is_judged = since is not None and any(seen.at >= since for seen in own.values())
    return own if is_judged else {}


def _gates(state: State) -> Table:
    table = _table("gate", "", "why")
    for name, seen in _shown_gates(state).items():
        waived = " (waived)" if seen.is_waived else ""
        verdict = Text(seen.verdict.value + waived, style=STYLES[seen.verdict])
        table.add_row(name, verdict, seen.why)
    return table


def _waiting(state: State, forms: Mapping[str, Filled]) -> Iterable[RenderableType]:
    for wait in waits(state):
        yield _wait(wait)
    for name, filled in forms.items():
        if filled.missing:
            yield Text(f"{name} is {filled.state.value}; it wants:", style="yellow")
            yield from (Text(f"  {line}") for line in filled.missing)


def _known(state: State) -> Iterable[RenderableType]:
    for label in state.open_triggers:
        why = state.triggers[label].why
        yield Text(f"trigger {label} is open: {why}", style="bold red")
    for deviation in state.deviations:
        yield Text(f"deviation: {deviation.what}, {deviation.why}", style="magenta")


def _wait(wait: Wait) -> Text:
    return Text.assemble((f"{wait.why}\n", "yellow"), f"  {wait.command}")
