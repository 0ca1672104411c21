"""Compare a sample: what v2 made of a PST that came in lately with what v1 makes of the same bytes.

python sample.py --base-url http://127.0.0.1:8440 --home postroom-data [--source default]

Chooses one of the last ingests that v2 completed, uploads its bytes again under the project
`cutline-probe`, has v1 process them and judges the pair by every gate of `postroom.pst`. Prints
`{"go": true, "failed": 0, "messages": 120, …}`. Leaves with 3 where there is nothing to
compare or v1 did not end in time: that is no measurement.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx

from cutline.parity import Options, Side, find, judge
from cutline.parity.report import Outcome, Verdict
from postroom.commands.where import Where, dsn_of
from postroom.ingest import Ingest, read_ingests

PROJECT: Final = "cutline-probe"
NOT_THEIRS: Final = (PROJECT, "shadow")
LAST: Final = 20
_PIECE_BYTES: Final = 1 << 20


def main() -> int:
    """Take the sample and print what came of it."""
    asked = _asked()
    where = Where(asked.source, asked.home, dsn_of(asked.dsn))
    chosen = _chosen(where)
    if chosen is None:
        print("nothing to compare: v2 has completed no ingest yet", file=sys.stderr)
        return 3
    with httpx.Client(base_url=asked.base_url, timeout=60.0) as service:
        again = _through_v1(service, where, chosen, asked.wait_s)
    if again is None:
        print(f"v1 did not end within {asked.wait_s:g} s", file=sys.stderr)
        return 3
    archive = where.archive()
    dsn, params = archive.dsn_for_parity(), {"source": archive.source_id}
    baseline, candidate = (Side(dsn, one, params) for one in (again, chosen.id))
    options = Options(objects=True, store=asked.home / "store")
    report = judge(find("postroom.pst"), baseline=baseline, candidate=candidate, options=options)
    failed = sum(check.outcome is Outcome.FAIL for check in report.checks)
    found: dict[str, Any] = {
        "go": report.verdict is Verdict.GO,
        "failed": failed,
        "messages": chosen.total_emails,
        "v1": again,
        "v2": chosen.id,
    }
    print(json.dumps(found))
    return 0


def _chosen(where: Where) -> Ingest | None:
    """Choose by chance one of the last that v2 completed and that others sent."""
    done = [
        one
        for one in read_ingests(where.archive())
        if one.engine == "v2"
        and one.processing_status == "completed"
        and one.project_id not in NOT_THEIRS
    ]
    return random.choice(done[-LAST:]) if done else None  # noqa: S311  # a sample, no secret


def _through_v1(service: httpx.Client, where: Where, chosen: Ingest, wait_s: float) -> str | None:
    """Upload the bytes again and wait until v1 has ended; None if it did not, or failed."""
    query = {"project_id": PROJECT, "file_name": chosen.file_name}
    with where.store().open(chosen.s3_key) as upload:
        made = service.post("/pst", params=query, content=_pieces(upload))
    made.raise_for_status()
    pst_file_id = str(made.json()["id"])
    service.post(f"/pst/{pst_file_id}/process").raise_for_status()
    until = time.monotonic() + wait_s
    while time.monotonic() < until:
        status = service.get(f"/pst/{pst_file_id}/status").json()["processing_status"]
        if status in ("completed", "failed", "cancelled"):
            return pst_file_id
        time.sleep(0.3)
    return None


def _pieces(upload: Any) -> Iterator[bytes]:  # noqa: ANN401  # a binary file of any store
    while piece := upload.read(_PIECE_BYTES):
        yield piece


def _asked() -> argparse.Namespace:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--base-url", required=True)
    options.add_argument("--home", type=Path, required=True)
    options.add_argument("--dsn", metavar="env:NAME")
    options.add_argument("--source", default="default")
    options.add_argument("--wait-s", type=float, default=1500.0)
    return options.parse_args()


if __name__ == "__main__":
    sys.exit(main())
