"""How a run keeps its evidence: where it lies, who signs it, and how it is closed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cutline.errors import CannotMeasure, Problem
from cutline.evidence.anchor import Anchor, anchor, compare
from cutline.evidence.blobs import FILES, Blobs
from cutline.evidence.contents import listed
from cutline.evidence.entry import Entry
from cutline.evidence.journal import Journal
from cutline.evidence.keys import Signer, load_signer
from cutline.evidence.scan import finds
from cutline.evidence.seal import SealReceipt, seal
from cutline.evidence.secrets import Redactor
from cutline.evidence.worm import WormStore, open_store
from cutline.plan.model import Plan
from cutline.run import incident, numbered
from cutline.run.kinds import Kind
from cutline.run.site import Site
from cutline.run.summary import Summary, summary


def store_of(plan: Plan, site: Site) -> WormStore | None:
    """Return the store that a plan names; a `file://` folder is taken from the plan's folder.

    None where it names none. Raises `Problem` for what is no store.
    """
    if plan.evidence.worm is None:
        return None
    uri = site.expand(plan.evidence.worm)
    if uri.startswith("file://"):
        uri = f"file://{(site.base / uri.removeprefix('file://')).resolve()}"
    return open_store(uri, plan.evidence.mode, plan.evidence.keep_s)


def signer_of(plan: Plan, site: Site) -> Signer | None:
    """Return the signer of the plan's key; None where it names none, or its variable is not set.

    A key that is named and broken raises `KeyBroken`: it is never made anew in silence.
    """
    if plan.evidence.key is None:
        return None
    try:
        path = site.text(plan.evidence.key)
    except CannotMeasure:
        return None
    return load_signer(Path(path).expanduser())


@dataclass(slots=True)
class Keeping:
    """The evidence of one run.

    `store` and `signer` may be missing: that keeps a run from being sealed, never from lowering.
    """

    folder: Path
    journal: Journal
    plan: Plan
    redactor: Redactor
    signer: Signer | None
    store: WormStore | None
    gz: bool = False
    receipt: SealReceipt | None = field(default=None)

    def take_over(self, other: Keeping) -> None:
        """Go on as another keeping of this run does: its plan was amended."""
        self.plan, self.redactor = other.plan, other.redactor
        self.signer, self.store = other.signer, other.store

    def put(self, content: bytes, name_hint: str) -> str:
        """Keep a file of the run without its secrets and return its digest."""
        return Blobs(self.folder / FILES).put(content, name_hint, self.redactor)

    def open(self, digest: str) -> bytes:
        """Return a file of the run; raises `CannotMeasure`."""
        return Blobs(self.folder / FILES).open(digest)

    def head(self, reason: str) -> Mapping[str, object]:
        """Sign the journal as it stands and anchor it; the members of a HEAD entry."""
        if self.signer is None:
            why = "no key: cutline key new FILE, then export CUTLINE_KEY=FILE"
            return {"reason": reason, "is_anchored": False, "why": why}
        try:
            made = anchor(self.journal, self.signer, self.store)
        except Problem as problem:
            return {"reason": reason, "is_anchored": False, "why": str(problem)}
        return _head(made, reason)

    def compare(self) -> None:
        """Hold the journal to its newest anchor; raises if it was cut or rewritten."""
        if self.signer is None and not self.journal.entries()[0].data.get("is_signed"):
            return  # nothing was signed that it could be held to
        if self.signer is not None or self.store is not None:
            key = self.signer.public if self.signer else None
            compare(self.journal, self.store, key)

    def close(self, outcome: str, verdict: str) -> Entry:
        """Write the numbered files, then close and seal; return the closing entry.

        May be called again after whatever failed. Without a key the run is closed and not sealed:
        the summary says so.
        """
        closing = {"outcome": outcome, "verdict": verdict}
        if not self.journal.is_closed:
            closing["verdict"] = self._write(outcome).verdict
        if self.signer is None or self.store is None:
            if not self.journal.is_closed:
                missing = "no key" if self.signer is None else "no store"
                data = {**closing, "manifest": "", "is_sealed": False, "why": missing}
                self.journal.append(Kind.CLOSED.value, data, datetime.now(UTC))
            return self.journal.entries()[-1]
        follows = self.journal.entries()[0].data.get("follows") or ""
        self.receipt = seal(
            self.folder,
            self.journal,
            self.signer,
            self.store,
            {**closing, "follows": follows},
            known=self.redactor,
            gz=self.gz or _wants_gz(self.plan),
        )
        return next(e for e in reversed(self.journal.entries()) if e.kind == Kind.CLOSED)

    def write_numbered(self) -> None:
        """Write the scope and what the steps named so far left; raises `CannotWrite`."""
        numbered.write(self.folder, self.journal.entries(), self.plan, self.open)

    def summary(self, outcome: str) -> Summary:
        """Return what the run came to, with a look for secrets at this moment."""
        entries = list(self.journal.entries())
        found = finds(sorted(listed(self.folder).items()), self.redactor, entries)
        return summary(
            entries,
            self.plan,
            outcome=outcome,
            mode=self.journal.mode.value,
            secrets=[f"{one.name}:{one.line}" for one in found],
        )

    def _write(self, outcome: str) -> Summary:
        """Write everything that a closing entry binds; the summary is the last."""
        incident.write(self.folder, self.journal.entries())
        self.write_numbered()
        found = self.summary(outcome)
        numbered.write_result(self.folder, found)
        return found


def _head(made: Anchor, reason: str) -> dict[str, object]:
    return {
        "reason": reason,
        "size": made.size,
        "root": made.root,
        "key_id": made.key_id,
        "is_anchored": made.is_anchored,
        "why": made.why,
    }


def _wants_gz(plan: Plan) -> bool:
    steps = [step for stage in plan.stages for step in stage.steps]
    return any(step.seal is not None and step.seal.gz for step in steps)


def secrets_of(plan: Plan) -> Mapping[str, str]:
    """Return each secret input with `set` or `unset`: names alone, never values."""
    named = {one.env or name for name, one in plan.inputs.items() if one.secret}
    return {name: "set" if os.environ.get(name) else "unset" for name in sorted(named)}
