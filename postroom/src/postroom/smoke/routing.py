"""Whether each request comes to the source that it names, and to no other."""

from __future__ import annotations

from typing import Final

import httpx

from postroom.smoke.asked import Asked
from postroom.smoke.verdict import Verdict, failed, passed

_BAD_REQUEST: Final = 400
_REFUSED: Final = (_BAD_REQUEST, 401, 403)
_UNKNOWN: Final = "smoke-no-such-source"
_CRAFTED: Final = (
    "../{source}", "src_{source}/..", "{source}@1", "{source}'--", '{source}"', "{source} ",
    "{source};", "{source}%00", "public.source_registry", "{source}/../{source}", "", "a" * 41,
)  # fmt: skip


def check_health(asked: Asked) -> Verdict:
    """The service answers, says that it is well, and of which source."""
    try:
        answer = asked.service.get("/health")
    except httpx.TransportError as error:
        return failed(f"the service does not answer: {type(error).__name__}")
    if not answer.is_success:
        return failed(f"/health answers {answer.status_code}")
    said = answer.json()
    if said.get("ok") is not True:
        return failed("/health answers ok=false")
    if said.get("read_only"):
        return failed("/health says read_only: the service takes no writes")
    if said.get("source_id") != asked.service.source_id:
        return failed(f"/health speaks of source {said.get('source_id')}")
    return passed(f"ok, version {said.get('version')}")


def check_backend(asked: Asked) -> Verdict:
    """Answers are marked with the store that they come from, the one that is wanted."""
    answer = asked.service.get("/stats")
    marked = answer.headers.get("X-Backend", "nothing")
    if not answer.is_success:
        return failed(f"/stats answers {answer.status_code}")
    if asked.backend is not None and marked != asked.backend:
        return failed(f"X-Backend is {marked}, wanted is {asked.backend}")
    told = asked.service.get("/health").json()["backend"]["backend"]
    if asked.generation is None and told != marked:
        return failed(f"X-Backend is {marked} and /health says {told}")
    return passed(f"X-Backend: {marked}")


def check_header(asked: Asked) -> Verdict:
    """The source is named by header, and the answer is of that source."""
    return _of_the_source(asked, asked.service.get("/stats"))


def check_query(asked: Asked) -> Verdict:
    """The source is named by `source_id=`, and the answer is of that source."""
    headers = asked.service.headers()
    del headers[asked.service.source_header]
    query = {"source_id": asked.service.source_id}
    return _of_the_source(asked, asked.service.send("GET", "/stats", headers, params=query))


def check_mismatch(asked: Asked) -> Verdict:
    """A header and a query that name two sources are refused, whichever of them is known."""
    other = asked.others[0].source_id if asked.others else _UNKNOWN
    for source, queried in ((None, other), (other, asked.service.source_id)):
        answer = asked.service.get("/stats", source=source, source_id=queried)
        if answer.status_code not in _REFUSED:
            named = f"header {source or asked.service.source_id}, source_id={queried}"
            return failed(f"{named}: answered {answer.status_code}, not refused")
    return passed("refused both ways")


def check_unknown(asked: Asked) -> Verdict:
    """A source that nobody made is refused; nothing falls back to another."""
    for path in ("/stats", "/items", "/search?q=a", "/pst", "/folders"):
        answer = asked.service.get(path, source=_UNKNOWN)
        if answer.status_code not in _REFUSED:
            return failed(f"{path} of an unknown source: answered {answer.status_code}")
    return passed("refused by every list")


def check_crafted(asked: Asked) -> Verdict:
    """Ids that try to leave their schema, their file or their quotes are no ids."""
    for form in _CRAFTED:
        named = form.format(source=asked.service.source_id)
        query = {"source_id": named}
        answer = asked.service.send("GET", "/stats", {}, params=query)
        if answer.status_code not in _REFUSED:
            return failed(f"source_id={named!r}: answered {answer.status_code}")
    return passed(f"{len(_CRAFTED)} forms refused")


def _of_the_source(asked: Asked, answer: httpx.Response) -> Verdict:
    wanted = asked.service.source_id
    if not answer.is_success:
        return failed(f"/stats answers {answer.status_code}")
    marked = answer.headers.get(asked.service.source_header, "nothing")
    if marked != wanted:
        return failed(f"{asked.service.source_header} of the answer is {marked}")
    if answer.json()["source_id"] != wanted:
        return failed(f"the answer is of source {answer.json()['source_id']}")
    return passed(f"answered of {wanted}")
