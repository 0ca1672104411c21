"""How the extractor's child process is heard: progress, errors, signals, limits."""

from __future__ import annotations

import resource
import stat
import sys
from pathlib import Path

import pytest

from cutline.errors import CannotMeasure, Problem, WrongUsage
from postroom import pst_extract
from postroom.errors import DiskRefused, NotReadable
from postroom.progress import silent
from postroom.pst_extract import Extracted, extract

DONE = '{"event":"done","emails":3,"attachments":2,"errors":1}'


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Put a program of the given Python lines into the place of `pst-extract`."""

    def install(*lines: str) -> None:
        path = tmp_path / "pst-extract"
        path.write_text(f"#!{sys.executable}\nimport os, sys\n" + "\n".join(lines) + "\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setattr(pst_extract, "_find_program", lambda: path)

    return install


def say(line: str) -> str:
    return f"print({line!r}, file=sys.stderr, flush=True)"


def run(tmp_path: Path, **options) -> Extracted:
    return extract(tmp_path / "a.pst", tmp_path / "out", options.pop("progress", silent), **options)


def test_progress_comes_through(program, tmp_path: Path) -> None:
    """Each progress line of the child is one report."""
    program(say('{"event":"progress","phase":"read","done":5,"total":9,"unit":"B"}'), say(DONE))
    seen = []
    found = run(tmp_path, progress=lambda *report: seen.append(report))
    assert seen == [("read", 5, 9)]
    assert found == Extracted(3, 2, 1)


def test_item_errors_are_no_failure(program, tmp_path: Path) -> None:
    """Exit 5 is an extraction that is whole and names what it could not read."""
    program(say(DONE), "sys.exit(5)")
    assert run(tmp_path).errors == 1


def test_the_options_reach_the_child(program, tmp_path: Path) -> None:
    """Every option of ours is one of the program's."""
    program(f"open({str(tmp_path / 'seen')!r}, 'w').write(' '.join(sys.argv[1:]))", say(DONE))
    run(tmp_path, jobs=2, ingest_id="i", hashes="md5")
    seen = (tmp_path / "seen").read_text()
    expected = f"{tmp_path}/a.pst --out {tmp_path}/out --jobs 2 --ingest-id i --hash md5"
    assert seen == expected


@pytest.mark.parametrize(
    ("code", "kind"), [(3, NotReadable), (6, DiskRefused), (64, WrongUsage), (99, CannotMeasure)]
)
def test_the_error_of_the_child_is_ours(
    code: int, kind: type[Problem], program, tmp_path: Path
) -> None:
    """What, where, why and help come through, as the kind that the exit code means."""
    program(
        say('{"event":"error","what":"no PST","where":"a.pst","why":"magic","help":"look"}'),
        f"sys.exit({code})",
    )
    with pytest.raises(kind) as caught:
        run(tmp_path)
    problem = caught.value
    said = (problem.what, problem.where, problem.why, problem.remedy)
    assert (type(problem), *said) == (kind, "no PST", "a.pst", "magic", "look")


def test_a_child_that_dies_is_not_a_success(program, tmp_path: Path) -> None:
    """A signal ends one child: the error names it and what the child said last."""
    program(say("thread main panicked"), "os.kill(os.getpid(), 9)")
    with pytest.raises(NotReadable, match=r"SIGKILL \| thread main panicked"):
        run(tmp_path)


def test_a_child_that_says_nothing_is_not_a_success(program, tmp_path: Path) -> None:
    """An unknown exit code without a word is still an error."""
    program("sys.exit(1)")
    with pytest.raises(CannotMeasure, match="exit code 1"):
        run(tmp_path)


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits from outside need prlimit")
def test_the_child_is_limited(program, tmp_path: Path) -> None:
    """Memory and CPU time of the child are bounded, and its core files are off."""
    (tmp_path / "a.pst").write_bytes(b"x")
    program(
        "import resource, time",
        "wanted = (2 << 30, 300, 0)",
        "def limits():",
        "    kinds = (resource.RLIMIT_DATA, resource.RLIMIT_CPU, resource.RLIMIT_CORE)",
        "    return tuple(resource.getrlimit(kind)[0] for kind in kinds)",
        "for _ in range(500):",
        "    if limits() == wanted: break",
        "    time.sleep(0.01)",
        "sys.exit(0 if limits() == wanted else 1)",
    )
    run(tmp_path)


def test_a_missing_program_says_what_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the distribution to install."""
    monkeypatch.setattr(pst_extract.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotMeasure, match="pip install"):
        run(tmp_path)
