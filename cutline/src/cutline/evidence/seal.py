"""The seal: a run's evidence closed, packed, signed over, and laid onto the store.

Each part looks at what is there before it acts, so a seal that failed anywhere goes on when it is
called again, and makes the same bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cutline.evidence import files, head, pack
from cutline.evidence.anchor import base, upload
from cutline.evidence.contents import (
    MANIFEST,
    SEALED,
    TAR,
    UPLOADED,
    blob,
    is_in_manifest,
    listed,
    manifest,
    of_folder,
    referred,
)
from cutline.evidence.entry import REDACTED, Entry, Mode, instant
from cutline.evidence.follows import Bound, bound, register, require_named
from cutline.evidence.head import HEADS
from cutline.evidence.journal import Journal
from cutline.evidence.keyring import keyring
from cutline.evidence.keys import Signer
from cutline.evidence.refusals import KeyBroken, SealRefused, SecretsFound
from cutline.evidence.scan import finds
from cutline.evidence.secrets import Redactor
from cutline.evidence.statement import envelope
from cutline.evidence.worm import Receipt, Shown, WormStore

_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class SealReceipt:
    """What was sealed and where it is kept. `shown` says whether that is WORM storage."""

    tar: Path
    sha256: str
    size_bytes: int
    kept: Receipt
    shown: Shown
    head: head.Head


def seal(  # noqa: PLR0913  # the first five are what a seal is made of
    run_folder: Path,
    journal: Journal,
    signer: Signer,
    store: WormStore,
    closing: Mapping[str, object],
    *,
    known: Redactor | None = None,
    at: datetime | None = None,
    gz: bool = False,
) -> SealReceipt:
    """Close, pack and keep the evidence of a run; call it again after whatever failed.

    `closing` goes into the closing entry (`outcome`, `verdict`), with the digest of the manifest;
    `known` are the run's secret values. Raises `SealRefused`, `SecretsFound`, `LockNotEnforced`,
    `StoreUnreachable`, `CannotWrite`.
    """
    journal.refresh()
    run = _sealable(journal, signer)
    if not journal.is_closed:
        _close(run, journal, store, closing, known or Redactor(), at or datetime.now(UTC))
    _require_unchanged(run_folder, journal)
    last = head.sign(journal, signer)
    tar, sha256 = _packed(run_folder)
    closed = journal.entries()[-1]
    _write_beside(tar, sha256, run, closed, last, signer)
    if gz:
        _gzip(tar)
    shown = store.canary(datetime.now(UTC))
    kept = _upload(tar, journal, run, store, closed)
    _write_receipts(run_folder, store, kept, shown, closed)
    return SealReceipt(tar, sha256, tar.stat().st_size, kept, shown, last)


def _sealable(journal: Journal, signer: Signer) -> Bound:
    if journal.mode is Mode.REHEARSED:
        raise SealRefused("a rehearsal is not sealed", why="nothing of it happened")
    entries = journal.entries()
    if not entries:
        raise SealRefused("a run without entries is not sealed", where=str(journal.folder))
    expected = keyring(entries, signer.public).at(len(entries))
    signed = head.sizes(journal.folder)
    if expected != signer.public or (signed and not _is_ours(journal, signer)):
        raise KeyBroken(
            "this is not the key of the run",
            where=str(journal.folder),
            why=f"key {signer.key_id[:16]}… did not sign its heads",
            remedy="name the run's key in CUTLINE_KEY; a new one is taken by: cutline key rotate",
        )
    return bound(entries[0])


def _is_ours(journal: Journal, signer: Signer) -> bool:
    """Say whether the newest head is by a key of this signer's ring."""
    ring = keyring(journal.entries(), signer.public)
    newest = journal.folder / HEADS / head.name_of(head.sizes(journal.folder)[-1])
    try:
        head.parse(newest.read_bytes(), *ring.all)
    except ValueError:
        return False
    return True


def _close(  # one call, its arguments named as in `seal`
    run: Bound,
    journal: Journal,
    store: WormStore,
    closing: Mapping[str, object],
    known: Redactor,
    at: datetime,
) -> None:
    """Check all that may block, write the manifest, append the closing entry over it."""
    folder = journal.folder
    require_named(run, folder, store, str(closing.get("follows") or ""))
    entries = list(journal.entries())
    _drop_redacted(folder, entries)
    named = listed(folder)
    _require_plain(named)
    found = finds(sorted(named.items()), known, entries)
    if found:
        raise SecretsFound(
            f"{len(found)} secrets lie in the evidence; nothing was sealed",
            where=", ".join(f"{one.name}:{one.line} ({one.what})" for one in found),
            remedy=f"cutline redact {folder} FILE --by NAME --reason TEXT; a line of the scanner's"
            " that is no secret is kept by --keep LINE",
        )
    text = manifest(of_folder(folder))
    _require_referred(text, entries)
    files.put(folder / MANIFEST, text)
    heads = {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in sorted(listed(folder).items())
        if name.startswith(f"{HEADS}/")
    }
    digest = hashlib.sha256(text).hexdigest()
    journal.append("closed", {**closing, "manifest": digest, "heads": heads}, at)


def _require_plain(named: Mapping[str, Path]) -> None:
    odd = [name for name, path in named.items() if path.is_symlink() or not path.is_file()]
    odd += pack.names_unfit(named)
    if odd:
        raise SealRefused(
            "the run's folder has files that cannot be sealed",
            where=", ".join(sorted(odd)),
            why="a link, a device, or a name that a tar cannot hold",
            remedy="replace them by plain files, or remove them",
        )


def _drop_redacted(folder: Path, entries: list[Entry]) -> None:
    """Finish redactions that were cut off between journal and file."""
    for entry in entries:
        if entry.kind != REDACTED or entry.data.get("is_kept"):
            continue
        path = folder / str(entry.data.get("file"))
        if path.is_file() and _digest(path) == entry.data.get("digest"):
            path.unlink()


def _require_referred(text: bytes, entries: list[Entry]) -> None:
    there = {line[:64].decode() for line in text.splitlines()}
    gone = {entry.data.get("digest") for entry in entries if entry.kind == REDACTED}
    missing = {digest: seq for digest, seq in referred(entries).items() if digest not in there}
    lost = [f"entry {seq}: {blob(digest)}" for digest, seq in missing.items() if digest not in gone]
    if lost:
        raise SealRefused(
            "files that the journal refers to are not in the run's folder",
            where=", ".join(lost),
            remedy="bring them back; a file that may not be kept is dropped by `cutline redact`",
        )


def _require_unchanged(folder: Path, journal: Journal) -> None:
    """Hold the folder to the manifest of the closing entry."""
    contents = of_folder(folder)
    stated = str(journal.entries()[-1].data.get("manifest"))
    text = (folder / MANIFEST).read_bytes() if (folder / MANIFEST).exists() else b""
    if hashlib.sha256(text).hexdigest() == stated and manifest(contents) == text:
        return
    lines = {line[66:]: line[:64] for line in text.decode().splitlines()}
    names = {*lines, *filter(is_in_manifest, contents.names)}
    changed = [
        name
        for name in sorted(names)
        if name not in contents or contents.digest(name) != lines.get(name)
    ]
    raise SealRefused(
        "the run's folder changed after its closing entry",
        where=", ".join(changed) or MANIFEST,
        why="the closing entry carries the digest of every file",
        remedy="bring these files back to what they were; files that were added must go",
    )


def _packed(folder: Path) -> tuple[Path, str]:
    """Write the tar, or find it written with the same bytes."""
    tar = folder / TAR
    partial = folder / f".{TAR}.partial"
    try:
        with files.writing(tar):
            with partial.open("wb") as out:
                pack.pack(listed(folder), out)
            files.sync(partial)
            partial.replace(tar)
            files.sync_folder(folder)
    finally:
        partial.unlink(missing_ok=True)
    return tar, _digest(tar)


def _digest(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _write_beside(  # what the statement says
    tar: Path, sha256: str, run: Bound, closed: Entry, last: head.Head, signer: Signer
) -> None:
    files.put(tar.with_name(f"{TAR}.sha256"), f"{sha256}  {TAR}\n".encode())
    predicate = {
        "run": run.run,
        "plan": run.plan,
        "git_head": run.git_head,
        "mode": run.mode.value,
        "closed_at": closed.at,
        "outcome": closed.data.get("outcome"),
        "verdict": closed.data.get("verdict"),
        "size": last.size,
        "root": last.root,
    }
    files.put(tar.with_name(f"{TAR}.intoto.json"), envelope(TAR, sha256, predicate, signer))


def _gzip(tar: Path) -> None:
    """Offer the same tar gzipped. Its digest depends on the zlib that made it: none is sealed."""
    partial = tar.with_name(f".{TAR}.gz.partial")
    with (
        files.writing(partial),
        tar.open("rb") as plain,
        partial.open("wb") as out,
        gzip.GzipFile("", "wb", 9, out, mtime=0) as packed,
    ):
        shutil.copyfileobj(plain, packed)
    partial.replace(tar.with_name(f"{TAR}.gz"))


def _upload(tar: Path, journal: Journal, run: Bound, store: WormStore, closed: Entry) -> Receipt:
    """Lay heads, statement, tar and the run's record onto the store; what is there stays."""
    under, at = base(journal), instant(closed.at)
    upload(journal, store)
    for name in (f"{TAR}.sha256", f"{TAR}.intoto.json"):
        store.put(under + name, tar.with_name(name).read_bytes(), at)
    kept = store.put(under + TAR, tar, at)
    register(run, store, closed, kept.sha256)
    return kept


def _write_receipts(
    folder: Path, store: WormStore, kept: Receipt, shown: Shown, closed: Entry
) -> None:
    days = store.keep_s / _DAY_S
    stated = {
        "schema_version": 1,
        "generated_at": closed.at,
        "sha256": kept.sha256,
        "size": kept.size_bytes,
        "s3_bucket": kept.bucket,
        "s3_key": kept.key,
        "version_id": kept.version_id,
        "etag": kept.etag,
        "lock_mode": kept.lock_mode,
        "retain_until": kept.retain_until,
        "retention_days": int(days) if days.is_integer() else days,
        "verified_lock_mode": kept.verified_lock_mode,
        "verified_retain_until": kept.verified_retain_until,
    }
    said = "\n".join((f"{kept.key}: {shown.words}", *kept.said))
    files.put(folder / UPLOADED, f"{said}\n".encode())
    # The last file of all: a folder that has it is sealed.
    files.put(folder / SEALED, json.dumps(stated, indent=2).encode() + b"\n")
