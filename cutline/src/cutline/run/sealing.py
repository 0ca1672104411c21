"""The end of a run that waits to be sealed: which run that is, and what it lacks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cutline.errors import Exit, Problem
from cutline.run.folder import RunFolder, find, of_plan
from cutline.run.standing import waits
from cutline.run.state import State
from cutline.run.stepping import StepIs
from cutline.run.transitions import Phase

_AT_THE_END = frozenset({Phase.ROLLING_BACK, Phase.CLOSING, Phase.ENDED})


class NotAtItsEnd(Problem):
    """A run was to be sealed whose plan is not at its end."""

    code = "not-at-its-end"
    exit_code = Exit.BLOCKED


def to_seal(plan: str, runs: Path) -> RunFolder:
    """Return the run of a plan that is meant by `--seal-only`.

    The open one, else the last one, which may have been closed and not kept yet. Raises
    `WrongUsage` where there is none.
    """
    folders = of_plan(runs, plan)
    for folder in reversed(folders):
        if not folder.is_closed or folder.waits_to_be_sealed:
            return RunFolder(folder.path.resolve())
    return RunFolder(folders[-1].path.resolve()) if folders else find(plan, runs)


def require_at_its_end(state: State) -> None:
    """Raise `NotAtItsEnd` where more than people's word and the seal is left to be done.

    It names what is missing: to seal is never to execute a plan.
    """
    left = tuple(_left(state))
    if not left:
        return
    found = waits(state)
    problem = NotAtItsEnd(
        "the run is not at its end, and was not sealed",
        where=state.run,
        why="missing: " + "; ".join((*(wait.why for wait in found), *left)),
        remedy=found[0].command if found else f"cutline run PLAN goes on with {state.run}",
    )
    if found:
        problem.exit_code = found[0].exit  # type: ignore[misc]  # what keeps it from its end
    raise problem


def _left(state: State) -> Iterator[str]:
    """Yield what the plan still does by itself, by stage."""
    if state.phase in _AT_THE_END:
        return
    for stage in state.plan.stages[max(0, state.stage_index) :]:
        for step in stage.steps:
            known = state.steps.get((stage.name, step.name))
            is_done = known is not None and known.state is StepIs.DONE
            if not is_done and step.checkpoint is None and step.seal is None:
                yield f"step {step.name} of stage {stage.name}"
        if stage.gates or stage.percent is not None or stage.bake is not None:
            yield f"the gates of stage {stage.name}"
