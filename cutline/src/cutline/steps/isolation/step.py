"""A step that shows that staging names nothing of production."""

from __future__ import annotations

import json
from collections.abc import Iterator

from cutline.plan import interpolate
from cutline.plan.step import Isolation, Step
from cutline.run.site import Site
from cutline.run.world import Outcome
from cutline.steps.context import Context
from cutline.steps.isolation.documents import look_at_files
from cutline.steps.isolation.forbidden import forbidden
from cutline.steps.isolation.found import Found

REPORT = "isolation.json"


def run(step: Step, context: Context) -> Outcome:
    """Look through everything that the plan names; 1 if production is found, 3 if not all is read.

    What is printed and kept says where a name stands and never what stands around it.
    """
    config: Isolation = step.config
    site = context.site
    names: dict[str, list[str]] = {kind: _names(some, site) for kind, some in config.forbid.items()}
    found = Found(forbidden(names))
    look_at_files(found, site.base, tuple(_given(found, config.files, site)))
    if config.kubernetes is not None and _is_given(found, config.kubernetes.namespace, site):
        # A cluster's client takes a second to load.
        from cutline.steps.isolation.cluster import ANSWER_S, look_at_cluster  # noqa: PLC0415

        look_at_cluster(found, config.kubernetes, site, min(step.timeout_s, ANSWER_S))
    for line in found.lines():
        context.say(line)
    context.keep(REPORT, json.dumps(found.as_json(), indent=1, ensure_ascii=False).encode())
    return Outcome(found.exit_code, found.why)


def _names(some: tuple[str, ...], site: Site) -> list[str]:
    """Return names of production; an input may hold several, or none."""
    names: list[str] = []
    for text in some:
        names += site.expand(text).split() if interpolate.names(text) else [text]
    return names


def _given(found: Found, patterns: tuple[str, ...], site: Site) -> Iterator[str]:
    return (site.expand(one) for one in patterns if _is_given(found, one, site))


def _is_given(found: Found, text: str, site: Site) -> bool:
    """Say whether a source has a value here; one whose inputs are empty is told and left out."""
    if site.expand(text):
        return True
    found.leave_out(text)
    return False
