"""The service does what its description says: schemathesis asks it everything, over a socket."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests_support.api_mails import Filled, fill
from tests_support.serving_postroom import serve

from postroom.api.access import Caller, add
from postroom.commands.where import Where

ROOT = Path(__file__).parents[3]
EXAMPLES = "100" if os.environ.get("SOAK") else "3"
PHASES = "examples,coverage,fuzzing,stateful" if os.environ.get("SOAK") else "coverage,fuzzing"


def settings_for(filled: Filled, folder: Path) -> Path:
    """Tell it a token, the source, and ids that there are."""
    hooks = ROOT / "tests_support" / "schemathesis_hooks.py"
    parameters = {
        "source_id": "acme",
        "x-source-id": "acme",
        "item_id": filled.ids[0],
        "pst_file_id": filled.pst_file_id,
        "attachment_id": filled.attachments["picture"],
    }
    lines = [f"hooks = {json.dumps(str(hooks))}", 'headers = { Authorization = "Bearer secret" }']
    lines += ["[parameters]", *(f'"{name}" = "{value}"' for name, value in parameters.items())]
    path = folder / "schemathesis.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_every_answer_is_as_described(tmp_path: Path, backend_dsn: str | None) -> None:
    """Each route with right and wrong values: no 5xx, no status, form or header that is not told.

    Wrong values are refused, right ones are taken, and without the token nothing is answered.
    """
    if backend_dsn is not None and not os.environ.get("SOAK"):
        pytest.skip("on PostgreSQL in the long run: SOAK=1")
    where = Where("acme", tmp_path, backend_dsn)
    filled = fill(where.archive(create=True), where.store())
    tokens = tmp_path / "tokens.toml"
    add(tokens, Caller("tester", "admin", None), "secret")
    options = ["--source", "acme", "--tokens", str(tokens), "--rate", "1e6", "--burst", "1000000"]
    if backend_dsn is not None:
        options += ["--dsn", backend_dsn]
    program = Path(sys.executable).with_name("schemathesis")
    settings = settings_for(filled, tmp_path)
    with serve(tmp_path, *options) as service:
        told = ["run", f"{service.url}/openapi.json", "--checks", "all", "-n", EXAMPLES]
        told += [
            "--request-timeout",
            "60",
            "--phases",
            PHASES,
            "--seed",
            "1",
            "--no-color",
            "--continue-on-failure",
        ]
        done = subprocess.run(
            [program, "--config-file", settings, *told],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
