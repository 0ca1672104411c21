"""Where a run stands: what it waits for, and the command that continues."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from cutline.errors import Exit
from cutline.gates.verdict import Verdict
from cutline.plan.gate import Gate
from cutline.plan.interpolate import NoValue, expand, named_inputs
from cutline.run.checkpoint import Checkpoint
from cutline.run.form import file_of
from cutline.run.state import State
from cutline.run.stepping import StepIs, StepState
from cutline.run.transitions import Phase

OUTCOMES = {"complete": Exit.OK, "rolled back": Exit.ROLLED_BACK, "aborted": Exit.ROLLED_BACK}


@dataclass(frozen=True, slots=True)
class Wait:
    """One thing that a run waits for; `exit` is what it means if nothing else happens."""

    why: str
    command: str
    exit: Exit


def waits(state: State) -> tuple[Wait, ...]:
    """Return what keeps a run from going on by itself, the gravest first."""
    if state.is_over:
        return ()
    return tuple(sorted(_waits(state), key=lambda wait: _ORDER.index(wait.exit)))


_ORDER = (Exit.BLOCKED, Exit.NOT_MEASURED, Exit.PAUSED)


def exit_of(state: State) -> Exit:
    """Return the exit code of a run: of its outcome, else of what it waits for, else 7."""
    if state.outcome is not None:
        return OUTCOMES[state.outcome]
    found = waits(state)
    return found[0].exit if found else Exit.IN_PROGRESS


def _waits(state: State) -> Iterator[Wait]:
    run = state.run
    told = {f"step {step.step}" for step in state.steps.values() if step.state is StepIs.WAITS}
    for reason, pause in state.pauses.items():
        if reason not in told:  # a step that failed is told once, with the code of its failure
            verb = "retry" if reason.startswith("step ") else "resume"
            yield Wait(f"paused: {pause.why}", f"cutline {verb} {run} --by NAME", Exit.PAUSED)
    for point in state.asks:
        yield Wait(_asked(point), _answer(state, point), Exit.PAUSED)
    for step in state.steps.values():
        if step.state is StepIs.WAITS and not _is_asked(state, step):
            yield _step(state, step)
    if state.phase is Phase.BAKING and state.stage is not None and state.stage.bake is None:
        for name in state.stage.gates:
            seen = state.gates.get(name)
            if seen is not None and seen.verdict is not Verdict.PASS and not seen.is_waived:
                yield _gate(state, name)


def _asked(point: Checkpoint) -> str:
    given = ", ".join(approval.by for approval in point.approvals)
    who = f" by {', '.join(point.by)}" if point.by else ""
    so_far = f", so far {given}" if given else ""
    return f"checkpoint {point.name} wants {point.wanted} approval(s){who}{so_far}: {point.ask}"


def _answer(state: State, point: Checkpoint) -> str:
    form = _form(state, point)
    if form is not None:
        return f"fill in {form}, then cutline tick {state.run}"
    asked = f"cutline approve {state.run} {shlex.quote(point.name)}"
    if point.identity == "ssh":
        return f"{asked} --brief brief.json"
    value = " --value N" if point.what == "gate" else ""
    return f"{asked} --by NAME{value}"


def _form(state: State, point: Checkpoint) -> str | None:
    for stage in state.plan.stages:
        for step in stage.steps:
            if step.name == point.name and step.checkpoint and step.checkpoint.form:
                return file_of(step)
    return None


def _is_asked(state: State, step: StepState) -> bool:
    """Say whether a checkpoint already says that this step waits."""
    return any(point.what == "step" and point.name == step.step for point in state.asks)


def _step(state: State, step: StepState) -> Wait:
    code = Exit.PAUSED if step.exit_code == Exit.PAUSED else Exit.BLOCKED
    if step.exit_code == Exit.NOT_MEASURED:
        code = Exit.NOT_MEASURED
    why = f": {step.why}" if step.why else ""
    exit_code = "" if step.exit_code is None else f" (exit {step.exit_code})"
    return Wait(
        f"step {step.step} waits{exit_code}{why}", f"cutline retry {state.run} --by NAME", code
    )


def _gate(state: State, name: str) -> Wait:
    seen = state.gates[name]
    gate: Gate = state.plan.gates[name]
    code = Exit.BLOCKED if seen.verdict is Verdict.FAIL else Exit.NOT_MEASURED
    why = f"gate {name}: {seen.verdict}, {seen.why}"
    return Wait(why, _fix(state, gate) or f"mend it, then cutline tick {state.run}", code)


def _fix(state: State, gate: Gate) -> str:
    try:
        return expand(gate.fix or "", named_inputs(state.origin.inputs))
    except NoValue:
        return gate.fix or ""  # it names what only a probe or a stage has
