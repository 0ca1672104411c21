"""A process that puts something into an object store and kills itself on the way.

Run as `python -m tests_support.killed_put KIND URL FILE`, where KIND is `file` or `folder`, and the
file is in the folder that is put. In S3 it dies before its second PUT is sent, in a folder before
the file gets its name, or before the second file does.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from postroom.store import open_store, s3
from postroom.store.s3 import S3Store
from tests_support.killed_load import die


def after_one(work: Any) -> Any:
    """Let something happen once, and die at the second time."""
    done: list[None] = []

    def once(*arguments: Any, **named: Any) -> Any:
        if done:
            die()
        done.append(None)
        return work(*arguments, **named)

    return once


def main(kind: str, url: str, file: Path) -> None:
    """Put, and die."""
    store = open_store(url, home=file.parent.parent / "home")
    if isinstance(store, S3Store):
        s3._AT_ONCE = 1  # type: ignore[misc]  # noqa: SLF001  # the order is that of the requests
        for call in ("PutObject", "UploadPart"):
            handler = after_one(lambda **_: None)
            store._client.meta.events.register(f"before-send.s3.{call}", handler)  # noqa: SLF001
    else:
        Path.replace = die  # type: ignore[assignment, method-assign]
        Path.rename = after_one(Path.rename)  # type: ignore[method-assign]
    if kind == "file":
        store.put_file(file, "a/b")
    else:
        with store.scratch():
            store.put_folder(file.parent, "a", last="last")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
