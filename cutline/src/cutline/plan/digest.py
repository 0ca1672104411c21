"""The digest of a plan: what it means, not how it is written."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import rfc8785

from cutline.plan.model import Plan


def canonical(plan: Plan) -> dict[str, Any]:
    """Return a plan as plain JSON; `Plan.model_validate` of it is the same plan.

    Defaults are written out: a newer engine with other ones reads the same plan.
    """
    return plan.model_dump(mode="json", by_alias=True)


def digest(plan: Plan, files: Mapping[str, bytes]) -> str:
    """Return the SHA-256, in hex, of a plan's meaning and of the files that it names.

    Comments, order of keys and the way a duration is written do not change it; a letter of a query
    does. The plan's own YAML is not among `files`.
    """
    named = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    return hashlib.sha256(rfc8785.dumps({"plan": canonical(plan), "files": named})).hexdigest()
