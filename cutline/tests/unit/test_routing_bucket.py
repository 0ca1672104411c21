"""Buckets and decisions: pinned, salted, sticky, overridden."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from cutline.errors import CannotMeasure
from cutline.routing import Decision, Router, Switch, Version, Why, as_buckets, bucket, seed_of

VECTORS = [
    ("import-api", "user-1", 4612),
    ("import-api", "user-2", 826),
    ("import-api", "0", 7428),
    ("import-api", "", 4950),
    ("", "user-1", 8139),
    ("pst-v2", "user-1", 7505),
    ("import-api", "Zoë", 7086),
    ("import-api", "\ud800", 6189),
    ("import-api", "x" * 1000, 361),
]


@pytest.mark.parametrize(("salt", "key", "expected"), VECTORS)
def test_the_bucket_of_a_key_never_changes(salt: str, key: str, expected: int) -> None:
    """A release that deals anybody anew fails here."""
    assert bucket(key, seed_of(salt)) == expected
    assert Router(salt, Switch.fixed(100)).bucket(key) == expected


def test_another_process_gives_the_same_buckets() -> None:
    """Nothing depends on the hash seed of a process."""
    keys = [f"user-{number}" for number in range(50)]
    program = (
        "import json, sys; from cutline.routing import bucket, seed_of;"
        "print(json.dumps([bucket(key, seed_of('s')) for key in json.loads(sys.argv[1])]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps(keys)],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONHASHSEED": "77"},
    )
    assert json.loads(done.stdout) == [bucket(key, seed_of("s")) for key in keys]


def test_an_override_comes_before_the_percentage_and_a_project_before_a_key() -> None:
    """Project, key, percentage: the first that speaks decides, also at 0 and at 100 %."""
    projects, keys = {"acme": "v1"}, {"ana": "v2", "ben": Version.V1}
    none = Router("s", Switch.fixed(0), projects=projects, keys=keys)
    every = Router("s", Switch.fixed(100), projects=projects, keys=keys)
    assert none.decide("ana") == Decision(Version.V2, Why.KEY)
    assert none.decide("ana", "acme") == Decision(Version.V1, Why.PROJECT)
    assert every.decide("ben") == Decision(Version.V1, Why.KEY)
    assert every.decide("eva", "acme") == Decision(Version.V1, Why.PROJECT)
    assert every.decide("eva", "other") == Decision(Version.V2, Why.PERCENT)
    assert none.decide("eva") == Decision(Version.V1, Why.PERCENT)
    asked = [("ana", "acme"), ("ana", None), ("ben", None), ("eva", None)]
    assert [every.version(*one) for one in asked] == ["v1", "v2", "v1", "v2"]


def test_a_version_that_does_not_exist_is_refused_at_once() -> None:
    """An override with a typing error does not wait for its key to come by."""
    with pytest.raises(ValueError, match="v3"):
        Router("s", Switch.fixed(0), keys={"ana": "v3"})


def test_a_request_without_a_key_stays_on_v1() -> None:
    """Requests that nobody can tell apart would all move at once."""
    assert Router("s", Switch.fixed(100)).decide("") == Decision(Version.V1, Why.NO_KEY)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0", 0), ("10", 1000), (" 12.5\n", 1250), ("0.01", 1), ("100", 10000), ("100.00", 10000)],
)
def test_a_percentage_opens_its_buckets(text: str, expected: int) -> None:
    """A hundredth of a per cent is one bucket."""
    assert as_buckets(text, "here") == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ten",
        "-1",
        "+5",
        "100.01",
        "101",
        "0.001",
        "1e1",
        "1_0",
        "10%",
        "nan",
        "inf",
        "\uff11\uff10",
    ],
)
def test_anything_else_is_no_percentage(text: str) -> None:
    """It is refused, and not repeated: it may be a secret that stands in the wrong place."""
    with pytest.raises(CannotMeasure) as refused:
        as_buckets(text, "here")
    assert not text or text not in str(refused.value).replace("such as 10", "")
