"""What our code promises about its own shape."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONGEST_FILE = 600
LONGEST_FUNCTION = 60


def tracked(*patterns: str) -> list[Path]:
    """Files of the checkout that git tracks or would track."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return [path for line in listed.stdout.splitlines() if (path := ROOT / line).exists()]


def functions(path: Path) -> list[tuple[str, int]]:
    """Name and length in lines, docstring included, of each function of a Python file."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, kinds)]
    return [(node.name, (node.end_lineno or node.lineno) - node.lineno + 1) for node in nodes]


def test_no_source_file_outgrows_its_noun() -> None:
    """A file of code holds one noun: more than 600 lines is never one."""
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text().splitlines())
        for path in tracked("*.py", "*.rs", "*.js")
    }
    assert lengths
    assert {name: n for name, n in lengths.items() if n > LONGEST_FILE} == {}


def test_no_python_function_outgrows_a_page() -> None:
    """A function fits on a page: 60 lines."""
    long = {
        f"{path.relative_to(ROOT).as_posix()}:{name}": length
        for path in tracked("*.py")
        for name, length in functions(path)
        if length > LONGEST_FUNCTION
    }
    assert long == {}


@pytest.mark.parametrize("word", ["utils", "helpers", "manager", "common"])
def test_no_file_has_a_name_that_says_nothing(word: str) -> None:
    """A reader finds a feature by the name of its file."""
    assert [path for path in tracked("*.py", "*.rs", "*.js") if path.stem == word] == []
