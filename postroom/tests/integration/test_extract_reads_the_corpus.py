"""The extractor on real files: never less than the readers that people use today."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests_support import corpus

EXTRACT = Path(sys.executable).with_name("pst-extract")
READPST_ITEM = re.compile(r"\d+\.(eml|ics|vcf)")


def emails_of(row, folder):
    """Extract a file of the corpus and return how many mails the manifest counts."""
    out = folder / "out"
    command = [EXTRACT, corpus.path(row), "--out", out]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 3:
        assert '"event":"error"' in done.stderr
        return None
    assert done.returncode in {0, 5}, done.stderr
    return json.loads((out / "manifest.json").read_text())["counts"]["emails"]


def readpst_items(row, folder):
    """Return how many items `readpst -j 0` writes out."""
    out = folder / "readpst"
    out.mkdir()
    command = ["readpst", "-j", "0", "-e", "-o", out, corpus.path(row)]
    subprocess.run(command, capture_output=True, check=False)
    return sum(1 for path in out.rglob("*") if READPST_ITEM.fullmatch(path.name))


@pytest.mark.parametrize("row", corpus.each())
def test_no_reader_sees_more_mails(row, tmp_path):
    """Records written >= the messages of pypff and >= the items of readpst, file by file."""
    emails = emails_of(row, tmp_path)
    if emails is None:
        assert not row["pff_messages"], "pypff reads what the extractor refuses"
        return
    assert emails >= int(row["pff_messages"] or 0)
    if shutil.which("readpst"):
        assert emails >= readpst_items(row, tmp_path)
