"""Opens the store of a job: one bucket, or two where uploads have one of their own."""

from __future__ import annotations

import os
from typing import Final

from postroom.aws.two_buckets import TwoBuckets
from postroom.commands.where import Where
from postroom.store import Store, open_store

UPLOADS: Final = "POSTROOM_UPLOADS"


def open_buckets(where: Where) -> Store:
    """Open what `--store` names, and for uploads what `POSTROOM_UPLOADS` names."""
    uploads = os.environ.get(UPLOADS)
    if not uploads:
        return where.store()
    return TwoBuckets(open_store(uploads, home=where.home), where.store())
