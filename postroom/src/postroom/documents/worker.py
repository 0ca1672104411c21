"""The child process that reads attachments: one JSON line in, one JSON line out.

A document that makes the extractor crash or run away ends this process and nothing else.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any, Final

from postroom.documents.extract import NoTextError, extract
from postroom.documents.plain import storable

# linux/prctl.h: have the kernel send a signal when the parent ends.
_PR_SET_PDEATHSIG: Final = 1
_OPEN_FILES: Final = 64
_KIB: Final = 1024


def main() -> None:
    """Answer requests until standard input ends: `worker MEMORY_BYTES CHARACTERS PARENT`."""
    memory_bytes, characters, parent = (int(argument) for argument in sys.argv[1:4])
    _confine(memory_bytes)
    _end_with(parent)
    with os.fdopen(_own_output(), "w", encoding="utf-8") as answers:
        for line in sys.stdin:
            answer = _answer(json.loads(line), characters)
            # What fails with little memory left may well be read with all of it.
            answer["is_grown"] = _used_bytes() > memory_bytes // 2
            answers.write(json.dumps(answer) + "\n")
            answers.flush()


def _answer(request: dict[str, str], characters: int) -> dict[str, Any]:
    try:
        path, sha256 = Path(request["path"]), request["sha256"]
        found = extract(path, sha256, request["suffix"], request["declared"])
    except NoTextError as error:
        return {"error": str(error), "is_final": error.is_final}
    except (OSError, MemoryError) as error:
        why = getattr(error, "strerror", None) or str(error) or "out of memory"
        return {"error": why, "is_final": False}
    text = storable(found.text)
    left_out = found.left_out
    if len(text) > characters:
        left_out = f"limit: the first {characters} of {len(text)} characters"
    return {"text": text[:characters], "left_out": left_out, "mime_type": found.mime_type}


def _used_bytes() -> int:
    """Return the most memory that this program had. `ru_maxrss` counts its parent's, too."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIB
    line = next((one for one in status.splitlines() if one.startswith("VmHWM:")), "VmHWM: 0")
    return int(line.split()[1]) * _KIB


def _confine(memory_bytes: int) -> None:
    # What is reserved and never used counts as address space: threads and arenas reserve a lot.
    _limit(resource.RLIMIT_DATA, memory_bytes)
    _limit(resource.RLIMIT_AS, 4 * memory_bytes)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)


def _limit(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (most, most))


def _end_with(parent: int) -> None:
    """Have nothing run on where the task was killed while this process was busy."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before it was asked for
        sys.exit(1)


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
