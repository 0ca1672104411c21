"""What people say to a run: approve, pause, extend, retry, override, amend, report, roll back."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests_support.small_runs import BAKE, ENDLESS, HEAD, Small
from tests_support.waiting import until

from cutline.run.inbox import Inbox
from cutline.run.transitions import Phase

ASKS = "stages:\n  - {name: canary, approve: %s, percent: 10}\n"
ATTESTS = """\
stages:
  - {name: canary, percent: 10, bake: {for: 0.4s, every: 0.2s, max_gap: 30s, max_hold: 60s},
     gates: [sound, complaints]}
"""
FOUR = HEAD.replace("people:", "people:\n  dan: {roles: [sre]}")
NOISE = """\
triggers:
  - {name: loud, when: world.errors > 5, severity: low, do: notify}
"""
ATTEST_HEAD = HEAD + "  complaints: {attest: complaints in this stage, equals: 0, at: end}\n"
TRIGGERS = """\
triggers:
  - {name: wrong, when: world.errors > 5, severity: critical, do: rollback}
  - {report: complaint, severity: high, do: ask, else: rollback, after: 1h}
  - {report: corruption, severity: critical, do: rollback, incident: true}
"""


def approving(tmp_path: Path, approve: str, head: str = HEAD) -> Small:
    """A run that waits for the approval of its only stage."""
    small = Small.of(tmp_path, ASKS % approve, head)
    assert small("run", "plan.yaml", "--by", "ana").code == 2
    return small


def test_an_approval_lets_a_run_go_on_and_status_said_how(tmp_path: Path) -> None:
    """Status shows the very command; the answer is in the journal with the name."""
    small = approving(tmp_path, "{by: sre}")
    shown = small("status", small.name)
    assert shown.code == 2
    assert f"cutline approve {small.name} canary --by NAME" in shown.output
    assert small("approve", small.name, "canary", "--by", "ben").code == 0
    assert small("run", "plan.yaml", "--by", "ana").code == 0
    assert small.told("approved")[0]["by"] == "ben"
    assert small.told("approved")[0]["identity"] == "claimed"


def test_what_a_run_would_refuse_is_said_at_once(tmp_path: Path) -> None:
    """Somebody unknown, somebody without the role, no such checkpoint, nothing paused: 64."""
    small = approving(tmp_path, "{by: dba}")
    for refused, why in (
        (("approve", "canary", "--by", "zoe"), "not among the plan's people"),
        (("approve", "canary", "--by", "ben"), "none of dba"),
        (("approve", "canaries", "--by", "eva"), "checkpoints: 'canary'"),
        (("resume", "--by", "ben"), "nothing is paused"),
        (("retry", "--by", "ben"), "no step waits"),
        (("override", "gate", "none", "--by", "ben", "--until", "1h", "--reason", "x"), "no gate"),
    ):
        done = small(refused[0], small.name, *refused[1:])
        assert done.code == 64, done
        assert why in done.output
    assert not Inbox(small.run.inbox).read()


def test_status_calls_a_form_as_its_file_is_called(tmp_path: Path) -> None:
    """Also where the step has no evidence file, and a blank in its name."""
    form = "{boxes: [counts agree], fields: [RPO in minutes]}"
    step = f"{{name: database restored, checkpoint: {{ask: Was it?, by: dba, form: {form}}}}}"
    small = Small.of(tmp_path, f"stages:\n  - {{name: one, steps: [{step}]}}\n")
    assert small("run", "plan.yaml", "--by", "ana").code == 2
    (written,) = small.run.path.glob("database*.txt")
    assert f"fill in {written.name}, then" in small("status", small.name).output


def test_a_denial_closes_the_checkpoint(tmp_path: Path) -> None:
    """The run stays paused until a person resumes it; a later yes is refused."""
    small = approving(tmp_path, "{by: sre}")
    small("approve", small.name, "canary", "--by", "ben", "--deny", "--note", "not today")
    state = small.ticks(lambda s: s.is_paused)
    assert small.told("denied")[0]["note"] == "not today"
    assert small("approve", small.name, "canary", "--by", "eva").code == 64
    assert state.traffic.percent == 0
    assert small("status", small.name).code == 2


def test_a_signature_by_ssh_keygen_is_one_and_another_is_none(tmp_path: Path) -> None:
    """The commands that are printed work as they are, with OpenSSH itself."""
    keys = {}
    for name in ("ana", "ben", "eva"):
        keys[name] = tmp_path / f"id_{name}"
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", keys[name]]
        subprocess.run(command, check=True)
    head = HEAD
    for name, roles in (("ana", "[sre]"), ("ben", "[sre]"), ("eva", "[sre, dba]")):
        public = keys[name].with_suffix(".pub").read_text().strip()
        head = head.replace(
            f"{name}: {{roles: {roles}}}", f'{name}: {{roles: {roles}, ssh: "{public}"}}'
        )
    small = approving(tmp_path, "{by: sre, identity: ssh}", head)
    shown = small("status", small.name).output
    assert f"cutline approve {small.name} canary --brief brief.json" in shown
    asked = small("approve", small.name, "canary", "--brief", "brief.json", "--json").json
    brief = json.loads((tmp_path / "brief.json").read_bytes())
    assert brief["run"] == small.name
    assert brief["percent"] == {"now": 0, "then": 10}
    unsigned = small("approve", small.name, "canary", "--by", "ben")
    assert unsigned.code == 64
    assert "ssh" in unsigned.output

    def signed(person: str) -> None:
        (tmp_path / "brief.json.sig").unlink(missing_ok=True)
        command = asked["sign"].replace("~/.ssh/id_ed25519", str(keys[person])).split()
        subprocess.run(command, check=True, cwd=tmp_path, capture_output=True)

    hand_in = asked["approve"].replace("NAME", "ben").split()[1:]
    signed("eva")
    wrong = small(*hand_in)
    assert wrong.code == 64
    assert "another key" in wrong.output
    signed("ben")
    assert small(*hand_in).code == 0
    assert small("run", "plan.yaml", "--by", "ana").code == 0
    assert small.told("approved")[0]["identity"] == "ssh"


def test_a_quorum_is_distinct_people_without_the_starter(tmp_path: Path) -> None:
    """Two of sre: ana started it and does not count, ben counts once."""
    small = approving(tmp_path, "{by: sre, quorum: 2}")
    assert "started or amended" in small("approve", small.name, "canary", "--by", "ana").output
    assert small("approve", small.name, "canary", "--by", "ben").code == 0
    state = small.ticks(lambda s: s.asks and s.asks[0].approvals)
    assert state.phase is Phase.APPROVING
    assert "so far ben" in small("status", small.name).output
    again = small("approve", small.name, "canary", "--by", "ben")
    assert again.code == 64
    assert "distinct people" in again.output
    small("approve", small.name, "canary", "--by", "eva")
    small.ticks(lambda s: s.is_over)
    assert small.state.outcome == "complete"


def test_an_approval_lapses_with_its_validity(tmp_path: Path) -> None:
    """What is older than `valid` does not count any more; the checkpoint asks again."""
    small = approving(tmp_path, "{by: sre, quorum: 2, valid: 0.3s}")
    small("approve", small.name, "canary", "--by", "ben")
    small.ticks(lambda s: s.asks and s.asks[0].approvals)
    small.ticks(lambda s: not s.asks[0].approvals)
    assert "older than" in small.told("lapsed")[0]["why"]


def test_the_approval_of_a_stage_lapses_when_a_trigger_fires(tmp_path: Path) -> None:
    """Who agreed had not seen it: the checkpoint asks again, over a new brief."""
    small = Small.of(tmp_path, ASKS % "{by: sre, quorum: 2}" + NOISE, FOUR)
    assert small("run", "plan.yaml", "--by", "ana").code == 2
    small("approve", small.name, "canary", "--by", "ben")
    small.ticks(lambda s: s.asks and s.asks[0].approvals)
    small.world(errors=9)
    state = small.ticks(lambda s: s.asks and not s.asks[0].approvals)
    assert "loud fired" in small.told("lapsed")[0]["why"]
    assert (state.phase, state.traffic.percent) == (Phase.APPROVING, 0)


@pytest.mark.parametrize("what", ["amend", "override gate sound"])
def test_what_people_propose_lapses_when_a_trigger_fires(tmp_path: Path, what: str) -> None:
    """One of two agreed and then something happened: it is proposed again, or forgotten."""
    small = Small.of(tmp_path, ENDLESS + NOISE, FOUR).begun()
    if what == "amend":
        small.plan(ENDLESS.replace("1h", "30m") + NOISE, FOUR)
        words = ["amend", small.name, "plan.yaml"]
    else:
        words = ["override", small.name, "gate", "sound", "--until", "1h"]
    assert small(*words, "--by", "ben", "--reason", "we learned").code == 0
    small.ticks(lambda s: what in s.checkpoints)
    small("approve", small.name, what, "--by", "eva")
    small.ticks(lambda s: s.checkpoints[what].approvals)
    small.world(errors=9)
    state = small.ticks(lambda s: what not in s.checkpoints)
    assert "loud fired" in small.told("lapsed")[0]["why"]
    assert not state.proposals
    assert small("approve", small.name, what, "--by", "dan").code == 64
    assert not small.told("amended")
    assert not small.told("overridden")


def test_an_approval_lapses_when_the_plan_is_amended(tmp_path: Path) -> None:
    """The brief that was approved is not that of the plan in force."""
    small = approving(tmp_path, "{by: sre, quorum: 2}")
    small("approve", small.name, "canary", "--by", "ben")
    small.ticks(lambda s: s.asks and s.asks[0].approvals)
    small.plan((ASKS % "{by: sre, quorum: 2}").replace("percent: 10", "percent: 5"))
    amended = small("amend", small.name, "plan.yaml", "--by", "ben", "--reason", "less")
    assert amended.code == 0, amended.output
    small.ticks(lambda s: "amend" in s.checkpoints and s.checkpoints["amend"].is_open)
    wanted = small.state.checkpoints["amend"].wanted
    for person in ("ana", "eva")[:wanted]:
        assert small("approve", small.name, "amend", "--by", person).code in {0, 64}
        small("tick", small.name)
    small.ticks(lambda s: s.plan.stages[0].percent == 5)
    assert any(one["checkpoint"] == "canary" for one in small.told("lapsed"))


def test_a_value_is_attested_and_the_wrong_one_is_no_pass(tmp_path: Path) -> None:
    """`--value 0` passes the gate at the end of the stage; 3 complaints do not."""
    small = Small.of(tmp_path, ATTESTS, ATTEST_HEAD).begun()
    small.ticks(lambda s: s.asks)
    assert "--value N" in small("status", small.name).output
    assert small("approve", small.name, "complaints", "--by", "ben", "--value", "3").code == 0
    small.ticks(lambda s: s.gates.get("complaints") and s.gates["complaints"].verdict == "FAIL")
    assert not small.state.is_over


def test_pause_and_resume(tmp_path: Path) -> None:
    """Traffic stays, the reason is in the journal, `resume` ends it."""
    small = Small.of(tmp_path, ENDLESS).begun()
    assert small("pause", small.name, "--by", "ben", "--reason", "lunch").code == 0
    state = small.ticks(lambda s: s.is_paused)
    assert "lunch" in state.pauses["person"].why
    assert state.traffic.seen == 10
    shown = small("status", small.name)
    assert shown.code == 2
    assert f"cutline resume {small.name} --by NAME" in shown.output
    assert small("resume", small.name, "--by", "ben").code == 0
    assert not small.ticks(lambda s: not s.is_paused).pauses


def test_extend_makes_the_bake_longer(tmp_path: Path) -> None:
    """By what was asked for, with the reason."""
    small = Small.of(tmp_path, ENDLESS).begun()
    assert small("extend", small.name, "--by", "ben", "--for", "6h", "--reason", "thin").code == 0
    state = small.ticks(lambda s: s.extra_s)
    assert state.extra_s == 21600
    assert small.told("extended")[0]["why"] == "thin"
    assert small("extend", small.name, "--by", "ben", "--for", "-1h", "--reason", "x").code == 64


def test_a_step_is_tried_again_and_undone_by_a_rollback(tmp_path: Path) -> None:
    """What failed is retried with the same key; an abort then undoes what was done."""
    body = (
        "stages:\n  - {name: one, steps: [{name: made, command: [cp, given, made],"
        " undo: [rm, made]}]}\n"
        "  - {name: two, approve: {by: sre}, percent: 10}\n"
    )
    small = Small.of(tmp_path, body)
    assert small("run", "plan.yaml", "--by", "ana").code == 1
    (tmp_path / "given").write_text("1")
    assert small("retry", small.name, "--by", "ben", "--reason", "it is there now").code == 0
    assert small("run", "plan.yaml", "--by", "ana").code == 2
    assert (tmp_path / "made").exists()
    small("abort", small.name, "--by", "ana", "--reason", "wrong day")
    state = small.ticks(lambda s: s.is_over)
    assert state.outcome == "aborted"
    assert not (tmp_path / "made").exists()
    assert small("status", small.name).code == 4


def test_an_override_wants_two_and_is_listed_first(tmp_path: Path) -> None:
    """One gate is waived; the run ends PASS WITH DEVIATIONS, and names it."""
    body = f"stages:\n  - {{name: canary, percent: 10, bake: {BAKE}, gates: [calm]}}\n"
    small = Small.of(tmp_path, body, HEAD + "  calm: {check: world.errors == 0}\n")
    small.world(errors=1)
    small.begun()
    small.ticks(lambda s: "calm" in s.gates)
    said = ("--until", "1h", "--reason", "a known one")
    assert small("override", small.name, "gate", "calm", "--by", "ben", *said).code == 0
    name = "override gate calm"
    small.ticks(lambda s: name in s.checkpoints)
    shown = small("status", small.name).output
    assert f"cutline approve {small.name} 'override gate calm'" in shown
    given = [small("approve", small.name, name, "--by", who).code for who in ("ben", "eva")]
    assert given == [0, 0]
    state = small.ticks(lambda s: s.is_over)
    assert state.outcome == "complete"
    assert small.told("overridden")[0]["by"] == ["ben", "eva"]
    assert small.told("closed")[0]["verdict"] == "PASS WITH DEVIATIONS"
    result = next(small.run.path.glob("*RESULT*"), None) or next(small.run.path.glob("*esult*"))
    text = result.read_text()
    assert "PASS WITH DEVIATIONS" in text
    assert "calm" in text


@pytest.mark.parametrize(("what", "until_text"), [("gate", "25h"), ("trigger", "5h")])
def test_an_override_is_short(tmp_path: Path, what: str, until_text: str) -> None:
    """A gate 24 h, a trigger 4 h, an instant in the past never."""
    small = Small.of(tmp_path, ENDLESS + TRIGGERS).begun()
    name = {"gate": "sound", "trigger": "wrong"}[what]
    said = ("--by", "ben", "--reason", "x")
    assert small("override", small.name, what, name, *said, "--until", until_text).code == 64
    past = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    assert small("override", small.name, what, name, *said, "--until", past).code == 64


def test_an_override_that_has_expired_waives_nothing(tmp_path: Path) -> None:
    """Its end is journaled, and the gate counts again."""
    small = Small.of(tmp_path, ENDLESS).begun()
    end = (datetime.now(UTC) + timedelta(seconds=3)).isoformat()
    said = ("--by", "ben", "--reason", "x", "--until", end)
    assert small("override", small.name, "gate", "sound", *said).code == 0
    small.ticks(lambda s: s.asks)
    for who in ("ben", "eva"):
        small("approve", small.name, "override gate sound", "--by", who)
    assert small.ticks(lambda s: s.overrides).overrides[0].name == "sound"
    small.ticks(lambda s: not s.overrides)
    assert small.told("override_ended")


def amended(small: Small, body: str, head: str = HEAD) -> int:
    """Amend to that plan and return how many approvals it wants."""
    small.plan(body, head)
    done = small("amend", small.name, "plan.yaml", "--by", "ben", "--reason", "we learned")
    assert done.code == 0, done.output
    return small.ticks(lambda s: s.asks).asks[0].wanted


def test_a_tighter_plan_wants_one_and_a_looser_one_two(tmp_path: Path) -> None:
    """By others than who proposed it; the run goes on with the plan that was approved."""
    small = Small.of(tmp_path, ENDLESS, FOUR).begun()
    assert amended(small, ENDLESS.replace("1h", "2h"), FOUR) == 1
    own = small("approve", small.name, "amend", "--by", "ben")
    assert (own.code, "proposed it" in own.output) == (64, True)
    assert small("approve", small.name, "amend", "--by", "eva").code == 0
    small.ticks(lambda s: s.plan.stages[0].bake.for_s == 7200)
    assert small("run", "plan.yaml", "--by", "ana", "--compress", "2").code == 64
    assert amended(small, ENDLESS.replace("1h", "30m"), FOUR) == 2
    for who, code in (("ben", 64), ("ana", 64), ("eva", 0)):
        assert small("approve", small.name, "amend", "--by", who).code == code
        small("tick", small.name)
    assert len(small.told("amended")) == 1
    assert small("approve", small.name, "amend", "--by", "dan").code == 0
    small.ticks(lambda s: s.plan.stages[0].bake.for_s == 1800)
    assert small.state.verdict == "PASS WITH DEVIATIONS"


def test_an_amendment_that_nobody_could_agree_to_is_refused_at_once(tmp_path: Path) -> None:
    """Its author does not count, and of two neither does who started the run: one is left."""
    small = Small.of(tmp_path, ENDLESS).begun()
    small.plan(ENDLESS.replace("1h", "30m"))
    done = small("amend", small.name, "plan.yaml", "--by", "ben", "--reason", "we learned")
    assert (done.code, "only eva may agree" in done.output) == (64, True), done.output
    assert small("amend", small.name, "plan.yaml", "--by", "ana", "--reason", "so").code == 0


def test_a_changed_probe_wants_two_and_the_starter_is_none_of_them(tmp_path: Path) -> None:
    """It measures something else: one of four people is not enough."""
    small = Small.of(tmp_path, ENDLESS, FOUR).begun()
    head = FOUR.replace("[cat, world.json]", "[cat, ./world.json]")
    small.ticks(lambda s: s.bake.total_s > 0.5)
    assert amended(small, ENDLESS, head) == 2
    for who in ("eva", "ana"):
        small("approve", small.name, "amend", "--by", who)
        small("tick", small.name)
    assert [one["by"] for one in small.told("approved")] == ["eva"]
    assert not small.told("amended")


def test_what_cannot_be_amended_is_refused_at_once(tmp_path: Path) -> None:
    """The switch, another name, nothing changed: 64 with the reason."""
    small = Small.of(tmp_path, ENDLESS).begun()
    for head, why in (
        (HEAD.replace("PERCENT", "OTHER"), "switch"),
        (HEAD.replace("name: small", "name: large"), "another run"),
        (HEAD, "not changed"),
    ):
        small.plan(ENDLESS, head)
        done = small("amend", small.name, "plan.yaml", "--by", "ben", "--reason", "x")
        assert done.code == 64, done
        assert why in done.output


def test_a_complaint_asks_and_corruption_rolls_back(tmp_path: Path) -> None:
    """Reports of people are triggers; the incident has its file."""
    small = Small.of(tmp_path, ENDLESS + TRIGGERS).begun()
    done = small("report", small.name, "complaint", "--by", "eva", "--note", "mail 7 is empty")
    assert done.code == 0
    state = small.ticks(lambda s: s.asks)
    assert state.asks[0].name == "report complaint"
    assert small.percent == 10
    small("report", small.name, "corruption", "--by", "eva", "--note", "mail 7")
    state = small.ticks(lambda s: s.is_over)
    assert state.outcome == "rolled back"
    assert small.percent == 0
    assert list(small.run.path.glob("*incident*"))


def test_a_word_that_no_trigger_knows_is_kept_and_said(tmp_path: Path) -> None:
    """Nothing is lost: it is journaled, and the answer says that nothing will act on it."""
    small = Small.of(tmp_path, ENDLESS + TRIGGERS).begun()
    done = small("report", small.name, "complaints", "--by", "eva")
    assert "no trigger" in done.errors
    small("tick", small.name)
    assert small.told("reported")[0]["what"] == "complaints"


def test_a_note_is_in_the_evidence(tmp_path: Path) -> None:
    """With who wrote it."""
    small = Small.of(tmp_path, ENDLESS).begun()
    small("note", small.name, "the cache was cold", "--by", "eva")
    small("tick", small.name)
    assert {"text": "the cache was cold", "by": "eva"}.items() <= small.told("noted")[0].items()


def test_nothing_is_said_to_a_closed_run(tmp_path: Path) -> None:
    """64, with what helps."""
    small = Small.of(tmp_path)
    assert small("run", "plan.yaml", "--by", "ana").code == 0
    for command in (
        ("pause", "--reason", "x"),
        ("note", "x"),
        ("rollback", "--reason", "x"),
        ("report", "complaint"),
    ):
        done = small(command[0], small.name, *command[1:], "--by", "ana")
        assert done.code == 64
        assert "closed" in done.output


def test_two_messages_at_once_are_both_taken(tmp_path: Path) -> None:
    """A pause and its resume, before any tick: neither is lost."""
    small = Small.of(tmp_path, ENDLESS).begun()
    assert small("pause", small.name, "--by", "ben", "--reason", "a").code == 0
    assert small("resume", small.name, "--by", "ben").code == 0
    until(lambda: len(Inbox(small.run.inbox).read()) == 2)
    small("tick", small.name)
    assert [one["verb"] for one in small.told("message")] == ["pause", "resume"]
    assert not small.state.is_paused
