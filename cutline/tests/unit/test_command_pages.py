"""`docs/commands.md` knows every command and every exit code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cutline.cli import COMMANDS
from cutline.errors import Exit

PAGE = (Path(__file__).parents[3] / "docs/commands.md").read_text()


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_the_page_names_every_command(command: str) -> None:
    """As it is typed."""
    assert re.search(rf"cutline {command}\b", PAGE), command


@pytest.mark.parametrize("code", sorted(Exit))
def test_the_page_names_every_exit_code(code: Exit) -> None:
    """In its table, at the start of a row."""
    assert f"\n| {int(code)} |" in PAGE
