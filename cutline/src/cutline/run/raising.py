"""Why traffic may not rise now (rule 5), and why a step without return may not begin."""

from __future__ import annotations

from datetime import datetime

from cutline.gates.verdict import Verdict
from cutline.run.fold_watch import may_raise_at
from cutline.run.scope import scope_of
from cutline.run.state import State


def obstacles(state: State, now: datetime, *, is_after_gates: bool = False) -> tuple[str, ...]:
    """Return every reason why traffic does not rise now; none if it may.

    With `is_after_gates` the gates themselves are left out: they are worth asking only then.
    """
    found: list[str] = [f"paused: {pause.why}" for pause in state.pauses.values()]
    traffic = state.traffic
    if state.rollback is not None:
        found.append("the run is rolling back")
    if traffic.drift:
        found.append(f"the switch was found {traffic.drift} than the run put it")
    found += [f"the trigger {label} is open" for label in state.open_triggers]
    if traffic.seen is None:
        found.append(f"the switch could not be read: {traffic.why or 'not read yet'}")
    elif traffic.percent is None:
        found.append("nobody has said yet that the switch may be moved from where it stood")
    if traffic.has_risen:
        found.append("traffic rises once a tick")
    if not may_raise_at(state, now):
        found.append("outside the hours of the plan")
    if state.plan.evidence.worm and state.origin.is_signed and not state.heads.is_anchored:
        found.append(f"the newest head is not anchored: {state.heads.why}")
    if not is_after_gates:
        found += _gates(state)
    return tuple(found)


def _gates(state: State) -> list[str]:
    """Return what the BLOCKERs of the stage before say against it, each judged in this tick."""
    scope = scope_of(state)
    found: list[str] = []
    for one in scope.standing:
        seen = state.gates.get(one.name)
        if seen is None or seen.at != state.ticked_at:
            found.append(f"{one.name} was not judged in this tick")
        elif not seen.is_waived and seen.verdict is not Verdict.PASS:
            found.append(f"{one.name}: {seen.verdict}, {seen.why}")
    return found
