"""The folder of a run: `<runs>/<plan>/20260221T120000Z`; one run of a plan is open at a time."""

from __future__ import annotations

import fcntl
import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cutline.errors import CannotMeasure, CannotWrite, WrongUsage
from cutline.evidence.contents import SEALED
from cutline.run.kinds import Kind

RUNS = Path("runs")
STAMP = "%Y%m%dT%H%M%SZ"
_STAMPED = re.compile(r"\d{8}T\d{6}Z")
JOURNAL = "journal.jsonl"
LOCK = "lock"
LAST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class RunFolder:
    """One run on disk. `name` is `plan/time`, by which entries, notices and people call it."""

    path: Path

    @property
    def name(self) -> str:
        """Return `plan/time`."""
        return f"{self.path.parent.name}/{self.path.name}"

    @property
    def inbox(self) -> Path:
        """Return the folder into which messages are renamed."""
        return self.path / "inbox"

    @property
    def journal(self) -> Path:
        """Return the path of the journal."""
        return self.path / JOURNAL

    @property
    def never_began(self) -> bool:
        """Say whether its first entry was never written and no tick has held it.

        That is what a process leaves that was killed while it began a run: nothing was done yet.
        """
        return not self.journal.exists() and not (self.path / LOCK).exists()

    @property
    def is_closed(self) -> bool:
        """Say whether the journal has its closing entry: nothing is written into it any more."""
        return self._last().get("kind") == Kind.CLOSED

    @property
    def waits_to_be_sealed(self) -> bool:
        """Say whether it is closed, is to be kept, and does not lie on its store yet."""
        last = self._last()
        if last.get("kind") != Kind.CLOSED or (self.path / SEALED).exists():
            return False
        return bool(last["data"].get("manifest"))  # without one nothing could sign or keep it

    def _last(self) -> dict[str, Any]:
        """Return the last entry; nothing where there is none, or where it was cut off."""
        try:
            with self.journal.open("rb") as file:
                file.seek(max(0, self.journal.stat().st_size - LAST_BYTES))
                last = json.loads(file.read().rstrip(b"\n").rpartition(b"\n")[2])
        except (OSError, ValueError):
            return {}
        return last if isinstance(last, dict) else {}

    @contextmanager
    def lock(self, *, wait_s: float = 0.0) -> Iterator[None]:
        """Hold the run for one tick; it is let go when the process dies.

        Raises `Busy` if another tick holds it for longer than `wait_s`.
        """
        handle = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            _take(handle, self, wait_s)
            yield
        finally:
            os.close(handle)

    def drop(self) -> None:
        """Leave nothing of a run that never began."""
        for path in sorted(self.path.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        self.path.rmdir()


class Busy(CannotMeasure):
    """Another tick holds the run."""

    code = "run-busy"


def _take(handle: int, folder: RunFolder, wait_s: float) -> None:
    until = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise Busy(
                    f"another tick holds {folder.name}",
                    where=str(folder.path),
                    why="ticks take turns, each lasts seconds",
                    remedy=f"cutline status {folder.name}",
                ) from None
            time.sleep(0.02)
        else:
            return


@contextmanager
def beginning(runs: Path, plan: str, now: datetime) -> Iterator[RunFolder]:
    """Make the folder of a new run, whose first entry is written within the block.

    Two that begin a run of one plan take turns; what one left that was killed meanwhile is removed,
    and so is the folder where the block fails. Raises `WrongUsage` while another run of the plan is
    open, `CannotWrite` where the folder cannot be made.
    """
    parent = runs / plan
    with _writable(parent):
        parent.mkdir(parents=True, exist_ok=True)
    with _alone(parent):
        _refuse_a_second(runs, plan)
        for folder in _stamped(parent):
            if folder.never_began:
                folder.drop()
        with _writable(parent):
            path = _new(parent, now)
            (path / "inbox").mkdir()
        folder = RunFolder(path)
        try:
            yield folder
        except Exception:
            folder.drop()
            raise


@contextmanager
def _writable(parent: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotWrite(
            "the folder of the run cannot be made",
            where=str(parent),
            why=str(error),
            remedy="cutline run PLAN --runs DIR, with a folder that you may write",
        ) from error


@contextmanager
def _alone(parent: Path) -> Iterator[None]:
    handle = os.open(parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _refuse_a_second(runs: Path, plan: str) -> None:
    for other in of_plan(runs, plan):
        if not other.is_closed:
            raise WrongUsage(
                f"a run of {plan} is open: {other.name}",
                where=str(other.path),
                why="one run of a plan is open at a time",
                remedy=f"cutline status {other.name}, then resume, roll back or abort it",
            )


def _new(parent: Path, now: datetime) -> Path:
    """Make the next free time stamp: two runs may begin within one second."""
    at = int(now.timestamp())
    while True:
        path = parent / datetime.fromtimestamp(at, UTC).strftime(STAMP)
        try:
            path.mkdir()
        except FileExistsError:
            at += 1
        else:
            return path


def of_plan(runs: Path, plan: str) -> list[RunFolder]:
    """Return the runs of a plan, oldest first; what never began is none."""
    return [folder for folder in _stamped(runs / plan) if not folder.never_began]


def _stamped(parent: Path) -> list[RunFolder]:
    if not parent.is_dir():
        return []
    return [RunFolder(path) for path in sorted(parent.iterdir()) if _is_run(path)]


def every(runs: Path) -> list[RunFolder]:
    """Return every run below `runs`, by plan and time."""
    plans = sorted(path.name for path in runs.iterdir()) if runs.is_dir() else []
    return [folder for plan in plans for folder in of_plan(runs, plan)]


def find(text: str, runs: Path) -> RunFolder:
    """Return the run that a person names: its path, `plan/time`, or a plan with one open run.

    Raises `WrongUsage` with the runs that there are.
    """
    for path in (Path(text), runs / text):
        if _is_run(path):
            return RunFolder(path.resolve())
    is_plan = "/" not in text and text not in {"", ".", ".."}
    of_name = of_plan(runs, text) if is_plan else []
    for one in ([run for run in of_name if not run.is_closed], of_name):
        if len(one) == 1:
            return RunFolder(one[0].path.resolve())
    known = ", ".join(run.name for run in (of_name or every(runs))[-5:]) or "there is none"
    raise WrongUsage(
        f"no run {text!r}",
        where=str(runs),
        why=f"runs here: {known}",
        remedy="cutline status --all, or --runs DIR for another folder",
    )


def _is_run(path: Path) -> bool:
    return bool(_STAMPED.fullmatch(path.name)) and path.is_dir()
