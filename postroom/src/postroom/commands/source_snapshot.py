"""`postroom source snapshot`, `restore` and `purge`: what is kept of a store, and until when."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cutline.console import err, print_json
from cutline.errors import Exit, WrongUsage
from postroom.commands.bar import shown_progress
from postroom.commands.source_options import Ends, ends_options

if TYPE_CHECKING:
    from postroom.archive.transaction import Backend
    from postroom.move.restore import Restored
    from postroom.move.snapshot import Snapshot
    from postroom.progress import Progress

_STORES = click.Choice(["sqlite", "postgres"])


@click.command("snapshot")
@click.argument("source_id", metavar="SOURCE")
@click.option("--store", type=_STORES, default=None, help="This store alone.  [default: each]")
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="The folder where it is kept.  [default: HOME/snapshots]",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was taken as JSON.")
@ends_options
def snapshot_command(
    source_id: str,
    ends: Ends,
    *,
    store: Backend | None,
    folder: Path | None,
    as_json: bool,
) -> int:
    """Take a snapshot of each store that SOURCE has, and prove it by restoring it elsewhere.

    Writers go on. Exit 3, and nothing is left, if one is not proven.
    """
    with shown_progress() as progress:
        taken = _snapshots(source_id, ends, store, folder or ends.home / "snapshots", progress)
    for one in taken:
        err.print(
            f"{source_id}: {one.store}: {one.path} ({one.rows:,} rows, sha256 {one.sha256[:12]}…),"
            " proven by restoring it",
            markup=False,
        )
    if as_json:
        print_json({"source_id": source_id, "snapshots": [one.as_json() for one in taken]})
    return Exit.OK


@click.command("restore")
@click.argument("source_id", metavar="SOURCE")
@click.argument(
    "path", metavar="SNAPSHOT", type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option("--by", metavar="NAME", required=True, help="Who gives up what came after it.")
@click.option("--json", "as_json", is_flag=True, help="Print what was restored as JSON.")
@ends_options
def restore_command(source_id: str, path: Path, ends: Ends, *, by: str, as_json: bool) -> int:
    """Put SNAPSHOT in the place of the store that serves SOURCE.

    What was written after it is not in it. What it replaces is kept: the file as a snapshot, a
    schema beside the new one.
    """
    with shown_progress() as progress:
        restored = _restore(source_id, path, ends, by, progress)
    err.print(
        f"{source_id}: serves what it held at {restored.taken_at}; what it replaced is kept:"
        f" {restored.kept}",
        markup=False,
    )
    if as_json:
        print_json(restored.as_json())
    return Exit.OK


@click.command("purge")
@click.argument("source_id", metavar="SOURCE")
@click.option("--store", type=_STORES, required=True, help="The store that was left.")
@click.option("--by", metavar="NAME", default=None, help="Who approves of it.")
@click.option("--json", "as_json", is_flag=True, help="Print what was deleted as JSON.")
@ends_options
def purge_command(
    source_id: str,
    ends: Ends,
    *,
    store: Backend,
    by: str | None,
    as_json: bool,
) -> int:
    """Delete the store that SOURCE has left. Exit 1 for the one that serves.

    Without its file the fast rollback is over.
    """
    from postroom.archive.names import check_source_id  # noqa: PLC0415  # psycopg takes its time
    from postroom.move.purge import purge  # noqa: PLC0415

    if not by:
        raise WrongUsage(
            "a store is deleted in somebody's name",
            where="--by",
            why="it is missing: nobody approves of it",
            remedy=f"postroom source purge {source_id} --store {store} --by NAME",
        )
    done = purge(check_source_id(source_id), store, home=ends.home, dsn=ends.admin, by=by)
    err.print(f"{source_id}: deleted {', '.join(done.deleted) or 'nothing'}", markup=False)
    if as_json:
        print_json(done.as_json())
    return Exit.OK


def _snapshots(
    source_id: str, ends: Ends, store: Backend | None, folder: Path, progress: Progress
) -> list[Snapshot]:
    from postroom.move.snapshots import snapshots  # noqa: PLC0415  # as above

    stores: tuple[Backend, ...] = ("sqlite", "postgres") if store is None else (store,)
    return snapshots(
        source_id, home=ends.home, dsn=ends.admin_dsn, folder=folder, only=stores, progress=progress
    )


def _restore(source_id: str, path: Path, ends: Ends, by: str, progress: Progress) -> Restored:
    from postroom.archive.sqlite import open_sqlite  # noqa: PLC0415  # as above
    from postroom.move.restore import restore_file  # noqa: PLC0415
    from postroom.move.restore_postgres import restore_schema  # noqa: PLC0415
    from postroom.move.snapshot import read_snapshot  # noqa: PLC0415

    snapshot = read_snapshot(path)
    if snapshot.store == "postgres":
        return restore_schema(
            source_id,
            ends.admin,
            snapshot,
            by=by,
            wait_s=10.0,
            progress=progress,
            file_epoch=_epoch_of_file(source_id, ends),
        )
    file = open_sqlite(source_id, ends.home, create=False)
    return restore_file(file, ends.best, snapshot, by=by, progress=progress)


def _epoch_of_file(source_id: str, ends: Ends) -> int:
    """Read which epoch the file knows, 0 without a file: a lost registry has to be later."""
    from postroom.archive.fence import fence_of  # noqa: PLC0415  # as above
    from postroom.archive.names import file_name  # noqa: PLC0415
    from postroom.archive.sqlite import open_sqlite  # noqa: PLC0415

    if not (ends.home / "sources" / file_name(source_id)).exists():
        return 0
    with closing(open_sqlite(source_id, ends.home, create=False).connect()) as file:
        fence = fence_of(file)
    return 0 if fence is None else fence.epoch
