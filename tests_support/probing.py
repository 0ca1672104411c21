"""Asking a probe as a plan writes it, for tests of every kind."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cutline.plan.probe import Probe
from cutline.probes import Context, ask
from cutline.run.reading import Question, Reading

NOW = datetime(2026, 2, 21, 12, tzinfo=UTC)


def asked(  # noqa: PLR0913  # one parameter a part of a question
    probe: Mapping[str, object] | Probe,
    base: Path,
    *,
    side: str | None = None,
    since: datetime | None = None,
    until: datetime = NOW,
    offset: str | None = None,
    is_late: bool = False,
    values: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Reading:
    """The reading of a probe over the 15 minutes before noon, or as told."""
    begin = until - timedelta(minutes=15) if since is None else since
    question = Question("p", side, begin, until, is_late, offset)
    context = Context(base, dict(values or {}), {**os.environ, **(environ or {})})  # type: ignore[arg-type]
    declared = probe if isinstance(probe, Probe) else Probe.model_validate(probe)
    return ask("p", declared, question, context)
