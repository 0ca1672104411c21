"""Whether the evidence of a run can be sealed: asked before there is an end to be sealed."""

from __future__ import annotations

from datetime import UTC, datetime

from cutline.errors import CannotMeasure
from cutline.plan.model import Plan
from cutline.run.site import Site


def sealable(plan: Plan, site: Site) -> str:
    """Return in words what will sign and what will keep the evidence.

    Raises `CannotMeasure` (also as `KeyBroken`, `StoreUnreachable`, `LockNotEnforced`) where that
    is not so: a canary object is put onto the store and must not go away again.
    """
    # Signing and S3 take their time to load, and most steps seal nothing.
    from cutline.run.keeping import signer_of, store_of  # noqa: PLC0415

    signer, store = signer_of(plan, site), store_of(plan, site)
    if signer is None:
        raise CannotMeasure(
            "no key signs the evidence",
            why="the plan names none under `evidence:`, or its variable is not set",
            remedy="cutline key new, then export CUTLINE_KEY=PATH",
        )
    if store is None:
        return f"key {signer.key_id[:16]}… signs; no store is named, the seal stays with the run"
    shown = store.canary(datetime.now(UTC))
    return f"key {signer.key_id[:16]}… signs; {store.uri}: {shown.words}"
