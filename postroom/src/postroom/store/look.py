"""Whether an object store does what an ingest needs of it."""

from __future__ import annotations

import secrets
from typing import Final

from cutline.doctor import Finding
from cutline.errors import Problem
from postroom.store.folder import FolderStore
from postroom.store.store import Store

_NAME: Final = "object store"
_PLACE: Final = "doctor"


def look(store: Store) -> Finding:
    """Put an object, ask for it, list it, read it and remove it; say at which step that ended.

    A folder that is not there yet is not made.
    """
    if isinstance(store, FolderStore) and not store.root.exists():
        return Finding(_NAME, True, f"{store.url} is not there yet: the first ingest makes it")
    prefix, content = f"{_PLACE}-{secrets.token_hex(8)}", b"postroom doctor\n"
    key, step = f"{prefix}/probe", "putting an object"
    try:
        store.put_bytes(key, content)
        step = "asking for its size"
        is_well = store.size(key) == len(content)
        step = "listing it"
        is_well = is_well and list(store.keys(prefix)) == [key]
        step = "reading it as a file"
        with store.local(key) as path:
            is_well = is_well and path.read_bytes() == content
        step = "removing it"
        store.clear(prefix, first="probe")
        is_well = is_well and not store.exists(key)
    except Problem as problem:
        why = f"{problem.what}: {problem.why}" if problem.why else problem.what
        return Finding(_NAME, False, f"{store.url}, {step}: {why}", _remedy(store, step))
    if not is_well:
        return Finding(_NAME, False, f"{store.url} gave another object back", _remedy(store, step))
    return Finding(_NAME, True, f"{store.url} takes, lists, gives and removes objects")


def _remedy(store: Store, step: str) -> str:
    if store.bucket == "local":
        return "make room and check the permissions, or name another folder: --store FOLDER"
    if step == "putting an object":
        return "check AWS_ENDPOINT_URL, the region, the credentials, and the right s3:PutObject"
    return "grant s3:GetObject, s3:ListBucket, s3:PutObject and s3:DeleteObject on the bucket"
