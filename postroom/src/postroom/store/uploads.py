"""The store in which an upload lies, which need not be the one that takes the outputs."""

from __future__ import annotations

from postroom.errors import NotReadable
from postroom.store.store import LOCAL, Store


def store_of_upload(bucket: str, store: Store) -> Store:
    """Give the store of an upload whose row names that bucket: `store`, or another bucket of S3.

    Raises `NotReadable` for an upload in a folder while `store` is S3: no row says which folder.
    """
    if bucket == store.bucket:
        return store
    if bucket == LOCAL:
        raise NotReadable(
            "the upload lies in a folder and not in this object store",
            where=store.url,
            why="the ingest was registered with its store in a folder",
            remedy="name that folder: --store FOLDER, or ingest the file again",
        )
    from postroom.store.s3 import S3Store  # noqa: PLC0415  # boto3 takes its time to load

    return S3Store(bucket, scratch=store.scratch_root)
