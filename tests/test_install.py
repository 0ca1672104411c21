"""The distributions install by pip, each by itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
UV = shutil.which("uv") or str(ROOT / ".tools/bin/uv")


def installed(folder: Path, *distributions: str) -> Path:
    """Return the programs of a fresh environment holding the distributions."""
    subprocess.run([UV, "venv", "--quiet", str(folder)], check=True)
    environment = {**os.environ, "VIRTUAL_ENV": str(folder)}
    # outside the checkout, so that no workspace setting helps
    paths = [str(ROOT / name) for name in distributions]
    subprocess.run(
        [UV, "pip", "install", "--quiet", "--no-sources", *paths],
        check=True,
        env=environment,
        cwd=folder,
    )
    return folder / "bin"


def test_cutline_installs_alone_and_without_rust(tmp_path: Path) -> None:
    """`pip install ./cutline` gives a working program, with no cargo on the PATH."""
    programs = installed(tmp_path / "env", "cutline")
    done = subprocess.run(
        [programs / "cutline", "--version"],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0
    assert "cutline" in done.stdout


@pytest.mark.skipif("SOAK" not in os.environ, reason="builds the extractor anew: `make soak` does")
def test_all_three_install_together(tmp_path: Path) -> None:
    """`pip install ./cutline ./postroom/extractor ./postroom` gives every program."""
    programs = installed(tmp_path / "env", "cutline", "postroom/extractor", "postroom")
    for name in ("cutline", "postroom", "pst-extract", "pst-synth"):
        done = subprocess.run([programs / name, "--help"], check=False, capture_output=True)
        assert done.returncode == 0, name
