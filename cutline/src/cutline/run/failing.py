"""What a step said before it failed, for whoever mends it: its last lines and where the rest is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cutline.errors import CannotMeasure
from cutline.evidence.blobs import FILES, Blobs
from cutline.run.state import State
from cutline.run.stepping import StepIs, StepState

LINES = 6


@dataclass(frozen=True, slots=True)
class LastWords:
    """The end of what a step printed, and the file of the run's folder that has all of it."""

    step: str
    file: str
    lines: tuple[str, ...]


def last_words(state: State, folder: Path) -> tuple[LastWords, ...]:
    """Return the end of what each step printed that failed and waits for a person."""
    return tuple(
        _of(state, step, folder)
        for step in state.steps.values()
        if step.state is StepIs.WAITS and step.output
    )


def _of(state: State, step: StepState, folder: Path) -> LastWords:
    named = [one.evidence for one in state.plan.stage(step.stage).steps if one.name == step.step]
    file = next((name for name in named if name), f"{FILES}/{step.output}")
    try:
        text = Blobs(folder / FILES).open(str(step.output)).decode(errors="replace")
    except CannotMeasure as problem:
        return LastWords(step.step, file, (f"it cannot be read: {problem.why or problem.what}",))
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return LastWords(step.step, file, tuple(lines[-LINES:]))
