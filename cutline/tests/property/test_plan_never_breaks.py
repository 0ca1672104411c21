"""Whatever a plan holds: it loads or is refused at a place."""

from __future__ import annotations

import copy
import os
import re
from io import StringIO
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from cutline.plan.cel import ConditionRefused, Flaw, condition
from cutline.plan.digest import canonical
from cutline.plan.document import paths, read
from cutline.plan.fault import Fault, PlanRefused
from cutline.plan.load import load
from cutline.plan.model import Plan
from cutline.plan.sql_text import query

SOAK = os.environ.get("SOAK") == "1"
EXAMPLE = Path(__file__).parents[1] / "example"
TEXT = (EXAMPLE / "plan.yaml").read_text()
DATA = read("plan.yaml", TEXT.encode()).data
LOCS = [loc for loc, _ in paths(DATA)]
MANY = settings(
    max_examples=2000 if SOAK else 60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(
        ["1h", "0", "every 1h", "imports.ok", "v1", "canary", "${inputs.dsn}", "${", "T"]
    ),
    st.just({}),
    st.just([]),
    st.just({"env": "X"}),
    st.lists(st.text(max_size=4), max_size=2),
)


def attempt(path: Path) -> None:
    """Load a plan; a refusal has a fault that stands in a file."""
    found = loaded(path)
    if isinstance(found, Plan):
        assert Plan.model_validate(canonical(found)) == found
    else:
        assert any(not one.is_warning for one in found)
        assert all(one.line >= 1 and one.column >= 1 and one.what for one in found)


def loaded(path: Path) -> Plan | tuple[Fault, ...]:
    try:
        return load(path, may_miss=True).plan
    except PlanRefused as refused:
        return refused.faults


def flaws(text: str) -> tuple[Flaw, ...] | None:
    try:
        condition(text, (("a.ok", "int"), ("i.b", "bool")))
    except ConditionRefused as refused:
        return refused.flaws
    return None


def folder(tmp_path: Path) -> Path:
    queries = tmp_path / "queries"
    queries.mkdir(exist_ok=True)
    (queries / "imports.sql").write_bytes((EXAMPLE / "queries" / "imports.sql").read_bytes())
    return tmp_path / "plan.yaml"


@MANY
@given(data=st.data())
def test_a_plan_with_a_changed_part_loads_or_is_refused(
    data: st.DataObject, tmp_path: Path
) -> None:
    """A key renamed, dropped or doubled elsewhere, a value of another type: never a traceback."""
    plan: Any = copy.deepcopy(DATA)
    for _ in range(data.draw(st.integers(1, 3))):
        loc = data.draw(st.sampled_from(LOCS))
        depth = data.draw(st.integers(1, len(loc)))
        part: Any = plan
        try:
            for step in loc[: depth - 1]:
                part = part[step]
            last = loc[depth - 1]
            match data.draw(st.sampled_from(["value", "drop", "rename"])):
                case "value":
                    part[last] = data.draw(VALUES)
                case "drop":
                    del part[last]
                case _ if isinstance(part, dict):
                    part[data.draw(st.text(max_size=8))] = part.pop(last)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    out = StringIO()
    YAML(typ="safe", pure=True).dump(plan, out)
    path = folder(tmp_path)
    path.write_text(out.getvalue(), encoding="utf-8")
    attempt(path)


@MANY
@given(
    at=st.integers(0, len(TEXT) - 1),
    length=st.integers(0, 30),
    put=st.one_of(
        st.text(max_size=8), st.sampled_from(["&a", "*a", "!!x", "- ", ": ", "{", "}", "|"])
    ),
)
def test_a_plan_with_changed_letters_loads_or_is_refused(
    at: int, length: int, put: str, tmp_path: Path
) -> None:
    """Letters replaced anywhere: never a traceback."""
    path = folder(tmp_path)
    path.write_bytes((TEXT[:at] + put + TEXT[at + length :]).encode("utf-8", "surrogatepass"))
    attempt(path)


@MANY
@given(
    text=st.text(
        alphabet=st.sampled_from(list("abi.ok<>=!&|()[]'\"0123 \n\\?:,-+/{}")), max_size=40
    )
)
def test_a_condition_compiles_or_is_refused(text: str) -> None:
    """Any text: a condition, or flaws with a place."""
    found = flaws(text)
    assert found is None or found
    assert all(flaw.line >= 1 and flaw.column >= 1 and flaw.what for flaw in found or ())


@MANY
@given(
    parts=st.lists(
        st.sampled_from(
            ["'now()'", '"now"', "-- now()\n", "/* :x */", "$$ now() $$", "a.now", "x::text"]
        )
    )
)
def test_texts_comments_and_names_are_no_code(parts: list[str]) -> None:
    """What only looks like a clock or a parameter is none; real ones beside it are found."""
    found = query(" ".join(["SELECT", *parts, "now()", ":to"]))
    assert [words for _, words in found.clocks()] == ["now()"]
    assert [name for _, name in found.parameters()] == ["to"]
    assert len(found.code) == len(found.text)
    assert re.sub(r"[^\n]", "", found.code) == re.sub(r"[^\n]", "", found.text)
