"""Inputs: where values come from, and what they may be."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cutline.plan.fault import PlanRefused
from cutline.plan.inputs import resolve
from cutline.plan.load import load
from cutline.plan.model import Input
from cutline.plan.secret import Secret

NINE = {"t0": "2026-12-01T09:00:00Z"}
AT_NINE = datetime(2026, 12, 1, 9, tzinfo=UTC)
GOOD = (Path(__file__).parent / "good.yaml").read_text()
DECLARED = {
    "a": Input(default="default", env="A"),
    "count": Input(default=3),
    "share": Input(default=0.5),
    "is_dry": Input(default=False),
    "dsn": Input(env="DSN", secret=True),
}


def value(
    name: str, texts: dict[str, str], files: dict[str, object], env: dict[str, str]
) -> object:
    found = resolve(DECLARED, texts, files, env)
    assert not found.wrong
    return found.values[name]


def test_the_command_line_wins_over_file_environment_and_default() -> None:
    """The nearest to the person who starts the run."""
    assert value("a", {"a": "1"}, {"a": "2"}, {"A": "3"}) == "1"
    assert value("a", {}, {"a": "2"}, {"A": "3"}) == "2"
    assert value("a", {}, {}, {"A": "3"}) == "3"
    assert value("a", {}, {}, {}) == "default"


def test_a_text_is_read_as_the_type_of_the_default() -> None:
    """Conditions compare numbers with numbers."""
    assert value("count", {"count": "7"}, {}, {}) == 7
    assert value("share", {"share": "1"}, {}, {}) == 1.0
    assert value("is_dry", {"is_dry": "true"}, {}, {}) is True


@pytest.mark.parametrize(
    ("texts", "files", "env", "name", "what"),
    [
        ({"count": "x"}, {}, {}, "count", "is int"),
        ({}, {"a": 2.0}, {}, "a", "put it into quotes"),
        ({}, {"count": True}, {}, "count", "is int"),
        ({"dsn": "x"}, {}, {}, "dsn", "from the environment alone"),
        ({}, {"dsn": "x"}, {}, "dsn", "from the environment alone"),
        ({"b": "x"}, {}, {}, "b", "no input `b`"),
        ({}, {}, {"A": "postgres://ana:hunter2@db"}, "a", "declare it `secret: true`"),
        ({"share": "nan"}, {}, {}, "share", "is double"),
    ],
)
def test_a_value_that_is_none_is_refused(
    texts: dict[str, str], files: dict[str, object], env: dict[str, str], name: str, what: str
) -> None:
    """Wrong types, secrets outside of the environment, unknown names."""
    wrong = resolve(DECLARED, texts, files, env).wrong
    assert what in wrong[name]
    assert "hunter2" not in wrong[name]


def test_a_secret_is_wrapped_from_the_start() -> None:
    """It is never a plain text among the inputs."""
    found = resolve(DECLARED, {}, {}, {"DSN": "postgres://ana:hunter2@db"})
    assert isinstance(found.values["dsn"], Secret)
    assert "hunter2" not in repr(found)


def test_files_of_inputs_are_refused_at_their_place(tmp_path: Path) -> None:
    """Environments differ by this file alone: a wrong line of it is named."""
    plan, inputs = tmp_path / "plan.yaml", tmp_path / "staging.yaml"
    plan.write_text(GOOD.replace("inputs:\n", "inputs:\n  base: {default: x}\n"))
    inputs.write_text("base: 2\nbsae: y\ntoken: hunter2\n")
    with pytest.raises(PlanRefused) as caught:
        load(plan, inputs_files=[inputs], may_miss=True)
    text = str(caught.value)
    assert "staging.yaml:1:7: the input `base` is string, and 2 is none: put it into quotes" in text
    assert "staging.yaml:2:7: the plan has no input `bsae`; did you mean `base`?" in text
    assert "staging.yaml:3:8: a secret stands here in plain text" in text
    assert "hunter2" not in text


def test_the_store_may_differ_by_environment(tmp_path: Path) -> None:
    """How long evidence is kept, and in which mode, is an input's where the plan says so."""
    plan = tmp_path / "plan.yaml"
    text = GOOD.replace("inputs:\n", "inputs:\n  days: {default: 30}\n  mode: {required: true}\n")
    both = 'evidence: {mode: "${inputs.mode}", keep: "${inputs.days}d"}\nswitch:\n'
    plan.write_text(text.replace("switch:\n", both))
    evidence = load(plan, inputs={"mode": "COMPLIANCE"}, may_miss=True).plan.evidence
    assert (evidence.mode, evidence.keep_s) == ("COMPLIANCE", 30 * 86400)
    assert load(plan, may_miss=True).plan.evidence.mode == "GOVERNANCE"
    assert "mode" in load(plan, may_miss=True).missing
    with pytest.raises(PlanRefused, match="`mode` is one of GOVERNANCE, COMPLIANCE"):
        load(plan, inputs={"mode": "compliant"}, may_miss=True)
    plan.write_text(text.replace("switch:\n", both.replace("inputs.mode", "inputs.dsn")))
    with pytest.raises(PlanRefused, match=r"`..inputs\.dsn.` has no value here"):
        load(plan, environment={"DATABASE_URL": "x"}, may_miss=True)


def test_the_window_may_differ_by_environment(tmp_path: Path) -> None:
    """When it opens may be an input's: an instant, or a while after the start."""
    plan = tmp_path / "plan.yaml"
    text = GOOD.replace("inputs:\n", "inputs:\n  t0: {default: start+40m}\n")
    plan.write_text(text.replace("switch:\n", 'window: {t0: "${inputs.t0}"}\nswitch:\n'))
    windows = [load(plan, inputs=given, may_miss=True).plan.window for given in ({}, NINE)]
    assert [window and window.t0 for window in windows] == [2400.0, AT_NINE]
    with pytest.raises(PlanRefused, match="noon"):
        load(plan, inputs={"t0": "noon"}, may_miss=True)


def test_of_two_files_the_last_one_wins(tmp_path: Path) -> None:
    """What is general comes first, what is particular after it."""
    plan, first, last = (tmp_path / name for name in ("plan.yaml", "a.yaml", "b.yaml"))
    plan.write_text(GOOD.replace("inputs:\n", "inputs:\n  base: {default: x}\n"))
    first.write_text("base: a\n")
    last.write_text("base: b\n")
    assert load(plan, inputs_files=[first, last], may_miss=True).inputs == {"base": "b"}
