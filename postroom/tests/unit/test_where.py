"""Where a source lies: what `--dsn` takes and what it refuses."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from cutline.errors import WrongUsage
from postroom.commands.where import Where, dsn_of, where_options


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


@click.command()
@where_options
def shown(where: Where) -> None:
    """Print where sources lie."""
    kind = (where.dsn, where.registry, where.is_emergency)
    click.echo(" ".join(str(one) for one in kind))


@pytest.mark.parametrize(
    ("options", "environment", "expected"),
    [
        ([], {}, "None None False"),
        ([], {"POSTROOM_DSN": "dbname=r"}, "None dbname=r False"),
        (["--registry", "env:A"], {"A": "dbname=a"}, "None dbname=a False"),
        (["--registry", "env:A"], {"A": "dbname=a", "POSTROOM_DSN": "x"}, "None dbname=a False"),
        (["--dsn", "env:A"], {"A": "dbname=a", "POSTROOM_DSN": "x"}, "dbname=a None False"),
        (["--backend", "sqlite"], {"POSTROOM_DSN": "dbname=r"}, "None None True"),
        ([], {"POSTROOM_BACKEND": "sqlite", "POSTROOM_DSN": "dbname=r"}, "None None True"),
        ([], {"POSTROOM_BACKEND": "postgres", "POSTROOM_DSN": "dbname=r"}, "dbname=r None False"),
    ],
)
def test_sources_lie_in_files_in_postgresql_or_where_a_registry_says(
    options: list[str], environment: dict[str, str], expected: str
) -> None:
    """What is named decides; `POSTROOM_DSN` alone is the registry."""
    clean = dict.fromkeys(("POSTROOM_DSN", "POSTROOM_BACKEND")) | environment
    told = CliRunner().invoke(shown, options, env=clean)
    assert told.output.strip() == expected


@pytest.mark.parametrize(
    "options",
    [
        ["--dsn", "dbname=a", "--registry", "dbname=b"],
        ["--dsn", "dbname=a", "--backend", "sqlite"],
        ["--registry", "dbname=a", "--backend", "sqlite"],
        ["--backend", "postgres"],
    ],
)
def test_two_that_say_it_or_none_are_refused(options: list[str]) -> None:
    """Nothing is guessed."""
    clean: dict[str, str | None] = dict.fromkeys(("POSTROOM_DSN", "POSTROOM_BACKEND"))
    told = CliRunner().invoke(shown, options, env=clean)
    assert isinstance(told.exception, WrongUsage)
