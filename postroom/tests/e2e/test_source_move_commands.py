"""`postroom source move`, `verify` and `switch`, as people start them."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests_support.move_writers import Moving, moving
from tests_support.serving_postroom import PROGRAM


@pytest.fixture
def sources(tmp_path: Path, postgres_dsn: str) -> list[Moving]:
    """Three sources under one home."""
    each = [f"{name}{secrets.token_hex(4)}" for name in "abc"]
    return [moving(source_id, tmp_path, postgres_dsn) for source_id in each]


def run(sources: list[Moving], command: str, *arguments: str) -> tuple[int, Any, str]:
    """Run a command of `postroom source`; hand back its code, what it printed and what it said."""
    home, dsn = sources[0].file.path.parent.parent, sources[0].dsn
    known = {name: value for name, value in os.environ.items() if not name.startswith("POSTROOM_")}
    named = {"POSTROOM_DSN": dsn, "POSTROOM_ADMIN_DSN": dsn, "POSTROOM_HOME": str(home)}
    done = subprocess.run(
        [PROGRAM, "source", command, *arguments, "--json"],
        env={**known, **named},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


def test_a_source_is_made_ready_then_switched(sources: list[Moving]) -> None:
    """`switch` wants what `move --until verify` made; `status` names each as what comes next."""
    source_id = sources[0].source_id
    code, told, _ = run(sources, "switch", source_id)
    assert (code, told["error"]["code"]) == (1, "move-refused")
    code, told, said = run(sources, "move", source_id, "--until", "verify")
    assert (code, told["outcome"], told["owner"]) == (0, "verified", "sqlite"), said
    assert Path(told["snapshot"]["path"]).exists()
    code, told, _ = run(sources, "status", source_id)
    assert (code, told["next"]) == (7, f"postroom source switch {source_id}")
    code, told, said = run(sources, "switch", source_id)
    assert (code, told["outcome"], told["owner"]) == (0, "moved", "postgres"), said
    assert told["pause_ms"] > 0
    code, told, _ = run(sources, "status", source_id)
    assert (code, told["serves"], told["fence"]["is_open"]) == (0, "postgres", False)
    code, told, said = run(sources, "verify", source_id)
    assert (code, told["outcome"]) == (0, "verified"), said
    assert told["verified"]["email_messages"] == len(sources[0].filled.ids)


def test_a_list_stops_at_the_first_that_fails(sources: list[Moving]) -> None:
    """The ones before it are moved, the ones behind it are as they were."""
    first, second, third = sources
    with second.file.transaction() as tx:
        tx.change("UPDATE item_notes SET body = 'a' || char(0)")
    every = [one.source_id for one in sources]
    code, told, _ = run(sources, "move", "--no-snapshot", *every)
    assert (code, told["error"]["code"]) == (1, "move-refused")
    assert second.source_id in told["error"]["where"]
    owners = [one.placement().owner for one in sources]
    assert owners == ["postgres", "sqlite", "sqlite"]
    assert third.fence_is_open()
    assert not first.fence_is_open()
