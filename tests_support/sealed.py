"""A sealed run to tamper with, and the means to rebuild its tar around what was altered."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cutline.evidence import Blobs, Journal, Mode, Redactor, Signer, new_key
from cutline.evidence.anchor import anchor
from cutline.evidence.entry import NOTHING_BEFORE, digest_of, parse
from cutline.evidence.pack import BLOCK, header, unpack
from cutline.evidence.seal import SealReceipt, seal
from cutline.evidence.worm import WormStore, open_store

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
YEAR_S = 365 * 86_400.0
MIDDLE = 21


@dataclass(frozen=True, slots=True)
class Run:
    """A run's folder with its journal, key and store."""

    folder: Path
    journal: Journal
    signer: Signer
    store: WormStore
    public: Path

    def seal(self) -> SealReceipt:
        """Seal it as complete."""
        closing = {"outcome": "complete", "verdict": "PASS"}
        return seal(self.folder, self.journal, self.signer, self.store, closing, at=AT)


def started(run: str, git_head: str = "b" * 40, follows: str = "") -> dict[str, object]:
    """Return the data of a first entry."""
    return {
        "run": run,
        "plan": {"name": run.split("/", maxsplit=1)[0], "digest": "a" * 64},
        "engine": "0.1.0",
        "git": {"head": git_head, "branch": "main", "is_clean": True},
        "follows": follows,
    }


def begin(root: Path, store: WormStore | None = None, mode: Mode = Mode.RUN) -> Run:
    """Begin a run with thirty entries, an output, a numbered file and heads at 1 and 21."""
    key = root / "cutline.key.pem"
    signer = new_key(key)
    public = root / "public.pem"
    public.write_bytes(signer.public_pem)
    store = store or open_store((root / "worm").as_uri(), "GOVERNANCE", YEAR_S)
    folder = root / "runs/pilot/20261120T120000Z"
    journal = Journal.create(folder, mode, signer)
    journal.append("started", started("pilot/20261120T120000Z"), AT)
    anchor(journal, signer, store)
    output = Blobs(folder / "files").put(b"all gates passed\n", "gates.txt", Redactor())
    journal.append("step_ended", {"step": "gates", "output": output}, AT)
    for number in range(28):
        if len(journal.entries()) == MIDDLE:
            anchor(journal, signer, store)
        journal.append("noted", {"n": number}, AT + timedelta(minutes=number))
    (folder / "30_rc_gates.txt").write_text("release gates: PASS\n")
    (folder / "90_result_summary.txt").write_text("VERDICT: PASS\n")
    return Run(folder, journal, signer, store, public)


def members(tar: bytes) -> dict[str, bytes]:
    """Return the members of a sealed tar."""
    return {name: bytes(content) for name, content in unpack(memoryview(tar))}


def packed(files: Mapping[str, bytes]) -> bytes:
    """Return a tar in the sealed form over any files."""
    out = io.BytesIO()
    for name in sorted(files, key=str.encode):
        out.write(header(name, len(files[name])) + files[name])
        out.write(bytes(-len(files[name]) % BLOCK))
    out.write(bytes(2 * BLOCK))
    return out.getvalue()


def with_lines(tar: bytes, edit: Callable[[list[bytes]], list[bytes]]) -> bytes:
    """Return the tar with the lines of its journal edited."""
    files = members(tar)
    lines = files["journal.jsonl"].splitlines()
    files["journal.jsonl"] = b"".join(line + b"\n" for line in edit(lines))
    return packed(files)


def rehashed(lines: list[bytes]) -> list[bytes]:
    """Return lines numbered and chained anew, as somebody without the key can."""
    made, prev = [], NOTHING_BEFORE
    for seq, line in enumerate(lines, 1):
        entry = parse(line)
        new = type(entry)(seq, entry.at, entry.kind, entry.data, entry.mode, prev)
        made.append(new.line()[:-1])
        prev = digest_of(made[-1])
    return made


def with_manifest(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files with a manifest made anew over them."""
    outside = ("heads/", "journal.jsonl", "manifest.sha256")
    names = sorted((name for name in files if not name.startswith(outside)), key=str.encode)
    text = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in names)
    return {**files, "manifest.sha256": text.encode()}
