"""The probe `postroom_carry_lag`: what PostgreSQL holds and the closed file of a source does not.

It bounds what would be lost if PostgreSQL went away now.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any, Final

import psycopg

from cutline.probes.answer import Answer, NoReading
from cutline.probes.context import Asked
from postroom.archive.connection import connect
from postroom.archive.names import check_source_id, schema_name
from postroom.archive.source_registry import known_placement
from postroom.commands.where import dsn_of
from postroom.errors import NotReadable
from postroom.move.capture_postgres import has_capture
from postroom.move.lag import lag_of

_KNOWN: Final = {"source", "dsn"}
_OWNER_S: Final = "name the administrator's DSN (env:POSTROOM_ADMIN_DSN): the log is its alone"


def measure(config: Mapping[str, Any], asked: Asked) -> Answer:
    """Count what is not carried back yet: `entries`, and `oldest_s`, how long the oldest waits.

    `config`: `source`, and `dsn: env:NAME`, the administrator's. Without anything to carry
    `oldest_s` is 0. There is no reading, and so no pass, for a source that does not live in
    PostgreSQL, and for one whose writes are not all logged.
    """
    del asked
    if unknown := sorted(config.keys() - _KNOWN):
        raise NoReading(
            "postroom_carry_lag does not know these keys",
            why=", ".join(unknown),
            remedy=f"it knows {', '.join(sorted(_KNOWN))}",
        )
    source_id = check_source_id(str(config.get("source", "default")))
    dsn = dsn_of(config.get("dsn"))
    if dsn is None:
        raise NoReading("postroom_carry_lag needs a server", why="no dsn", remedy=_OWNER_S)
    try:
        return _lag(source_id, dsn)
    except (NotReadable, psycopg.Error) as error:
        why = error.why if isinstance(error, NotReadable) else type(error).__name__
        raise NoReading("the lag of what is carried back is not known", why=why) from error


def _lag(source_id: str, dsn: str) -> Answer:
    with closing(connect(dsn, source_id)) as connection:
        placement = known_placement(connection, source_id)
        if placement is None or placement.reads != "postgres":
            raise NoReading("nothing is carried back", why="the source is not in PostgreSQL")
        schema = schema_name(source_id, placement.generation)
        if not has_capture(connection, schema):
            why = f"a table of schema {schema} does not log what is written to it"
            raise NoReading("what has to be carried back is not known", why=why)
        lag = lag_of(connection, schema)
    return Answer({"entries": lag.entries, "oldest_s": lag.oldest_s or 0.0})
