"""The seal, its resumption, what blocks it, and what it leaves behind."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests_support.sealed import AT, YEAR_S, Run, begin, members, started
from tests_support.strict_s3 import StrictS3, strict_s3

from cutline.errors import CannotWrite, Problem
from cutline.evidence import Journal, MemoryJournal, Mode, Redactor, load_public, new_key
from cutline.evidence.entry import parse
from cutline.evidence.redact import keep, redact
from cutline.evidence.refusals import (
    JournalClosed,
    KeyBroken,
    LockNotEnforced,
    SealRefused,
    SecretsFound,
)
from cutline.evidence.seal import seal
from cutline.evidence.statement import pae
from cutline.evidence.verify import verify
from cutline.evidence.worm import open_store

SECRET = "correct-horse-battery"  # noqa: S105  # the secret of these tests
AWS_KEY = "AKIA" + "Q3EGQ3EGQ3EGQ3EG"


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> Iterator[StrictS3]:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    with strict_s3() as s3:
        monkeypatch.setenv("AWS_ENDPOINT_URL", s3.endpoint)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        s3.bucket("audit")
        yield s3


def _on_s3(root: Path, mode: str = "GOVERNANCE") -> Run:
    return begin(root, open_store("s3://audit/evidence/cutover", mode, YEAR_S))


def test_the_seal_leaves_the_receipts_of_the_seed(strict: StrictS3, tmp_path: Path) -> None:
    """Manifest, raw answers and digest lie beside the tar, and say what the store showed."""
    run = _on_s3(tmp_path)
    made = run.seal()
    stated = json.loads((run.folder / "60_evidence_seal_manifest.json").read_text())
    newest = strict.buckets["audit"].of("evidence/cutover/pilot/20261120T120000Z/evidence.tar")[-1]
    digest = hashlib.sha256((run.folder / "evidence.tar").read_bytes()).hexdigest()
    assert stated == {
        "schema_version": 1,
        "generated_at": "2026-11-20T12:00:00.000000Z",
        "sha256": digest,
        "size": made.tar.stat().st_size,
        "s3_bucket": "audit",
        "s3_key": "evidence/cutover/pilot/20261120T120000Z/evidence.tar",
        "version_id": newest.id,
        "etag": newest.etag.strip('"'),
        "lock_mode": "GOVERNANCE",
        "retain_until": "2027-11-20T12:00:00Z",
        "retention_days": 365,
        "verified_lock_mode": "GOVERNANCE",
        "verified_retain_until": "2027-11-20T12:00:00Z",
    }
    assert newest.content == made.tar.read_bytes()
    said = (run.folder / "70_worm_upload_stdout.txt").read_text()
    assert newest.id in said
    assert "enforces Object Lock" in said
    check = subprocess.run(
        ["sha256sum", "-c", "evidence.tar.sha256"], cwd=run.folder, capture_output=True, check=False
    )
    assert check.returncode == 0


def test_the_tar_is_the_same_bytes_whenever_it_is_made(tmp_path: Path) -> None:
    """A seal that is repeated seals nothing else; plain tar reads it."""
    run = begin(tmp_path)
    first = run.seal()
    again = replace(run, journal=Journal.open(run.folder)).seal()
    assert again.sha256 == first.sha256
    assert again.kept.is_reused
    listed = subprocess.run(["tar", "tf", first.tar], capture_output=True, text=True, check=True)
    assert listed.stdout.split() == sorted(members(first.tar.read_bytes()))
    out = tmp_path / "unpacked"
    out.mkdir()
    subprocess.run(["tar", "xf", first.tar, "-C", out], check=True)
    subprocess.run(["sha256sum", "-c", "manifest.sha256"], cwd=out, check=True, capture_output=True)


def test_the_statement_is_in_toto_in_a_signed_envelope(tmp_path: Path) -> None:
    """A tool that knows DSSE checks it with the run's public key."""
    run = begin(tmp_path)
    made = run.seal()
    envelope = json.loads((run.folder / "evidence.tar.intoto.json").read_text())
    payload = base64.b64decode(envelope["payload"])
    signature = base64.b64decode(envelope["signatures"][0]["sig"])
    assert load_public(run.public).verifies(signature, pae(payload))
    assert pae(b"{}") == b"DSSEv1 28 application/vnd.in-toto+json 2 {}"
    statement = json.loads(payload)
    assert statement["subject"] == [{"name": "evidence.tar", "digest": {"sha256": made.sha256}}]
    assert statement["predicate"]["verdict"] == "PASS"


@pytest.mark.parametrize(
    "action",
    [
        "s3:GetBucketVersioning",
        "s3:PutObject",
        "s3:PutObjectRetention",
        "s3:GetObjectVersion",
        "s3:ListBucketVersions",
    ],
)
def test_a_seal_goes_on_after_whatever_part_failed(
    strict: StrictS3, tmp_path: Path, action: str
) -> None:
    """However often the store fails, the calls together make one seal with one digest."""
    run = _on_s3(tmp_path)
    failed = 0
    for failures in range(40):
        # Fail the nth such request of this call: each call gets one request further.
        strict.fail_nth(action, failures)
        try:
            made = replace(run, journal=Journal.open(run.folder)).seal()
        except Problem:
            assert not (run.folder / "60_evidence_seal_manifest.json").exists()
            failed += 1
            continue
        break
    else:
        pytest.fail("the seal never ended")
    assert failed
    name = "evidence/cutover/pilot/20261120T120000Z/evidence.tar"
    assert [one.content for one in strict.buckets["audit"].of(name)] == [made.tar.read_bytes()]
    assert len([one for one in Journal.open(run.folder).entries() if one.kind == "closed"]) == 1
    assert verify(made.tar, load_public(run.public)).exit_code == 0


def test_a_bucket_without_lock_gets_no_receipt(strict: StrictS3, tmp_path: Path) -> None:
    """The canary comes first: nothing is called sealed that a bucket would let go."""
    strict.bucket("plain", lock=False)
    run = begin(tmp_path, open_store("s3://plain/x", "GOVERNANCE", YEAR_S))
    with pytest.raises(LockNotEnforced):
        run.seal()
    assert not (run.folder / "60_evidence_seal_manifest.json").exists()
    assert strict.buckets["plain"].of("x/pilot/20261120T120000Z/evidence.tar") == []
    strict.bucket("locked")
    moved = replace(
        run,
        journal=Journal.open(run.folder),
        store=open_store("s3://locked/x", "COMPLIANCE", YEAR_S),
    )
    assert moved.seal().kept.verified_lock_mode == "COMPLIANCE"


def test_an_intruder_s_tar_under_our_name_is_not_taken_for_ours(
    strict: StrictS3, tmp_path: Path
) -> None:
    """Somebody was there first with other bytes: said, not sealed over."""
    run = _on_s3(tmp_path)
    run.store.put("pilot/20261120T120000Z/evidence.tar", b"theirs", AT)
    with pytest.raises(CannotWrite, match="something else"):
        run.seal()
    assert (
        len(strict.buckets["audit"].of("evidence/cutover/pilot/20261120T120000Z/evidence.tar")) == 1
    )


def test_a_compressed_run_seals_apart(tmp_path: Path) -> None:
    """Compressed runs lie under compressed/, and every entry says the word."""
    run = begin(tmp_path, mode=Mode.COMPRESSED)
    made = run.seal()
    assert made.kept.name == "compressed/pilot/20261120T120000Z/evidence.tar"
    assert all(name.startswith("compressed/") for name in run.store.names(""))
    assert {entry.mode for entry in run.journal.entries()} == {Mode.COMPRESSED}
    assert verify(made.tar, load_public(run.public)).as_json()["mode"] == "compressed"


def test_a_rehearsal_is_not_sealed(tmp_path: Path) -> None:
    """Nothing of it happened."""
    run = begin(tmp_path)
    run.journal.mode = MemoryJournal().mode
    with pytest.raises(SealRefused, match="rehearsal"):
        run.seal()


def test_another_key_does_not_seal_a_run(tmp_path: Path) -> None:
    """Heads by one key and a last head by another would prove nothing."""
    run = begin(tmp_path)
    with pytest.raises(KeyBroken, match="not the key of the run"):
        replace(run, signer=new_key(tmp_path / "other.pem")).seal()
    assert not run.journal.is_closed


def test_a_first_entry_that_binds_nothing_blocks(tmp_path: Path) -> None:
    """Run, plan and engine have to be bound from the beginning."""
    run = begin(tmp_path)
    journal = Journal.create(tmp_path / "loose", Mode.RUN, run.signer)
    journal.append("started", {"run": "loose/1"}, AT)
    with pytest.raises(SealRefused) as caught:
        seal(journal.folder, journal, run.signer, run.store, {}, at=AT)
    assert "plan, engine" in caught.value.why


def test_a_second_sealed_run_names_the_one_it_follows(tmp_path: Path) -> None:
    """Sealing until one passes shows: the next run of this plan and commit names the last."""
    first = begin(tmp_path)
    first.seal()

    def second(name: str, follows: str, git_head: str = "b" * 40) -> Run:
        folder = tmp_path / "runs/pilot" / name
        journal = Journal.create(folder, Mode.RUN, first.signer)
        journal.append("started", started(f"pilot/{name}", git_head, follows), AT)
        return replace(first, folder=folder, journal=journal)

    with pytest.raises(SealRefused) as caught:
        second("20261121T120000Z", "").seal()
    assert "pilot/20261120T120000Z" in caught.value.where
    assert "--follows" in caught.value.remedy
    second("20261122T120000Z", "pilot/20261120T120000Z").seal()
    second("20261123T120000Z", "", git_head="c" * 40).seal()
    # Also where the records on the store are of another store: the runs beside it tell.
    moved = second("20261124T120000Z", "")
    elsewhere = open_store((tmp_path / "elsewhere").as_uri(), "GOVERNANCE", YEAR_S)
    with pytest.raises(SealRefused):
        replace(moved, store=elsewhere).seal()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"all well\nDSN postgresql://app:{SECRET}@db/x\n", 2),
        (f"Authorization: Basic {base64.b64encode(f'app:{SECRET}'.encode()).decode()}\n", 1),
        (f"one\ntwo\naws_access_key_id = {AWS_KEY}  # pragma: allowlist secret\n", 3),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\n", 1),
    ],
)
def test_a_secret_in_a_file_blocks_the_seal_and_is_named_by_line(
    tmp_path: Path, text: str, line: int
) -> None:
    """File and line stand in the message, the value does not; redaction lets the seal through."""
    run = begin(tmp_path)
    (run.folder / "40_staging_dry_run.txt").write_text(text)
    known = Redactor([SECRET])

    def sealed() -> object:
        journal = Journal.open(run.folder)
        return seal(run.folder, journal, run.signer, run.store, {}, known=known, at=AT)

    with pytest.raises(SecretsFound) as caught:
        sealed()
    assert f"40_staging_dry_run.txt:{line} " in caught.value.where
    assert SECRET not in str(caught.value)
    assert AWS_KEY not in str(caught.value)
    assert not run.journal.is_closed
    entry = redact(run.folder, "40_staging_dry_run.txt", "a password", "ana", AT)
    assert entry.data["digest"] == hashlib.sha256(text.encode()).hexdigest()
    assert not (run.folder / "40_staging_dry_run.txt").exists()
    sealed()
    tar = (run.folder / "evidence.tar").read_bytes()
    assert "40_staging_dry_run.txt" not in members(tar)
    assert text.encode() not in tar


def test_a_line_that_is_no_secret_is_kept_by_a_person(tmp_path: Path) -> None:
    """The scanner's find is waived for this very line, by name and reason; a known value never."""
    run = begin(tmp_path)
    note = run.folder / "note.txt"
    note.write_text(f"the example of the page:\n{AWS_KEY}\n")
    with pytest.raises(SecretsFound):
        run.seal()
    keep(run.folder, "note.txt", 2, "the example key of a public page", "ana", AT)
    note.write_text(f"the example of the page:\n{AWS_KEY}!\n")
    with pytest.raises(SecretsFound):
        replace(run, journal=Journal.open(run.folder)).seal()
    note.write_text(f"the example of the page:\n{AWS_KEY}\n")
    with pytest.raises(SecretsFound):
        seal(run.folder, run.journal, run.signer, run.store, {}, known=Redactor([AWS_KEY]), at=AT)
    run.seal()
    assert verify(run.folder / "evidence.tar", load_public(run.public)).exit_code == 0


def test_ordinary_evidence_holds_no_secret(tmp_path: Path) -> None:
    """Digests, key ids, addresses and settings do not block a seal."""
    run = begin(tmp_path)
    (run.folder / "00_scope.txt").write_text(
        f"git head: {'b' * 40}\nDATABASE_URL: set\npassword: unset\nhost 10.0.0.1\n"
        f"plan: sha256:{hashlib.sha256(b'plan').hexdigest()}\n"
        "dsn: postgresql://app@db/x\nkey: {env: CUTLINE_KEY}\nsecret: true\n"
    )
    assert run.seal().sha256


def test_an_output_is_redacted_by_its_digest(tmp_path: Path) -> None:
    """An entry refers to it still; digest and reason say why it is gone, and that verifies."""
    run = begin(tmp_path)
    digest = str(run.journal.entries()[1].data["output"])
    redact(run.folder, digest, "mail of a client", "ana", AT)
    assert not (run.folder / "files" / digest).exists()
    made = replace(run, journal=Journal.open(run.folder)).seal()
    assert verify(made.tar, load_public(run.public)).exit_code == 0


def test_an_output_that_is_lost_blocks_the_seal(tmp_path: Path) -> None:
    """What the journal refers to is there, or there is an entry that says why not."""
    run = begin(tmp_path)
    digest = str(run.journal.entries()[1].data["output"])
    (run.folder / "files" / digest).unlink()
    with pytest.raises(SealRefused) as caught:
        run.seal()
    assert f"entry 2: files/{digest}" in caught.value.where


def test_a_redaction_that_was_cut_off_is_finished(tmp_path: Path) -> None:
    """The entry was written and the file was still there: the seal drops it."""
    run = begin(tmp_path)
    path = run.folder / "40_staging_dry_run.txt"
    path.write_text(AWS_KEY)
    redact(run.folder, path.name, "a key", "ana", AT)
    path.write_text(AWS_KEY)
    count = len(Journal.open(run.folder).entries())
    redact(run.folder, path.name, "a key", "ana", AT)
    assert len(Journal.open(run.folder).entries()) == count
    path.write_text(AWS_KEY)
    replace(run, journal=Journal.open(run.folder)).seal()
    assert not path.exists()


@pytest.mark.parametrize("name", ["journal.jsonl", "heads/000000000001.head", "key.pem"])
def test_what_proves_the_rest_is_never_dropped(tmp_path: Path, name: str) -> None:
    """A gap in the journal would prove nothing."""
    run = begin(tmp_path)
    with pytest.raises(Problem, match="never dropped"):
        redact(run.folder, name, "no", "ana", AT)
    assert (run.folder / name).exists()


def test_nothing_is_redacted_behind_the_seal(tmp_path: Path) -> None:
    """The store has it already; the journal is closed and the file stays."""
    run = begin(tmp_path)
    run.seal()
    with pytest.raises(JournalClosed):
        redact(run.folder, "30_rc_gates.txt", "late", "ana", AT)
    assert (run.folder / "30_rc_gates.txt").exists()


@pytest.mark.parametrize("change", ["edit", "add", "remove"])
def test_a_file_that_changed_between_closing_and_resuming_is_named(
    tmp_path: Path, change: str
) -> None:
    """The closing entry stands over the files as they were then."""
    run = begin(tmp_path)
    run.seal()
    path = run.folder / ("95_new.txt" if change == "add" else "30_rc_gates.txt")
    if change == "remove":
        path.unlink()
    else:
        path.write_text("other\n")
    with pytest.raises(SealRefused) as caught:
        replace(run, journal=Journal.open(run.folder)).seal()
    assert caught.value.where == path.name


def test_a_link_is_not_sealed(tmp_path: Path) -> None:
    """What lies outside of the run's folder is no evidence."""
    run = begin(tmp_path)
    (run.folder / "outside.txt").symlink_to("/etc/hostname")
    with pytest.raises(SealRefused) as caught:
        run.seal()
    assert caught.value.where == "outside.txt"


def test_locks_inbox_and_dot_files_stay_outside(tmp_path: Path) -> None:
    """What belongs to the driver and not to the run is not sealed."""
    run = begin(tmp_path)
    for name in ("lock", "steps/1/lock", "inbox/1.json", ".hidden", "x.partial"):
        (run.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (run.folder / name).write_text("x")
    made = run.seal()
    assert {"lock", "steps/1/lock", "inbox/1.json", ".hidden", "x.partial"}.isdisjoint(
        members(made.tar.read_bytes())
    )
    assert verify(run.folder, load_public(run.public)).exit_code == 0


def test_the_closing_entry_is_over_manifest_and_heads(tmp_path: Path) -> None:
    """So that tar and public key suffice."""
    run = begin(tmp_path)
    made = run.seal()
    files = members(made.tar.read_bytes())
    closed = parse(files["journal.jsonl"].splitlines()[-1])
    assert closed.data["manifest"] == hashlib.sha256(files["manifest.sha256"]).hexdigest()
    assert closed.data["heads"] == {
        name: hashlib.sha256(files[name]).hexdigest()
        for name in ("heads/000000000001.head", "heads/000000000021.head", "heads/start.note")
    }
    assert (closed.data["outcome"], closed.data["verdict"]) == ("complete", "PASS")
    assert made.head.size == closed.seq
