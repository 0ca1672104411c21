"""A whole ingest with its object store in S3 is the one in a folder; every object is headed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner, Result
from tests_support import killed_ingest, s3

from cutline.cli import cutline
from cutline.errors import CannotMeasure
from cutline.parity.store import open_store as objects_of
from postroom import ingest
from postroom.archive import Archive, open_archive
from postroom.cli import postroom
from postroom.errors import NotReadable
from postroom.ingest import process, register, resume
from postroom.progress import silent
from postroom.store import FolderStore, Store, open_store

BIN = Path(sys.executable).parent
ROOT = Path(__file__).parents[3]
INGEST = "11111111-1111-4111-8111-111111111111"
REGISTER = """INSERT INTO pst_files
    (id, project_id, file_name, s3_bucket, s3_key, sha256, engine, created_at)
    VALUES (:id, 'p', 'a.pst', :bucket, :key, :sha256, :engine, '2026-11-20T00:00:00Z')"""
TABLES = (
    *("email_messages", "email_attachments", "documents", "email_thread_links"),
    *("email_dedupe_decisions", "ingest_errors"),
)
DIFFER = {"updated_at", "s3_bucket"}
"""When it was, and where it lies."""


@pytest.fixture(scope="module")
def pst(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PST with attachments, embedded messages and a body of more than 1 MiB."""
    path = tmp_path_factory.mktemp("pst") / "family.pst"
    command = [BIN / "pst-synth", "family", "--mails", "10", "--out", path]
    subprocess.run(command, check=True, capture_output=True)
    return path


def ingested(engine: str, store: Store, pst: Path, home: Path) -> dict[str, list[Any]]:
    """Ingest the file under an id that is always the same; return what the archive holds."""
    archive: Archive = open_archive("acme", home=home, dsn=None)
    stored = store.put_file(pst, f"project_p/pst/{INGEST}/a.pst")
    with archive.transaction() as tx:
        tx.change(
            REGISTER,
            id=INGEST,
            bucket=store.bucket,
            key=stored.key,
            sha256=stored.sha256,
            engine=engine,
        )
    process(archive, store, INGEST, engine, silent)
    with archive.reading() as tx:
        return {
            name: [
                {column: value for column, value in row.items() if column not in DIFFER}
                for row in tx.rows(f"SELECT * FROM {name} ORDER BY id")
            ]
            for name in TABLES
        }


@pytest.mark.parametrize("engine", ["v1", "v2"])
def test_an_ingest_with_its_store_in_s3_gives_the_same_rows(
    engine: str, pst: Path, s3_url: str, tmp_path: Path
) -> None:
    """Every row of every table, every object under the same key with the same size."""
    folder, bucket = FolderStore(tmp_path / "store"), open_store(s3_url, home=tmp_path / "b")
    ours = ingested(engine, folder, pst, tmp_path / "a")
    theirs = ingested(engine, bucket, pst, tmp_path / "b")
    assert ours == theirs
    assert len(ours["email_attachments"]) > 5
    assert {row["status"] for row in ours["documents"]} >= {"READY"}
    varies = ("metrics.json", ".ndjson")
    listed = [
        sorted((key, size) for key, size in store.sizes("") if not key.endswith(varies))
        for store in (folder, bucket)
    ]
    assert listed[0] == listed[1]
    assert {key for key, _ in bucket.sizes("")} == {key for key, _ in folder.sizes("")}
    assert list((tmp_path / "b" / "scratch").iterdir()) == []


def test_an_upload_may_lie_in_another_bucket(pst: Path, s3_url: str, tmp_path: Path) -> None:
    """Its row says where; one in a folder that nobody names is not readable, and says so."""
    uploads = open_store(f"s3://{s3.new_bucket()}", home=tmp_path)
    store = open_store(s3_url, home=tmp_path)
    for engine in ("v1", "v2"):
        archive = open_archive(engine, home=tmp_path, dsn=None)
        pst_file_id = register(pst, engine, archive, uploads, "p", None)
        done = process(archive, store, pst_file_id, engine, silent)
        assert (done.s3_bucket, done.processing_status) == (uploads.bucket, "completed")
        assert list(uploads.keys("")) == [done.s3_key]
        assert done.total_emails >= 10
        uploads.remove(done.s3_key)
        lost = register(pst, engine, archive, FolderStore(tmp_path / "a"), "p", None)
        with pytest.raises(NotReadable, match="folder") as caught:
            process(archive, store, lost, engine, silent)
        assert "--store FOLDER" in caught.value.remedy


def test_an_ingest_that_is_killed_while_it_puts_its_outputs_is_resumed(
    pst: Path, s3_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the outputs lie in S3 without their manifest; the next attempt is as if alone."""
    monkeypatch.setenv("POSTROOM_STORE", s3_url)
    store, archive = open_store(s3_url, home=tmp_path), open_archive("a", home=tmp_path, dsn=None)
    killed = register(pst, "v2", archive, store, "p", None)
    arguments = ["while the outputs are moved", "a", str(tmp_path), "", killed]
    command = [sys.executable, "-m", killed_ingest.__name__, *arguments]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    there = {key.removeprefix(f"pst-v2/{killed}/") for key in store.keys(f"pst-v2/{killed}")}
    assert "manifest.json" not in there
    monkeypatch.setattr(ingest, "task", killed_ingest.task)
    done = resume(archive, store, killed, silent, "v2")
    undisturbed = process(
        archive, store, register(pst, "v2", archive, store, "p", None), "v2", silent
    )
    assert (done.processing_status, done.claim_attempt) == ("completed", 2)
    assert done.total_emails == undisturbed.total_emails >= 10
    sizes = [
        {key.split("/", 2)[2]: size for key, size in store.sizes(f"pst-v2/{one}/objects")}
        for one in (killed, undisturbed.id)
    ]
    assert sizes[0] == sizes[1] != {}
    assert list((tmp_path / "scratch").iterdir()) == []


Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command of `postroom` or `cutline` in a folder of the test's own."""
    monkeypatch.chdir(tmp_path)
    programs = {"postroom": postroom, "cutline": cutline}

    def program(name: str, *arguments: str) -> Result:
        return CliRunner().invoke(programs[name], arguments, standalone_mode=False)

    return program


def test_every_object_is_headed_and_one_that_is_wrong_fails_its_gate(
    pst: Path, s3_url: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both ingests are a GO in S3; a lost object and one of another size are NO-GO by one gate."""
    monkeypatch.setenv("POSTROOM_STORE", s3_url)
    ids = {}
    for engine in ("v1", "v2"):
        done = run("postroom", "ingest", str(pst), "--engine", engine)
        assert done.return_value in (0, 5), done.output
        ids[engine] = done.stdout.strip()
    archive = open_archive("default", home=tmp_path / "postroom-data", dsn=None)
    asked = ["parity", "postroom.pst", "--baseline", ids["v1"], "--candidate", ids["v2"]]
    asked += ["--dsn", archive.dsn_for_parity(), "--s3-head", "--json", "--store", s3_url]

    def failed() -> tuple[int, set[str]]:
        answer = run("cutline", *asked)
        assert answer.exception is None, answer.exception
        checks = json.loads(answer.stdout)["checks"]
        looked = next(check for check in checks if check["name"] == "objects")
        assert int(looked["message"].split()[0]) >= 10, looked
        return answer.return_value, {c["name"] for c in checks if c["outcome"] == "FAIL"}

    assert failed() == (0, set())
    bucket = s3_url.split("/")[2]
    client = boto3.client("s3")
    listed = client.list_objects_v2(Bucket=bucket, Prefix=f"mail/pst-v2/{ids['v2']}/objects/")
    where = {"Bucket": bucket, "Key": listed["Contents"][0]["Key"]}
    content = client.get_object(**where)["Body"].read()
    client.delete_object(**where)
    assert failed() == (1, {"objects"})
    client.put_object(**where, Body=content + b"!")
    assert failed() == (1, {"objects"})
    client.put_object(**where, Body=content)
    assert failed() == (0, set())
    with pytest.raises(CannotMeasure, match="no such bucket"):
        objects_of("mail-of-nobody", s3_url)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    away = run("cutline", *asked).exception
    assert isinstance(away, CannotMeasure), "what cannot be looked at is neither GO nor NO-GO"
    assert "S3 does not answer" in away.what


def test_doctor_tells_a_store_that_works_from_one_that_does_not(
    s3_url: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what failed and what helps, and leaves nothing behind."""
    assert "not there yet" in run("postroom", "doctor", "--store", "folder").stdout
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "folder").mkdir()
    for url in (s3_url, "folder"):
        done = run("postroom", "doctor", "--store", url)
        assert done.return_value == 0, done.stdout
        assert "takes, lists, gives and removes objects" in " ".join(done.stdout.split())
    assert list(open_store(s3_url, home=tmp_path).keys("")) == []
    assert list((tmp_path / "folder").iterdir()) == []
    done = run("postroom", "doctor", "--store", "s3://mail-of-nobody", "--json")
    found = {one["name"]: one for one in json.loads(done.stdout)["findings"]}["object store"]
    assert (done.return_value, found["is_well"]) == (3, False)
    assert "NoSuchBucket" in found["seen"]
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    done = run("postroom", "doctor", "--store", s3_url)
    assert done.return_value == 3
    assert "AWS_ENDPOINT_URL" in done.stdout
