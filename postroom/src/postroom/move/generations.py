"""The schemas of a source in PostgreSQL, and their end."""

from __future__ import annotations

import re
from typing import Final

from postroom.archive.connection import Connection
from postroom.archive.names import role_name

_GENERATION: Final = re.compile(r"(?:@([1-9]\d*))?")


def generations(connection: Connection, source_id: str) -> list[int]:
    """List the generations of a source that have a schema, in order."""
    rows = connection.execute(
        "SELECT nspname AS name FROM pg_namespace WHERE starts_with(nspname, %s)",
        (role_name(source_id),),
    ).fetchall()
    # Another source's name may begin with ours.
    ends = (_GENERATION.fullmatch(row["name"].removeprefix(role_name(source_id))) for row in rows)
    return sorted(int(end[1] or 0) for end in ends if end)
