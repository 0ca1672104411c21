"""The child process that reads attachments: one JSON line in, one JSON line out.

A document that makes the extractor crash or run away ends this process and nothing else.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

from postroom.documents.extract import NoTextError, extract


def main() -> None:
    """Answer requests until standard input ends: `worker MEMORY_BYTES FILE_BYTES CHARACTERS`."""
    memory_bytes, file_bytes, characters = (int(argument) for argument in sys.argv[1:4])
    _confine(memory_bytes, file_bytes)
    with os.fdopen(_own_output(), "w", encoding="utf-8") as answers:
        for line in sys.stdin:
            answers.write(json.dumps(_answer(json.loads(line), characters)) + "\n")
            answers.flush()


def _answer(request: dict[str, str], characters: int) -> dict[str, Any]:
    try:
        found = extract(Path(request["path"]), request["suffix"], request["declared"])
    except NoTextError as error:
        return {"error": str(error), "is_final": True}
    except (OSError, MemoryError) as error:
        why = getattr(error, "strerror", None) or str(error) or "out of memory"
        return {"error": why, "is_final": False}
    text = found.text.rstrip("\0").replace("\0", "\ufffd")
    return {"text": text[:characters], "characters": len(text), "mime_type": found.mime_type}


def _confine(memory_bytes: int, file_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _own_output() -> int:
    """Keep standard output for answers: libraries that print get the null device."""
    own = os.dup(1)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os.close(null)
    return own


if __name__ == "__main__":
    main()
