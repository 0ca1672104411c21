"""Whether the evidence of a run can be sealed: asked before there is an end to be sealed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cutline.evidence.keys import load_signer
from cutline.evidence.worm import open_store
from cutline.plan.model import Plan
from cutline.plan.part import EnvRef
from cutline.run.site import Site

KEY = EnvRef(env="CUTLINE_KEY")


def sealable(plan: Plan, site: Site) -> str:
    """Return in words what will sign and what will keep the evidence.

    Raises `KeyBroken`, `StoreUnreachable` or `LockNotEnforced` where that is not so: a canary
    object is put onto the store and must not go away again.
    """
    evidence = plan.evidence
    signer = load_signer(site.base / Path(site.text(evidence.key or KEY)))
    if evidence.worm is None:
        return f"key {signer.key_id[:16]}… signs; no store is named, the seal stays with the run"
    store = open_store(site.expand(evidence.worm), evidence.mode, evidence.keep_s)
    shown = store.canary(datetime.now(UTC))
    return f"key {signer.key_id[:16]}… signs; {store.uri}: {shown.words}"
