"""What Postroom offers to Cutline: suite `postroom.pst`, its probes, looks for `doctor`."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from cutline.doctor import Finding
from cutline.parity.suite import Suite
from cutline.probes.answer import Answer
from cutline.probes.context import Asked
from postroom.documents.ocr import TESSDATA, ocr_language, tessdata
from postroom.parity import gates, rows


def pst_suite() -> Suite:
    """Return the suite that compares an ingest by v1 with one of the same file by v2."""
    return Suite(
        name="postroom.pst",
        title="PST ingest: v2 against v1",
        datasets=rows.DATASETS,
        views=rows.VIEWS,
        checks=gates.CHECKS,
        apart=rows.APART,
        refusals=rows.REFUSALS,
        schema="src_{source}",
        describe=rows.DESCRIBE,
    )


def aws_batch(config: Mapping[str, Any], asked: Asked) -> Answer:
    """Measure a compute environment of Batch: `min_vcpus`, which a gate wants to be 0, and more."""
    from postroom.aws.probe import measure  # noqa: PLC0415  # boto3 takes its time

    return measure(config, asked)


def postroom_ingests(config: Mapping[str, Any], asked: Asked) -> Answer:
    """Measure the ingests of a source over a span: what came, ended, failed, stands still."""
    from postroom.ingest_probe import measure  # noqa: PLC0415  # the archive takes its time

    return measure(config, asked)


def postroom_carry_lag(config: Mapping[str, Any], asked: Asked) -> Answer:
    """Measure what PostgreSQL holds of a source and its closed file does not: how much, how old."""
    from postroom.carry_probe import measure  # noqa: PLC0415  # the archive takes its time

    return measure(config, asked)


def doctor() -> list[Finding]:
    """Look at what the ingest by v1 and by v2 needs on this machine."""
    return [_pypff(), *(_program(name) for name in ("pst-extract", "pst-synth")), _languages()]


def _pypff() -> Finding:
    wanted = f"pip install libpff-python=={rows.PINNED_PYPFF}"
    try:
        found = version("libpff-python")
    except PackageNotFoundError:
        return Finding("pypff", False, "not installed: v1 cannot read", wanted)
    return Finding("pypff", found == rows.PINNED_PYPFF, found, wanted)


def _languages() -> Finding:
    folder, language = tessdata(), ocr_language()
    seen = f"{language} in {folder}" if folder else "none"
    return Finding(
        "Tesseract's language data",
        folder is not None,
        f"{seen}: scanned pages are read by it, and recorded as not read without it",
        f"apt-get install tesseract-ocr-eng, or {TESSDATA}=FOLDER with an eng.traineddata",
        is_needed=False,
    )


def _program(name: str) -> Finding:
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    return Finding(
        name, found is not None, found or "not found", "pip install ./postroom/extractor"
    )
