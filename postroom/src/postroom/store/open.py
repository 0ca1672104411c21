"""Which object store `--store` and `POSTROOM_STORE` mean."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cutline.errors import WrongUsage
from postroom.store.folder import FolderStore
from postroom.store.keys import checked
from postroom.store.store import Store

SCRATCH: Final = "POSTROOM_SCRATCH"
"""The variable that names the folder for what is only there while it is worked on."""

_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def open_store(url: str, *, home: Path) -> Store:
    """Open `s3://bucket[/prefix]` or a folder; `""` is the folder `store` of the home.

    Nothing is asked of S3 yet. Raises `WrongUsage` for anything else.
    """
    if not url:
        return FolderStore(home / "store")
    if "://" not in url:
        return FolderStore(Path(url))
    parts = urlsplit(url)
    if parts.scheme != "s3" or not _BUCKET.fullmatch(parts.netloc) or parts.query or parts.fragment:
        raise _wrong(f"it is neither a folder nor s3://bucket/prefix: {parts.scheme}://…")
    from postroom.store.s3 import S3Store  # noqa: PLC0415  # boto3 takes its time to load

    prefix = parts.path.strip("/")
    scratch = os.environ.get(SCRATCH)
    return S3Store(
        parts.netloc,
        checked(prefix) if prefix else "",
        scratch=Path(scratch) if scratch else home / "scratch",
    )


def _wrong(why: str) -> WrongUsage:
    return WrongUsage(
        "there is no such object store",
        where="--store, POSTROOM_STORE",
        why=why,
        remedy="--store s3://bucket/prefix with AWS's usual variables, or --store FOLDER",
    )
