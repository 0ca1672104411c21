"""`postroom source`, as people start it."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from typing import Any

from tests_support.moving import Mover, service_login
from tests_support.serving_postroom import PROGRAM

from postroom.archive.placement import Placement


def run(mover: Mover, *arguments: str, **environment: str) -> tuple[int, Any, str]:
    """Run `postroom source` with `--json`; hand back its code, what it printed and what it said."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("POSTROOM_")}
    done = subprocess.run(
        [PROGRAM, "source", *arguments, "--home", str(mover.home), "--json"],
        env={**known, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


def test_a_source_is_bootstrapped_and_its_state_told(mover: Mover) -> None:
    """Each state names the store that serves and the command that comes next."""
    mover = replace(mover, service_dsn=service_login(mover.admin_dsn))
    both = {"POSTROOM_DSN": mover.service_dsn, "POSTROOM_ADMIN_DSN": mover.admin_dsn}
    code, told, _ = run(mover, "status", mover.source_id)
    assert (code, told["serves"], told["epoch"], told["fence"]) == (0, "sqlite", 0, None)
    code, told, said = run(mover, "bootstrap", mover.source_id, **both)
    assert code == 0, said
    assert told["is_new"]
    assert str(told["granted_to"]).startswith("svc_")
    code, told, _ = run(mover, "status", mover.source_id, **both)
    assert (code, told["owner"], told["epoch"], told["writes"]) == (0, "sqlite", 1, "sqlite")
    assert told["next"] == f"postroom source move {mover.source_id}"
    mover.bootstrap()
    mover.freeze()
    code, told, _ = run(mover, "status", mover.source_id, **both)
    assert (code, told["owner"], told["serves"], told["writes"]) == (
        7,
        "freezing",
        "sqlite",
        "none",
    )
    mover.switch()
    code, told, _ = run(mover, "status", mover.source_id, **both)
    assert (code, told["serves"], told["generation"]) == (0, "postgres", 1)
    assert told["fence"] == {"is_open": False, "epoch": 2}
    assert told["lag"]["entries"] == 0
    assert "source rollback" in told["next"]
    code, told, _ = run(mover, "status", mover.source_id, POSTROOM_DSN=mover.service_dsn)
    assert (code, told["lag"]) == (0, {"entries": None, "oldest_s": None})
    mover.becomes(Placement.withdraw)
    mover.ages(11)
    code, told, _ = run(mover, "status", mover.source_id, **both)
    assert (code, told["next"]) == (7, f"postroom source recover {mover.source_id}")


def test_what_is_missing_is_said_with_the_command_that_helps(mover: Mover) -> None:
    """No administrator, no server, no source, a password on the command line."""
    code, told, _ = run(mover, "bootstrap", mover.source_id)
    assert code == 64
    assert "POSTROOM_ADMIN_DSN" in json.dumps(told)
    code, told, _ = run(mover, "status", mover.source_id, POSTROOM_DSN="host=/nowhere")
    assert (code, told["error"]["code"]) == (3, "away")
    code, told, _ = run(mover, "status", "no-such", POSTROOM_DSN=mover.service_dsn)
    assert (code, told["error"]["code"]) == (3, "not-readable")
    code, _, said = run(
        mover, "status", mover.source_id, "--registry", "postgresql://u:hunter2@h/d"
    )
    assert code == 64
    assert "hunter2" not in said
