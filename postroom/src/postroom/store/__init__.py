"""The object store: uploads and outputs under keys, in a folder or in S3.

The archive names what is in it by `s3_bucket` and `s3_key`.
"""

from postroom.store.folder import FolderStore
from postroom.store.open import open_store
from postroom.store.store import Store, Stored
from postroom.store.uploads import store_of_upload

__all__ = ["FolderStore", "Store", "Stored", "open_store", "store_of_upload"]
