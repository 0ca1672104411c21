"""Which values of a run must not be written anywhere."""

from __future__ import annotations

import pytest

from cutline.plan.model import Plan
from cutline.plan.secret import Secret
from cutline.run.secret_values import secret_values

ENVIRON = {"BEAT": "https://beat/x", "URL": "json://x/token", "TOKEN": "t0ken", "KEY": "/key.pem"}
PLAN = Plan.model_validate(
    {
        "cutline": 1,
        "name": "p",
        "inputs": {"dsn": {"env": "DSN", "secret": True}, "base": {"default": "http://x"}},
        "watch": {"heartbeat": {"env": "BEAT"}},
        "notify": [{"env": "URL"}, {"env": "NOT_SET"}],
        "evidence": {"key": {"env": "KEY"}},
        "switch": {"nop": {}},
        "stages": [
            {
                "name": "one",
                "steps": [{"name": "it", "command": ["true"], "env": {"T": {"env": "TOKEN"}}}],
            }
        ],
    }
)


@pytest.mark.parametrize("value", [Secret("postgresql://s"), "postgresql://s"])
def test_secret_inputs_and_what_the_plan_takes_from_the_environment(value: Secret | str) -> None:
    """Also an input that was revealed already; never the path of the key, never an open input."""
    found = secret_values(PLAN, {"dsn": value, "base": "http://x"}, ENVIRON)
    assert set(found) == {"postgresql://s", "https://beat/x", "json://x/token", "t0ken"}
