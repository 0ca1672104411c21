"""Redaction: a file's content is dropped, its digest and the reason stay in the journal."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from cutline.errors import CannotMeasure, WrongUsage
from cutline.evidence.contents import blob, is_evidence, is_in_manifest, line_digest, listed
from cutline.evidence.entry import REDACTED, Entry
from cutline.evidence.journal import KEY, Journal


def redact(
    run_folder: Path,
    digest_or_path: str,
    reason: str,
    by: str,
    at: datetime | None = None,
) -> Entry:
    """Drop the content of a file of the run; return the entry that keeps its digest and reason.

    The entry is on the disk before the file goes; a redaction that was cut off in between is
    finished by the same call, or by the seal. A closed run is refused: the store has it already.
    """
    journal = Journal.open(run_folder)
    name, path = _named(run_folder, digest_or_path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    data: dict[str, object] = {"file": name, "digest": digest, "reason": reason, "by": by}
    earlier = [
        entry
        for entry in journal.entries()
        if entry.kind == REDACTED
        and not entry.data.get("is_kept")
        and (entry.data.get("file"), entry.data.get("digest")) == (name, digest)
    ]
    entry = earlier[0] if earlier else journal.append(REDACTED, data, at or datetime.now(UTC))
    path.unlink()
    return entry


def keep(  # who keeps which line of which file and why
    run_folder: Path,
    name: str,
    line: int,
    reason: str,
    by: str,
    at: datetime | None = None,
) -> Entry:
    """Record that somebody looked at a line which the scanner names, and that it is no secret.

    The entry holds the digest of the line: a line that changes is found again. Known secret
    values are never kept by this.
    """
    _, path = _named(run_folder, name, any_file=True)
    content = path.read_bytes()
    if not 1 <= line <= content.count(b"\n") + 1:
        raise WrongUsage("the file has no such line", where=f"{name}:{line}")
    data: dict[str, object] = {
        "file": name,
        "line": line,
        "digest": line_digest(content, line),
        "is_kept": True,
        "reason": reason,
        "by": by,
    }
    return Journal.open(run_folder).append(REDACTED, data, at or datetime.now(UTC))


def _named(folder: Path, what: str, *, any_file: bool = False) -> tuple[str, Path]:
    """Return the name in the run's folder and the path of a file, by name or by digest."""
    found = listed(folder)
    name = what if what in found else blob(what)
    if name not in found:
        raise CannotMeasure(
            "the run has no such file",
            where=f"{folder}: {what}",
            remedy="name it as the seal does: by its path in the run's folder, or by its digest",
        )
    if not any_file and (not is_in_manifest(name) or not is_evidence(name) or name == KEY):
        raise WrongUsage(
            "this file is never dropped",
            where=name,
            why="the journal and its heads prove each other; a gap in them proves nothing",
            remedy="revoke the secret; a line that is none is kept by --keep LINE",
        )
    return name, found[name]
