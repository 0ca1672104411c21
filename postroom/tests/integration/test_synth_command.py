"""`pst-synth` and `postroom synth`: what they promise about bytes, memory, errors."""

from __future__ import annotations

import hashlib
import json
import resource

import pytest
from click.testing import CliRunner
from tests_support import synthetic

from cutline.errors import WrongUsage
from postroom.cli import postroom
from postroom.errors import DiskRefused

PROFILES = ("small", "medium", "large", "unicode", "deep", "family", "big-folder")


@pytest.mark.parametrize("profile", PROFILES)
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(profile, tmp_path):
    """File and truth are a function of the arguments; the truth names the file's digest."""
    options = ("--mails", "12")
    once = synthetic.write(tmp_path, profile, *options, name="once")
    again = synthetic.write(tmp_path, profile, *options, name="again")
    other = synthetic.write(tmp_path, profile, *options, "--seed", "2", name="other")
    assert once.pst.read_bytes() == again.pst.read_bytes()
    assert once.lines == again.lines
    assert other.pst.read_bytes() != once.pst.read_bytes()
    (file,) = once.of("file")
    assert file["sha256"] == hashlib.sha256(once.pst.read_bytes()).hexdigest()
    assert file["size_bytes"] == once.pst.stat().st_size
    assert file["emails"] == len(once.of("email")) >= 12
    assert len(once.top_level()) == 12
    assert file["attachments"] == len(once.of("attachment"))
    assert file["folders"] == len(once.of("folder"))
    assert sum(folder["messages"] for folder in once.of("folder")) == 12


@pytest.mark.parametrize(("profile", "divide"), [("small", 20), ("medium", 100), ("deep", 20)])
def test_a_divided_file_has_about_the_size_asked_for(profile, divide, tmp_path):
    """The default size divided, within a tenth and the last section of the file."""
    default = {"small": 80_000_000, "medium": 500_000_000, "deep": 60_000_000}[profile]
    written = synthetic.write(tmp_path, profile, "--divide", str(divide))
    size_bytes = written.pst.stat().st_size
    assert abs(size_bytes - default / divide) < default / divide / 10 + 300_000


def test_a_file_may_be_larger_than_the_memory_there_is(tmp_path):
    """150 MB are written with an address space of 64 MB, program and libraries included."""
    done = synthetic.start(
        ["large", "--size", "150000000", "--out", str(tmp_path / "a.pst")],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (64 << 20, 64 << 20)),
    )
    assert done.returncode == 0
    assert (tmp_path / "a.pst").stat().st_size > 140_000_000


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["smal"], "small, medium, large"),
        (["small", "--size", "0"], "zero"),
        (["small", "--divide", "0"], "zero"),
        (["large", "--size", "9000000000"], "5.5 GB"),
        (["small", "--format", "ansi16"], "ansi14"),
        (["small", "--encoding", "rot13"], "permute"),
        (["big-folder", "--mails", "70000", "--format", "ansi15"], "65,535 rows"),
    ],
)
def test_what_cannot_be_written_is_refused_with_the_code_of_usage(arguments, words, tmp_path):
    """Exit 64, an event that says what helps, and no file."""
    done = synthetic.start([*arguments, "--out", str(tmp_path / "a.pst")])
    event = synthetic.last_event(done)
    assert done.returncode == 64
    assert event["event"] == "error"
    assert words in event["what"] + event["help"]
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_option_is_a_usage_error():
    """The parser of the command line has the same code for it as everything else."""
    assert synthetic.start(["small", "--frobnicate"]).returncode == 64


def test_a_full_disk_leaves_nothing_behind(tmp_path):
    """Exit 6, the file and the reason named, no file under either name."""
    done = synthetic.start(
        ["small", "--divide", "20", "--out", str(tmp_path / "a.pst")],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000)),
        restore_signals=False,  # python ignores SIGXFSZ, and so does its child: write() fails
    )
    event = synthetic.last_event(done)
    assert done.returncode == 6
    assert event["where"] == str(tmp_path / "a.pst")
    assert "large" in event["why"]
    assert list(tmp_path.iterdir()) == []


def test_the_command_prints_what_was_written(tmp_path):
    """`postroom synth --json` ends with the size, the digest and the counts."""
    target, truth = tmp_path / "a.pst", tmp_path / "a.truth.ndjson"
    arguments = ["synth", "small", "--mails", "5", "--out", str(target), "--truth", str(truth)]
    done = CliRunner().invoke(postroom, [*arguments, "--json"], catch_exceptions=False)
    result = json.loads(done.stdout)
    assert done.exit_code == 0
    assert result["emails"] == 5
    assert result["size_bytes"] == target.stat().st_size
    assert truth.read_text(encoding="utf-8").count("\n") > 5


def test_the_command_raises_errors_for_people(tmp_path):
    """A wrong profile is a usage error, a place that is not there a refused write."""
    with pytest.raises(WrongUsage, match="there is no profile") as refused:
        invoke("smal", tmp_path / "a.pst")
    assert "big-folder" in refused.value.remedy
    with pytest.raises(DiskRefused, match="could not write"):
        invoke("small", tmp_path / "nowhere" / "a.pst")


def invoke(profile, target):
    arguments = ["synth", profile, "--out", str(target)]
    return CliRunner().invoke(postroom, arguments, catch_exceptions=False, standalone_mode=False)
