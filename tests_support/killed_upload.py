"""`postroom serve` that is killed at a named moment of an upload: `python -m … MOMENT OPTION…`."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from postroom.api import registration
from postroom.cli import main


def _die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _arm(moment: str) -> None:
    match moment:
        case "before the row":
            registration._commit = _die  # type: ignore[assignment]  # noqa: SLF001
        case "after the row":
            commit = registration._commit  # noqa: SLF001

            def committed(*arguments: Any) -> None:
                commit(*arguments)
                _die()

            registration._commit = committed  # type: ignore[assignment]  # noqa: SLF001
        case _:
            raise ValueError(moment)


if __name__ == "__main__":
    _arm(sys.argv.pop(1))
    sys.argv.insert(1, "serve")
    main()
