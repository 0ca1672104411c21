"""The pilot from an empty clone to sealed evidence: real processes, a person, no shortcuts."""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from pathlib import Path

from tests_support.pilot import FORM, SHOTS, Pilot, pilot


def test_from_an_empty_clone_to_evidence_that_anyone_can_verify(tmp_path: Path) -> None:
    """Exit 2 at the form, however it is half filled; three roles; sealed, 0, intact for both."""
    with pilot(tmp_path) as made:
        assert made.run().code == 2
        _the_form_waits_for_every_line(made)
        _only_the_role_completes_the_form(made)
        _three_roles_sign(made)
        sealed = made.run("--seal-only")
        assert sealed.code == 0, sealed.out
        _every_numbered_file_says_what_happened(made)
        _both_verifiers_find_it_intact(made)
        _a_second_run_names_the_first(made)
        assert made.git("status", "--porcelain") == ""  # evidence is not committed


def _the_form_waits_for_every_line(made: Pilot) -> None:
    as_written = made.cutline("tick", "pilot")
    assert as_written.code == 2
    assert "fill in 55_db_rollback_human_checkpoint.txt" in as_written.out
    half = {
        "RPO measured": "RPO measured:",
        " 3. The fingerprints": "[ ] 3. The fingerprints of the rows were compared",
        "Completed by": "Completed by:",
        "Status": "Status: (empty), not COMPLETED",
    }
    for leave, missing in half.items():
        made.fill(leave=leave)
        told = made.cutline("status", "pilot")
        assert told.code == 2
        assert f"  {missing}\n" in told.out, told.out
        assert "partly filled" in told.out
    made.fill()
    told = made.run()  # all lines are there, and no screenshot
    assert told.code == 2
    assert f"no screenshot lies in {SHOTS}" in told.out
    refused = made.run("--seal-only")
    assert refused.code == 2
    assert not (made.folder / "evidence.tar").exists()


def _only_the_role_completes_the_form(made: Pilot) -> None:
    made.screenshot()
    made.fill("ben")
    refused = made.run()
    assert refused.code == 2
    assert "Completed by: ben is none of dba" in refused.out
    assert "approve of database restore by ben refused: ben is none of dba" in refused.out
    made.fill("eva")
    assert made.cutline("note", "pilot", "the restore took a day", "--by", "ana").code == 0
    taken = made.run()
    assert taken.code == 2
    assert "checkpoint database restore approved by eva" in taken.out


def _three_roles_sign(made: Pilot) -> None:
    starter = made.cutline("approve", "pilot", "seal", "--by", "ana")
    assert starter.code != 0
    assert "ana started or amended the run and does not count" in starter.out
    made.sign("eva", "lea", "ben")
    refused = made.run("--seal-only")
    assert refused.code == 2, refused.out
    twice = made.cutline("approve", "pilot", "seal", "--by", "eva")
    assert twice.code != 0
    assert "eva has approved already" in twice.out
    assert "wants 3 approval(s) by dba, sre, engineering, so far eva, lea, ben" in refused.out
    made.sign("kim")


def _every_numbered_file_says_what_happened(made: Pilot) -> None:
    scope = made.text("00_scope.txt")
    assert f"git head: {made.git('rev-parse', 'HEAD').strip()}" in scope
    assert f"git branch: {made.inputs['branch']}\ngit tree: clean" in scope
    assert "retention_days = 365" in scope
    gates = made.text("30_rc_gates.txt")
    assert "the plan is valid: PASS" in gates
    assert "Ran 2 tests" in gates  # all that the gates printed, not a line about it
    staging = made.text("40_staging_dry_run.txt")
    assert '"version": "2.0.0"' in staging
    assert "isolation: 1 read, none names production" in staging
    drill = made.text("50_rollback_drill.txt")
    assert all(f"{part}" in drill for part in ("roll back", "verify back", "verify forward"))
    assert "health.version = 1.0.0" in drill
    assert "health.version = 2.0.0" in drill
    taken = [e for e in made.entries("message") if e["verb"] == "approve" and e["is_accepted"]]
    files = next(e["data"]["files"] for e in taken if e["data"].get("files"))  # type: ignore[index, call-overload]
    for name in (FORM, f"{SHOTS}/restored.png"):
        assert files[name] == _digest(made.folder / name)
    result = made.text("90_result_summary.txt")
    assert made.acceptance() == dict.fromkeys(["AC1", "AC2", "AC3", "AC4", "AC5"], "PASS")
    assert "ana: the restore took a day" in result
    assert result.endswith("VERDICT: PASS\n")


def _both_verifiers_find_it_intact(made: Pilot) -> None:
    tar, receipt = (
        made.folder / "evidence.tar",
        json.loads(made.text("60_evidence_seal_manifest.json")),
    )
    assert receipt["sha256"] == _digest(tar)
    assert made.text("evidence.tar.sha256").split()[0] == _digest(tar)
    assert receipt["lock_mode"] == "NONE"  # a folder does not pretend to be locked
    assert receipt["retention_days"] == 365
    assert gzip.decompress((made.folder / "evidence.tar.gz").read_bytes()) == tar.read_bytes()
    assert "no WORM storage" in made.text("70_worm_upload_stdout.txt")
    key = made.folder / "key.pem"
    own = made.cutline("verify", tar, "--key", key)
    assert own.code == 0
    assert "INTACT" in own.out
    assert made.cutline("verify", "--write-standalone", "runs/verifier").code == 0
    other = made.sh(sys.executable, "-S", "-E", "runs/verifier/verify.py", tar, "--key", key)
    assert other.code == 0, other.out
    assert "INTACT" in other.out


def _a_second_run_names_the_first(made: Pilot) -> None:
    first = made.folder
    assert made.run("--seal-only").code == 0  # sealed is sealed
    refused = made.run()
    assert refused.code == 64
    assert f"--follows pilot/{first.name}" in refused.out
    assert made.folders == [first]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
