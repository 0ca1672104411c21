"""The schema for editors, held against what `load` accepts."""

from __future__ import annotations

import copy
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from cutline.plan.document import read
from cutline.plan.schema import schema

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "example" / "plan.yaml"
TEMPLATES = Path(str(files("cutline.plan") / "templates"))
PLANS = [EXAMPLE, HERE / "good.yaml", *sorted(TEMPLATES.glob("*/plan.yaml"))]
CHECKER = Draft202012Validator(schema())
SHAPES = [
    "unknown_top_key",
    "unknown_nested_key",
    "unknown_key_of_an_inner_part",
    "missing_key",
    "wrong_type",
    "true_is_no_number",
    "number_for_text",
    "no_duration",
    "negative_duration",
    "wrong_word_of_a_choice",
    "unknown_field_type",
    "two_kinds",
    "no_kind",
    "percent_over_100",
]


def data(path: Path) -> object:
    return read(path.name, path.read_bytes()).data


def test_the_schema_is_one() -> None:
    """It is valid JSON schema of the dialect that it names."""
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("path", PLANS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_loads_is_accepted(path: Path) -> None:
    """The example, the templates and the good plan have no error in an editor."""
    assert [error.message for error in CHECKER.iter_errors(data(path))] == []


@pytest.mark.parametrize("name", SHAPES)
def test_what_has_a_wrong_shape_is_marked(name: str) -> None:
    """An editor marks what `load` would refuse for its shape."""
    assert not CHECKER.is_valid(data(HERE / "bad" / f"{name}.yaml"))


def test_names_of_python_are_no_keys() -> None:
    """`every_s` is a word of the code: neither an editor nor `load` takes it."""
    plan = copy.deepcopy(data(HERE / "good.yaml"))
    assert isinstance(plan, dict)
    plan["watch"] = {"every_s": 60}
    assert not CHECKER.is_valid(plan)
