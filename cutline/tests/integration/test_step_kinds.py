"""What each kind of step does, with the real thing behind it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from tests_support.answering import Request, Server, answering
from tests_support.packages import offer
from tests_support.real_runs import python
from tests_support.step_context import ran

from cutline.evidence.keys import new_key
from cutline.plan.secret import Secret
from cutline.run.world import Outcome


@pytest.fixture
def state() -> dict[str, Any]:
    return {"version": "v2", "status": 200}


@pytest.fixture
def service(state: dict[str, Any]) -> Iterator[Server]:
    """A staging service that says which version it is."""

    def answer(request: Request) -> tuple[int, object] | None:
        if request.path == "/hang":
            return None
        return state["status"], {"version": state["version"]}

    with answering(answer) as server:
        yield server


def health(server: Server, path: str = "/health") -> dict[str, Any]:
    """A probe of the service."""
    return {"health": {"http": {"get": server.url + path}, "returns": {"version": "string"}}}


def test_an_http_step_sends_what_it_says_with_the_key_of_the_step(
    service: Server, tmp_path: Path
) -> None:
    """Texts in the body are expanded; a server can tell a second try from a second request."""
    http = {"url": service.url + "/deploy", "body": {"v": "${inputs.v}", "n": [1, "${run.id}"]}}
    done = ran(tmp_path, {"http": http}, {"v": "2.0"}, inputs={"v": {"default": ""}})
    assert done.outcome == Outcome(0)
    [request] = service.requests
    assert request.method == "POST"
    assert request.body == {"v": "2.0", "n": [1, "drill/20260221T120000Z"]}
    assert request.headers["Idempotency-Key"] == "one/it"


def test_an_http_step_fails_on_any_other_status(
    service: Server, state: dict[str, Any], tmp_path: Path
) -> None:
    """Also on one that is a success in general."""
    state["status"] = 202
    done = ran(tmp_path, {"http": {"url": service.url}})
    assert done.outcome == Outcome(1, "status 202, expected 200")
    assert (
        ran(tmp_path, {"http": {"url": service.url, "expect_status": 202}}).outcome.exit_code == 0
    )


def test_an_http_step_that_gets_no_answer_fails(service: Server, tmp_path: Path) -> None:
    """Nobody knows whether it was done: that is no success."""
    done = ran(tmp_path, {"http": {"url": service.url + "/hang"}, "timeout": 0.3})
    assert done.outcome.exit_code == 1
    assert ran(tmp_path, {"http": {"url": "http://127.0.0.1:1/"}}).outcome.exit_code == 1


def test_waiting_ends_when_the_condition_holds(
    service: Server, state: dict[str, Any], tmp_path: Path
) -> None:
    """It is measured again and again until then."""
    state["version"] = "v1"

    def answer(_request: Request) -> tuple[int, object]:
        version = "v2" if len(service.requests) > 2 else "v1"
        return 200, {"version": version}

    service.answer = answer
    wait = {"check": 'health.version == "v2"', "timeout": 10, "every": 0.01}
    done = ran(tmp_path, {"wait_for": wait}, probes=health(service))
    assert done.outcome == Outcome(0)
    assert len(service.requests) == 3


@pytest.mark.parametrize(("path", "code"), [("/health", 1), ("/hang", 3)])
def test_waiting_in_vain_fails_and_waiting_blindly_is_not_measured(
    service: Server, path: str, code: int, tmp_path: Path
) -> None:
    """What could not be measured never passes, and is not the same as a no."""
    probes = health(service, path)
    probes["health"]["timeout"] = 0.2
    wait = {"check": 'health.version == "v3"', "timeout": 0.2, "every": 0.05}
    assert ran(tmp_path, {"wait_for": wait}, probes=probes).outcome.exit_code == code


DEPLOY = "import sys; open('version', 'w').write(sys.argv[1])"


def drill(**more: Any) -> dict[str, Any]:
    """A drill whose staging is a file and whose probe prints it."""
    return {
        "drill": {
            "roll_back": [*python(DEPLOY), "v1"],
            "verify_back": 'staging.version == "v1"',
            "roll_forward": [*python(DEPLOY), "v2"],
            "verify_forward": 'staging.version == "v2"',
            "timeout": 1.2,
            **more,
        }
    }


PRINT = "import json; print(json.dumps({'version': open('version').read()}))"
STAGING = {"staging": {"command": {"argv": python(PRINT)}, "returns": {"version": "string"}}}


def test_a_drill_goes_back_and_forward_and_reports_all_four_parts(tmp_path: Path) -> None:
    """It ends where it began, and the report says what was done and how long it took."""
    done = ran(tmp_path, drill(), probes=STAGING)
    assert done.outcome == Outcome(0)
    assert (tmp_path / "version").read_text() == "v2"
    parts = json.loads(done.kept["drill.json"])
    assert [part["what"] for part in parts] == [
        "roll back",
        "verify back",
        "roll forward",
        "verify forward",
    ]
    assert {part["exit_code"] for part in parts} == {0}
    assert done.printed.count("PASS") == 5


def test_a_way_back_that_does_nothing_fails_the_drill(tmp_path: Path) -> None:
    """It exits with 0 and staging is still v2: only the condition sees that."""
    (tmp_path / "version").write_text("v2")
    done = ran(tmp_path, drill(roll_back=["true"]), probes=STAGING)
    assert done.outcome.exit_code == 1
    assert done.outcome.why.startswith("verify back: does not hold")


def test_staging_is_rolled_forward_also_after_a_failure(tmp_path: Path) -> None:
    """A drill does not leave staging where nobody wants it."""
    done = ran(tmp_path, drill(roll_back=[*python(DEPLOY + "; exit(9)"), "v1"]), probes=STAGING)
    assert done.outcome.exit_code == 1
    assert "exited with 9" in done.outcome.why
    assert (tmp_path / "version").read_text() == "v2"


@pytest.mark.parametrize("part", ["verify_back", "verify_forward"])
def test_a_drill_that_verifies_nothing_proves_nothing(part: str, tmp_path: Path) -> None:
    """A missing condition is not measured, and that is no pass."""
    done = ran(tmp_path, drill(**{part: None}), probes=STAGING)
    assert done.outcome.exit_code == 3
    assert "names no condition" in done.outcome.why


def test_a_drill_whose_probe_is_broken_is_not_measured(tmp_path: Path) -> None:
    """Nobody saw v1 come back."""
    probes = {"staging": {"command": {"argv": ["false"]}, "returns": {"version": "string"}}}
    assert ran(tmp_path, drill(), probes=probes).outcome.exit_code == 3


def test_a_checkpoint_waits_for_a_person(tmp_path: Path) -> None:
    """The run opens it; what people need for it has to be there."""
    (tmp_path / "how.md").write_text("Restore, then compare.")
    form = {"ask": "database restored?", "form": {"procedure": "how.md"}}
    assert ran(tmp_path, {"checkpoint": form}).outcome.exit_code == 2
    form = {"ask": "database restored?", "form": {"procedure": "gone.md"}}
    assert ran(tmp_path, {"checkpoint": form}).outcome.exit_code == 3


def test_a_seal_needs_a_key_that_signs_and_a_store_that_keeps(tmp_path: Path) -> None:
    """What would stop the seal stops the plan before its end."""
    evidence = {"worm": f"file://{tmp_path}/worm", "key": f"{tmp_path}/key.pem"}
    done = ran(tmp_path, {"seal": {}}, evidence=evidence)
    assert done.outcome.exit_code == 3
    new_key(tmp_path / "key.pem")
    (tmp_path / "worm").mkdir()
    done = ran(tmp_path, {"seal": {}}, evidence=evidence)
    assert done.outcome == Outcome(0)
    assert "no WORM" in done.printed


def test_a_parity_step_that_cannot_compare_is_not_measured(tmp_path: Path) -> None:
    """Neither an unknown suite nor a database that is not there passes."""
    parity = {"suite": "no.such", "baseline": "a", "candidate": "b", "dsn": "sqlite:///none"}
    assert ran(tmp_path, {"parity": parity}).outcome.exit_code == 64
    parity["suite"] = "postroom.pst"
    assert ran(tmp_path, {"parity": parity}).outcome.exit_code == 3


SUITE = """
from cutline.parity.suite import Dataset, Multiset, Suite

def tiny():
    query = "SELECT id, v FROM rows WHERE side = :ingest"
    rows = Dataset("rows", {"sqlite": query}, ("id", "v"), ("id",))
    check = Multiset(name="rows", title="rows", dataset="rows", columns=("id", "v"))
    return Suite("tiny", "a tiny suite", (rows,), (check,))
"""


@pytest.mark.parametrize(("v2", "code", "verdict"), [("x", 0, "GO"), ("y", 1, "NO-GO")])
def test_a_parity_step_is_the_verdict_of_its_suite(
    v2: str, code: int, verdict: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A difference fails the step; the report is kept, without values."""
    offer(tmp_path / "site", "cutline.suites", {"tiny": "tiny_suite:tiny"})
    (tmp_path / "site" / "tiny_suite.py").write_text(SUITE)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    with sqlite3.connect(tmp_path / "a.sqlite") as database:
        database.execute("CREATE TABLE rows (side TEXT, id TEXT, v TEXT)")
        rows = [("v1", "1", "x"), ("v2", "1", v2)]
        database.executemany("INSERT INTO rows VALUES (?, ?, ?)", rows)
    database.close()
    dsn = f"sqlite:///{tmp_path}/a.sqlite"
    parity = {"suite": "tiny", "baseline": "v1", "candidate": "v2", "dsn": dsn}
    done = ran(tmp_path, {"parity": parity})
    assert done.outcome.exit_code == code
    assert json.loads(done.kept["parity.json"])["verdict"] == verdict


OBJECTS = """
from cutline.parity.suite import Dataset, Objects, Suite

def stored():
    query = "SELECT id, 'local' AS bucket, id AS key, '3' AS size FROM rows WHERE side = :ingest"
    rows = Dataset("rows", {"sqlite": query}, ("id", "bucket", "key", "size"), ("id",))
    check = Objects(
        name="objects", title="objects", dataset="rows", bucket="bucket", key="key", size="size"
    )
    return Suite("stored", "a suite of objects", (rows,), (check,))
"""


@pytest.mark.parametrize(("content", "code"), [(b"abc", 0), (b"ab", 1), (None, 3)])
def test_a_parity_step_looks_at_the_objects_of_its_store(
    content: bytes | None, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder is taken from the plan's; one that is not there is no verdict."""
    offer(tmp_path / "site", "cutline.suites", {"stored": "stored_suite:stored"})
    (tmp_path / "site" / "stored_suite.py").write_text(OBJECTS)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    with sqlite3.connect(tmp_path / "a.sqlite") as database:
        database.execute("CREATE TABLE rows (side TEXT, id TEXT)")
        database.executemany("INSERT INTO rows VALUES (?, ?)", [("v1", "1"), ("v2", "1")])
    database.close()
    if content is not None:
        (tmp_path / "objects").mkdir()
        (tmp_path / "objects" / "1").write_bytes(content)
    parity = {"suite": "stored", "baseline": "v1", "candidate": "v2", "s3_head": True}
    parity |= {"store": "objects", "dsn": f"sqlite:///{tmp_path}/a.sqlite"}
    assert ran(tmp_path, {"parity": parity}).outcome.exit_code == code


def test_a_step_of_another_package_runs_like_our_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is found by its entry point, its texts are expanded, and a bug in it is an outcome."""
    site = tmp_path / "site"
    offer(site, "cutline.steps", {"greet": "other:greet", "bug": "other:bug"})
    (site / "other.py").write_text(
        "from cutline.run.world import Outcome\n"
        "def greet(config, context):\n"
        "    context.say('hello ' + config['name'])\n"
        "    return Outcome(0, 'from elsewhere')\n"
        "def bug(config, context):\n"
        "    raise ZeroDivisionError\n"
    )
    monkeypatch.syspath_prepend(str(site))
    assert {p.name for p in metadata.entry_points(group="cutline.steps")} >= {"greet", "bug"}
    done = ran(
        tmp_path, {"greet": {"name": "${inputs.n}"}}, {"n": "ana"}, inputs={"n": {"default": ""}}
    )
    assert done.outcome == Outcome(0, "from elsewhere")
    assert done.printed == "hello ana\n"
    done = ran(tmp_path, {"bug": {}})
    assert done.outcome.exit_code == 70
    assert "ZeroDivisionError" in done.outcome.why


def test_a_secret_never_becomes_an_argument(tmp_path: Path) -> None:
    """Other users of the machine can read arguments."""
    step = {"command": ["echo", "${inputs.token}"]}
    inputs = {"token": {"env": "X", "secret": True}}
    done = ran(tmp_path, step, {"token": Secret("sesame-sesame")}, inputs=inputs)
    assert done.outcome.exit_code == 64
    assert "sesame" not in done.printed
