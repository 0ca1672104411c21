"""How a run begins: the first entry, which carries the plan, and the way back into a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cutline import __version__
from cutline.errors import WrongUsage
from cutline.plan.model import Plan
from cutline.run.fold import begun, folded
from cutline.run.kinds import Kind
from cutline.run.ports import AJournal
from cutline.run.state import State


@dataclass(frozen=True, slots=True)
class Beginning:
    """Everything that the first entry of a run says.

    `inputs` are resolved values, secret ones «set». `previous` is the last run of the plan with
    its outcome, if there was one: after a rollback a new run names it in `follows` (rule 13).
    `sealed` are those of this very plan and git head: the second names the one it follows.
    """

    run: str
    plan: Plan
    digest: str
    by: str
    inputs: Mapping[str, object] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    follows: str = ""
    fixed: str = ""
    factor: float = 1.0
    is_signed: bool = False
    git: Mapping[str, object] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    previous: tuple[str, str] | None = None
    sealed: tuple[str, ...] = ()


class RunRefused(WrongUsage):
    """A run that may not begin as it was asked to."""

    code = "run-refused"


def start(journal: AJournal, beginning: Beginning, now: datetime) -> State:
    """Write the first entry and return the state that it makes; raises `RunRefused`.

    A run starts at the first stage, always: no stage is skipped.
    """
    _check(beginning)
    entry = journal.append(Kind.STARTED.value, _data(beginning), now)
    return begun(entry)


def resume(journal: AJournal) -> State:
    """Return the state of a run from its journal alone; raises `cutline.run.fold.NotARun`."""
    return folded(journal.entries())


def _check(beginning: Beginning) -> None:
    if beginning.previous is None or beginning.previous[1] == "complete":
        if beginning.sealed and beginning.follows not in beginning.sealed:
            raise RunRefused(
                "this plan and git head have a sealed run already, and the new one names none",
                where=", ".join(beginning.sealed),
                why="one run a deployment; a second says which one it follows",
                remedy=f"--follows {beginning.sealed[-1]}",
            )
        return
    run, outcome = beginning.previous
    if beginning.follows != run:
        raise RunRefused(
            "the last run of this plan did not complete, and the new one does not name it",
            where=run,
            why=f"it was {outcome}",
            remedy=f"say what was fixed: --follows {run} --fixed TEXT",
        )
    if not beginning.fixed:
        raise RunRefused(
            "the new run does not say what was fixed since the one that it follows",
            where=run,
            why=f"that one was {outcome}",
            remedy="say it: --fixed TEXT",
        )


def _data(beginning: Beginning) -> dict[str, Any]:
    return {
        "run": beginning.run,
        "plan": {
            "name": beginning.plan.name,
            "digest": beginning.digest,
            "model": beginning.plan.model_dump(mode="json", exclude_unset=True),
        },
        "files": dict(beginning.files),
        "engine": __version__,
        "inputs": dict(beginning.inputs),
        "by": beginning.by,
        "follows": beginning.follows,
        "fixed": beginning.fixed,
        "factor": beginning.factor,
        "is_signed": beginning.is_signed,
        "git": dict(beginning.git),
        "secrets": dict(beginning.secrets),
    }
