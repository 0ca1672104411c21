"""`/metrics`: what Prometheus reads."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse

from postroom.api.context import services_of
from postroom.api.words import ERRORS

router = APIRouter(tags=["service"], responses=ERRORS)


@router.get("/metrics", response_class=PlainTextResponse)
def show_metrics(request: Request) -> PlainTextResponse:
    """Give the counts of this process in Prometheus's text format 0.0.4."""
    text = services_of(request).requests.prometheus()
    return PlainTextResponse(text, media_type="text/plain; version=0.0.4; charset=utf-8")
