"""The archive: one store for each source."""

from postroom.archive.archive import Archive
from postroom.archive.registry import open_archive
from postroom.archive.transaction import Transaction

__all__ = ["Archive", "Transaction", "open_archive"]
