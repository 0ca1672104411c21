"""Both verifiers against everything that may happen to sealed evidence."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
from tests_support.mutation import mutate, rolled
from tests_support.sealed import (
    AT,
    Run,
    begin,
    members,
    packed,
    rehashed,
    with_lines,
    with_manifest,
)

from cutline.evidence import load_public, new_key, sign
from cutline.evidence.entry import parse
from cutline.evidence.standalone import SOURCE
from cutline.evidence.verify import State, verify

MUTATIONS = 1_000 if os.environ.get("SOAK") else 100
Lines = list[bytes]


def _standalone() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_for_auditors", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


STANDALONE = _standalone()


@dataclass(frozen=True)
class Sealed:
    """A sealed run and its tar."""

    run: Run
    tar: bytes


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    run = begin(tmp_path_factory.mktemp("sealed"))
    return Sealed(run, run.seal().tar.read_bytes())


def engine(tar: Path, key: Path, head: Path | None = None) -> tuple[int, str]:
    """Exit code and words of `cutline verify`'s own verification."""
    found = verify(tar, load_public(key), head)
    words = "\n".join(f"{one.place}: {one.what}" for one in found.findings)
    return int(found.exit_code), words


def auditor(tar: Path, key: Path, head: Path | None = None) -> tuple[int, str]:
    """Exit code and words of the stand-alone verifier."""
    words = io.StringIO()
    arguments = [str(tar), "--key", str(key), *(["--head", str(head)] if head else [])]
    with contextlib.redirect_stdout(words):
        code = STANDALONE.main(arguments)
    return int(code), words.getvalue()


VERIFIERS = pytest.mark.parametrize("look", [engine, auditor], ids=["engine", "auditor"])


@VERIFIERS
def test_what_was_sealed_is_intact(
    sealed: Sealed, tmp_path: Path, look: Callable[..., object]
) -> None:
    """The tar and the public key suffice; a head from the store shows the anchor."""
    tar = tmp_path / "evidence.tar"
    tar.write_bytes(sealed.tar)
    head = tmp_path / "anchored.head"
    head.write_bytes(sealed.run.store.get("pilot/20261120T120000Z/heads/000000000021.head"))
    assert look(tar, sealed.run.public)[0] == 0
    assert look(tar, sealed.run.public, head)[0] == 0


def test_the_auditor_s_file_runs_alone(sealed: Sealed, tmp_path: Path) -> None:
    """It needs no package of ours, nor any other: isolated Python runs it and says what it saw."""
    tar = tmp_path / "evidence.tar"
    tar.write_bytes(sealed.tar)
    copy = tmp_path / "verify.py"
    copy.write_bytes(SOURCE.read_bytes())
    command = [sys.executable, "-I", "-S", str(copy), str(tar), "--key", str(sealed.run.public)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "INTACT" in done.stdout
    assert f"heads by key {sealed.run.signer.key_id}" in done.stdout
    assert "anchored:   no" in done.stdout


def _flip(lines: Lines) -> Lines:
    lines[9] = lines[9].replace(b'"n":', b'"m":')
    return lines


def _drop(lines: Lines) -> Lines:
    return [*lines[:9], *lines[10:]]


def _reorder(lines: Lines) -> Lines:
    return [*lines[:9], lines[10], lines[9], *lines[11:]]


def _truncate(lines: Lines) -> Lines:
    return lines[:-5]


def _truncate_to_a_head(lines: Lines) -> Lines:
    return lines[:21]


def _splice(lines: Lines) -> Lines:
    """Cut twenty and append twenty others: the number of entries stays."""
    others = [line.replace(b'"n":', b'"m":') for line in lines[10:30]]
    return rehashed([*lines[:10], *others, lines[30]])


def _rehash(lines: Lines) -> Lines:
    return rehashed([lines[0], *(line.replace(b'"n":1', b'"n":9') for line in lines[1:])])


def _reseed(lines: Lines) -> Lines:
    return rehashed([lines[0].replace(b"0.1.0", b"0.1.1"), *lines[1:]])


def _edit_last(lines: Lines) -> Lines:
    return [*lines[:-1], lines[-1].replace(b'"PASS"', b'"FAIL"')]


def _edit_first(lines: Lines) -> Lines:
    return [lines[0].replace(b"0.1.0", b"0.1.1"), *lines[1:]]


def _other_mode(lines: Lines) -> Lines:
    return rehashed([line.replace(b'"mode":"run"', b'"mode":"compressed"') for line in lines])


def _behind_the_end(lines: Lines) -> Lines:
    return rehashed([*lines, lines[3]])


@VERIFIERS
@pytest.mark.parametrize(
    ("edit", "place"),
    [
        (_flip, r"entry 11: .*follow entry 10"),
        (_drop, r"entry 10: its number is 11"),
        (_reorder, r"entry 10: its number is 11"),
        (_truncate, r"entry 27: the journal was cut: heads/000000000031.head counts 31"),
        (_truncate_to_a_head, r"entry 22: the journal was cut"),
        (_splice, r"entries 2 to 21: they are not those that heads/000000000021.head"),
        (_rehash, r"entries 2 to 21"),
        (_reseed, r"entries 1 to 1"),
        (_edit_last, r"entries 22 to 31"),
        (_edit_first, r"entry 2: "),
        (_other_mode, r"heads/000000000001.head: it is a head of"),
        (_behind_the_end, r"entry 32: it stands behind the closing entry"),
    ],
)
def test_an_altered_journal_is_found_with_its_place(
    sealed: Sealed,
    tmp_path: Path,
    look: Callable[..., tuple[int, str]],
    edit: Callable[[Lines], Lines],
    place: str,
) -> None:
    """Tampered, exit code 1, and the entry or the span between two heads is named."""
    tar = tmp_path / "evidence.tar"
    tar.write_bytes(with_lines(sealed.tar, edit))
    code, words = look(tar, sealed.run.public)
    assert code == 1
    assert re.search(place, words), words


def _swap(files: dict[str, bytes]) -> dict[str, bytes]:
    """Swap the contents of two files."""
    one, other = "30_rc_gates.txt", "90_result_summary.txt"
    return {**files, one: files[other], other: files[one]}


def _swap_with_manifest(files: dict[str, bytes]) -> dict[str, bytes]:
    return with_manifest(_swap(files))


def _swap_heads(files: dict[str, bytes]) -> dict[str, bytes]:
    one, other = "heads/000000000001.head", "heads/000000000021.head"
    return {**files, one: files[other], other: files[one]}


def _without(name: str) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    return lambda files: {key: value for key, value in files.items() if key != name}


def _added(files: dict[str, bytes]) -> dict[str, bytes]:
    return {**files, "95_more.txt": b"more\n"}


def _receipt_inside(files: dict[str, bytes]) -> dict[str, bytes]:
    return {**files, "verify.py": b"print('INTACT')\n"}


def _edited(files: dict[str, bytes]) -> dict[str, bytes]:
    return {**files, "30_rc_gates.txt": b"release gates: FAIL\n"}


@VERIFIERS
@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        (_swap, 1, "30_rc_gates.txt: .*\n90_result_summary.txt: "),
        (_swap_with_manifest, 1, "manifest.sha256: "),
        (_swap_heads, 1, "heads/000000000001.head: it is the head at 21"),
        (_edited, 1, "30_rc_gates.txt: "),
        (_added, 1, "95_more.txt: "),
        (_receipt_inside, 1, "verify.py: such a file is never sealed"),
        (_without("90_result_summary.txt"), 1, "90_result_summary.txt: .*missing"),
        (_without("manifest.sha256"), 1, "manifest.sha256: the manifest is missing"),
        (_without("heads/000000000021.head"), 1, "heads/000000000021.head: .*missing"),
        (_without("heads/start.note"), 1, "heads/start.note: .*missing"),
        (_without("heads/000000000031.head"), 3, "heads/000000000031.head: .*missing"),
        (_without("journal.jsonl"), 3, "journal.jsonl: there is no journal"),
    ],
)
def test_altered_files_are_found_with_their_names(
    sealed: Sealed,
    tmp_path: Path,
    look: Callable[..., tuple[int, str]],
    change: Callable[[dict[str, bytes]], dict[str, bytes]],
    code: int,
    place: str,
) -> None:
    """A file swapped, edited, added or taken away is named; what only lacks is incomplete."""
    tar = tmp_path / "evidence.tar"
    tar.write_bytes(packed(change(members(sealed.tar))))
    found, words = look(tar, sealed.run.public)
    assert re.search(place, words), words
    assert found == code


@VERIFIERS
def test_a_rewritten_whole_by_another_key_is_tampered(
    sealed: Sealed, tmp_path: Path, look: Callable[..., tuple[int, str]]
) -> None:
    """Somebody who makes everything anew with a key of their own does not pass with ours."""
    other = begin(tmp_path)
    tar = other.seal().tar
    assert look(tar, other.public)[0] == 0
    code, words = look(tar, sealed.run.public)
    assert code == 1
    assert "heads/000000000001.head: " in words


@VERIFIERS
def test_a_cut_run_that_shows_no_trace_is_caught_by_a_head_from_the_store(
    sealed: Sealed, tmp_path: Path, look: Callable[..., tuple[int, str]]
) -> None:
    """Cut back to an early head it looks like a run that goes on; the store's head knows more."""
    files = members(sealed.tar)
    files["journal.jsonl"] = b"".join(files["journal.jsonl"].splitlines(keepends=True)[:1])
    for name in ("heads/000000000021.head", "heads/000000000031.head", "manifest.sha256"):
        del files[name]
    tar = tmp_path / "evidence.tar"
    tar.write_bytes(packed(files))
    assert look(tar, sealed.run.public)[0] == 3
    head = tmp_path / "anchored.head"
    head.write_bytes(sealed.run.store.get("pilot/20261120T120000Z/heads/000000000021.head"))
    code, words = look(tar, sealed.run.public, head)
    assert code == 1
    assert "entry 2: the journal was cut" in words


@VERIFIERS
def test_a_key_holder_who_rewrites_is_caught_by_a_head_from_the_store(
    tmp_path: Path, look: Callable[..., tuple[int, str]]
) -> None:
    """Even signed anew by the right key, the journal does not fit the head that was kept."""
    first = begin(tmp_path)
    head = tmp_path / "anchored.head"
    head.write_bytes(first.store.get("pilot/20261120T120000Z/heads/000000000021.head"))
    lines = (first.folder / "journal.jsonl").read_bytes().splitlines()
    lines[5] = lines[5].replace(b'"n":', b'"m":')
    forged = b"".join(line + b"\n" for line in rehashed(lines))
    (first.folder / "journal.jsonl").write_bytes(forged)
    for path in (first.folder / "heads").iterdir():
        path.unlink()
    journal = type(first.journal).open(first.folder)
    sign(journal, first.signer)
    run = Run(first.folder, journal, first.signer, first.store, first.public)
    (tmp_path / "elsewhere").mkdir()
    store = begin(tmp_path / "elsewhere").store
    tar = Run(run.folder, journal, run.signer, store, run.public).seal().tar
    assert look(tar, first.public)[0] == 0
    code, words = look(tar, first.public, head)
    assert code == 1
    assert "entries 1 to 21" in words


@VERIFIERS
@pytest.mark.parametrize("damage", ["not signed", "of another run"])
def test_a_head_that_cannot_be_used_shows_nothing(
    sealed: Sealed, tmp_path: Path, look: Callable[..., tuple[int, str]], damage: str
) -> None:
    """Exit code 3, not 0: what was to be shown was not."""
    tar = tmp_path / "evidence.tar"
    tar.write_bytes(sealed.tar)
    head = tmp_path / "some.head"
    text = sealed.run.store.get("pilot/20261120T120000Z/heads/000000000021.head")
    if damage == "not signed":
        head.write_bytes(text.replace(b"\n21\n", b"\n22\n"))
    else:
        journal = type(sealed.run.journal).create(tmp_path / "x", sealed.run.journal.mode, None)
        journal.append("started", {"run": "other/1"}, AT)
        head.write_bytes(sign(journal, sealed.run.signer).raw)
    if look is auditor:
        assert look(tar, sealed.run.public, head)[0] == 3
    else:
        with pytest.raises(Exception, match="head") as caught:
            look(tar, sealed.run.public, head)
        assert caught.value.exit_code == 3  # type: ignore[attr-defined]


def test_no_random_mutation_is_intact(sealed: Sealed, tmp_path: Path) -> None:
    """Whatever byte is changed, added or taken away: neither verifier says intact, nor crashes."""
    dice, seed = rolled()
    tar = tmp_path / "evidence.tar"
    passed = []
    for number in range(MUTATIONS):
        mutated = mutate(sealed.tar, dice)
        if mutated == sealed.tar:
            continue
        tar.write_bytes(mutated)
        codes = (engine(tar, sealed.run.public)[0], auditor(tar, sealed.run.public)[0])
        if 0 in codes or set(codes) - {1, 3}:
            passed.append((number, codes))
    assert not passed, f"seed {seed}"


def test_no_random_mutation_of_the_journal_alone_is_intact(sealed: Sealed, tmp_path: Path) -> None:
    """Mutations inside a well-formed tar reach the checks behind the container's own."""
    dice, seed = rolled()
    files = members(sealed.tar)
    tar = tmp_path / "evidence.tar"
    names = ("journal.jsonl", "manifest.sha256", "heads/000000000031.head", "heads/start.note")
    for number in range(MUTATIONS):
        name = dice.choice(names)
        mutated = {**files, name: mutate(files[name], dice)}
        if mutated == files:
            continue
        tar.write_bytes(packed(mutated))
        codes = (engine(tar, sealed.run.public)[0], auditor(tar, sealed.run.public)[0])
        assert 0 not in codes, f"seed {seed}, mutation {number} of {name}"
        assert not set(codes) - {1, 3}, f"seed {seed}, mutation {number} of {name}"


def test_a_run_that_goes_on_is_incomplete_and_says_so(tmp_path: Path) -> None:
    """A folder without its closing entry is never green, nor tampered."""
    run = begin(tmp_path)
    found = verify(run.folder, load_public(run.public))
    assert found.state is State.INCOMPLETE
    assert [one.place for one in found.findings] == ["entry 31"]


def test_a_torn_line_in_a_folder_is_incomplete_and_stays(tmp_path: Path) -> None:
    """Verification changes nothing, not even what a resume would cut away."""
    run = begin(tmp_path)
    path = run.folder / "journal.jsonl"
    torn = path.read_bytes() + b'{"at":'
    path.write_bytes(torn)
    found = verify(run.folder, load_public(run.public))
    assert found.state is State.INCOMPLETE
    assert "cut off" in found.findings[0].what
    assert path.read_bytes() == torn


def test_both_verifiers_take_a_gzipped_tar(tmp_path: Path) -> None:
    """The seed's form is offered beside the sealed one."""
    import gzip  # noqa: PLC0415

    run = begin(tmp_path)
    path = tmp_path / "evidence.tar.gz"
    path.write_bytes(gzip.compress(run.seal().tar.read_bytes()))
    assert engine(path, run.public)[0] == auditor(path, run.public)[0] == 0
    path.write_bytes(path.read_bytes()[:-30])
    assert auditor(path, run.public)[0] == 3


def test_a_rotation_is_followed_from_either_key(tmp_path: Path) -> None:
    """Heads before it are by the old key, heads behind it by the new; any other key shows none."""
    from cutline.evidence.keyring import rotate  # noqa: PLC0415

    run = begin(tmp_path)
    new = new_key(tmp_path / "new.pem")
    (tmp_path / "new.public.pem").write_bytes(new.public_pem)
    rotate(run.journal, run.signer, new, AT)
    rotated = Run(run.folder, run.journal, new, run.store, tmp_path / "new.public.pem")
    tar = rotated.seal().tar
    for key in (run.public, rotated.public):
        assert engine(tar, key) == (0, "")
        assert auditor(tar, key)[0] == 0
    third = new_key(tmp_path / "third.pem")
    (tmp_path / "third.public.pem").write_bytes(third.public_pem)
    assert engine(tar, tmp_path / "third.public.pem")[0] == 1
    assert auditor(tar, tmp_path / "third.public.pem")[0] == 1


@VERIFIERS
def test_a_rotation_that_the_old_key_did_not_sign_is_tampering(
    tmp_path: Path, look: Callable[..., tuple[int, str]]
) -> None:
    """Nobody brings a key of their own into a run."""
    run = begin(tmp_path)
    mine = new_key(tmp_path / "mine.pem")
    (tmp_path / "mine.public.pem").write_bytes(mine.public_pem)
    from cutline.evidence.keyring import rotation  # noqa: PLC0415

    data = rotation(run.signer, mine, AT)
    data["by_old"] = mine.sign(b"something").hex()
    run.journal.append("key_rotated", data, AT)
    sign(run.journal, mine)
    code, words = look(_packed_folder(run.folder, tmp_path), run.public)
    assert code == 1
    assert "entry 31" in words
    assert json.loads(run.journal.entries()[30].line())["kind"] == "key_rotated"
    assert parse(run.journal.entries()[30].line()[:-1]).seq == 31


def _packed_folder(folder: Path, beside: Path) -> Path:
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    tar = beside / "evidence.tar"
    tar.write_bytes(packed(files))
    return tar
