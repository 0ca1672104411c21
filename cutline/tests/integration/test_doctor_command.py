"""`cutline doctor`, as it is called."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

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
