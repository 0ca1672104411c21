"""What an archive promises, whichever engine holds it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy
from tests_support.archives import NOW, registered

from cutline.errors import WrongUsage
from postroom.archive import Archive, open_archive
from postroom.archive.migrate import migrations
from postroom.archive.registry import sources
from postroom.errors import NotReadable


def test_both_engines_answer_ids_times_and_json_as_text(archive: Archive) -> None:
    """A row reads the same whichever engine holds it."""
    pst_file_id = registered(archive)
    with archive.transaction() as tx:
        row = tx.row("SELECT id, created_at, progress FROM pst_files")
    assert row == {"id": pst_file_id, "created_at": NOW, "progress": '{"phase": "load"}'}


def test_an_exception_leaves_nothing_of_a_transaction(archive: Archive) -> None:
    """A transaction is whole or nothing."""
    registered(archive)
    with pytest.raises(RuntimeError), archive.transaction() as tx:
        tx.change("UPDATE pst_files SET case_id = 'c'")
        raise RuntimeError
    with archive.transaction() as tx:
        assert tx.value("SELECT case_id FROM pst_files") is None


def test_a_connection_reads_rows_by_name(archive: Archive) -> None:
    """`connect` hands out a DBAPI connection whose rows are read by column name."""
    pst_file_id = registered(archive)
    with closing(archive.connect()) as connection:
        assert connection.execute("SELECT id FROM pst_files").fetchone()["id"] == pst_file_id


def test_sqlalchemy_sees_the_same_source(archive: Archive) -> None:
    """The engine for an ORM is confined to the source and commits like any other."""
    pst_file_id = registered(archive)
    engine = archive.sqlalchemy_engine()
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("UPDATE pst_files SET case_id = 'c'"))
    with archive.transaction() as tx:
        row = tx.row("SELECT id, case_id FROM pst_files")
    assert row == {"id": pst_file_id, "case_id": "c"}


def test_a_child_without_its_parent_is_refused_at_commit(archive: Archive) -> None:
    """Foreign keys hold in both engines, and only at the end of a transaction."""
    with pytest.raises(Exception, match=r"(?i)foreign key"), archive.transaction() as tx:
        tx.change(
            "INSERT INTO ingest_errors (id, pst_file_id, kind, reason)"
            " VALUES (:id, :pst_file_id, 'crc', 'r')",
            id=str(uuid4()),
            pst_file_id=str(uuid4()),
        )


def test_opening_again_changes_nothing(
    archive: Archive, backend_dsn: str | None, tmp_path: Path
) -> None:
    """Migrations run once; a source that exists is found without `create`."""
    registered(archive)
    again = open_archive(archive.source_id, home=tmp_path, dsn=backend_dsn, create=False)
    with again.transaction() as tx:
        assert tx.value("SELECT count(*) AS n FROM pst_files") == 1
        known = len(migrations(archive.backend))
        assert tx.value("SELECT count(*) AS n FROM schema_migrations") == known
    assert archive.source_id in sources(home=tmp_path, dsn=backend_dsn)


def test_a_source_that_is_not_there_is_not_made_by_reading(
    backend_dsn: str | None, source_id: str, tmp_path: Path
) -> None:
    """Nothing falls back silently: without `create` a missing source is an error."""
    with pytest.raises(NotReadable, match="no such source"):
        open_archive(source_id, home=tmp_path, dsn=backend_dsn, create=False)
    assert source_id not in sources(home=tmp_path, dsn=backend_dsn)


def test_an_archive_of_a_newer_program_is_refused(
    archive: Archive, backend_dsn: str | None, tmp_path: Path
) -> None:
    """Tables that this program does not know are not touched."""
    if archive.backend == "sqlite":
        with archive.transaction() as tx:
            tx.change("INSERT INTO schema_migrations VALUES (9, 'later', 'x', 'now')")
    else:
        with psycopg.connect(backend_dsn or "") as owner:
            table = f'"src_{archive.source_id}".schema_migrations'
            owner.execute(f"INSERT INTO {table} VALUES (9, 'later', 'x', now())")
    with pytest.raises(NotReadable, match="does not fit"):
        open_archive(archive.source_id, home=tmp_path, dsn=backend_dsn)


def test_no_source_sees_another(archive: Archive, backend_dsn: str | None, tmp_path: Path) -> None:
    """Two sources probing each other find nothing, also by the other's full name."""
    registered(archive)
    other = open_archive(archive.source_id + "x", home=tmp_path, dsn=backend_dsn)
    with other.transaction() as tx:
        assert tx.value("SELECT count(*) AS n FROM pst_files") == 0
    refused = pytest.raises(Exception, match=r"permission denied|no such table")
    with refused, other.transaction() as tx:
        tx.rows(f'SELECT * FROM "src_{archive.source_id}".pst_files')


def test_sources_that_differ_by_case_are_two(backend_dsn: str | None, tmp_path: Path) -> None:
    """`Acme` and `acme` share nothing, also on a file system where case does not count."""
    names = ["Case", "case"]
    archives = [open_archive(name, home=tmp_path, dsn=backend_dsn) for name in names]
    registered(archives[0])
    with archives[1].transaction() as tx:
        assert tx.value("SELECT count(*) AS n FROM pst_files") == 0
    files = [path.name.lower() for path in tmp_path.rglob("*.sqlite")]
    assert len(files) == len(set(files))
    assert sorted(set(names)) == [s for s in sources(home=tmp_path, dsn=backend_dsn) if s in names]


@pytest.mark.parametrize("wrong", ["", "-a", ".a", "a" * 41, "a/b", 'a"b', "a b", "ä", "a\n"])
def test_a_wrong_source_id_is_refused(wrong: str, backend_dsn: str | None, tmp_path: Path) -> None:
    """An id that could leave its folder or its quotes opens nothing."""
    with pytest.raises(WrongUsage):
        open_archive(wrong, home=tmp_path, dsn=backend_dsn)
