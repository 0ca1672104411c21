"""v1 as a Celery task: in this process by default, on a worker where a broker is named.

`POSTROOM_CELERY_BROKER` names the broker, `POSTROOM_DSN` the PostgreSQL of a worker with the
registry and what moved there, without which all archives are the SQLite files of the home, and
`POSTROOM_STORE` the object store of a worker.
"""

from __future__ import annotations

import os
from contextvars import ContextVar
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from celery import Celery

from postroom.claim import Claim
from postroom.legacy.ingest import run
from postroom.pipeline.place import Place
from postroom.progress import Progress, silent
from postroom.store import open_store
from postroom.tasks.result import TaskResult

BROKER = "POSTROOM_CELERY_BROKER"
RESULTS = "POSTROOM_CELERY_RESULTS"
QUEUE = "postroom-v1"

_heard_by: ContextVar[Progress] = ContextVar("heard_by", default=silent)

app = Celery(
    "postroom",
    broker=os.environ.get(BROKER, "memory://"),
    backend=os.environ.get(RESULTS, "rpc://") if BROKER in os.environ else None,
)
app.conf.update(
    task_always_eager=BROKER not in os.environ,
    task_eager_propagates=True,
    task_acks_late=True,
    broker_connection_retry_on_startup=True,
)


@app.task(name="postroom.ingest_v1")  # type: ignore[untyped-decorator]  # Celery has no types
def ingest_v1(
    source_id: str, home: str, claim: dict[str, Any], store_url: str = ""
) -> dict[str, Any]:
    """Read the PST of an ingest under the claim that the caller took; hand back the task's result.

    `store_url` is as `--store` takes it; without it the worker's own environment decides.
    A message that is delivered twice, or after the claim was lost, writes nothing.
    """
    place = Place.from_environment(Path(home))
    archive = place.archive(source_id)
    held = Claim(**claim)
    store = open_store(store_url or place.store_url, home=place.home)
    result = run(archive, store, held.pst_file_id, held, _heard_by.get())
    return asdict(result)


def asked(
    source_id: str, home: Path, claim: Claim, progress: Progress, store_url: str
) -> TaskResult:
    """Have v1 read an ingest: in this process, or by a Celery worker where a broker is named.

    Raises what v1 raises, and `ClaimHeld` if the claim was lost.
    """
    token = _heard_by.set(progress)
    try:
        celery_task = cast("Any", ingest_v1)
        sent = celery_task.apply_async(
            (source_id, str(home), asdict(claim), store_url), queue=QUEUE
        )
        return TaskResult(**sent.get())
    finally:
        _heard_by.reset(token)
