"""A command loads what it needs: what takes its time is imported where it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

SLOW = (
    "ruamel.yaml",
    "cryptography",
    "http.client",
    "httpx",
    "psycopg",
    "boto3",
    "scipy",
    "apprise",
)


@pytest.mark.parametrize(
    "module", ["cutline.commands.status", "cutline.commands.tick", "cutline.run.child"]
)
def test_a_command_that_is_called_often_loads_nothing_slow(module: str) -> None:
    """A tick each minute, a process for each step, a status: YAML, keys and HTTP come if needed."""
    text = f"import sys, {module}; print(*(n for n in {SLOW!r} if n in sys.modules))"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
