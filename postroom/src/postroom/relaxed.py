"""When two mails say the same although they are not the same: beside `identity`, and weaker.

The content hash is made of stored bytes; these are not in the archive. So the relaxed hash is made
of the columns of `email_messages`, which are text for people. docs/adr/0040-duplicates.md tells
what follows from that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from postroom.identity import lower, sha256, trim

_MARKS: Final = re.compile(r"(?:(?:re|fwd?):[\t\n\v\f\r ]*)+")

COLUMNS: Final = (
    "subject",
    "from_address",
    "recipients",
    "body_text",
    "body_html",
    "body_rtf",
)
"""The columns of `email_messages` that a relaxed hash is made of."""


def relaxed_subject(subject: str | None) -> str:
    """The subject in lower case (A to Z), without the `re:`, `fw:` and `fwd:` that lead it."""
    bare = lower(trim(subject or ""))
    marks = _MARKS.match(bare)
    return bare[marks.end() :] if marks else bare


def relaxed_members(row: Mapping[str, Any]) -> dict[str, Any]:
    """What the relaxed hash is made of: the members of a content hash, but for the date."""
    body = row["body_text"] or row["body_html"] or row["body_rtf"] or ""
    return {
        "body": "".join(body.split()),
        "from": row["from_address"] or "",
        "subject": relaxed_subject(row["subject"]),
        "to": _to(row["recipients"]),
        "v": 1,
    }


def relaxed_hash(row: Mapping[str, Any]) -> str | None:
    """SHA-256 of the canonical JSON (RFC 8785) of the members; None where there is no text at all.

    A mail without subject and body says nothing by which it could be known again once its date is
    left out.
    """
    members = relaxed_members(row)
    if not (members["body"] or members["subject"]):
        return None
    # Strings under ASCII names: the canonical form, six times faster than by rfc8785.
    spelled = json.dumps(members, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(spelled.encode())


def _to(recipients: str) -> list[str]:
    found = []
    for each in json.loads(recipients):
        if (each.get("type") or 0) & 0xF == 1:
            forms = (each.get(name) for name in ("smtp", "address", "name"))
            found.append(lower(trim(next(filter(None, forms), ""))))
    return sorted(found)
