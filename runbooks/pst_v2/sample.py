"""Take samples of v2's work: what v2 made of a PST that came in lately, beside what v1 makes of it.

python sample.py --base-url http://127.0.0.1:8440 --home postroom-data --out samples.jsonl

Chooses one of the last ingests that v2 completed, uploads its bytes again under the project
`cutline-probe`, has v1 process them and judges the pair by every gate of `postroom.pst`; then it
waits and takes the next, until SIGTERM. A line each: `{"at": …, "go": true, …}`. What could not be
compared is no line, and says so on standard error. `samples.py` reads them for the plan.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx

from cutline.errors import Problem
from cutline.parity import Options, Side, find, judge
from cutline.parity.report import Outcome, Verdict
from postroom.commands.where import Where, dsn_of
from postroom.ingest import Ingest, read_ingests
from postroom.moment import stamp

PROJECT: Final = "cutline-probe"
NOT_THEIRS: Final = (PROJECT, "shadow")
LAST: Final = 20
_PIECE_BYTES: Final = 1 << 20


def take(asked: argparse.Namespace) -> None:
    """Take samples until stopped."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    where = Where(asked.source, asked.home, dsn_of(asked.dsn))
    while not stop.is_set():
        try:
            found = sampled(asked.base_url, where, asked.wait_s, stop)
        except (Problem, httpx.HTTPError) as error:
            print(f"not compared: {error}", file=sys.stderr, flush=True)
            found = None
        if found is not None:
            with asked.out.open("a", encoding="utf-8") as out:
                out.write(json.dumps(found) + "\n")
        stop.wait(asked.every_s)


def sampled(
    base_url: str, where: Where, wait_s: float, stop: threading.Event
) -> dict[str, Any] | None:
    """Take one sample; None where v2 has completed nothing yet, or v1 did not end in time."""
    chosen = _chosen(where)
    if chosen is None:
        return None
    with httpx.Client(base_url=base_url, timeout=60.0) as service:
        again = _through_v1(service, where, chosen, wait_s, stop)
    if again is None:
        return None
    archive = where.archive()
    dsn, params = archive.dsn_for_parity(), {"source": archive.source_id}
    baseline, candidate = (Side(dsn, one, params) for one in (again, chosen.id))
    options = Options(objects=True, store=where.home / "store")
    report = judge(find("postroom.pst"), baseline=baseline, candidate=candidate, options=options)
    return {
        "at": stamp(datetime.now(UTC)),
        "go": report.verdict is Verdict.GO,
        "failed": sum(check.outcome is Outcome.FAIL for check in report.checks),
        "messages": chosen.total_emails,
        "v1": again,
        "v2": chosen.id,
    }


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


def _through_v1(
    service: httpx.Client, where: Where, chosen: Ingest, wait_s: float, stop: threading.Event
) -> str | None:
    """Upload the bytes again and wait until v1 has ended; None if it did not."""
    query = {"project_id": PROJECT, "file_name": chosen.file_name}
    headers = {"Content-Type": "application/octet-stream"}
    with where.store().open(chosen.s3_key) as upload:
        made = service.post("/pst", params=query, headers=headers, content=_pieces(upload))
    made.raise_for_status()
    pst_file_id = str(made.json()["id"])
    service.post(f"/pst/{pst_file_id}/process").raise_for_status()
    until = time.monotonic() + wait_s
    while time.monotonic() < until and not stop.is_set():
        status = service.get(f"/pst/{pst_file_id}/status").json()["processing_status"]
        if status in ("completed", "failed", "cancelled"):
            return pst_file_id
        stop.wait(0.3)
    print(f"v1 did not end within {wait_s:g} s: {pst_file_id}", file=sys.stderr, flush=True)
    return None


def _pieces(upload: Any) -> Iterator[bytes]:  # noqa: ANN401  # a binary file of any store
    while piece := upload.read(_PIECE_BYTES):
        yield piece


def main() -> None:
    """Take samples."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--base-url", required=True)
    options.add_argument("--home", type=Path, required=True)
    options.add_argument("--dsn", metavar="env:NAME")
    options.add_argument("--source", default="default")
    options.add_argument("--wait-s", type=float, default=1500.0)
    options.add_argument("--every-s", type=float, default=6 * 3600.0)
    take(options.parse_args())


if __name__ == "__main__":
    main()
