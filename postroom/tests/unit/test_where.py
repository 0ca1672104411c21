"""Where a source lies: what `--dsn` takes and what it refuses."""

from __future__ import annotations

import pytest

from cutline.errors import WrongUsage
from postroom.commands.where import dsn_of


def test_a_dsn_comes_from_the_named_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A DSN in the environment may hold a password: only its name is on the command line."""
    monkeypatch.setenv("A_DSN", "postgresql://u:hunter2@h/d")
    assert dsn_of("env:A_DSN") == "postgresql://u:hunter2@h/d"
    assert dsn_of(None) is None


@pytest.mark.parametrize("dsn", ["postgresql://u@h/d", "host=h dbname=d", "postgresql:///d"])
def test_a_dsn_without_a_password_may_be_given(dsn: str) -> None:
    """Peer and certificate authentication need no secret."""
    assert dsn_of(dsn) == dsn


@pytest.mark.parametrize(
    "dsn", ["postgresql://u:hunter2@h/d", "host=h password=hunter2", "hunter2 is no dsn"]
)
def test_a_password_on_the_command_line_is_refused_and_not_repeated(dsn: str) -> None:
    """The error names the other way and never the secret."""
    with pytest.raises(WrongUsage) as caught:
        dsn_of(dsn)
    assert "hunter2" not in str(caught.value)
    assert "--dsn env:" in caught.value.remedy


def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing variable is not taken for the embedded default."""
    monkeypatch.delenv("A_DSN", raising=False)
    with pytest.raises(WrongUsage, match="A_DSN"):
        dsn_of("env:A_DSN")
