"""Every check, in the order in which a person would try."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

import httpx

from cutline.errors import Problem
from postroom.smoke.asked import Asked
from postroom.smoke.counted import check_stats
from postroom.smoke.drawn import check_items
from postroom.smoke.leakage import check_leakage
from postroom.smoke.reading import check_open, check_search
from postroom.smoke.routing import (
    check_backend,
    check_crafted,
    check_header,
    check_health,
    check_mismatch,
    check_query,
    check_unknown,
)
from postroom.smoke.trouble import check_client_errors, check_server_errors
from postroom.smoke.verdict import Checked, Verdict, blind
from postroom.smoke.writing import check_note, check_value

Check = Callable[[Asked], Verdict]

CHECKS: Final[dict[str, Check]] = {
    "health": check_health,
    "backend": check_backend,
    "header": check_header,
    "query": check_query,
    "mismatch": check_mismatch,
    "unknown source": check_unknown,
    "crafted ids": check_crafted,
    "stats": check_stats,
    "items": check_items,
    "search": check_search,
    "open": check_open,
    "note": check_note,
    "value": check_value,
    "leakage": check_leakage,
    "server errors": check_server_errors,
    "client errors": check_client_errors,
}


def smoke(asked: Asked) -> Iterator[Checked]:
    """Do every check and hand out each as it ends; one that cannot be done stops no other."""
    for name, check in CHECKS.items():
        began = time.monotonic()
        verdict = _verdict(check, asked)
        yield Checked(name, verdict, time.monotonic() - began)


def _verdict(check: Check, asked: Asked) -> Verdict:
    try:
        return check(asked)
    except Problem as problem:
        return blind(f"{problem.what}: {problem.why}")
    except httpx.HTTPStatusError as error:
        return blind(f"{error.request.url.path} answered {error.response.status_code}")
    except httpx.TransportError as error:
        return blind(f"the service does not answer: {type(error).__name__}")
    except (KeyError, TypeError, ValueError, IndexError) as error:
        return blind(f"an answer is not of its form: {type(error).__name__}")
