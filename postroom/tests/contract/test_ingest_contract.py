"""One ingest from registration to its last task, whichever engine holds the archive."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from tests_support.archives import tables
from tests_support.outputs import plausible

from cutline.errors import WrongUsage
from postroom import ingest as ingests
from postroom.archive import Archive
from postroom.claim import Claim, take
from postroom.commands.status import status
from postroom.errors import AlreadyCompleted, ClaimHeld, NotReadable
from postroom.ingest import ingest_file, process, read_ingest, read_ingests, register, run_task
from postroom.progress import Progress, silent
from postroom.pst_extract import Extracted
from postroom.store import FolderStore
from postroom.tasks import extract, load
from postroom.tasks.result import TaskResult

CONTENT = b"no PST, but bytes"


@pytest.fixture
def pst(tmp_path: Path) -> Path:
    """A file to ingest."""
    path = tmp_path / "Müller & Söhne.pst"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the tasks that ran: load is the real one, the others are stand-ins."""
    names: list[str] = []

    def stand_in(name: str):
        def work(
            archive: Archive, store: FolderStore, pst_file_id: str, claim: Claim, report: Progress
        ) -> TaskResult:
            names.append(name)
            report(name, 1, 1)
            if name == "load":
                return load.run(archive, store, pst_file_id, claim, report)
            if name == "extract":
                made = plausible(pst_file_id, 3)
                made.source_sha256 = hashlib.sha256(CONTENT).hexdigest()
                made.write(store.path_for(f"pst-v2/{pst_file_id}"))
            return TaskResult(name, {"items": 3}, item_errors=0)

        return work

    monkeypatch.setattr(ingests, "task", stand_in)
    return names


def one(archive: Archive, store: FolderStore, pst: Path, engine="v2"):
    return ingest_file(pst, engine, archive, store, "matter-1", "case-9", silent)


def test_an_ingest_by_v2_runs_its_tasks_in_order(
    archive: Archive, store: FolderStore, pst: Path, ran: list[str]
) -> None:
    """The row of a completed ingest says who, what, when and how many."""
    done = one(archive, store, pst)
    assert ran == ["extract", "load", "text", "thread", "dedupe", "index"]
    assert (done.processing_status, done.error_message) == ("completed", None)
    assert (done.total_emails, done.total_attachments, done.item_errors) == (3, 3, 0)
    assert (done.engine, done.engine_version) == ("v2", "pst-extract 0.1.0")
    assert (done.project_id, done.case_id, done.file_name) == ("matter-1", "case-9", pst.name)
    assert done.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert done.claim_owner is None
    assert done.processing_started_at < done.processing_completed_at
    assert not done.is_in_progress


def test_an_ingest_by_v1_runs_v1_and_the_shared_tasks(
    archive: Archive, store: FolderStore, pst: Path, ran: list[str]
) -> None:
    """v1 shares text and thread with v2 and nothing else."""
    assert one(archive, store, pst, "v1").processing_status == "completed"
    assert ran == ["v1", "text", "thread", "dedupe", "index"]


@pytest.mark.usefixtures("ran")
def test_the_upload_lies_under_its_project_and_is_the_file(
    archive: Archive, store: FolderStore, pst: Path
) -> None:
    """`s3_key` finds the same bytes; the name is made harmless."""
    done = one(archive, store, pst)
    assert done.s3_key == f"project_matter-1/pst/{done.id}/Müller _ Söhne.pst"
    assert store.path_for(done.s3_key).read_bytes() == CONTENT
    assert pst.read_bytes() == CONTENT


@pytest.mark.parametrize("name", ["..pst", "-rf.pst", "a\nb.pst", "a", "x" * 250 + ".pst"])
def test_no_file_name_can_leave_its_place(
    name: str, archive: Archive, store: FolderStore, tmp_path: Path
) -> None:
    """An upload's key is a plain name that ends with .pst."""
    path = tmp_path / name
    path.write_bytes(b"x")
    pst_file_id = register(path, "v2", archive, store, "p", None)
    key = read_ingest(archive, pst_file_id).s3_key
    assert re.fullmatch(rf"project_p/pst/{pst_file_id}/[^/\n]{{1,160}}\.pst", key)
    assert store.exists(key)


@pytest.mark.usefixtures("ran")
def test_each_task_leaves_manifest_log_and_metrics(
    archive: Archive, store: FolderStore, pst: Path
) -> None:
    """What a task did can be read beside the outputs, long after."""
    done = one(archive, store, pst)
    folder = store.path_for(f"pst-v2/{done.id}/tasks/load")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["counts"] == {"emails": 3, "attachments": 3, "error_records": 0}
    assert (manifest["task"], manifest["ingest_id"]) == ("load", done.id)
    log = (folder / "log.1-1.ndjson").read_text().splitlines()
    events = [json.loads(line)["event"] for line in log]
    assert events == ["begin", "end"]
    assert json.loads((folder / "metrics.json").read_text())["elapsed_s"] > 0


def fail(error: BaseException):
    def work(*_: object) -> TaskResult:
        raise error

    return lambda _name: work


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (NotReadable("no PST", where="a.pst", why="magic"), "failed", "no PST: a.pst: magic"),
        (ValueError("dear Bob, the secret is"), "failed", "internal error: ValueError"),
        (KeyboardInterrupt(), "cancelled", "interrupted"),
    ],
)
def test_a_failure_is_the_ingests_reason(
    error: BaseException,
    status: str,
    reason: str,
    archive: Archive,
    store: FolderStore,
    pst: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The row and the log say why, in words that quote no mail; the claim is free again."""
    monkeypatch.setattr(ingests, "task", fail(error))
    with pytest.raises(type(error)):
        one(archive, store, pst)
    failed = read_ingests(archive)[0]
    assert (failed.processing_status, failed.error_message) == (status, reason)
    assert failed.claim_owner is None
    log = store.path_for(f"pst-v2/{failed.id}/tasks/extract/log.1-1.ndjson").read_text()
    assert "secret" not in log
    assert json.loads(log.splitlines()[-1])["event"] == "failed"


@pytest.mark.usefixtures("ran")
def test_a_failed_ingest_can_be_processed_again(
    archive: Archive,
    store: FolderStore,
    pst: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The next attempt counts on; its success takes the reason away."""
    pst_file_id = register(pst, "v2", archive, store, "p", None)
    with monkeypatch.context() as patch:
        patch.setattr(ingests, "task", fail(NotReadable("x")))
        with pytest.raises(NotReadable):
            process(archive, store, pst_file_id, "v2", silent)
    done = process(archive, store, pst_file_id, "v2", silent)
    assert (done.processing_status, done.error_message) == ("completed", None)
    assert done.claim_attempt == 2


@pytest.mark.usefixtures("ran")
def test_a_completed_ingest_is_never_read_again(
    archive: Archive, store: FolderStore, pst: Path
) -> None:
    """The same content again is a new ingest; later tasks may run again."""
    done = one(archive, store, pst)
    before = tables(archive)
    for again in (
        lambda: process(archive, store, done.id, "v2", silent),
        lambda: run_task(archive, store, done.id, "extract", silent),
        lambda: run_task(archive, store, done.id, "load", silent),
    ):
        with pytest.raises(AlreadyCompleted, match=done.id):
            again()
    run_task(archive, store, done.id, "thread", silent)
    assert tables(archive) == before
    assert one(archive, store, pst).id != done.id
    assert read_ingest(archive, done.id).processing_status == "completed"


def test_a_second_engine_changes_nothing(
    archive: Archive, store: FolderStore, pst: Path, ran: list[str]
) -> None:
    """v1 cannot process an ingest that was registered for v2."""
    pst_file_id = register(pst, "v2", archive, store, "p", None)
    with pytest.raises(ClaimHeld, match="engine v2"):
        process(archive, store, pst_file_id, "v1", silent)
    with pytest.raises(WrongUsage, match="not one of this ingest's engine"):
        run_task(archive, store, pst_file_id, "v1", silent)
    assert ran == []
    assert read_ingest(archive, pst_file_id).processing_status == "pending"


def test_a_duplicate_message_changes_nothing(
    archive: Archive, store: FolderStore, pst: Path, ran: list[str]
) -> None:
    """While somebody is at it, nobody else begins, and the status stays what it was."""
    pst_file_id = register(pst, "v2", archive, store, "p", None)
    holder = take(archive, pst_file_id, "v2")
    with pytest.raises(ClaimHeld, match=re.escape(holder.owner)):
        process(archive, store, pst_file_id, "v2", silent)
    assert ran == []
    assert read_ingest(archive, pst_file_id).processing_status == "pending"


def test_findings_are_no_item_errors(archive: Archive, store: FolderStore, pst: Path) -> None:
    """What was left out on purpose lost nothing; what could not be read did."""
    pst_file_id = register(pst, "v2", archive, store, "p", None)
    made = plausible(pst_file_id, 1)
    made.source_sha256 = hashlib.sha256(CONTENT).hexdigest()
    kinds = ("omitted", "not_in_table", "orphan", "crc", "message")
    made.errors = [{"kind": kind, "reason": "r"} for kind in kinds]
    made.write(store.path_for(f"pst-v2/{pst_file_id}"))
    run_task(archive, store, pst_file_id, "load", silent)
    assert read_ingest(archive, pst_file_id).item_errors == 2


def test_an_extraction_is_repeated_in_its_place(
    archive: Archive,
    store: FolderStore,
    pst: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Outputs of an earlier attempt go before the new ones come; the logs of tasks stay."""
    pst_file_id = register(pst, "v2", archive, store, "p", None)
    mails = iter((3, 1))

    def fake(_file: Path, out: Path, _progress: Progress, *, ingest_id: str):
        made = plausible(ingest_id, next(mails))
        made.source_sha256 = hashlib.sha256(CONTENT).hexdigest()
        made.write(out)
        return Extracted(emails=1, attachments=1, errors=0)

    monkeypatch.setattr(extract, "extract", fake)
    for expected in (3, 1):
        counts = run_task(archive, store, pst_file_id, "extract", silent).counts
        assert counts["emails"] == expected
    folder = store.path_for(f"pst-v2/{pst_file_id}")
    assert len([path for path in (folder / "objects").rglob("*") if path.is_file()]) == 1
    assert [path.name for path in folder.parent.iterdir()] == [pst_file_id]
    logs = sorted((folder / "tasks" / "extract").glob("log.*.ndjson"))
    assert [path.name for path in logs] == ["log.0-1.ndjson", "log.0-2.ndjson"]
    assert [len(path.read_text().splitlines()) for path in logs] == [2, 2]


@pytest.mark.parametrize("project", ["", "a/b", "../x", "x" * 65, "-x"])
def test_a_wrong_project_id_is_refused(
    project: str, archive: Archive, store: FolderStore, pst: Path
) -> None:
    """A project is part of a path in the store."""
    with pytest.raises(WrongUsage, match="project id"):
        register(pst, "v2", archive, store, project, None)


def test_status_exits_7_while_an_ingest_is_in_progress(
    archive: Archive, store: FolderStore, pst: Path, backend_dsn: str | None, tmp_path: Path
) -> None:
    """A script can wait for an ingest by the exit code alone."""
    pst_file_id = register(pst, "v2", archive, store, "p", None)
    options = ["--source", archive.source_id, "--home", str(tmp_path)]
    options += ["--dsn", backend_dsn] if backend_dsn else []
    codes = []
    for state, lease in (("pending", None), ("processing", LATER), ("processing", EARLIER)):
        with archive.transaction() as tx:
            tx.change(
                "UPDATE pst_files SET processing_status = :state, claim_lease_until = :lease",
                state=state,
                lease=lease,
            )
        codes.append(status.main([pst_file_id, *options, "--json"], standalone_mode=False))
    assert codes == [7, 7, 3]


EARLIER, LATER = "2001-01-01T00:00:00Z", "2101-01-01T00:00:00Z"
