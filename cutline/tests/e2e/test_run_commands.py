"""`cutline run`, `tick` and `status`, as people and timers call them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests_support.small_runs import ENDLESS, HEAD, ONE_STAGE, Small
from tests_support.waiting import until

STEP = 'stages:\n  - {name: one, steps: [{name: bad, command: ["false"]}]}\n'


def test_a_plan_runs_to_its_end_and_is_sealed(tmp_path: Path) -> None:
    """0, traffic at 10 %, every entry told line by line, the seal in the store, INTACT."""
    small = Small.of(tmp_path)
    done = small("run", "plan.yaml", "--by", "ana")
    assert done.code == 0, done.output
    assert "stage canary begins" in done.output
    assert "closed: complete" in done.output
    assert "\x1b" not in done.output
    assert small.percent == 10
    assert small("status", small.name).code == 0
    assert small("verify", small.run.path, "--key", small.public).code == 0


def test_run_goes_on_with_the_run_that_is_open(tmp_path: Path) -> None:
    """The same command again takes the open run up; there is one folder."""
    small = Small.of(tmp_path, ENDLESS).begun()
    first = small.name
    small("pause", first, "--by", "ana", "--reason", "lunch")
    process = small.start("run", "plan.yaml", "--by", "ana")
    until(lambda: "person" in small.state.pauses, 60)
    process.kill()
    said = process.communicate(timeout=60)[1]
    assert f"run {first} goes on" in said
    assert small.name == first


def test_a_plan_that_has_changed_is_refused_and_amend_is_named(tmp_path: Path) -> None:
    """64, with the very command."""
    small = Small.of(tmp_path, ENDLESS).begun()
    small.plan(ENDLESS.replace("1h", "2h"))
    done = small("run", "plan.yaml", "--by", "ana")
    assert done.code == 64
    assert f"cutline amend {small.name} plan.yaml" in done.output


def test_another_compression_is_refused(tmp_path: Path) -> None:
    """64, with the factor that the open run has."""
    small = Small.of(tmp_path, ENDLESS).begun(2)
    done = small("run", "plan.yaml", "--by", "ana")
    assert done.code == 64
    assert "--compress 2" in done.output
    assert small.told("started")[0]["factor"] == 2


def test_a_secret_that_is_not_set_is_named_and_nothing_begins(tmp_path: Path) -> None:
    """3 or 64 with the variable; no run is left behind."""
    head = HEAD + "inputs: {token: {env: SMALL_TOKEN, secret: true}}\n"
    small = Small.of(tmp_path, head=head)
    done = small("run", "plan.yaml", "--by", "ana")
    assert done.code in {3, 64}
    assert "SMALL_TOKEN" in done.output
    assert not list(tmp_path.glob("runs/small/*"))
    small.environ["SMALL_TOKEN"] = "a value of mine"  # noqa: S105  # for the test
    ran = small("run", "plan.yaml", "--by", "ana")
    assert ran.code == 0, ran.output
    del small.environ["SMALL_TOKEN"]
    done = small("status", small.name)
    assert done.code == 0


def test_a_broken_key_is_refused_before_anything_begins(tmp_path: Path) -> None:
    """The key's path and what to do; no run is left behind."""
    small = Small.of(tmp_path)
    (tmp_path / "key.pem").write_text("no key")
    done = small("run", "plan.yaml", "--by", "ana")
    assert done.code in {3, 64}
    assert "key.pem" in done.output
    assert "help:" in done.output
    assert not list(tmp_path.glob("runs/small/*"))


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    """64 naming the runs that there are; a stamped folder without a journal is no run either."""
    small = Small.of(tmp_path)
    (tmp_path / "runs/small/20260101T000000Z").mkdir(parents=True)
    assert small("status", "nothing").code == 64
    done = small("status", "small/20260101T000000Z")
    assert done.code == 3
    assert "help:" in done.output
    done = small("tick", "small/20260101T000000Z")
    assert done.code == 3
    assert "help:" in done.output


def test_a_damaged_journal_is_refused_with_its_place(tmp_path: Path) -> None:
    """3, the line, and what to do; `tick --all` tells it and drives the others all the same."""
    small = Small.of(tmp_path, ENDLESS).begun()
    lines = small.run.journal.read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(b'"kind"', b'"kinds"')
    small.run.journal.write_bytes(b"".join(lines))
    for command in ("tick", "status"):
        done = small(command, small.name)
        assert done.code == 3, done
        assert "journal" in done.output
        assert "help:" in done.output


def test_a_journal_rewritten_since_its_anchor_is_refused(tmp_path: Path) -> None:
    """A run put back to an older copy of itself does not go on: its head is in the store."""
    small = Small.of(tmp_path, ENDLESS).begun()
    lines = small.run.journal.read_bytes().splitlines(keepends=True)
    small.run.journal.write_bytes(b"".join(lines[:1]))
    done = small("tick", small.name)
    assert done.code == 3
    assert "a signed head counts" in done.output
    assert "help:" in done.output


def test_two_drivers_take_turns(tmp_path: Path) -> None:
    """Both tick one run: one journal without a break, and each stage begins once."""
    small = Small.of(tmp_path, ENDLESS).begun()
    other = small.start("run", "plan.yaml", "--by", "ana")
    before = len(small.told("tick"))
    until(lambda: len(small.told("tick")) > before + 5, 60)
    for _ in range(5):
        assert small("tick", small.name).code == 0
    other.kill()
    assert "goes on" in other.communicate(timeout=60)[1]
    assert len(small.told("stage_started")) == 1
    assert small("verify", small.run.path, "--key", small.public).code == 3  # whole, not closed


def test_a_tick_waits_for_its_turn_and_then_says_busy(tmp_path: Path) -> None:
    """3 with who holds it, and nothing was written."""
    small = Small.of(tmp_path, ENDLESS).begun()
    before = small.run.journal.stat().st_size
    with small.run.lock():
        done = small("tick", small.name, "--patience", "0.1s")
    assert done.code == 3
    assert "another tick holds" in done.output
    assert small.run.journal.stat().st_size == before


def test_tick_answers_0_while_all_is_well_and_status_7(tmp_path: Path) -> None:
    """In progress is not an error for a timer; `status` tells it apart."""
    small = Small.of(tmp_path, ENDLESS).begun()
    assert small("tick", small.name).code == 0
    assert small("status", small.name).code == 7
    shown = small("status", small.name, "--json").json
    assert shown["exit_code"] == 7
    assert shown["percent"] == {"set": 10, "seen": 10}
    assert shown["gates"]["sound"]["verdict"] == "PASS"


def test_tick_all_drives_every_run_but_the_broken_one(tmp_path: Path) -> None:
    """One broken run keeps no other from its tick; its code is the answer, by name."""
    small = Small.of(tmp_path, ENDLESS).begun()
    sound = small.name
    small.plan(ENDLESS, HEAD.replace("name: small", "name: broken"))
    small.begun()
    broken = tmp_path / "runs" / "broken"
    journal = next(broken.glob("*/journal.jsonl"))
    journal.write_bytes(b"{}\n")
    before = len((tmp_path / "runs" / sound / "journal.jsonl").read_bytes())
    done = small("tick", "--all", "--json")
    assert done.code == 3
    assert [run["run"] for run in done.json["runs"]] == [sound]
    assert "broken/" in done.json["failed"][0]["run"]
    assert len((tmp_path / "runs" / sound / "journal.jsonl").read_bytes()) > before
    shown = small("status", "--all")
    assert shown.code == 3
    assert sound in shown.output
    assert "broken/" in shown.errors


def test_a_step_that_failed_waits_for_a_person(tmp_path: Path) -> None:
    """1: v2 has no traffic, so `run` leaves; the retry command is named and works."""
    small = Small.of(tmp_path, STEP)
    done = small("run", "plan.yaml", "--by", "ana")
    assert done.code == 1, done.output
    assert f"cutline retry {small.name}" in done.output
    small.plan(STEP.replace("false", "true"))
    assert small("status", small.name).code == 1
    assert small("retry", small.name, "--by", "ana").code == 0
    small.ticks(lambda s: s.steps["one", "bad"].attempt == 2 and s.is_paused)


def test_no_input_is_taken_without_a_value(tmp_path: Path) -> None:
    """Slips of the command line are 64."""
    small = Small.of(tmp_path)
    assert small("run", "plan.yaml", "--by", "ana", "--input", "x").code == 64
    assert small("run", "plan.yaml", "--by", "ana", "--compress", "0.5").code == 64
    assert small("run", "plan.yaml").code == 64
    assert small("tick").code == 64
    assert small("run", "none.yaml", "--by", "ana").code in {3, 64}
    assert not small.runs.exists()


def test_a_starter_who_is_not_among_the_people_is_refused(tmp_path: Path) -> None:
    """Who runs it is in the evidence: a name that the plan does not know is a slip."""
    small = Small.of(tmp_path)
    done = small("run", "plan.yaml", "--by", "anna")
    assert done.code == 64
    assert "ana" in done.output
    assert not list(tmp_path.glob("runs/small/*"))


def test_json_is_all_that_json_prints(tmp_path: Path) -> None:
    """`run --json` prints one document, whatever happens on the way."""
    small = Small.of(tmp_path, ONE_STAGE)
    process = small.start("run", "plan.yaml", "--by", "ana", "--json")
    out, _ = process.communicate(timeout=60)
    shown = json.loads(out)
    assert shown["outcome"] == "complete"
    assert shown["exit_code"] == 0
    for command in (["status", small.name], ["status", "--all"], ["tick", "--all"]):
        assert small(*command, "--json").json


@pytest.mark.parametrize("signal", ["SIGINT", "SIGTERM"])
def test_a_driver_that_is_told_to_go_leaves_a_whole_journal(tmp_path: Path, signal: str) -> None:
    """An interrupt ends the process, not the run: the next tick goes on."""
    import signal as signals  # noqa: PLC0415

    small = Small.of(tmp_path, ENDLESS)
    # What runs in the background of a shell inherits that an interrupt is ignored.
    before = signals.signal(signals.SIGINT, signals.SIG_DFL)
    process = small.start("run", "plan.yaml", "--by", "ana")
    signals.signal(signals.SIGINT, before)
    until(lambda: list(tmp_path.glob("runs/small/*/journal.jsonl")) and small.percent, 60)
    process.send_signal(signals.Signals[signal])
    _, said = process.communicate(timeout=60)
    assert "Traceback" not in said
    assert small("tick", small.name).code == 0
