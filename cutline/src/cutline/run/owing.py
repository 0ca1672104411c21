"""What the run owes after an entry: a word to people, a signed head."""

from __future__ import annotations

import shlex
from dataclasses import replace

from cutline.run.state import State
from cutline.run.world import Notice


def telling(state: State, event: str, why: str, about: str = "") -> State:
    """Return the state with one notice more that people have to get.

    `about` is what the command that continues has to name: a checkpoint, the reason of a pause.
    """
    notice = Notice(event, state.run, state.stage_name, why, _continues(state, event, about))
    return replace(state, owed=(*state.owed, notice))


def signing(state: State, reason: str) -> State:
    """Return the state with a head owed, if heads are signed in this run."""
    if not state.origin.is_signed:
        return state
    return replace(state, heads=replace(state.heads, owed=reason))


def _continues(state: State, event: str, about: str) -> str:
    match event:
        case "asked":
            return f"cutline approve {state.run} {shlex.quote(about)} --by NAME"
        case "paused" if about.startswith("step "):
            return f"cutline retry {state.run} --by NAME"
        case "paused" | "overdue" | "drift":
            return f"cutline resume {state.run} --by NAME"
        case "rolled back":
            return f"cutline run PLAN --by NAME --follows {state.run} --fixed TEXT"
        case _:
            return f"cutline status {state.run}"
