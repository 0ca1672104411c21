"""`postroom worker` whose tasks are those of `tests_support.pipeline_tasks`.

Run as `python -m tests_support.pipeline_worker worker …`.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

from postroom.cli import main
from postroom.pipeline import worker

_work = worker.work


def _with_other_tasks(settings: Any, say: Any) -> Any:
    program = (sys.executable, "-m", "tests_support.pipeline_tasks")
    return _work(replace(settings, program=program), say)


if __name__ == "__main__":
    worker.work = _with_other_tasks
    main()
