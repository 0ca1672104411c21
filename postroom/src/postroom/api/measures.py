"""`/metrics`: what Prometheus reads."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse

from cutline.errors import Problem
from postroom.api.context import Services, services_of
from postroom.api.metrics import gauge
from postroom.api.words import ERRORS

router = APIRouter(tags=["service"], responses=ERRORS)


@router.get("/metrics", response_class=PlainTextResponse)
def show_metrics(request: Request) -> PlainTextResponse:
    """Give the counts of this process in Prometheus's text format 0.0.4."""
    services = services_of(request)
    text = services.requests.prometheus() + services.split.prometheus()
    text += services.deprecated.prometheus() + _queue(services)
    return PlainTextResponse(text, media_type="text/plain; version=0.0.4; charset=utf-8")


def _queue(services: Services) -> str:
    """Tell what waits and who works; where the queue is away, that it is, and no number."""
    try:
        queue = services.queues.of(services.settings.where.source_id)
        depth = [({"engine": str(name)}, float(n)) for name, n in queue.depth().items()]
        workers = float(len(queue.workers()))
    except Problem as problem:
        services.log.problem(problem, "-")
        return gauge("postroom_queue_readable", "1: the queue answers.", [({}, 0.0)])
    return (
        gauge("postroom_queue_readable", "1: the queue answers.", [({}, 1.0)])
        + gauge("postroom_queued", "Ingests that wait.", depth)
        + gauge("postroom_workers", "Workers that live.", [({}, workers)])
    )
