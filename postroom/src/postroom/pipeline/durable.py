"""DBOS as the pipeline uses it. No other file imports it.

What DBOS keeps of an ingest is its message, its engine, the number of its attempt, and of each
step how it came out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions
from dbos._dbos import _get_dbos_instance, _get_or_create_dbos_registry
from dbos._serialization import DBOSPortableJSON
from dbos._utils import INTERNAL_QUEUE_NAME

from postroom.claim import Engine
from postroom.pipeline.message import IngestMessage
from postroom.pipeline.say import Say, SaysWarnings

if TYPE_CHECKING:
    import sqlalchemy

APPLICATION: Final = "postroom"
VERSION: Final = "pipeline-1"
"""Which workflows a worker takes. It changes only when an old one could not be gone on with."""

ENGINES: Final[tuple[Engine, ...]] = ("v1", "v2")
WORKFLOW: Final = "postroom.ingest"
AT_WORK: Final = ("ENQUEUED", "DELAYED", "PENDING")
MOST_RECOVERIES: Final = 50
_BATCH: Final = 200

Body = Callable[[str, Engine, int], str]
"""An ingest: its message as JSON, its engine and the number of its attempt; says how it ended."""


def queue_name(engine: Engine) -> str:
    """Name the queue of an engine."""
    return f"postroom-{engine}"


def workflow_id(source_id: str, pst_file_id: str, attempt: int) -> str:
    """Name the workflow of an attempt: the same attempt is never there twice."""
    return f"{source_id}/{pst_file_id}/{attempt}"


class DurableQueue:
    """What is asked of DBOS from outside: enqueue, cancel, look."""

    def __init__(self, engine: sqlalchemy.Engine) -> None:
        self._client = DBOSClient(
            system_database_engine=engine,
            serializer=DBOSPortableJSON,
            application_name=APPLICATION,
            retry_connection_errors=False,
        )

    def prepare(self) -> None:
        """Make the tables, or bring them to this version."""
        self._client._sys_db.run_migrations()  # noqa: SLF001  # a worker need not come first

    def enqueue(self, message: IngestMessage, engine: Engine, attempt: int) -> None:
        """Put an attempt into its queue; one that is there already stays as it is."""
        options: EnqueueOptions = {
            "workflow_name": WORKFLOW,
            "queue_name": queue_name(engine),
            "workflow_id": workflow_id(message.source_id, message.pst_file_id, attempt),
            "app_version": VERSION,
        }
        self._client.enqueue(options, message.as_json(), engine, attempt)

    def cancel(self, name: str) -> None:
        """Take a workflow out of the queue, or have it stop before its next step."""
        if self.states([name]):
            self._client.cancel_workflow(name)

    def states(self, names: list[str]) -> dict[str, str]:
        """Say in which state each workflow is; one that is not there is left out."""
        return {
            status.workflow_id: status.status
            for first in range(0, len(names), _BATCH)
            for status in self._client.list_workflows(
                workflow_ids=names[first : first + _BATCH], load_input=False, load_output=False
            )
        }

    def cancelled(self, names: list[str]) -> list[str]:
        """Pick those workflows that were cancelled."""
        return [name for name, state in self.states(names).items() if state == "CANCELLED"]

    def depth(self) -> dict[Engine, int]:
        """Count what waits in each queue."""
        return {
            engine: len(
                self._client.list_workflows(
                    queue_name=queue_name(engine),
                    status="ENQUEUED",
                    load_input=False,
                    load_output=False,
                )
            )
            for engine in ENGINES
        }

    def pending(self) -> dict[str, str]:
        """Map each workflow that began and is not over to its worker."""
        found = self._client.list_workflows(
            status="PENDING", name=WORKFLOW, load_input=False, load_output=False
        )
        return {status.workflow_id: str(status.executor_id) for status in found}

    def close(self) -> None:
        """Give the connections back; the engine stays its owner's."""
        self._client.destroy()


@dataclass(frozen=True, slots=True)
class Limits:
    """How many ingests of an engine run at once: in this worker, and in all of them together."""

    of_worker: int
    of_all: int | None = None


class DurableWorker:
    """DBOS in this process: takes ingests off the queues and runs their steps."""

    def __init__(
        self, database: sqlalchemy.Engine, executor_id: str, ingest: Body, say: Say
    ) -> None:
        logger = logging.getLogger("dbos")
        logger.handlers[:] = [SaysWarnings(say)]  # a logger with a handler gets no console
        logger.propagate = False
        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_engine": database,
            "application_version": VERSION,
            "executor_id": executor_id,
            "serializer": DBOSPortableJSON,
            "use_listen_notify": False,
            "log_level": "WARNING",
        }
        DBOS(config=config)
        self._ingest = DBOS.workflow(name=WORKFLOW, max_recovery_attempts=MOST_RECOVERIES)(
            _plain(ingest)
        )

    def launch(self, limits: dict[Engine, Limits], poll_s: float) -> None:
        """Begin to take ingests off the queues in `limits`."""
        # A queue in DBOS's tables has one limit for every worker; these are this worker's own.
        registry = _get_or_create_dbos_registry()
        for engine, limit in limits.items():
            registry._register_internal_queue(  # noqa: SLF001
                queue_name(engine),
                worker_concurrency=limit.of_worker,
                global_concurrency=limit.of_all,
                polling_interval_sec=poll_s,
            )
        DBOS.launch()

    @staticmethod
    def step(name: str, work: Callable[[], Any]) -> Any:  # noqa: ANN401  # whatever JSON can hold
        """Run a step of the workflow that calls it; done before, hand back what came of it."""
        return DBOS.run_step({"name": name}, work)

    @staticmethod
    def recover(executor_id: str) -> int:
        """Put what a dead worker began back into its queue; hand back how much that was.

        The same again changes nothing: only what still belongs to the dead worker goes back.
        """
        return len(DBOS._recover_pending_workflows([executor_id]))  # noqa: SLF001

    @staticmethod
    def give_back(name: str, executor_id: str) -> bool:
        """Put one workflow of a worker back into its queue; say whether it was its own."""
        database = _get_dbos_instance()._sys_db  # noqa: SLF001
        return bool(database.reenqueue_for_recovery(name, [executor_id], INTERNAL_QUEUE_NAME))

    @staticmethod
    def stop_taking() -> None:
        """Take nothing more off the queues; what runs goes on."""
        for event in _get_dbos_instance().background_thread_stop_events:
            event.set()


def _plain(ingest: Body) -> Body:
    """Make a function of it: DBOS reads the types of one and marks it."""

    def run(message: str, engine: str, attempt: int) -> str:
        return ingest(message, "v1" if engine == "v1" else "v2", attempt)

    return run
