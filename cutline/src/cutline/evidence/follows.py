"""Sealed runs of one plan and one git head: each after the first names the run it follows."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from cutline.evidence.anchor import COMPRESSED
from cutline.evidence.contents import SEALED
from cutline.evidence.entry import Entry, Mode, instant, parse
from cutline.evidence.journal import JOURNAL
from cutline.evidence.refusals import SealRefused
from cutline.evidence.worm import WormStore


@dataclass(frozen=True, slots=True)
class Bound:
    """What the first entry binds a run to. `git_head` is empty outside of a repository."""

    run: str
    plan: str
    engine: str
    git_head: str
    follows: str
    mode: Mode

    @property
    def under(self) -> str:
        """Return the prefix of the store under which such runs are registered."""
        prefix = COMPRESSED if self.mode is Mode.COMPRESSED else ""
        same = hashlib.sha256(f"{self.plan}\n{self.git_head}".encode()).hexdigest()
        return f"{prefix}sealed/{same}/"

    @property
    def record(self) -> str:
        """Return the name of this run's record on the store."""
        return f"{self.under}{quote(self.run, safe='')}.json"


def bound(first: Entry) -> Bound:
    """Return what the first entry of a run binds; raises `SealRefused` if it binds too little."""
    data = first.data
    plan, git = data.get("plan"), data.get("git")
    digest = plan.get("digest") if isinstance(plan, dict) else plan
    head = git.get("head") if isinstance(git, dict) else None
    named = {"run": data.get("run"), "plan": digest, "engine": data.get("engine")}
    missing = [name for name, value in named.items() if not (isinstance(value, str) and value)]
    if missing:
        raise SealRefused(
            "the first entry does not bind the run",
            where="journal.jsonl, entry 1",
            why=f"it has no {', '.join(missing)}",
            remedy="seal only runs that `cutline run` began",
        )
    return Bound(
        str(named["run"]),
        str(named["plan"]),
        str(named["engine"]),
        str(head or ""),
        str(data.get("follows") or ""),
        first.mode,
    )


def require_named(run: Bound, folder: Path, store: WormStore, follows: str) -> None:
    """Raise `SealRefused` where such a run is sealed already and this one does not name it.

    Looks at the store's records and at the runs beside this one.
    """
    on_store = {
        unquote(name.removeprefix(run.under).removesuffix(".json"))
        for name in store.names(run.under)
    }
    sealed = sorted((on_store | sealed_in(folder.resolve().parent, run)) - {run.run})
    if sealed and (run.follows or follows) not in sealed:
        raise SealRefused(
            "this plan and git head have a sealed run already",
            where=", ".join(sealed),
            why=f"{run.run} does not name the run that it follows",
            remedy=f"start it with: cutline run PLAN --follows {sealed[-1]}",
        )


def register(run: Bound, store: WormStore, entry: Entry, tar_sha256: str) -> None:
    """Lay this run's record onto the store."""
    record = {"run": run.run, "plan": run.plan, "git_head": run.git_head, "sha256": tar_sha256}
    text = json.dumps(record, sort_keys=True, separators=(",", ":")) + "\n"
    store.put(run.record, text.encode(), instant(entry.at))


def sealed_in(runs: Path, run: Bound) -> set[str]:
    """Return the sealed runs of a folder that have the plan, git head and mode of `run`."""
    found = set()
    for receipt in runs.glob(f"*/{SEALED}"):
        try:
            with (receipt.parent / JOURNAL).open("rb") as opened:
                other = bound(parse(opened.readline().rstrip(b"\n")))
        except (OSError, ValueError, SealRefused):
            continue  # it is no run of ours to follow; what is on the store counts all the same
        if other.under == run.under:
            found.add(other.run)
    return found
