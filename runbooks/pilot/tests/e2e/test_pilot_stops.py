"""Where the pilot stops: each precondition, each step, each line of the acceptance."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from itertools import pairwise
from pathlib import Path

from tests_support.http_server import Reply, serving
from tests_support.pilot import QUICK, Done, Pilot, pilot
from tests_support.strict_s3 import strict_s3

FIXES = {
    "on_the_branch": "git switch release",
    "commits_present": "git merge the commits that are missing",
    "store_reachable": "export AWS_PROFILE=…",
    "context_staging": "kubectl config use-context STAGING",
    "store_keeps": "make the bucket with Object Lock and versioning",
    "store_inputs": "export CUTLINE_KEY=…",
    "staging_inputs": "--input deploy='COMMAND'",
    "clean_tree": "git status --porcelain is empty",
}


def production() -> AbstractContextManager[str]:
    """A service that says of itself that it is production; yields its address."""
    said = {"status": "healthy", "environment": "production", "version": "1", "decisions": 1}
    return serving(lambda *_asked: Reply(body=json.dumps(said).encode()))


def test_each_precondition_stops_the_pilot_and_names_its_fix(tmp_path: Path) -> None:
    """All eight broken: eight gates that did not pass, each with the fix; one mended, seven."""
    with strict_s3() as s3, production() as url:
        s3.bucket("plain", lock=False)
        s3.denied.add("sts:GetCallerIdentity")
        aws = {"AWS_ENDPOINT_URL": s3.endpoint, "AWS_DEFAULT_REGION": "eu-central-1"}
        keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
        with pilot(tmp_path, **aws, **keys) as made:
            made.inputs |= {
                "branch": "release",
                "commits": "HEAD 1234567890123456789012345678901234567890",
                "worm": "s3://plain",
                "base_url": url,
            }
            made.environment = {k: v for k, v in made.environment.items() if k != "CUTLINE_KEY"}
            unclean = made.clone / "left-over.txt"
            unclean.write_text("x")
            stopped = made.run()
            assert stopped.code == 1, stopped.out
            assert set(_waiting(stopped)) == set(FIXES)
            for gate, fix in FIXES.items():
                assert fix in _waiting(stopped)[gate]
            unclean.unlink()
            s3.denied.clear()
            s3.bucket("plain")
            again = made.run()
            assert again.code == 1
            mended = {"clean_tree", "store_reachable", "store_keeps"}
            assert set(_waiting(again)) == set(FIXES) - mended


def _waiting(done: Done) -> dict[str, str]:
    """The gates that the run waits for, with the fix that stands below each."""
    lines = done.out.splitlines()
    return {
        line.removeprefix("gate ").split(":")[0]: below
        for line, below in pairwise(lines)
        if line.startswith("gate ") and ":" in line
    }


def test_a_release_gate_that_fails_ends_in_a_new_run_with_a_new_time_stamp(tmp_path: Path) -> None:
    """Exit 1 with what it printed; no seal before the end; aborted, AC1 FAIL; isolation next."""
    with pilot(tmp_path) as made:
        code = "print('seven tests failed'); raise SystemExit(1)"
        made.inputs["release_gates"] = f'python -c "{code}"'
        failed = made.run()
        assert failed.code == 1
        assert "  seven tests failed\n" in failed.out
        assert "cutline retry pilot/" in failed.out
        assert "cutline resume" not in failed.out
        assert "seven tests failed" in made.text("30_rc_gates.txt")
        early = made.run("--seal-only")
        assert early.code == 1
        assert "step release gates waits" in early.out
        assert "step rollback drill of stage drill" in early.out
        first = _aborted(made)
        assert made.acceptance()["AC1"].startswith("FAIL (release gates: exit 1")
        key = made.folder / "key.pem"
        made.must("verify", made.folder / "evidence.tar", "--key", key)  # a failure is evidence too
        made.inputs["release_gates"] = QUICK
        unnamed = made.run()
        assert unnamed.code == 64
        assert f"--follows {first}" in unnamed.out
        made.settings.write_text("DATABASE_URL=postgresql://db.example.com/shop\n")
        isolated = made.run("--follows", first, "--fixed", "the seven tests")
        assert isolated.code == 1
        assert made.folder.name > first.partition("/")[2]
        assert "db.example.com in local/staging/staging.env" in isolated.out
        assert "FOUND         hosts: db.example.com" in made.text("40_staging_dry_run.txt")
        second = _aborted(made)
        assert made.acceptance()["AC1"] == "PASS"
        assert made.acceptance()["AC2"].startswith("FAIL (isolation: exit 1")
        made.settings.write_text("DATABASE_URL=postgresql://db.staging.example.net/shop\n")
        made.inputs["roll_back"] = "false"
        drilled = made.run("--follows", second, "--fixed", "the settings")
        assert drilled.code == 1
        drill = made.text("50_rollback_drill.txt")
        assert "roll back      FAIL" in drill
        assert "roll forward   PASS" in drill
        _aborted(made)
        assert made.acceptance()["AC2"] == "PASS"
        assert made.acceptance()["AC3"].startswith("FAIL (rollback drill: exit 1")


def test_no_line_of_the_acceptance_is_accepted_by_itself(tmp_path: Path) -> None:
    """A denied checkpoint fails AC4; a secret beside the screenshots fails AC5, and no seal."""
    with pilot(tmp_path) as made:
        made.inputs["release_gates"] = QUICK
        assert made.run().code == 2
        denied = ("approve", "pilot", "database restore", "--by", "eva", "--deny")
        made.must(*denied, "--note", "rows are missing")
        assert made.run().code == 2
        first = _aborted(made)
        assert made.acceptance()["AC3"] == "PASS"
        assert made.acceptance()["AC4"].startswith("FAIL (database restore: denied")
        assert made.run("--follows", first, "--fixed", "the rows").code == 2
        made.screenshot(b"aws_access_key_id = AKIA" + b"Q3EGRZ7XJ2LMPKVD\n", "printed.txt")
        made.fill()
        assert made.run().code == 2
        made.sign("eva", "max", "pia")
        blocked = made.run("--seal-only")
        assert blocked.code == 1
        assert "56_db_restore_screenshots/printed.txt:1" in blocked.out
        assert made.acceptance()["AC4"] == "PASS"
        assert made.acceptance()["AC5"].startswith("FAIL (56_db_restore_screenshots/printed.txt:1")
        assert not (made.folder / "evidence.tar").exists()
        name = f"pilot/{made.folder.name}"
        shot = "56_db_restore_screenshots/printed.txt"
        made.must("redact", made.folder, shot, "--by", "eva", "--reason", "a key was on it")
        sealed = made.cutline("seal", name)
        assert sealed.code == 0, sealed.out
        assert made.acceptance()["AC5"] == "PASS"


def _aborted(made: Pilot) -> str:
    """Abort the run; return its name."""
    assert made.cutline("abort", "pilot", "--by", "ana", "--reason", "to be mended").code == 4
    return f"pilot/{made.folder.name}"
