"""The brief of a checkpoint as a file of a person's own, and how it is signed."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from cutline.errors import CannotWrite, WrongUsage
from cutline.evidence.blobs import FILES, Blobs
from cutline.evidence.secrets import Redactor
from cutline.run.checkpoint import Checkpoint
from cutline.run.folder import RunFolder
from cutline.run.state import State


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a run by digest."""

    folder: RunFolder

    def put(self, content: bytes, name_hint: str) -> str:
        """Keep a file that holds no secret and return its digest."""
        return Blobs(self.folder.path / FILES).put(content, name_hint, Redactor())

    def open(self, digest: str) -> bytes:
        """Return a file's content; raises `CannotMeasure`."""
        return Blobs(self.folder.path / FILES).open(digest)


def asked(state: State, name: str) -> Checkpoint:
    """Return the checkpoint of that name that waits; raises `WrongUsage` with those that do."""
    for point in state.asks:
        if point.name == name:
            return point
    waiting = ", ".join(repr(point.name) for point in state.asks) or "none waits"
    raise WrongUsage(
        f"no checkpoint {name!r} waits for an answer",
        where=state.run,
        why=f"checkpoints: {waiting}",
        remedy=f"cutline status {state.run}",
    )


def write_brief(folder: RunFolder, point: Checkpoint, path: Path) -> None:
    """Write the very bytes that an approval binds to; raises `CannotWrite`."""
    try:
        path.write_bytes(Files(folder).open(point.brief))
    except OSError as error:
        raise CannotWrite("the brief cannot be written", where=str(path), why=str(error)) from error


def signing(state: State, point: Checkpoint, brief: Path) -> tuple[str, str]:
    """Return the command that signs a brief, and the one that hands the signature in."""
    from cutline.run.signature import NAMESPACE  # noqa: PLC0415  # it loads `cryptography`

    signature = shlex.quote(f"{brief}.sig")
    hand_in = f"cutline approve {state.run} {shlex.quote(point.name)} --by NAME"
    return (
        f"ssh-keygen -Y sign -n {NAMESPACE} -f ~/.ssh/id_ed25519 {shlex.quote(str(brief))}",
        f"{hand_in} --signature {signature}",
    )
