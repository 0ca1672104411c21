"""The function by which a service undoes a change that stands half-way, though it has no DDL.

It runs with the rights of the administrator who made it, and does one thing: a source that is
between its stores for longer than `UNDONE_AFTER_S` goes back to its former owner, at the next
epoch, by compare-and-set, and its tasks go on. PostgreSQL's fence is opened in the same
transaction; that of the file by whoever has called.
"""

from __future__ import annotations

from typing import Final

from psycopg import sql

from postroom.archive.connection import Connection
from postroom.archive.grants import opening
from postroom.archive.placement import UNDONE_AFTER_S

# SKIP LOCKED: a row that somebody is changing now is not stuck.
_FUNCTION: Final = """CREATE OR REPLACE FUNCTION public.source_undo(wanted text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
    DECLARE
        here record;
        s text;
        r text := 'src_' || wanted;
    BEGIN
        SELECT owner, epoch, generation, clock_timestamp() - changed_at AS age INTO here
            FROM public.source_registry WHERE source_id = wanted FOR UPDATE SKIP LOCKED;
        IF NOT FOUND OR here.owner NOT IN ('freezing', 'returning')
            OR here.age <= make_interval(secs => {after_s}) THEN
            RETURN false;
        END IF;
        s := r || CASE here.generation WHEN 0 THEN '' ELSE '@' || here.generation END;
        IF here.owner = 'returning' THEN
            {opening}
        END IF;
        UPDATE public.source_registry SET epoch = epoch + 1, changed_at = clock_timestamp(),
            is_paused = false,
            owner = CASE owner WHEN 'freezing' THEN 'sqlite' ELSE 'postgres' END
            WHERE source_id = wanted AND owner = here.owner AND epoch = here.epoch;
        RETURN FOUND;
    END $body$"""


def make_undo_function(connection: Connection, caller: str) -> None:
    """Make or renew the function, and let the role `caller` alone call it."""
    text = _FUNCTION.replace("{after_s}", str(UNDONE_AFTER_S)).replace("{opening}", _opening())
    connection.execute(text.encode())
    connection.execute("REVOKE ALL ON FUNCTION public.source_undo(text) FROM PUBLIC")
    connection.execute(
        sql.SQL("GRANT EXECUTE ON FUNCTION public.source_undo(text) TO {}").format(
            sql.Identifier(caller)
        )
    )


def _opening() -> str:
    return "\n            ".join(
        f"EXECUTE format('{statement}', s, r);" for statement in opening("%1$I", "%2$I")
    )
