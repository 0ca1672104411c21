"""A driver that dies at a named moment: journals its intent, starts a step, or was about to.

    python -m tests_support.step_driver FOLDER PLAN.json MOMENT

MOMENT is `after intent`, `before spawn`, `after spawn` or `never`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cutline.plan.model import Plan
from tests_support.real_runs import call, world


def die() -> None:
    """End like a machine that lost its power."""
    os.kill(os.getpid(), signal.SIGKILL)


def dying(spawn: Callable[..., int], moment: str) -> Callable[..., int]:
    """Return a spawn that the driver does not survive."""

    def spawned(*args: Any, **more: Any) -> int:
        if moment == "before spawn":
            die()
        pid = spawn(*args, **more)
        if moment == "after spawn":
            die()
        return pid

    return spawned


def main(folder: str, plan: str, moment: str) -> None:
    """Start the step of the plan, as far as the moment lets us."""
    of = world(Path(folder), Plan.model_validate(json.loads(Path(plan).read_text())))
    (of.folder / "intent").write_text("it")
    if moment == "after intent":
        die()
    os.posix_spawn = dying(os.posix_spawn, moment)
    of.start(call())


if __name__ == "__main__":
    main(*sys.argv[1:])
