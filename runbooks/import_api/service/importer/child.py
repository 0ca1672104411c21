"""The process that serves: the supervisor starts it, and starts it again when it dies."""

from __future__ import annotations

import os
import signal
import socket
import threading
import uuid

import uvicorn

from cutline.routing import Deprecation, Router, Switch
from importer import deployment
from importer.app import V2, Parts, application
from importer.clock import now_text
from importer.faults import Faults
from importer.log import open_log
from importer.misbehaviour import Misbehaviour
from importer.schema import migrate
from importer.settings import Settings
from importer.store import Store
from importer.worker import Workers


def serve(settings: Settings, listening: socket.socket, parent: int, restarts: int) -> None:
    """Serve until a signal comes or the supervisor, at the other end of `parent`, is gone."""
    log = open_log(settings.log)
    _end_with(parent)
    migrate(settings.db)
    store, faults = Store(settings.db), Faults(settings.faults_file)
    store.set_thresholds(
        stuck_after_s=settings.stuck_after_s,
        quick_s=settings.quick_s,
        slow_after_s=settings.slow_after_s,
        hour_s=settings.hour_s,
    )
    workers = Workers(
        Store(settings.db, is_durable=False),
        faults,
        count=settings.workers,
        model_wait_s=settings.model_wait_s,
        incarnation=uuid.uuid4().hex,
    )
    with Switch.from_url(
        settings.switch_url, poll_s=settings.poll_s, stale_ok_s=settings.stale_ok_s
    ) as switch:
        router = Router("import-api", switch)
        port = listening.getsockname()[1]
        misbehaviour = Misbehaviour(faults, router, port)
        app = application(
            Parts(
                store=store,
                faults=faults,
                router=router,
                switch=switch,
                deprecation=Deprecation.of(settings.deprecated_since, settings.sunset, V2),
                deployed=lambda: deployment.read(settings.deployed_file, settings.version),
                wake=workers.wake,
                obey=misbehaviour.obey,
                are_workers_available=lambda: workers.are_available,
                started_at=now_text(),
                restarts=restarts,
            )
        )
        workers.start()
        misbehaviour.start()
        log.info("process %s serves port %s", os.getpid(), port)
        config = uvicorn.Config(
            app, log_config=None, access_log=False, ws="none", timeout_graceful_shutdown=3
        )
        signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn raises it again when it is done
        uvicorn.Server(config).run(sockets=[listening])
        misbehaviour.stop()
        workers.stop()
    log.info("process %s has stopped", os.getpid())


def _end_with(parent: int) -> None:
    """Die with the supervisor: a service that nobody watches must not go on serving."""

    def watch() -> None:
        os.read(parent, 1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
