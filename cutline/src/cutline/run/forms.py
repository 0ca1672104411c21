"""The forms of a run's folder: written when a checkpoint opens, read at every tick."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cutline.evidence import files
from cutline.plan.step import Form
from cutline.run.checkpoint import Checkpoint, refusal
from cutline.run.form import WHEN, WHO, Filled, FormState, file_of, read, write
from cutline.run.message import Message
from cutline.run.state import State


@dataclass(frozen=True, slots=True)
class OpenForm:
    """A form that waits: its checkpoint, its file, and what the plan asks for in it."""

    checkpoint: Checkpoint
    path: Path
    form: Form


def open_forms(state: State, folder: Path) -> Iterator[OpenForm]:
    """Return the forms of the checkpoints that wait for people."""
    asked = {point.name: point for point in state.asks}
    for stage in state.plan.stages:
        for step in stage.steps:
            form = step.checkpoint.form if step.checkpoint else None
            if form is not None and step.name in asked:
                yield OpenForm(asked[step.name], folder / file_of(step), form)


def write_open(state: State, folder: Path) -> None:
    """Write every form that waits and is not there yet; one that is there is never touched."""
    for one in open_forms(state, folder):
        if one.form.screenshots:
            (folder / one.form.screenshots).mkdir(exist_ok=True)
        if not one.path.exists():
            text = write(one.form, title=one.path.stem, ask=one.checkpoint.ask, run=state.run)
            files.put_new(one.path, text.encode())


def filled(one: OpenForm, state: State, now: datetime) -> Filled:
    """Return what a form says now; one that is gone or cannot be read has everything missing."""
    try:
        text = one.path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        return Filled(FormState.PARTIAL, (f"{one.path.name} cannot be read: {error.strerror}",))
    found = read(text, one.form, started=state.origin.at, now=now)
    shots = _screenshots(one)
    if found.state is FormState.COMPLETED and one.form.screenshots and not shots:
        missing = (f"no screenshot lies in {one.form.screenshots}",)
        return Filled(FormState.PARTIAL, missing, found.values)
    return found


def completed(state: State, folder: Path, now: datetime) -> Iterator[Message]:
    """Return each completed form as the approval that it is; the same form is the same message.

    Its data hold the digests of the form and of every screenshot, so the journal binds them.
    """
    for one in open_forms(state, folder):
        found = filled(one, state, now)
        if found.state is not FormState.COMPLETED:
            continue
        digests = {one.path.name: _digest(one.path), **_screenshots(one)}
        whole = hashlib.sha256("".join(sorted(digests.values())).encode()).hexdigest()
        fields = {k: v for k, v in found.values.items() if k not in {WHO, WHEN}}
        data = {"checkpoint": one.checkpoint.name, "files": digests, "fields": fields, "note": ""}
        name = f"form-{one.path.stem}-{whole[:16]}"
        yield Message(name, "approve", found.values[WHO], now, data)


def missing(state: State, folder: Path, now: datetime) -> Mapping[str, Filled]:
    """Return, by file, what every form that waits still wants."""
    return {one.path.name: _counted(one, state, now) for one in open_forms(state, folder)}


def _counted(one: OpenForm, state: State, now: datetime) -> Filled:
    """Return what a form says; one by a person who may not attest it is not complete."""
    found = filled(one, state, now)
    if found.state is not FormState.COMPLETED:
        return found
    why = refusal(one.checkpoint, found.values[WHO], state.plan.people, state.involved)
    return Filled(FormState.PARTIAL, (f"{WHO}: {why}",), found.values) if why else found


def _screenshots(one: OpenForm) -> dict[str, str]:
    if not one.form.screenshots:
        return {}
    folder = one.path.parent / one.form.screenshots
    found = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(one.path.parent)): _digest(path) for path in found}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
