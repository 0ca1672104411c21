"""The example of the design: what a plan may say, in one file."""

from __future__ import annotations

from pathlib import Path

import pytest

from cutline.plan.digest import canonical, digest
from cutline.plan.fault import PlanRefused
from cutline.plan.load import load
from cutline.plan.model import Plan
from cutline.plan.secret import Secret

EXAMPLE = Path(__file__).parents[2] / "example" / "plan.yaml"
GIVEN = {"version": "2.0"}
ENVIRONMENT = {"DATABASE_URL": "postgres://ana:hunter2@db/app"}


def test_the_example_loads() -> None:
    """Every key of the design's example is read, and it has no fault."""
    loaded = load(EXAMPLE, inputs=GIVEN, environment=ENVIRONMENT)
    names = [stage.name for stage in loaded.plan.stages]
    assert names == ["prerequisites", "canary", "half", "full", "remove v1"]
    assert set(loaded.files) == {"plan.yaml", "queries/imports.sql"}
    # The page elides the three public keys (`AAAA…`); nothing else is noticed.
    assert [one.line for one in loaded.warnings] == [8, 9, 10]
    assert all("not whole" in one.what for one in loaded.warnings)


def test_a_secret_input_is_never_printed() -> None:
    """The value is there for the database, and nowhere in what is printed."""
    loaded = load(EXAMPLE, inputs=GIVEN, environment=ENVIRONMENT)
    secret = loaded.inputs["dsn"]
    assert isinstance(secret, Secret)
    assert secret.reveal() == ENVIRONMENT["DATABASE_URL"]
    assert "hunter2" not in f"{loaded!r} {secret} {secret!r} {secret:>40}"


def test_an_input_without_a_value_is_refused_with_how_to_give_it() -> None:
    """A run would fail later: the plan is refused before anything happens."""
    with pytest.raises(PlanRefused) as caught:
        load(EXAMPLE, environment={})
    text = str(caught.value)
    assert "the input `version` has no value: --input version=…" in text
    assert "the input `dsn` has no value: export DATABASE_URL=…" in text
    assert load(EXAMPLE, environment={}, may_miss=True).missing == ("dsn", "version")


def test_the_journal_can_hold_a_plan_and_give_it_back() -> None:
    """A plan as JSON is the same plan, with the same digest."""
    plan = load(EXAMPLE, inputs=GIVEN, environment=ENVIRONMENT).plan
    again = Plan.model_validate(canonical(plan))
    assert again == plan
    assert digest(again, {}) == digest(plan, {})


def test_the_digest_is_of_what_is_meant(tmp_path: Path) -> None:
    """A comment does not change it, a letter of a query does."""
    folder = tmp_path / "queries"
    folder.mkdir()
    query = folder / "imports.sql"
    query.write_bytes((EXAMPLE.parent / "queries" / "imports.sql").read_bytes())
    plan = tmp_path / "plan.yaml"
    plan.write_bytes(EXAMPLE.read_bytes())
    first = load(plan, may_miss=True).digest
    plan.write_bytes(
        b"# a word to readers\n" + EXAMPLE.read_bytes().replace(b"for: 24h", b"for: 1d")
    )
    assert load(plan, may_miss=True).digest == first
    query.write_bytes(query.read_bytes() + b" ")
    assert load(plan, may_miss=True).digest != first
