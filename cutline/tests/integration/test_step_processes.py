"""A step is a process of its own, with what the plan declares and nothing else."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from tests_support.real_runs import call, done, ended, plan, printed, python, world
from tests_support.waiting import until

SHOW_ENV = python("import json, os; print(json.dumps(dict(os.environ)))")
VALUE = "correct-horse-battery"


def test_a_command_that_exits_with_0_is_done(tmp_path: Path) -> None:
    """What it printed on both streams is kept, in the order in which it was printed."""
    code = "import os; os.write(1, b'one\\n'); os.write(2, b'two\\n')"
    of = world(tmp_path, plan({"command": python(code)}))
    outcome = done(of)
    assert (outcome.exit_code, outcome.why) == (0, "")
    assert sorted(printed(of, outcome).split()) == ["one", "two"]


def test_a_command_that_fails_says_with_what(tmp_path: Path) -> None:
    """Its exit code is the outcome's."""
    outcome = done(world(tmp_path, plan({"command": python("raise SystemExit(7)")})))
    assert outcome.exit_code == 7
    assert "exited with 7" in outcome.why


def test_a_command_that_exits_with_2_does_not_wait_for_a_person(tmp_path: Path) -> None:
    """2 is what make and parsers of arguments say when they fail; only a checkpoint waits."""
    outcome = done(world(tmp_path, plan({"command": python("raise SystemExit(2)")})))
    assert outcome.exit_code == 1
    assert "exited with 2" in outcome.why


def test_a_command_that_is_not_there_fails_and_says_so(tmp_path: Path) -> None:
    """Nothing was started, and that is no success."""
    outcome = done(world(tmp_path, plan({"command": ["./no-such-program"]})))
    assert outcome.exit_code == 127
    assert "./no-such-program was not started" in outcome.why


def test_a_command_gets_what_the_plan_declares_and_nothing_else(tmp_path: Path) -> None:
    """No variable of the driver reaches it unless the plan names it."""
    step = {"command": SHOW_ENV, "env": {"TOKEN": {"env": "GIVEN"}, "MODE": "${inputs.mode}"}}
    of = world(
        tmp_path,
        plan(step, inputs={"mode": {"default": "x"}}),
        {"mode": "staging"},
        {**os.environ, "GIVEN": "a-token-value", "OTHER": "not for it"},
    )
    seen = json.loads(printed(of, done(of)))
    ours = {"CUTLINE_STEP_KEY": "one/it", "CUTLINE_RUN": of.run, "CUTLINE_STAGE": "one"}
    assert seen.items() >= ours.items()
    assert seen["MODE"] == "staging"
    assert "OTHER" not in seen
    assert set(seen) - {"LC_CTYPE"} <= {*ours, "TOKEN", "MODE", "PATH", "HOME", "LANG"}


def test_no_secret_value_is_written_anywhere_in_the_run(tmp_path: Path) -> None:
    """Not in the call, not in the output while it grows, not in what is kept."""
    step = {"command": python("import os; print('token', os.environ['TOKEN'])")}
    step["env"] = {"TOKEN": "${inputs.token}"}  # type: ignore[assignment]
    inputs = {"token": {"env": "GIVEN_TOKEN", "secret": True}}
    of = world(tmp_path, plan(step, inputs=inputs), {"token": VALUE})
    outcome = done(of)
    assert printed(of, outcome) == "token «secret»\n"
    files = [path for path in of.folder.rglob("*") if path.is_file()]
    assert len(files) > 4
    assert [path for path in files if VALUE.encode() in path.read_bytes()] == []


def test_what_a_step_gets_as_an_argument_is_one_argument(tmp_path: Path) -> None:
    """There is no shell: a value cannot become a second command."""
    step = {"command": [*python("import sys; print(sys.argv[1:])"), "${inputs.x}", "a b"]}
    of = world(tmp_path, plan(step, inputs={"x": {"default": ""}}), {"x": "; echo no $HOME"})
    assert printed(of, done(of)) == "['; echo no $HOME', 'a b']\n"


def test_a_timeout_ends_the_whole_process_group(tmp_path: Path) -> None:
    """What the command started is ended with it, also if it ignores the polite request."""
    pids = tmp_path / "pids"
    inner = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    code = (
        "import subprocess, sys, os, signal, time;"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f"p = subprocess.Popen([sys.executable, '-c', {inner!r}]);"
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{p.pid}}');"
        "time.sleep(600)"
    )
    outcome = done(world(tmp_path, plan({"command": python(code), "timeout": 1.5})))
    assert outcome.exit_code == 1
    assert "longer than 1.5s" in outcome.why
    for pid in map(int, pids.read_text().split()):
        until(lambda pid=pid: not is_alive(pid), what="the process is gone")


def test_a_step_that_leaves_a_server_behind_has_ended(tmp_path: Path) -> None:
    """A deploy that starts something and exits is done, though the output stays open."""
    code = (
        "import subprocess, sys; print('started', flush=True);"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(8)'])"
    )
    of = world(tmp_path, plan({"command": python(code), "timeout": "30s"}))
    before = time.monotonic()
    outcome = done(of)
    assert outcome.exit_code == 0
    assert printed(of, outcome) == "started\n"
    assert time.monotonic() - before < 7


def test_the_same_try_started_again_does_nothing(tmp_path: Path) -> None:
    """Also when it has ended: a try is one try."""
    of = world(tmp_path, plan({"command": python("print('x', file=open('runs.txt', 'a'))")}))
    of.start(call())
    of.start(call())
    ended(of)
    of.start(call())
    assert ended(of).exit_code == 0
    assert (tmp_path / "runs.txt").read_text() == "x\n"
    done(of, call(2))
    assert (tmp_path / "runs.txt").read_text() == "x\nx\n"


def test_an_undo_is_a_try_of_its_own(tmp_path: Path) -> None:
    """It runs the other command, with the key of the step."""
    step = {
        "command": python("print('done')"),
        "undo": python("import os; print('undone', os.environ['CUTLINE_STEP_KEY'])"),
    }
    of = world(tmp_path, plan(step))
    assert printed(of, done(of)) == "done\n"
    assert printed(of, done(of, call(is_undo=True))) == "undone one/it\n"


def test_a_variable_that_is_not_set_is_not_an_empty_one(tmp_path: Path) -> None:
    """The step does not run, and says which name is missing."""
    step = {"command": ["touch", "ran"], "env": {"TOKEN": {"env": "NOBODY_SETS_THIS"}}}
    outcome = done(world(tmp_path, plan(step)))
    assert outcome.exit_code == 3
    assert "NOBODY_SETS_THIS" in outcome.why
    assert not (tmp_path / "ran").exists()


def test_a_key_is_never_a_path(tmp_path: Path) -> None:
    """Names of stages and steps are words of people."""
    of = world(tmp_path)
    key = "../../escape/.."
    of.start(call().__class__("one", "it", key, 1))
    assert {path.name for path in (of.folder / "steps").iterdir()} == {
        "%2E%2E%2F%2E%2E%2Fescape%2F%2E%2E"
    }


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that nobody has waited for yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
