"""`${name}`: put in once, known names only, secrets where they are used."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cutline.plan.interpolate import NoValue, expand, expand_all, names, revealed
from cutline.plan.part import EnvRef
from cutline.plan.secret import Secret

VALUES = {
    "inputs.url": "http://a",
    "inputs.dsn": Secret("postgres://x"),
    "inputs.nested": "${inputs.dsn}",
    "inputs.is_dry": True,
    "stage.since": datetime(2026, 2, 21, 12, tzinfo=UTC),
}


def test_values_are_put_in_once() -> None:
    """A value that looks like a placeholder stays what it is."""
    assert expand("${inputs.url}/x?s=${stage.since}&d=${inputs.is_dry}", VALUES) == (
        "http://a/x?s=2026-02-21T12:00:00Z&d=true"
    )
    assert expand("${inputs.nested}", VALUES) == "${inputs.dsn}"


def test_what_has_no_value_is_said() -> None:
    """An unknown name is never an empty text."""
    with pytest.raises(NoValue, match=r"inputs\.none"):
        expand("${inputs.none}", VALUES)
    with pytest.raises(NoValue, match="the environment has no TOKEN"):
        revealed(EnvRef(env="TOKEN"), VALUES, {})


def test_bodies_are_expanded_in_depth() -> None:
    """Texts within lists and members are, keys and numbers are not."""
    assert expand_all({"${a}": ["${inputs.url}", 1, None]}, VALUES) == {
        "${a}": ["http://a", 1, None]
    }


@pytest.mark.parametrize(
    "text", ["${", "${}", "${a b}", "${inputs.${x}}", "${a", "${a.b.}", "${1}"]
)
def test_anything_but_a_plain_name_is_refused(text: str) -> None:
    """No nesting, no defaults, no expressions."""
    with pytest.raises(ValueError, match="no plain name"):
        names(text)


def test_names_come_with_their_place() -> None:
    """Offset and name, in order."""
    assert names("a ${run.id} $x ${side}") == ((2, "run.id"), (15, "side"))
