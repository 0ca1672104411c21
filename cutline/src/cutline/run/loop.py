"""A run in the foreground: tick after tick, until it is over or waits for a person at 0 %."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cutline.errors import CannotWrite, Exit
from cutline.run.clock import Clock
from cutline.run.folder import Busy
from cutline.run.session import Session
from cutline.run.standing import exit_of, waits
from cutline.run.state import State

POLL_S = 0.2


def run(
    session: Session,
    clock: Clock,
    shown: Callable[[Session], None],
    failed: Callable[[CannotWrite], None],
    *,
    stay: bool = False,
) -> Exit:
    """Tick until the run is over, and return its exit code.

    While v2 has no traffic a run that waits for a person leaves with the code of what it waits
    for; with traffic on v2, or `stay`, it goes on watching. A journal that cannot be written is
    told to `failed` for as long as v2 has traffic, or what lowered it is not written; else raised.
    """
    while True:
        try:
            state = session.tick(wait_s=5.0)
        except Busy:
            clock.sleep(POLL_S)
            continue
        except CannotWrite as problem:
            # What lies unwritten is kept here; traffic is watched, and lowered if it must be.
            if not (session.may_be_on_v2 or session.has_acted_unwritten):
                raise
            failed(problem)
            clock.sleep(session.state.plan.watch.every_s)
            continue
        shown(session)
        if state.is_over or (not stay and may_leave(state)):
            return exit_of(state)
        _until_next(session, clock)


def may_leave(state: State) -> bool:
    """Say whether nobody has to watch: v2 has no traffic and the run waits for a person."""
    return bool(waits(state)) and not state.traffic.is_on_v2 and state.rollback is None


def _until_next(session: Session, clock: Clock) -> None:
    """Wait for the next tick; a message of a person, or a step that ended, is worth one at once."""
    every_s = session.state.plan.watch.every_s
    until = clock.now().timestamp() + every_s
    while (left_s := until - clock.now().timestamp()) > 0:
        if _has_mail(session.folder.inbox) or _step_ended(session):
            return
        clock.sleep(min(POLL_S, left_s))


def _has_mail(inbox: Path) -> bool:
    return inbox.is_dir() and any(path.suffix == ".json" for path in inbox.iterdir())


def _step_ended(session: Session) -> bool:
    for step in session.state.steps.values():
        if step.state.is_under_way and not session.world.is_running(step.call):
            return True
    return False
