"""Hands out the reader page: its own files, and a policy under which it loads no others."""

from __future__ import annotations

from importlib import resources
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from postroom.api.errors import NotFound

router = APIRouter(include_in_schema=False)

POLICY: Final = "; ".join(  # noqa: FLY002  # one line for each rule
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_KINDS: Final = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "woff2": "font/woff2",
    "png": "image/png",
}
_FOLDER: Final = resources.files("postroom.api").joinpath("page")


@router.get("/")
def show_index() -> Response:
    """Give the page."""
    return _file("index.html")


@router.get("/page/{name}")
def show_part(name: str) -> Response:
    """Give a script, a style or a picture of the page."""
    return _file(name)


def _file(name: str) -> Response:
    kind = _KINDS.get(name.rpartition(".")[2])
    known = {path.name: path for path in _FOLDER.iterdir()} if _FOLDER.is_dir() else {}
    found = known.get(name)
    if kind is None or found is None:
        raise NotFound("there is no such page", where="the path", remedy="GET / is the page")
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}
    return Response(found.read_bytes(), media_type=kind, headers=headers)
