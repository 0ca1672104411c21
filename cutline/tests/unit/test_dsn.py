"""DSNs on a command line."""

from __future__ import annotations

import pytest

from cutline.dsn import from_option
from cutline.errors import CannotMeasure, WrongUsage


@pytest.mark.parametrize(
    "given",
    ["postgresql://u:secret@h/d", "postgresql://h/d?password=secret", "host=h password=secret"],
)
def test_a_password_on_the_command_line_is_refused_and_not_repeated(given: str) -> None:
    """Neither the error nor its JSON repeats the password."""
    with pytest.raises(WrongUsage) as refused:
        from_option(given, "--dsn")
    assert "secret" not in f"{refused.value}{refused.value.as_json()}"


def test_a_dsn_of_the_environment_may_hold_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """`env:NAME` is read where no other user sees it."""
    monkeypatch.setenv("THE_DSN", "postgresql://u:secret@h/d")
    assert from_option("env:THE_DSN", "--dsn") == "postgresql://u:secret@h/d"


def test_a_name_that_is_not_set_cannot_be_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty or missing variable is an error with the command that helps."""
    monkeypatch.setenv("THE_DSN", "")
    with pytest.raises(CannotMeasure, match="THE_DSN"):
        from_option("env:THE_DSN", "--dsn")
