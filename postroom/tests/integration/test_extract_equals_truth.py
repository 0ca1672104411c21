"""v2 against the truth: the reader and the writer share no code, so each is the other's witness."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests_support import synthetic

EXTRACT = Path(sys.executable).with_name("pst-extract")
PROFILES = (
    "small",
    "medium",
    "large",
    "unicode",
    "deep",
    "family",
    "big-folder",
    "many-attachments",
)
FORMATS = ("unicode", "unicode4k", "ansi14", "ansi15")
ENCODINGS = ("none", "permute", "cyclic")
TEXTS = ("body_text", "body_html", "body_rtf", "transport_headers")


def extracted(written, folder, *options):
    """Run the extractor, which has nothing to complain about, and return its folder."""
    out = folder / "out"
    command = [EXTRACT, written.pst, "--out", out, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (out / "errors.ndjson").read_text() == ""
    return out


def records(out, name):
    with gzip.open(out / f"{name}.ndjson.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def differing(truth, record):
    """The members that are not what the truth says."""
    found = {}
    for name, expected in truth.items():
        if name == "kind":
            continue
        if name.removesuffix("_sha256") in TEXTS and name.endswith("_sha256"):
            seen = record[name.removesuffix("_sha256") + "_object"]
        else:
            seen = record[name]
        if seen != expected:
            found[name] = (expected, seen)
    return found


def assert_equal(written, out):
    """Every member of every record, in order; every object by its bytes; every folder's counts."""
    for kind in ("email", "attachment"):
        truths, found = written.of(kind), records(out, f"{kind}s")
        assert len(found) == len(truths)
        pairs = zip(truths, found, strict=True)
        assert [wrong for truth, one in pairs if (wrong := differing(truth, one))] == []
    for digest in {of["attachment_hash"] for of in written.of("attachment")} - {None}:
        content = (out / "objects" / digest[:2] / digest).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest
    with (out / "folders.csv").open(encoding="utf-8", newline="") as rows:
        folders = [(int(row["folder_nid"]), row["path"], row) for row in csv.DictReader(rows)]
    assert [row[:2] for row in folders] == [
        (folder["folder_nid"], folder["path"]) for folder in written.of("folder")
    ]
    for folder, (_, _, row) in zip(written.of("folder"), folders, strict=True):
        counts = {int(row[name]) for name in ("table_rows", "message_nodes", "written")}
        assert counts == {folder["messages"]}


def assert_manifest(written, out):
    """Counts, format, encoding and digest of the source are those of the file."""
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    (file,) = written.of("file")
    for name in ("emails", "attachments", "folders", "associated"):
        assert manifest["counts"][name] == file[name]
    source = manifest["source"]
    assert source["sha256"] == file["sha256"]
    assert source["size_bytes"] == file["size_bytes"]
    assert source["encoding"] == file["encoding"]
    version = {"unicode": 23, "unicode4k": 36, "ansi14": 14, "ansi15": 15}[file["format"]]
    assert source["version"] == version


@pytest.mark.parametrize("profile", PROFILES)
def test_v2_reads_every_profile_as_it_was_written(profile, tmp_path):
    """Emails, attachments, objects, folders and manifest."""
    written = synthetic.write(tmp_path, profile, "--mails", "90")
    out = extracted(written, tmp_path)
    assert_equal(written, out)
    assert_manifest(written, out)


@pytest.mark.parametrize("layout", FORMATS)
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("profile", ["unicode", "family"])
def test_v2_reads_every_format_and_encoding_as_it_was_written(profile, layout, encoding, tmp_path):
    """The same content through each way to lay it out."""
    options = ("--mails", "40", "--format", layout, "--encoding", encoding, "--seed", "3")
    written = synthetic.write(tmp_path, profile, *options)
    out = extracted(written, tmp_path)
    assert_equal(written, out)
    assert_manifest(written, out)


def test_v2_reads_long_texts_long_tables_and_large_attachments(tmp_path):
    """A body of over a megabyte, a folder of thousands, attachments of several block levels."""
    written = synthetic.write(tmp_path, "medium", "--mails", "410", "--size", "60000000")
    assert any("body_text_sha256" in of for of in written.of("email"))
    assert_equal(written, extracted(written, tmp_path))
    folder = tmp_path / "folder"
    folder.mkdir()
    many = synthetic.write(folder, "big-folder", "--mails", "4000")
    assert_equal(many, extracted(many, folder))


@pytest.mark.parametrize("layout", ["unicode", "ansi15"])
def test_v2_reads_attachments_of_three_block_levels(layout, tmp_path):
    """Over 8 MB, or 17 MB in a narrow file, one list of blocks does not hold an attachment."""
    options = ("--mails", "6", "--size", "60000000", "--format", layout)
    written = synthetic.write(tmp_path, "large", *options)
    sizes = [of["size_bytes"] or 0 for of in written.of("attachment")]
    assert max(sizes) > 17_000_000
    assert_equal(written, extracted(written, tmp_path))


def test_v2_reads_a_padded_4k_file(tmp_path):
    """A section of a 4K file is 16 MB, of which most may be empty."""
    options = ("--mails", "5", "--format", "unicode4k", "--pad")
    written = synthetic.write(tmp_path, "small", *options)
    assert written.pst.stat().st_size > 16_000_000
    assert_equal(written, extracted(written, tmp_path))
