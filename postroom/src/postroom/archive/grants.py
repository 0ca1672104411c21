"""The fence of a PostgreSQL archive: what the role of the source may do in a schema.

The role does not own the tables, so what was revoked stays revoked whatever a service does.
"""

from __future__ import annotations

from typing import Final, LiteralString

from psycopg import sql

from postroom.archive.connection import Connection

# CREATE is for the staging tables of a load; the archive's own tables belong to the administrator.
_READ: Final = (
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}",
    "REVOKE ALL ON {schema}.move_log FROM {role}",
)
_OPEN: Final = (
    "GRANT CREATE ON SCHEMA {schema} TO {role}",
    "GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
    "REVOKE INSERT, UPDATE, DELETE ON {schema}.schema_migrations, {schema}.placement FROM {role}",
    "REVOKE ALL ON {schema}.move_log FROM {role}",
)
_CLOSE: Final = (
    "REVOKE CREATE ON SCHEMA {schema} FROM {role}",
    "REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA {schema} FROM {role}",
)


def let_read(connection: Connection, schema: str, role: str) -> None:
    """Let `role` read the tables of `schema`."""
    _run(connection, _READ, schema, role)


def open_schema(connection: Connection, schema: str, role: str) -> None:
    """Let `role` write too; part of the caller's transaction."""
    _run(connection, _OPEN, schema, role)


def opening(schema: str, role: str) -> list[str]:
    """Give the statements of `open_schema` with these two names put in as they are."""
    return [statement.format(schema=schema, role=role) for statement in _OPEN]


def close_schema(connection: Connection, schema: str, role: str) -> None:
    """Let `role` write no more; who has written already and not committed is not stopped by it."""
    _run(connection, _CLOSE, schema, role)


def _run(
    connection: Connection, statements: tuple[LiteralString, ...], schema: str, role: str
) -> None:
    names = {"schema": sql.Identifier(schema), "role": sql.Identifier(role)}
    for statement in statements:
        connection.execute(sql.SQL(statement).format(**names))
