"""The pilot's evidence on S3: locked, and sealed in the end whatever failed on the way."""

from __future__ import annotations

import json
import os
import signal
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests_support.pilot import QUICK, Pilot, pilot
from tests_support.strict_s3 import RefusedError, StrictS3, Version, strict_s3
from tests_support.waiting import until

AWS = {
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "a",
    "AWS_SECRET_ACCESS_KEY": "b",
    "AWS_MAX_ATTEMPTS": "1",
}


def test_a_seal_that_failed_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """Refused, then killed in the middle of the upload, then complete: one locked version."""
    with strict_s3() as s3, pilot(tmp_path, AWS_ENDPOINT_URL=s3.endpoint, **AWS) as made:
        bucket = s3.bucket("audit-worm")
        made.inputs |= {"worm": "s3://audit-worm", "release_gates": QUICK}
        _ready_to_seal(made)
        s3.before_put = _refuse_the_tar
        failed = made.run("--seal-only")
        assert failed.code == 3, failed.out
        assert "s3:PutObject" in failed.out
        told = made.cutline("status", "pilot")
        assert told.code == 3
        assert f"cutline seal pilot/{made.folder.name}" in told.out
        again = made.run()  # never a second deployment in place of a seal
        assert again.code == 64
        assert "closed and not sealed yet" in again.out
        _killed_while_uploading(made, s3, "evidence.tar")
        sealed = made.cutline("seal", "pilot")
        assert sealed.code == 0, sealed.out
        _receipts_are_of_that_version(made, bucket.of(_key(made)))
        key = made.folder / "key.pem"
        assert made.cutline("verify", made.folder / "evidence.tar", "--key", key).code == 0


@pytest.mark.soak
@pytest.mark.skipif(not os.environ.get("SOAK"), reason="every object of the seal: make soak")
def test_a_seal_that_is_killed_at_any_object_goes_on(tmp_path: Path) -> None:
    """SIGKILL at each PUT of the seal in turn; the last attempt seals what the first closed."""
    with strict_s3() as s3, pilot(tmp_path, AWS_ENDPOINT_URL=s3.endpoint, **AWS) as made:
        s3.bucket("audit-worm")
        made.inputs |= {"worm": "s3://audit-worm", "release_gates": QUICK}
        _ready_to_seal(made)
        for suffix in (".sha256", ".intoto.json", "evidence.tar", ".json"):
            _killed_while_uploading(made, s3, suffix)
        assert made.run("--seal-only").code == 0
        key = made.folder / "key.pem"
        assert made.cutline("verify", made.folder / "evidence.tar", "--key", key).code == 0


def _ready_to_seal(made: Pilot) -> None:
    waits = made.run()
    assert waits.code == 2, waits.out
    made.screenshot()
    made.fill()
    assert made.run().code == 2
    made.sign("lea", "max", "pia")


def _refuse_the_tar(key: str) -> None:
    if key.endswith("evidence.tar"):
        raise RefusedError(403, "AccessDenied", "not authorized to perform: s3:PutObject")


def _killed_while_uploading(made: Pilot, s3: StrictS3, suffix: str) -> None:
    reached, over = threading.Event(), threading.Event()

    def hang(key: str) -> None:
        if key.endswith(suffix) and not reached.is_set():
            reached.set()
            over.wait(60)
            raise RefusedError(503, "ServiceUnavailable")  # whoever asked is dead

    s3.before_put = hang
    sealing = made.start("--seal-only")
    try:
        until(reached.is_set, 60.0, f"the upload of {suffix}")
    finally:
        sealing.send_signal(signal.SIGKILL)
        sealing.wait()
        over.set()
    s3.before_put = lambda _key: None


def _key(made: Pilot) -> str:
    return str(json.loads(made.text("60_evidence_seal_manifest.json"))["s3_key"])


def _receipts_are_of_that_version(made: Pilot, versions: list[Version]) -> None:
    receipt = json.loads(made.text("60_evidence_seal_manifest.json"))
    (kept,) = versions
    assert receipt["s3_bucket"] == "audit-worm"
    assert receipt["s3_key"].startswith("evidence/cutover/")
    assert (receipt["lock_mode"], receipt["verified_lock_mode"]) == ("GOVERNANCE", "GOVERNANCE")
    assert receipt["retention_days"] == 365
    assert receipt["version_id"] == kept.id
    assert receipt["size"] == len(kept.content)
    left = datetime.fromisoformat(receipt["verified_retain_until"]) - datetime.now(UTC)
    assert timedelta(days=364) < left < timedelta(days=366)
    said = made.text("70_worm_upload_stdout.txt")
    assert kept.id in said
    assert "ObjectLockRetainUntilDate" in said  # what head-object said of it
