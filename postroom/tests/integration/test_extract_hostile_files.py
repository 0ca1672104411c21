"""v2 on files that are wrong on purpose: it ends, it says what was wrong, it keeps the rest."""

from __future__ import annotations

import gzip
import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from tests_support import synthetic

EXTRACT = Path(sys.executable).with_name("pst-extract")
ADDRESS_SPACE = 1 << 30
ENOUGH_S = 60

# What is wrong: the exit code, and the kinds of error record that it leaves.
HOSTILE = {
    "shared-blocks": (5, {"limit"}),
    "btree-cycle": (5, {"structure", "missing_node"}),
    "deep-nesting": (0, set()),
    "endless-nesting": (5, {"limit"}),
    "bad-crc": (5, {"crc"}),
    "truncated-tail": (5, {"structure", "folder"}),
    "absurd-size": (5, {"attachment"}),
    "missing-node": (5, {"missing_node"}),
    "no-contents-row": (0, {"not_in_table"}),
    "orphan": (0, {"orphan"}),
}


def extract(pst, out):
    return subprocess.run(
        [EXTRACT, pst, "--out", out],
        capture_output=True,
        text=True,
        check=False,
        timeout=ENOUGH_S,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE)),
    )


def records(out, name):
    with gzip.open(out / f"{name}.ndjson.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def errors(out):
    lines = (out / "errors.ndjson").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


LAYOUT_MATTERS = ("shared-blocks", "btree-cycle", "absurd-size")
CASES = [(kind, "unicode") for kind in HOSTILE] + [
    (kind, layout) for kind in LAYOUT_MATTERS for layout in ("unicode4k", "ansi15")
]


@pytest.mark.parametrize(("kind", "layout"), CASES)
def test_v2_ends_with_the_right_code_and_records_what_was_wrong(kind, layout, tmp_path):
    """No panic, no hang, at most a gigabyte of address space; every error has its kind."""
    # 140 mails: enough nodes for a second level of pages of 4 KB
    options = ("--mails", "140", "--size", "2000000", "--hostile", kind, "--format", layout)
    written = synthetic.write(tmp_path, "small", *options)
    done = extract(written.pst, tmp_path / "out")
    code, kinds = HOSTILE[kind]
    assert done.returncode == code, done.stderr
    assert kinds <= {error["kind"] for error in errors(tmp_path / "out")}
    assert "panic" not in {error["kind"] for error in errors(tmp_path / "out")}
    assert records(tmp_path / "out", "emails")


@pytest.mark.parametrize("kind", ["bad-crc", "deep-nesting", "no-contents-row", "orphan"])
def test_v2_loses_nothing_where_everything_can_be_read(kind, tmp_path):
    """The bytes behind a wrong CRC are used; mails without a row or a folder are found."""
    written = synthetic.write(tmp_path, "small", "--mails", "60", "--hostile", kind)
    extract(written.pst, tmp_path / "out")
    names = ("node_path", "origin", "folder_nid", "content_hash", "record_hash", "family_hash")
    found = [tuple(of[name] for name in names) for of in records(tmp_path / "out", "emails")]
    assert found == [tuple(of[name] for name in names) for of in written.of("email")]


def test_v2_keeps_the_mails_beside_those_whose_nodes_are_missing(tmp_path):
    """Each of the others is as it was written, and each missing one is an error."""
    written = synthetic.write(tmp_path, "small", "--mails", "60", "--hostile", "missing-node")
    extract(written.pst, tmp_path / "out")
    found = [of["record_hash"] for of in records(tmp_path / "out", "emails")]
    assert found == [of["record_hash"] for of in written.of("email")]
    missing = [error for error in errors(tmp_path / "out") if error["kind"] == "missing_node"]
    assert len(missing) == 60 - len(found) > 5


def test_v2_reads_what_a_cut_file_still_holds(tmp_path):
    """Mails that lie before the cut are as they were written."""
    written = synthetic.write(tmp_path, "small", "--mails", "60", "--hostile", "truncated-tail")
    extract(written.pst, tmp_path / "out")
    found = {of["node_path"]: of["record_hash"] for of in records(tmp_path / "out", "emails")}
    whole = [of for of in written.of("email") if found.get(of["node_path"]) == of["record_hash"]]
    assert len(whole) > 20


def test_a_file_that_was_cut_before_its_trees_is_no_readable_pst(tmp_path):
    """Exit 3, and no folder of outputs."""
    written = synthetic.write(tmp_path, "small", "--mails", "60", "--hostile", "truncated")
    done = extract(written.pst, tmp_path / "out")
    assert done.returncode == 3
    assert not (tmp_path / "out").exists()


def test_an_unknown_kind_of_hostile_file_is_refused(tmp_path):
    """The error lists the kinds there are."""
    done = synthetic.start(["small", "--hostile", "rude", "--out", str(tmp_path / "a.pst")])
    assert done.returncode == 64
    assert "btree-cycle" in synthetic.last_event(done)["help"]
