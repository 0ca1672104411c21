"""Where the archives and the object store lie, as a worker hands it to the processes of tasks."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from postroom.archive.archive import Archive
from postroom.archive.registry import is_source, open_archive, sources
from postroom.store import Store, open_store

HOME = "POSTROOM_HOME"
DSN = "POSTROOM_DSN"
STORE = "POSTROOM_STORE"
BACKEND = "POSTROOM_BACKEND"
"""`postgres`: everything is at `POSTROOM_DSN`, which else holds the registry and what moved there.
`sqlite`: the emergency, in which the registry is not asked."""

# What works on mail of strangers may define nothing, and need not know who may.
_ADMINISTRATORS: Final = ("POSTROOM_ADMIN_DSN",)


@dataclass(frozen=True, slots=True)
class Place:
    """The home, the DSN of PostgreSQL (None: SQLite) and the URL of the object store.

    With `registry` each source is in its file or in PostgreSQL, as the registry there says.
    """

    home: Path
    dsn: str | None = field(repr=False)
    store_url: str = ""
    registry: str | None = field(default=None, repr=False)
    is_emergency: bool = False

    @classmethod
    def from_environment(cls, home: Path | None = None) -> Place:
        """Read what `environment` made; `home` stands for the variable of that name."""
        named, backend = os.environ.get(DSN) or None, os.environ.get(BACKEND)
        return cls(
            home or Path(os.environ[HOME]),
            named if backend == "postgres" else None,
            os.environ.get(STORE, ""),
            registry=named if not backend else None,
            is_emergency=backend == "sqlite",
        )

    def environment(self) -> dict[str, str]:
        """Make the environment of a process that works here.

        A DSN may hold a password, so it goes by a variable and never by an argument.
        """
        backend = "postgres" if self.dsn else "sqlite" if self.is_emergency else ""
        own = {
            HOME: str(self.home),
            DSN: self.dsn or self.registry,
            STORE: self.store_url,
            BACKEND: backend,
        }
        withheld = {*own, *_ADMINISTRATORS}
        inherited = {name: value for name, value in os.environ.items() if name not in withheld}
        return inherited | {name: value for name, value in own.items() if value}

    def archive(self, source_id: str, *, create: bool = False) -> Archive:
        """Open the archive of a source; without `create` raises `NotReadable` if there is none."""
        return open_archive(
            source_id,
            home=self.home,
            dsn=self.dsn,
            registry=self.registry,
            is_emergency=self.is_emergency,
            create=create,
        )

    def sources(self) -> list[str]:
        """List the sources that there are."""
        return sources(home=self.home, dsn=self.dsn, registry=self.registry)

    def has_source(self, source_id: str) -> bool:
        """Say whether there is a source of that id."""
        return is_source(source_id, home=self.home, dsn=self.dsn, registry=self.registry)

    def store(self) -> Store:
        """Open the object store."""
        return open_store(self.store_url, home=self.home)
