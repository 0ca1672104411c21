"""The log of a PostgreSQL archive: which keys were written, so that a move back can carry them.

The triggers write with their owner's rights: the role of the source can neither read the log, nor
write it, nor go round it. The log is append-only. Who carries it reads it together with the rows,
in one snapshot, and deletes what that snapshot saw: a transaction that commits late is not missed,
as it would be by a watermark, and a second update is not lost, as it would be by a set of keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, LiteralString

from psycopg import sql

from postroom.archive.connection import Connection

# Every table but the search index, which is made of the others, and what belongs to the move.
_KEYED: Final = r"""SELECT c.oid::bigint AS oid, c.relname AS name, k.attname AS key,
    (SELECT typname::text FROM pg_type t WHERE t.oid = k.atttypid) AS key_type,
    (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
     WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
    (SELECT coalesce(array_agg(a.attname::text), '{}') FROM pg_attribute a
     WHERE a.attrelid = c.oid AND a.atttypid = 'timestamptz'::regtype) AS moments
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
    JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = i.indkey[0]
    WHERE n.nspname = %s AND c.relkind IN ('r', 'p')
    AND c.relname !~ '^(search|move)_' AND c.relname <> 'schema_migrations'
    ORDER BY c.relname"""

# One row of the log for each key; a statement brings all of its own at once. An update may change a
# key, so that it logs the old ones too.
_FUNCTION: Final = """CREATE OR REPLACE FUNCTION {schema}.{function}() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
    BEGIN
        INSERT INTO {schema}.move_log (table_name, key) {select};
        RETURN NULL;
    END $body$"""
_REFUSE: Final = """CREATE OR REPLACE FUNCTION {schema}.move_refuse() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
    BEGIN
        RAISE EXCEPTION 'postroom: TRUNCATE is not captured'
            USING ERRCODE = 'feature_not_supported', HINT = 'DELETE the rows';
    END $body$"""
_TRIGGER: Final = """CREATE OR REPLACE TRIGGER {trigger} AFTER {event} ON {schema}.{table}
    REFERENCING {rows} FOR EACH STATEMENT EXECUTE FUNCTION {schema}.{function}()"""
_NO_TRUNCATE: Final = """CREATE OR REPLACE TRIGGER move_truncate BEFORE TRUNCATE
    ON {schema}.{table} FOR EACH STATEMENT EXECUTE FUNCTION {schema}.move_refuse()"""
# Always: also for a session that replicates.
_ALWAYS: Final = "ALTER TABLE {schema}.{table} ENABLE ALWAYS TRIGGER {trigger}"
_NOT_CALLABLE: Final = "REVOKE ALL ON FUNCTION {schema}.{function}() FROM PUBLIC"

_NEW: Final = "SELECT {name}, {key}::text FROM new_rows"
_OLD: Final = "SELECT {name}, {key}::text FROM old_rows"
_EVENTS: Final[dict[LiteralString, tuple[LiteralString, LiteralString]]] = {
    "INSERT": ("NEW TABLE AS new_rows", _NEW),
    "UPDATE": ("OLD TABLE AS old_rows NEW TABLE AS new_rows", f"{_OLD} UNION {_NEW}"),
    "DELETE": ("OLD TABLE AS old_rows", _OLD),
}


@dataclass(frozen=True, slots=True)
class Watched:
    """A table whose rows are carried, as the server knows it; `columns` in their order.

    `moments` are those of them that hold an instant.
    """

    oid: int
    name: str
    key: str
    key_type: str
    columns: tuple[str, ...]
    moments: frozenset[str]


def install_capture(connection: Connection, schema: str) -> None:
    """Log from now on the key of every row that is written in `schema`; refuse TRUNCATE.

    It is part of the caller's transaction, whose user owns the tables; made again, it changes
    nothing. The log is emptied: what it held belongs to an attempt that is over.
    """
    names = {"schema": sql.Identifier(schema)}
    connection.execute(sql.SQL("DELETE FROM {schema}.move_log").format(**names))
    connection.execute(sql.SQL(_REFUSE).format(**names))
    for table in watched_tables(connection, schema):
        _watch(connection, schema, table)


def watched_tables(connection: Connection, schema: str) -> list[Watched]:
    """List the tables of `schema` whose rows are carried, by name."""
    rows = connection.execute(_KEYED, (schema,)).fetchall()
    return [
        Watched(**{**row, "columns": tuple(row["columns"]), "moments": frozenset(row["moments"])})
        for row in rows
    ]


def has_capture(connection: Connection, schema: str) -> bool:
    """Say whether every table of `schema` whose rows are carried is logged, whoever writes it."""
    rows = connection.execute(
        "SELECT c.relname AS name, count(*) AS n FROM pg_trigger t"
        " JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = %s AND t.tgname LIKE 'move\\_%%' AND t.tgenabled = 'A'"
        " GROUP BY c.relname",
        (schema,),
    ).fetchall()
    of_table = {row["name"]: row["n"] for row in rows}
    tables = watched_tables(connection, schema)
    return bool(tables) and all(of_table.get(table.name) == len(_EVENTS) + 1 for table in tables)


def _watch(connection: Connection, schema: str, table: Watched) -> None:
    at = {"schema": sql.Identifier(schema), "table": sql.Identifier(table.name)}
    row = {"name": sql.Literal(table.name), "key": sql.Identifier(table.key)}
    for event, (rows, select) in _EVENTS.items():
        trigger = f"move_{event.lower()}"
        function = sql.Identifier(f"{trigger}_{table.name}")
        names = {
            **at,
            "trigger": sql.Identifier(trigger),
            "function": function,
            "event": sql.SQL(event),
            "rows": sql.SQL(rows),
            "select": sql.SQL(select).format(**row),
        }
        for statement in (_FUNCTION, _NOT_CALLABLE, _TRIGGER, _ALWAYS):
            connection.execute(sql.SQL(statement).format(**names))
    for statement in (_NO_TRUNCATE, _ALWAYS):
        connection.execute(sql.SQL(statement).format(**at, trigger=sql.Identifier("move_truncate")))
