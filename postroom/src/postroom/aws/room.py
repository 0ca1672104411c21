"""Room to work in: a job that would run out of it in the middle does not begin."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from postroom.errors import DiskRefused

WITH_SCRATCH: Final = ("extract", "load", "text")
"""The jobs that bring a PST, or what was made of it, to their machine."""

TIMES_THE_PST: Final = 2.5
"""The PST itself, its outputs, and half of it for what they weigh before they are compressed."""


def require_room(scratch: Path, pst_bytes: int) -> None:
    """Raise `DiskRefused` unless `scratch` has free 2.5 times the PST."""
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        free_bytes = shutil.disk_usage(scratch).free
    except OSError as error:
        raise DiskRefused(
            "the room at the scratch folder cannot be told",
            where=str(scratch),
            why=error.strerror or str(error),
            remedy="look at the user data of the launch template, which mounts it",
        ) from error
    need_bytes = int(TIMES_THE_PST * pst_bytes)
    if free_bytes < need_bytes:
        raise DiskRefused(
            "there is too little room for this PST, so the job did not begin",
            where=str(scratch),
            why=f"{free_bytes:,} bytes are free, {need_bytes:,} are needed: 2.5 times the PST",
            remedy="choose InstanceTypes with a larger instance store",
        )
