"""The probes `command` and `parity`, as real processes, and those of other packages."""

from __future__ import annotations

import json
import sqlite3
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from tests_support.probing import NOW, asked
from tests_support.waiting import until

from cutline.errors import CannotMeasure
from cutline.plan import kind
from cutline.plan.secret import Secret
from cutline.probes import Answer, Asked, extension


def command(script: str, **more: object) -> dict[str, object]:
    """A probe that runs Python."""
    return {"command": {"argv": [sys.executable, "-c", script]}, "returns": {"n": "int"}, **more}


def test_a_command_prints_its_fields(tmp_path: Path) -> None:
    """It knows the span and the side, its declared environment, and stands in its folder."""
    (tmp_path / "in").mkdir()
    script = tmp_path / "in" / "probe.py"
    script.write_text(
        "import json, os, sys\n"
        "names = ('CUTLINE_FROM', 'CUTLINE_TO', 'CUTLINE_SIDE', 'KEY')\n"
        "print(json.dumps({n.lower(): os.environ[n] for n in names} | {'argv': sys.argv[1:]}))\n"
    )
    probe = {
        "command": {
            "argv": [sys.executable, "probe.py", "${inputs.word}; echo", "$HOME"],
            "cwd": "in",
            "env": {"KEY": "${inputs.key}"},
        },
        "returns": {
            "cutline_from": "string",
            "cutline_to": "string",
            "cutline_side": "string",
            "key": "string",
            "argv": "list(string)",
        },
    }
    values = {"inputs.word": "two words", "inputs.key": Secret("not-so-open")}
    found = asked(probe, tmp_path, side="v2", values=values)
    assert found.values == {
        "cutline_from": "2026-02-21T11:45:00+00:00",
        "cutline_to": NOW.isoformat(),
        "cutline_side": "v2",
        "key": "not-so-open",
        "argv": ("two words; echo", "$HOME"),
    }, found.why


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("import sys; sys.exit('password=hunter2 is wrong')", "exited with 1: password=«secret»"),
        ("print('{')", "no JSON"),
        ("print('[1]')", "it is a list"),
        ("print('{\"n\": 1.0}')", "n is declared int and came as float"),
        ("print('{}')", "no n"),
        ("while True: print('x' * 65536)", "prints too much"),
        ("import os; os.kill(os.getpid(), 9)", "SIGKILL"),
    ],
)
def test_a_command_that_fails_is_no_reading(script: str, why: str, tmp_path: Path) -> None:
    """Its end and the last of what it complained of are the reason."""
    found = asked(command(script, timeout="1s"), tmp_path)
    assert found.values is None
    assert why in found.why


def test_a_command_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    """The timeout is for the whole group: nothing of it is left running."""
    script = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "open('child', 'w').write(str(child.pid))\n"
        "time.sleep(600)\n"
    )
    found = asked(command(script, timeout="500ms"), tmp_path)
    assert found.values is None
    assert "ran longer than" in found.why
    child = int((tmp_path / "child").read_text())

    def is_gone() -> bool:
        try:
            return "Z" in Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return True

    until(is_gone, what="the child is gone")


def test_a_secret_is_refused_as_an_argument(tmp_path: Path) -> None:
    """Other users of the machine read command lines."""
    probe = {"command": {"argv": ["true", "${inputs.dsn}"]}, "returns": {"n": "int"}}
    found = asked(probe, tmp_path, values={"inputs.dsn": Secret("postgresql://secret")})
    assert "a secret on a command line is refused" in found.why


def test_a_command_that_is_not_there_says_so(tmp_path: Path) -> None:
    """A misspelt program is no reading, and no error of ours."""
    probe = {"command": {"argv": ["./no-such-program"]}, "returns": {"n": "int"}}
    assert "no-such-program was not started" in asked(probe, tmp_path).why


def test_a_suite_that_cannot_be_compared_is_no_reading(tmp_path: Path) -> None:
    """Nothing to compare is not `failed: 0`."""
    sqlite3.connect(tmp_path / "a.sqlite").close()
    probe = {
        "parity": {
            "suite": "postroom.pst",
            "baseline": "1",
            "candidate": "2",
            "dsn": f"sqlite:///{tmp_path}/a.sqlite",
        },
        "returns": {"go": "bool", "failed": "int", "blind": "int"},
        "timeout": "60s",
    }
    found = asked(probe, tmp_path)
    assert found.values is None
    assert "the suite was not judged" in found.why


def _counts(config: dict[str, object], asked_by: Asked) -> Answer:
    if config.get("fails") == "known":
        raise CannotMeasure("the sensor sleeps")
    if config.get("fails") == "bug":
        raise ZeroDivisionError("of theirs")
    return Answer({"n": len(str(config["text"])), "side": asked_by.question.side})


@pytest.fixture
def sensor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another package that offers a probe `sensor`."""

    def points(*, group: str, name: str | None = None) -> tuple[EntryPoint, ...]:
        assert group == "cutline.probes"
        offered = EntryPoint("sensor", f"{__name__}:_counts", group)
        monkeypatch.setattr(EntryPoint, "load", lambda _: _counts)
        return (offered,) if name in {None, "sensor"} else ()

    monkeypatch.setattr(kind, "offered", lambda _: frozenset({"sensor"}))
    monkeypatch.setattr(extension, "entry_points", points)


@pytest.mark.usefixtures("sensor")
def test_a_probe_of_another_package_is_asked(tmp_path: Path) -> None:
    """Its config comes expanded; its errors and its bugs are readings that say why."""
    probe = {"sensor": {"text": "${side}!"}, "returns": {"n": "int", "side": "string"}}
    assert asked(probe, tmp_path, side="v2").values == {"n": 3, "side": "v2"}
    for fails, why in [("known", "the sensor sleeps"), ("bug", "ZeroDivisionError: of theirs")]:
        found = asked({**probe, "sensor": {"fails": fails}}, tmp_path)
        assert found.values is None
        assert why in found.why


def test_a_probe_without_a_past_is_not_asked_about_it(tmp_path: Path) -> None:
    """An answer of now is no answer about yesterday."""
    found = asked(command(f"print({json.dumps(json.dumps({'n': 1}))})"), tmp_path, is_late=True)
    assert found.values is None
    assert found.why == "this probe cannot be asked about the past"
    assert list(tmp_path.iterdir()) == []
