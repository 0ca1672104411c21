"""The beginning of a run: a new folder with its journal, or the one that is open already."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from cutline.errors import WrongUsage
from cutline.evidence.entry import Mode
from cutline.evidence.follows import Bound, sealed_in
from cutline.evidence.journal import Journal
from cutline.evidence.secrets import Redactor
from cutline.plan.compress import compressed
from cutline.plan.load import Loaded
from cutline.plan.secret import without_secrets
from cutline.run.clock import Clock
from cutline.run.folder import beginning, of_plan
from cutline.run.keeping import secrets_of, signer_of
from cutline.run.open import Beginning, RunRefused, resume, start
from cutline.run.secret_values import secret_values
from cutline.run.session import Session, begin_files, write_base
from cutline.run.site import Site


@dataclass(frozen=True, slots=True)
class Asked:
    """How a run was asked for."""

    by: str
    follows: str = ""
    fixed: str = ""
    factor: float = 1.0


def open_or_begin(loaded: Loaded, runs: Path, asked: Asked, clock: Clock) -> Session:
    """Return the open run of this very plan, or begin a new one.

    Raises `WrongUsage` where a run of another plan of that name, or of another factor, is open.
    """
    for folder in of_plan(runs, loaded.plan.name):
        if not folder.is_closed and folder.journal.exists():
            session = Session.open(folder, clock)
            _same(session, loaded, asked)
            return session
        if folder.waits_to_be_sealed:
            raise RunRefused(
                f"the last run of {loaded.plan.name} is closed and not sealed yet",
                where=folder.name,
                why="its store or a disk was away; its evidence lies in its folder alone",
                remedy=f"cutline seal {folder.name}",
            )
    return begin(loaded, runs, asked, clock)


def _same(session: Session, loaded: Loaded, asked: Asked) -> None:
    state = session.state
    if state.plan_digest != loaded.digest:
        raise WrongUsage(
            f"a run of {loaded.plan.name} is open, and the plan has changed since",
            where=state.run,
            why="a run goes on with the plan that it began with",
            remedy=f"cutline amend {state.run} {loaded.path} --by NAME --reason TEXT,"
            f" or cutline tick {state.run} with the plan as it was",
        )
    if state.origin.factor != asked.factor:
        raise WrongUsage(
            f"the open run of {loaded.plan.name} is compressed by {state.origin.factor:g}",
            where=state.run,
            remedy=f"cutline run {loaded.path} --compress {state.origin.factor:g}",
        )


def begin(loaded: Loaded, runs: Path, asked: Asked, clock: Clock) -> Session:
    """Make the folder, take over the plan and everything that it names, write the first entry."""
    _known(loaded, asked.by)
    now, git = clock.now(), git_of(loaded.path.parent)
    previous = _previous(runs, loaded.plan.name)
    plan = compressed(loaded.plan, asked.factor) if asked.factor != 1 else loaded.plan
    mode = Mode.COMPRESSED if asked.factor != 1 else Mode.RUN
    redactor = Redactor(secret_values(loaded.plan, loaded.inputs, os.environ))
    signer = signer_of(plan, Site.without_a_run(loaded))
    first = Beginning(
        run="",
        plan=plan,
        digest=loaded.digest,
        by=asked.by,
        inputs=without_secrets(loaded.inputs),
        follows=asked.follows,
        fixed=asked.fixed,
        factor=asked.factor,
        is_signed=signer is not None,
        git=git,
        secrets=secrets_of(plan),
        previous=previous,
        sealed=_sealed(runs / plan.name, loaded.digest, git, mode),
    )
    with beginning(runs, plan.name, now) as folder:
        write_base(folder, loaded.path)
        journal = Journal.create(folder.path, mode, signer)
        journal.redactor = redactor
        taken = begin_files(folder, loaded.files, redactor)
        state = start(journal, replace(first, run=folder.name, files=taken), now)
    return Session.over(folder, journal, state, clock)


def _known(loaded: Loaded, by: str) -> None:
    """Raise `WrongUsage` where the plan names people and this is none of them."""
    people = loaded.plan.people
    if people and by not in people:
        raise WrongUsage(
            f"{by} is not among the plan's people",
            where="--by",
            why=f"people: {', '.join(sorted(people))}",
            remedy="name yourself as the plan does, or add yourself to its `people:`",
        )


def _previous(runs: Path, plan: str) -> tuple[str, str] | None:
    closed = [folder for folder in of_plan(runs, plan) if folder.is_closed]
    if not closed:
        return None
    state = resume(Journal.open(closed[-1].path))
    return state.run, state.outcome or "unknown"


def _sealed(runs: Path, digest: str, git: Mapping[str, object], mode: Mode) -> tuple[str, ...]:
    same = Bound("", digest, "", str(git.get("head") or ""), "", mode)
    return tuple(sorted(sealed_in(runs, same)))


def git_of(folder: Path) -> Mapping[str, object]:
    """Return head, branch and whether the tree is clean; empty outside of a repository."""

    def git(*words: str) -> str:
        command = ["git", "-C", str(folder), *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
        return done.stdout.strip()

    try:
        return {
            "head": git("rev-parse", "HEAD"),
            "branch": git("rev-parse", "--abbrev-ref", "HEAD"),
            "is_clean": git("status", "--porcelain") == "",
        }
    except (OSError, subprocess.SubprocessError):
        return {}
