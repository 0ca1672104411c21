"""The probe `http`: the members of a JSON answer, its status and its headers."""

from __future__ import annotations

import httpx

from cutline.errors import CannotMeasure
from cutline.plan.probe import Http
from cutline.probes.answer import Answer, NoReading, members
from cutline.probes.context import Asked
from cutline.probes.fetch import Fetched, client, fetch, within

STATUS = "status_code"


def measure(config: Http, asked: Asked) -> Answer:
    """Ask once. Any status is an answer unless `expect_status` wants another one."""
    fetched = within(asked.probe.timeout_s, _asked(config, asked))
    if config.expect_status is not None and fetched.status != config.expect_status:
        raise NoReading(f"it answered {fetched.status}, and {config.expect_status} is expected")
    known: dict[str, object] = {STATUS: fetched.status}
    for field, header in config.returns_headers.items():
        if header in fetched.headers:
            known[field] = fetched.headers[header]
    return _with_body(fetched, known, asked)


def _with_body(fetched: Fetched, known: dict[str, object], asked: Asked) -> Answer:
    """Add the members of the body, which is only read where a field may come from it."""
    if set(asked.probe.returns) <= {STATUS, *known}:
        return Answer(known)
    try:
        return Answer({**members(fetched.body, "the answer"), **known})
    except CannotMeasure as error:
        why = f"it answered {fetched.status}: {error.what}"
        return Answer(known, why=why)


async def _asked(config: Http, asked: Asked) -> Fetched:
    async with client() as http:
        return await fetch(http, _request(http, config, asked))


def _request(http: httpx.AsyncClient, config: Http, asked: Asked) -> httpx.Request:
    url = config.get if config.get is not None else config.post
    if url is None:
        raise NoReading("the probe has neither `get` nor `post`")
    headers = {name: asked.text(ref) for name, ref in config.headers.items()}
    body = asked.expand_all(config.body) if config.body is not None else None
    method = "GET" if config.get is not None else "POST"
    return http.build_request(method, asked.text(url), headers=headers, json=body)
