"""How a source is named in the archive: its id, its file, its schema and role."""

from __future__ import annotations

import re
from typing import Final

from cutline.errors import WrongUsage

SOURCE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


def check_source_id(source_id: str) -> str:
    """Hand back `source_id`; raise `WrongUsage` if it is not one."""
    if SOURCE_ID.fullmatch(source_id):
        return source_id
    raise WrongUsage(
        "this is no source id",
        where=repr(source_id),
        why="a source id is 1 to 40 of A-Z a-z 0-9 . _ - and begins with a letter or a digit",
        remedy="postroom ingest FILE --source acme-2026",
    )


def role_name(source_id: str) -> str:
    """Name the role of a source in PostgreSQL; always quote it in SQL."""
    return f"src_{check_source_id(source_id)}"


def schema_name(source_id: str, generation: int = 0) -> str:
    """Name the schema of a source; always quote it in SQL. Each move there makes a generation."""
    role = role_name(source_id)
    return f"{role}@{generation}" if generation else role


def file_name(source_id: str) -> str:
    """Name the SQLite file of a source.

    Two ids that differ only by case get names that differ also where case does not count: each
    capital letter is written as `+` and its small letter, and `+` is in no source id.
    """
    spelled = re.sub(r"[A-Z]", lambda match: f"+{match[0].lower()}", check_source_id(source_id))
    return f"src_{spelled}.sqlite"


def quoted(name: str) -> str:
    """Quote `name` as an SQL identifier, for both engines."""
    return '"' + name.replace('"', '""') + '"'
