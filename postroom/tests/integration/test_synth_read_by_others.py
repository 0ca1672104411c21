"""What `pst-synth` writes, read by programs that are not ours."""

from __future__ import annotations

import email
import hashlib
import shutil
import subprocess
from collections import Counter

import pypff
import pytest
from tests_support import synthetic

READPST = shutil.which("readpst")
FORMATS = ("unicode", "unicode4k", "ansi14", "ansi15")
ENCODINGS = ("none", "permute", "cyclic")
# pypff leaves the last block of a long attachment encoded where 4K blocks are compressed.
CUT_BY_PYPFF = ("unicode4k", "permute")


def stored(item, tag):
    """The stored bytes of the first property of that id."""
    entries = [entry.data for entry in item.record_sets[0].entries if entry.entry_type == tag]
    return entries[0] if entries else None


def walked(folder, path=()):
    """Every folder below `folder`, as readers meet them: itself, then its folders."""
    yield "/".join(path), folder
    for child in folder.sub_folders:
        name = child.name.replace("\\", "\\\\").replace("/", "\\/")
        yield from walked(child, (*path, name))


def text_of(data):
    return (data or b"").decode("utf-16-le").rstrip("\0")


def attached(message):
    for index in range(message.number_of_attachments):
        attachment = message.get_attachment(index)
        size = attachment.get_size()
        yield hashlib.sha256(attachment.read_buffer(size) if size else b"").hexdigest()


@pytest.mark.parametrize(("layout", "encoding"), [("unicode", "permute"), ("unicode4k", "none")])
def test_pypff_meets_each_item_in_the_order_of_the_truth(layout, encoding, tmp_path):
    """Folder, subject, body, recipients and attachments, message by message."""
    options = ("--mails", "60", "--format", layout, "--encoding", encoding)
    written = synthetic.write(tmp_path, "small", *options)
    file = pypff.file()
    file.open(str(written.pst))
    emails = iter(written.top_level())
    for path, folder in walked(file.get_root_folder()):
        for index in range(folder.number_of_sub_messages):
            message, truth = folder.get_sub_message(index), next(emails)
            assert truth["pst_message_path"] == path
            assert truth["folder_index"] == index
            assert truth["pst_nid"] == message.identifier
            assert text_of(stored(message, 0x0037))[2:] == truth["subject"]
            if truth["body_source"] == "plain" and "body_text" in truth:
                assert text_of(stored(message, 0x1000)) == truth["body_text"]
            recipients = message.recipients.number_of_record_sets if truth["recipients"] else 0
            assert recipients == len(truth["recipients"])
            digests = [of["attachment_hash"] for of in written.attached_to(truth)]
            assert list(attached(message)) == digests
    assert next(emails, None) is None


@pytest.mark.skipif(READPST is None, reason="NO READPST: install pst-utils")
@pytest.mark.parametrize("layout", FORMATS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_readpst_writes_out_each_item(layout, encoding, tmp_path):
    """Every mail, appointment and contact is a file, and every attachment has its bytes."""
    options = ("--mails", "60", "--format", layout, "--encoding", encoding)
    written = synthetic.write(tmp_path, "small", *options)
    out = tmp_path / "out"
    out.mkdir()
    command = [READPST, "-j", "0", "-D", "-e", "-q", "-o", out, written.pst]
    subprocess.run(command, check=True, capture_output=True)
    files = [path for path in out.rglob("*") if path.is_file()]
    # readpst knows tasks and writes none of them out.
    expected = [of for of in written.top_level() if of["message_class"] != "IPM.Task"]
    assert len(files) == len(expected)
    wanted = Counter(of["attachment_hash"] for of in written.of("attachment"))
    assert wanted - Counter(part for path in files for part in parts_of(path)) == Counter()


def parts_of(path):
    """Digests of the parts of a mail that have a file name."""
    if path.suffix != ".eml":
        return
    for part in email.message_from_bytes(path.read_bytes()).walk():
        content = part.get_payload(decode=True)
        if part.get_filename() and content is not None:
            yield hashlib.sha256(content).hexdigest()


@pytest.mark.skipif(READPST is None, reason="NO READPST: install pst-utils")
@pytest.mark.parametrize("profile", ["unicode", "deep", "family", "big-folder"])
def test_readpst_finds_every_mail_of_every_profile(profile, tmp_path):
    """As many files as top-level mails."""
    written = synthetic.write(tmp_path, profile, "--mails", "70")
    out = tmp_path / "out"
    out.mkdir()
    command = [READPST, "-j", "0", "-D", "-e", "-q", "-o", out, written.pst]
    subprocess.run(command, check=True, capture_output=True)
    assert sum(path.suffix == ".eml" for path in out.rglob("*")) == len(written.top_level())


@pytest.mark.parametrize("layout", FORMATS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_pypff_reads_every_format_and_encoding(layout, encoding, tmp_path):
    """As many messages as were written, each with its stored subject and its attachments."""
    options = ("--mails", "40", "--format", layout, "--encoding", encoding)
    written = synthetic.write(tmp_path, "unicode", *options)
    file = pypff.file()
    file.open(str(written.pst))
    folders = [folder for _, folder in walked(file.get_root_folder())]
    messages = [of.get_sub_message(i) for of in folders for i in range(of.number_of_sub_messages)]
    assert [of.identifier for of in messages] == [of["pst_nid"] for of in written.top_level()]
    if (layout, encoding) != CUT_BY_PYPFF:
        found = Counter(digest for message in messages for digest in attached(message))
        assert found == Counter(of["attachment_hash"] for of in written.of("attachment"))
