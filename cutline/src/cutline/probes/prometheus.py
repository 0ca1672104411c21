"""The probe `prometheus`: instant queries at the end of the span, one a field."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from cutline.errors import CannotMeasure
from cutline.plan.interpolate import expand
from cutline.plan.probe import Prometheus
from cutline.probes.answer import Answer, NoReading, members
from cutline.probes.context import Asked
from cutline.probes.fetch import client, fetch, within

_OK = 200


def measure(config: Prometheus, asked: Asked) -> Answer:
    """Ask all queries at once, each with `time` at the end of the span.

    Each must answer with one number; one that does not leaves its field missing, and `why` names
    it. `${over}` in a query is the length of the span, such as `900s`.
    """
    found = within(asked.probe.timeout_s, _all(config, asked))
    values = {name: one for name, one in found.items() if not isinstance(one, str)}
    why = "; ".join(f"{name}: {one}" for name, one in found.items() if isinstance(one, str))
    return Answer(values, why=why)


async def _all(config: Prometheus, asked: Asked) -> dict[str, float | int | str]:
    """Return the number of each query, or in words why there is none."""
    url = asked.text(config.url).rstrip("/") + "/api/v1/query"
    if urlsplit(url).scheme not in {"http", "https"}:
        raise NoReading("the url of a Prometheus server begins with http:// or https://")
    async with client() as http:
        work = [_one(http, url, text, asked) for text in config.query.values()]
        numbers = await asyncio.gather(*work)
    return dict(zip(config.query, numbers, strict=True))


async def _one(http: httpx.AsyncClient, url: str, text: str, asked: Asked) -> float | int | str:
    try:
        query = expand(text, asked.values)
        parameters = {"query": query, "time": f"{asked.question.until.timestamp():.3f}"}
        fetched = await fetch(http, http.build_request("GET", url, params=parameters))
        answer = members(fetched.body, f"the answer {fetched.status}")
        return number(answer) if fetched.status == _OK else _refused(answer, fetched.status)
    except CannotMeasure as error:
        return ": ".join(part for part in (error.what, error.why) if part)


def number(answer: Mapping[str, Any]) -> float | int | str:
    """Return the one number of an answer of the query API, or in words why there is none."""
    if answer.get("status") != "success":
        return _refused(answer, _OK)
    data = answer.get("data")
    kind, result = (
        (data.get("resultType"), data.get("result")) if isinstance(data, dict) else (0, 0)
    )
    if kind == "vector" and isinstance(result, list):
        if len(result) != 1:
            return "an empty result" if not result else f"{len(result)} series, and one is wanted"
        sample = result[0].get("value") if isinstance(result[0], dict) else None
    elif kind == "scalar":
        sample = result
    else:
        return f"a result of the type {kind}, and one number is wanted"
    return _value(sample)


def _value(sample: object) -> float | int | str:
    try:
        value = float(sample[1])  # type: ignore[index]  # a wrong shape is told below
    except (TypeError, ValueError, IndexError, KeyError):
        return "a sample that is no number"
    if not math.isfinite(value):
        return "no finite number"
    return int(value) if value == int(value) and abs(value) < 2**53 else value


def _refused(answer: Mapping[str, Any], status: int) -> str:
    return f"refused with {status}: {str(answer.get('error', 'without a reason'))[:200]}"
