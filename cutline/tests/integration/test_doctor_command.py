"""`cutline doctor`, as it is called."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cutline.commands.doctor import doctor


def test_a_database_that_answers_is_well(tmp_path: Path) -> None:
    """Every engine is there and the file opens."""
    file = tmp_path / "a.sqlite"
    sqlite3.connect(file).close()
    answer = CliRunner().invoke(
        doctor, ["--dsn", f"sqlite:///{file}", "--json"], standalone_mode=False
    )
    found = {one["name"]: one for one in json.loads(answer.output)["findings"]}
    assert found["DSN"]["is_well"]
    assert found["duckdb"]["is_well"]


def test_a_database_that_does_not_answer_is_exit_3(tmp_path: Path) -> None:
    """What is not there is a finding, not a traceback."""
    answer = CliRunner().invoke(
        doctor, ["--dsn", f"sqlite:///{tmp_path}/none.sqlite"], standalone_mode=False
    )
    assert answer.return_value == 3
    assert "there is no such SQLite file" in answer.output


@pytest.mark.parametrize("is_there", [True, False])
def test_a_program_that_only_some_need_is_named_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_there: bool
) -> None:
    """Found by PATH; where it is not, nothing is amiss and the help is told."""
    if is_there:
        for name in ("ssh-keygen", "kubectl"):
            (tmp_path / name).write_text("#!/bin/sh\n")
            (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    answer = CliRunner().invoke(doctor, ["--json"], standalone_mode=False)
    found = {one["name"]: one for one in json.loads(answer.output)["findings"]}
    for name, remedy in (("ssh-keygen", "openssh-client"), ("kubectl", "kubernetes.io")):
        assert (found[name]["is_well"], found[name]["is_needed"]) == (is_there, False)
        assert remedy in found[name]["remedy"]
        assert ("not found" in found[name]["seen"]) is not is_there
    assert answer.return_value == (0 if all_needed(found) else 3)
    shown = CliRunner().invoke(doctor, [], standalone_mode=False).output
    assert ("openssh-client" in shown) is not is_there


def all_needed(found: dict[str, dict[str, object]]) -> bool:
    """Say whether everything is there that everybody needs."""
    return all(one["is_well"] for one in found.values() if one["is_needed"])


@pytest.mark.parametrize("languages", [["eng"], ["osd"], []])
def test_postroom_adds_the_languages_of_tesseract(tmp_path: Path, languages: list[str]) -> None:
    """Its entry point looks where the extraction looks; `osd` alone reads no page."""
    for name in languages:
        (tmp_path / f"{name}.traineddata").write_bytes(b"")
    environ = {**os.environ, "TESSDATA_PREFIX": str(tmp_path)}
    program = Path(sys.executable).parent / "cutline"
    asked = [program, "doctor", "--json"]
    done = subprocess.run(asked, env=environ, capture_output=True, check=False)
    found = {one["name"]: one for one in json.loads(done.stdout)["findings"]}
    said = found["Tesseract's language data"]
    assert said["is_well"] is (languages == ["eng"])
    assert "tesseract-ocr-eng" in said["remedy"]
