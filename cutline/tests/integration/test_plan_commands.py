"""`cutline check`, `schema` and `init`, as they are called."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cutline.commands.check import check
from cutline.commands.init import TEMPLATES, init
from cutline.commands.schema import schema
from cutline.errors import CannotMeasure, CannotWrite, WrongUsage
from cutline.plan.fault import PlanRefused

TESTS = Path(__file__).parents[1]
EXAMPLE = str(TESTS / "example" / "plan.yaml")


def call(command, *words: str) -> Result:
    return CliRunner().invoke(command, list(words), standalone_mode=False)


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_passes_the_check_as_it_was_written(template: str, tmp_path: Path) -> None:
    """The first thing that somebody sees works."""
    written = call(init, "--template", template, str(tmp_path), "--json")
    assert written.return_value == 0
    assert all(Path(one).exists() for one in json.loads(written.output)["files"])
    found = call(check, str(tmp_path / "plan.yaml"), "--json")
    assert found.return_value == 0
    assert json.loads(found.output)["warnings"] == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """Not even one file of a template beside others: exit 6."""
    (tmp_path / "plan.yaml").write_text("mine")
    found = call(init, "--template", "pilot", str(tmp_path))
    assert isinstance(found.exception, CannotWrite)
    assert (tmp_path / "plan.yaml").read_text() == "mine"
    assert not (tmp_path / "staging.env").exists()


def test_the_report_says_what_people_ask_before_they_start() -> None:
    """Least time, point of no return, who can decide, largest factor, what was not checked."""
    found = json.loads(call(check, EXAMPLE, "--input", "version=2.0", "--json").output)
    assert found["least_s"] == (1 + 2 + 7) * 86400
    assert found["no_return"] == "step remove of stage remove v1"
    assert found["largest_factor"] == 9000
    people = {one["checkpoint"]: one["people"] for one in found["decisions"]}
    assert people == {"half": ["ana", "ben"], "remove v1": ["ana", "ben", "eva"]}
    assert "the program ./deploy.sh is not here" in found["not_checked"]
    assert "the input version has no value here" not in found["not_checked"]


def test_the_table_reads_for_people() -> None:
    """Every stage has its row, and what could not be checked is said."""
    text = call(check, EXAMPLE).output
    for words in (
        "raise to 10 %",
        "NO RETURN",
        "least time: 10d",
        "not checked: the input version",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ([str(TESTS / "unit" / "plan" / "bad" / "two_kinds.yaml")], PlanRefused),
        ([str(TESTS / "none.yaml")], CannotMeasure),
        ([EXAMPLE, "--inputs", "none.yaml"], CannotMeasure),
        ([EXAMPLE, "--input", "version"], WrongUsage),
        ([EXAMPLE, "--input", "dsn=x"], PlanRefused),
    ],
)
def test_what_cannot_be_checked_is_an_error_with_a_code(
    words: list[str], error: type[Exception]
) -> None:
    """Refused is 64, unreadable is 3, a wrong option is 64."""
    assert isinstance(call(check, *words).exception, error)


def test_the_schema_is_printed_as_json() -> None:
    """An editor reads it from a file."""
    assert json.loads(call(schema).output)["title"] == "A plan of Cutline"
