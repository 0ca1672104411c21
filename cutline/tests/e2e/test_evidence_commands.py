"""`cutline key`, `verify`, `redact` and `doctor --worm`, as they are called."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from tests_support.sealed import begin, with_lines

from cutline.cli import cutline as program
from cutline.errors import Problem
from cutline.evidence import Journal, load_signer


@dataclass(frozen=True)
class Done:
    """What a call of the program left."""

    code: int
    output: str


def cutline(*arguments: object, **environment: str) -> Done:
    """Call the program as `main` does: a `Problem` leaves with its exit code, usage with 64."""
    called = CliRunner().invoke(
        program, [str(one) for one in arguments], env=environment, standalone_mode=False
    )
    match called.exception:
        case None:
            return Done(int(called.return_value or 0), called.output)
        case Problem() as problem:
            return Done(int(problem.exit_code), called.output + str(problem))
        case click.ClickException():
            return Done(64, called.output)
        case bug:
            raise bug


def test_the_program_itself_leaves_with_these_codes(tmp_path: Path) -> None:
    """Once as a process of its own: what is incomplete leaves with 3."""
    run = begin(tmp_path)
    command = [Path(sys.executable).parent / "cutline", "verify", run.folder, "--key", run.public]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "INCOMPLETE" in done.stdout


def test_verify_tells_intact_tampered_and_incomplete_by_exit_code(tmp_path: Path) -> None:
    """0, 1 with the entry, 3; and in JSON."""
    run = begin(tmp_path)
    unfinished = cutline("verify", run.folder, "--key", run.public)
    assert unfinished.code == 3
    assert "the run is not closed" in unfinished.output
    tar = run.seal().tar
    head = run.folder / "heads/000000000021.head"
    intact = cutline("verify", tar, "--key", run.public, "--head", head)
    assert intact.code == 0
    assert "INTACT" in intact.output
    assert "up to entry 21" in intact.output
    assert "complete, PASS" in intact.output
    tar.write_bytes(with_lines(tar.read_bytes(), lambda lines: [*lines[:9], *lines[10:]]))
    tampered = cutline("verify", tar, "--key", run.public, "--json")
    assert tampered.code == 1
    told = json.loads(tampered.output)
    assert told["state"] == "tampered"
    assert told["findings"][0]["place"] == "entry 10"


def test_verify_without_evidence_key_or_file_says_so(tmp_path: Path) -> None:
    """A slip is usage or could not verify, never intact."""
    run = begin(tmp_path)
    assert cutline("verify").code == 64
    assert cutline("verify", run.folder).code == 64
    assert cutline("verify", tmp_path / "none.tar", "--key", run.public).code == 3
    assert cutline("verify", run.folder, "--key", tmp_path / "none.pem").code == 3


def test_the_standalone_verifier_is_written_where_asked(tmp_path: Path) -> None:
    """An auditor gets the one file and runs it with plain Python."""
    run = begin(tmp_path)
    tar = run.seal().tar
    written = cutline("verify", "--write-standalone", tmp_path / "audit")
    assert written.code == 0
    command = [sys.executable, "-I", tmp_path / "audit/verify.py", tar, "--key", run.public]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_key_is_made_shown_and_rotated(tmp_path: Path) -> None:
    """The private key is never printed; a rotation is recorded in open runs."""
    run = begin(tmp_path)
    old, new = tmp_path / "cutline.key.pem", tmp_path / "new.pem"
    shown = cutline("key", "show", CUTLINE_KEY=str(old))
    assert shown.code == 0
    assert shown.output.startswith(run.public.read_text())
    rotated = cutline("key", "rotate", new, "--run", run.folder, CUTLINE_KEY=str(old))
    assert rotated.code == 0
    assert Journal.open(run.folder).entries()[-1].kind == "key_rotated"
    assert load_signer(new).key_id in rotated.output
    public = (tmp_path / "new.pem.pub").read_bytes()
    assert load_signer(new).public_pem == public
    again = cutline("key", "new", new)
    assert again.code == 6
    assert "PRIVATE" not in shown.output + rotated.output + again.output
    assert cutline("key", "show", CUTLINE_KEY="").code == 3


@pytest.mark.parametrize("named", ["folder", "plan/time", "plan"])
def test_redact_drops_a_file_and_keeps_why(tmp_path: Path, named: str) -> None:
    """A run is named by its folder, by plan and time, or by its plan where there is one run."""
    run = begin(tmp_path)
    name = {"folder": run.folder, "plan": "pilot"}.get(named, "pilot/20261120T120000Z")
    why = ("--by", "ana", "--reason", "mail of a client")
    done = cutline("redact", name, "30_rc_gates.txt", *why, "--runs", tmp_path / "runs")
    assert done.code == 0
    assert not (run.folder / "30_rc_gates.txt").exists()
    entry = Journal.open(run.folder).entries()[-1]
    assert (entry.kind, entry.data["reason"]) == ("redacted", "mail of a client")
    none = cutline("redact", "pilot/none", "x", *why, "--runs", tmp_path / "runs")
    assert none.code == 64


def test_the_doctor_says_what_a_folder_is_not(tmp_path: Path) -> None:
    """`file://` is well, and no WORM store."""
    done = cutline("doctor", "--worm", (tmp_path / "worm").as_uri(), "--json")
    found = {one["name"]: one for one in json.loads(done.output)["findings"]}
    assert found["store"]["is_well"]
    assert "no WORM storage" in found["store"]["seen"]
