"""What this machine has and lacks: one finding a thing, each with the command that helps."""

from __future__ import annotations

import importlib
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points

from cutline.errors import Problem

GROUP = "cutline.doctor"
LEAST_PYTHON = (3, 11)
ENGINES = {
    "duckdb": "compares",
    "pyarrow": "carries rows",
    "adbc_driver_postgresql": "reads PostgreSQL",
    "psycopg": "reaches PostgreSQL",
}


PROGRAMS = {
    "ssh-keygen": (
        "people sign a brief with it, where a plan says `identity: ssh`",
        "install OpenSSH 8 or newer: apt-get install openssh-client",
    ),
    "kubectl": (
        "plans for a cluster deploy and roll back by it",
        "install it: https://kubernetes.io/docs/tasks/tools/",
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: whether it is well, what was seen, and what helps if not.

    What is not `is_needed` serves only some: without it nothing is amiss.
    """

    name: str
    is_well: bool
    seen: str
    remedy: str = ""
    is_needed: bool = True

    @property
    def is_amiss(self) -> bool:
        """Say whether something is lacking that everybody needs."""
        return self.is_needed and not self.is_well


def findings(dsn: str | None = None) -> Iterator[Finding]:
    """Look at Python, the engines, what installed packages add, and a DSN if one is given."""
    yield _python()
    yield from (_module(module, use) for module, use in ENGINES.items())
    yield Finding("SQLite", True, sqlite3.sqlite_version)
    yield _suites()
    yield from (program(name, use, help_) for name, (use, help_) in PROGRAMS.items())
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        yield from _added(point.name, point.load())
    if dsn is not None:
        yield reachable(dsn)


def _python() -> Finding:
    seen = ".".join(str(part) for part in sys.version_info[:3])
    is_well = sys.version_info[:2] >= LEAST_PYTHON
    return Finding("Python", is_well, seen, "install Python 3.11 or newer")


def _module(module: str, use: str) -> Finding:
    try:
        found = importlib.import_module(module)
    except ImportError as error:
        return Finding(module, False, str(error), "pip install --force-reinstall cutline")
    return Finding(module, True, f"{getattr(found, '__version__', 'installed')}, {use}")


def program(name: str, use: str, remedy: str) -> Finding:
    """Say where a program is that only some need, and what for."""
    found = shutil.which(name)
    return Finding(
        name, found is not None, f"{found or 'not found'}: {use}", remedy, is_needed=False
    )


def _suites() -> Finding:
    names = sorted({point.name for point in entry_points(group="cutline.suites")})
    return Finding("suites", True, ", ".join(names) or "none: postroom offers postroom.pst")


def _added(name: str, look: Callable[[], list[Finding]]) -> Iterator[Finding]:
    """Hand on what another package looks at; a package that cannot look is a finding itself."""
    try:
        yield from look()
    except Problem as problem:
        yield Finding(name, False, problem.what, problem.remedy)


def reachable(dsn: str) -> Finding:
    """Say whether a database answers; the DSN itself is not told, for it may hold a password."""
    from cutline.parity.engines import probe  # noqa: PLC0415  # doctor reports a missing engine

    try:
        return Finding("DSN", True, probe(dsn))
    except Problem as problem:
        seen = f"{problem.what}: {problem.why}" if problem.why else problem.what
        return Finding("DSN", False, seen, problem.remedy)
