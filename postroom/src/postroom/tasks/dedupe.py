"""The task dedupe: which mail is a copy of which. Nothing is deleted."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from typing import Final
from uuid import UUID, uuid5

from postroom.archive.archive import Archive
from postroom.archive.transaction import Row, Transaction
from postroom.claim import Claim
from postroom.dedupe import TIERS, Decision, DedupeItem, decide
from postroom.dedupe.read import earlier_ingests, read_items, relaxed_hashes
from postroom.progress import Progress
from postroom.store import Store
from postroom.tasks.result import TaskResult

_READ: Final = """SELECT id, pst_file_id, email_id, kept_email_id, tier, key_hash
    FROM email_dedupe_decisions WHERE pst_file_id = :id ORDER BY id"""

_INSERT: Final = """INSERT INTO email_dedupe_decisions
    (id, pst_file_id, email_id, kept_email_id, tier, key_hash)
    VALUES (:id, :pst_file_id, :email_id, :kept_email_id, :tier, :key_hash)"""


def run(
    archive: Archive, store: Store, pst_file_id: str, claim: Claim, progress: Progress
) -> TaskResult:
    """Decide on the mails of one ingest among themselves; a second run changes nothing.

    Every decision is a row of `email_dedupe_decisions`, all in one transaction. Raises `ClaimHeld`
    if the claim was lost.
    """
    del store
    return _run(archive, claim, [pst_file_id], progress)


def run_across(
    archive: Archive, store: Store, pst_file_id: str, claim: Claim, progress: Progress
) -> TaskResult:
    """`run`, but also against every completed ingest of the source that was registered before.

    Only mails of this ingest are decided on, so what is kept of an older one never changes.
    """
    del store
    return _run(archive, claim, [*earlier_ingests(archive, pst_file_id), pst_file_id], progress)


def _run(archive: Archive, claim: Claim, ingests: list[str], progress: Progress) -> TaskResult:
    start = time.perf_counter()
    items = list(_counted(archive, ingests, progress))
    own = [item for item in items if item.place[0] == len(ingests) - 1]
    ids = {item.email_id for item in own}
    decided = decide(items, lambda doubtful: relaxed_hashes(archive, doubtful))
    decisions = [decision for decision in decided if decision.email_id in ids]
    progress("decisions", len(decisions), len(own))
    with archive.transaction() as tx:
        _write(tx, claim.pst_file_id, decisions)
        claim.check(tx)
    elapsed_s = time.perf_counter() - start
    metrics = {"elapsed_s": elapsed_s, "emails_per_s": len(items) / max(elapsed_s, 1e-9)}
    return TaskResult("dedupe", _counts(own, decisions, len(ingests)), metrics=metrics)


def _counted(archive: Archive, ingests: list[str], progress: Progress) -> Iterator[DedupeItem]:
    done = 0
    for rank, pst_file_id in enumerate(ingests):
        for item in read_items(archive, pst_file_id, rank):
            done += 1
            progress("read", done, None)
            yield item


def _write(tx: Transaction, pst_file_id: str, decisions: list[Decision]) -> None:
    rows = sorted((_row(pst_file_id, each) for each in decisions), key=lambda row: str(row["id"]))
    if [dict(row) for row in tx.rows(_READ, id=pst_file_id)] == rows:
        return
    tx.change("DELETE FROM email_dedupe_decisions WHERE pst_file_id = :id", id=pst_file_id)
    tx.change_many(_INSERT, rows)


def _row(pst_file_id: str, decision: Decision) -> Row:
    return {
        "id": str(uuid5(UUID(pst_file_id), f"dedupe/{decision.email_id}")),
        "pst_file_id": pst_file_id,
        "email_id": decision.email_id,
        "kept_email_id": decision.kept_email_id,
        "tier": decision.tier,
        "key_hash": decision.key_hash,
    }


def _counts(own: list[DedupeItem], decisions: list[Decision], ingests: int) -> dict[str, int]:
    tiers = Counter(decision.tier for decision in decisions)
    return {
        "emails": len(own),
        "duplicates": len(decisions),
        **{f"duplicates_by_{tier}": tiers[tier] for tier in TIERS},
        "unknown": sum(not item.is_known for item in own),
        "ingests": ingests,
    }
