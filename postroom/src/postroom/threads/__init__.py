"""Which mail answers which: a pure core over what the archive knows of one ingest."""

from postroom.threads.item import Link, Method, ThreadItem
from postroom.threads.threads import roots, threads

__all__ = ["Link", "Method", "ThreadItem", "roots", "threads"]
