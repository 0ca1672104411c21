"""Whether the evidence of a run can be sealed: asked before there is an end to be sealed."""

from __future__ import annotations

from datetime import UTC, datetime

from cutline.errors import CannotMeasure
from cutline.plan.model import Plan
from cutline.run.keeping import signer_of, store_of
from cutline.run.site import Site


def sealable(plan: Plan, site: Site) -> str:
    """Return in words what will sign and what will keep the evidence.

    Raises `KeyBroken`, `StoreUnreachable` or `LockNotEnforced` where that is not so: a canary
    object is put onto the store and must not go away again.
    """
    signer = signer_of(plan, site)
    if signer is None:
        raise CannotMeasure(
            "no key signs this run",
            where="evidence.key",
            why="the plan names none, or its variable is not set",
            remedy="cutline key new FILE, export CUTLINE_KEY=FILE, and `key: {env: CUTLINE_KEY}`",
        )
    store = store_of(plan, site)
    if store is None:
        return f"key {signer.key_id[:16]}… signs; no store is named, the seal stays with the run"
    shown = store.canary(datetime.now(UTC))
    return f"key {signer.key_id[:16]}… signs; {store.uri}: {shown.words}"
