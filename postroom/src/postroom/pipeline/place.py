"""Where the archives and the object store lie, as a worker hands it to the processes of tasks."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from postroom.archive.archive import Archive
from postroom.archive.registry import open_archive, sources
from postroom.store import Store, open_store

HOME = "POSTROOM_HOME"
DSN = "POSTROOM_DSN"
STORE = "POSTROOM_STORE"


@dataclass(frozen=True, slots=True)
class Place:
    """The home, the DSN of PostgreSQL (None: SQLite) and the URL of the object store."""

    home: Path
    dsn: str | None
    store_url: str = ""

    @classmethod
    def from_environment(cls) -> Place:
        """Read what `environment` made."""
        dsn = os.environ.get(DSN) or None
        return cls(Path(os.environ[HOME]), dsn, os.environ.get(STORE, ""))

    def environment(self) -> dict[str, str]:
        """Make the environment of a process that works here.

        A DSN may hold a password, so it goes by a variable and never by an argument.
        """
        own = {HOME: str(self.home), DSN: self.dsn, STORE: self.store_url}
        inherited = {name: value for name, value in os.environ.items() if name not in own}
        return inherited | {name: value for name, value in own.items() if value}

    def archive(self, source_id: str) -> Archive:
        """Open the archive of a source; raises `NotReadable` if there is none."""
        return open_archive(source_id, home=self.home, dsn=self.dsn, create=False)

    def sources(self) -> list[str]:
        """List the sources that there are."""
        return sources(home=self.home, dsn=self.dsn)

    def store(self) -> Store:
        """Open the object store."""
        return open_store(self.store_url, home=self.home)
