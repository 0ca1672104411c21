"""A service that is killed in the middle of an upload."""

from __future__ import annotations

import sys
from pathlib import Path

import httpx
import pytest
from tests_support.api import pst
from tests_support.serving_postroom import serve

HEADERS = {"Content-Type": "application/octet-stream", "Idempotency-Key": "k"}


@pytest.mark.parametrize("moment", ["before the row", "after the row"])
def test_a_killed_upload_is_whole_or_nothing(tmp_path: Path, moment: str) -> None:
    """Killed between object and row the next start takes the object back; after the row it stays.

    Either way the same request with the same key ends with one ingest and one object.
    """
    program = (sys.executable, "-m", "tests_support.killed_upload", moment)
    with serve(tmp_path, program=program) as service, pytest.raises(httpx.HTTPError):
        httpx.post(f"{service.url}/pst", content=pst(b"a"), headers=HEADERS)
    assert service.process.wait(10) == -9
    assert len(objects(tmp_path)) == 1
    with serve(tmp_path) as service, httpx.Client(base_url=service.url) as client:
        kept = 0 if moment == "before the row" else 1
        assert len(objects(tmp_path)) == kept
        assert len(client.get("/pst").json()["ingests"]) == kept
        again = client.post("/pst", content=pst(b"a"), headers=HEADERS)
        assert again.status_code == 201
        assert again.headers.get("Idempotency-Replayed") == (None, "true")[kept]
        assert [one["id"] for one in client.get("/pst").json()["ingests"]] == [again.json()["id"]]
        assert len(objects(tmp_path)) == 1
    assert list(tmp_path.rglob("*.upload")) == []


def objects(home: Path) -> list[Path]:
    """Every upload in the store."""
    return list((home / "store").glob("project_*/pst/*/*"))
