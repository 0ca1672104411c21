"""What schemathesis has to know: how a PST begins, and that nobody can make up a cursor."""

from __future__ import annotations

from typing import Any

import schemathesis
from hypothesis import strategies as st

from tests_support.api import pst

schemathesis.openapi.media_type("application/octet-stream", st.binary(max_size=200).map(pst))


_LONGEST_CURSOR = 128
_WORDS = ("q", "from", "to", "after_date", "before_date")


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Send no cursor that looks like one: only those that the service gave out are taken."""
    del context, kwargs
    given = (case.query or {}).get("after")
    if isinstance(given, str) and len(given) <= _LONGEST_CURSOR:
        del case.query["after"]
    if case.path == "/search":  # the grammar of a question is not told by a pattern
        for name in _WORDS:
            if isinstance(case.query.get(name), str) and "\0" not in case.query[name]:
                case.query[name] = "2026-01-01"
