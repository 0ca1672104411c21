"""Every command of a page does what the page says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
RUNBOOKS = sorted((ROOT / "runbooks").glob("*/README.md"))  # each as a whole, see below
PAGES += sorted({*(ROOT / "runbooks").glob("*/*.md")} - {*RUNBOOKS})
BLOCKS = [
    pytest.param(block, id=f"{page.relative_to(ROOT)}-{number}")
    for page in PAGES
    for number, block in enumerate(BLOCK.findall(page.read_text()))
]


@pytest.mark.parametrize("block", BLOCKS)
def test_the_commands_of_a_page_run(block: str, tmp_path: Path) -> None:
    """A reader who copies a block into an empty folder gets no error; runbooks lie beside it."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    (tmp_path / "runbooks").symlink_to(ROOT / "runbooks")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{block}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


@pytest.mark.parametrize(
    "page", RUNBOOKS, ids=lambda page: str(page.relative_to(ROOT)).replace("/", "-")
)
def test_the_commands_of_a_runbook_run(page: Path, tmp_path: Path) -> None:
    """A reader who follows a runbook's page from top to bottom in a fresh clone gets no error."""
    clone = tmp_path / "clone"
    command = ["git", "clone", "--quiet", "--shared", str(ROOT), str(clone)]
    subprocess.run(command, check=True, capture_output=True)
    blocks = BLOCK.findall(page.read_text())
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
        cwd=clone,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{page}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
