"""Outputs that do not hold together are not loaded, and not one row of them stays."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests_support.archives import ingest_folder, registered, tables
from tests_support.outputs import Outputs, plausible

from postroom.archive import Archive
from postroom.claim import take
from postroom.errors import NotReadable
from postroom.progress import silent
from postroom.store import FolderStore
from postroom.tasks import load

Change = Callable[[Outputs], None]


def edit(records: str, index: int, **members: object) -> Change:
    """Change members of one record."""
    return lambda made: getattr(made, records)[index].update(members)


def drop_object(made: Outputs) -> None:
    made.objects.popitem()


def shorten_object(made: Outputs) -> None:
    made.objects[next(iter(made.objects))] = b"short"


def repeat_mail(made: Outputs) -> None:
    made.emails[-1] = dict(made.emails[0])
    made.attachments = made.attachments[:-1]


WRONG_RECORDS: dict[str, tuple[str, Change]] = {
    "a content hash that is short": ("64 hex", edit("emails", 1, content_hash="ab")),
    "a record hash in capitals": ("64 hex", edit("emails", 1, record_hash="A" * 64)),
    "a text hash with a line end": ("64 hex", edit("emails", 1, text_hash="a" * 64 + "\n")),
    "a family hash of words": ("64 hex", edit("emails", 1, family_hash="g" * 64)),
    "an attachment hash that is long": ("64 hex", edit("attachments", 0, attachment_hash="a" * 65)),
    "a date before 1601": ("not negative", edit("emails", 0, sent_filetime=-1)),
    "a date without its moment": ("is a date", edit("emails", 0, sent_utc=None)),
    "a moment without its date": ("is a date", edit("emails", 0, received_filetime=None)),
    "a mail twice": ("ids are unique|there are 2", repeat_mail),
    "an attachment without its mail": (
        "every attachment has its mail",
        edit("attachments", 0, email_id="00000000-0000-0000-0000-000000000001"),
    ),
    "an embedded mail without its family": (
        "top of its family",
        edit("emails", 0, family_id="00000000-0000-0000-0000-000000000001"),
    ),
    "a mail of another ingest": (
        "of this ingest|there are 2",
        edit("emails", 0, pst_file_id="00000000-0000-0000-0000-000000000001"),
    ),
    "an attachment without its size": ("size is known", edit("attachments", 0, size_bytes=None)),
    "an object of another name": (
        "named by its hash",
        edit("attachments", 0, object_key="objects/00/" + "0" * 64),
    ),
    "an attachment without its object": ("every object is there", drop_object),
    "an object of another size": ("every object is there", shorten_object),
}


def add(count: str, n: int) -> Callable[[dict], None]:
    """Change a count of the manifest."""
    return lambda manifest: manifest["counts"].update({count: manifest["counts"][count] + n})


WRONG_MANIFESTS: dict[str, tuple[str, Callable[[dict], None]]] = {
    "a mail fewer than it says": ("counts 4", add("emails", 1)),
    "an attachment more than it says": ("counts 2", add("attachments", -1)),
    "another format": ("format 2", lambda m: m.update(format=2)),
    "another ingest": ("of ingest", lambda m: m.update(ingest_id="x")),
    "another source": ("another SHA-256", lambda m: m["source"].update(sha256="1" * 64)),
    "no counts": ("cannot be read", lambda m: m.pop("counts")),
}


@pytest.fixture
def refused(archive: Archive, store: FolderStore) -> Callable[[str], str]:
    """Load and expect a refusal that leaves nothing; hand back what it says."""

    def load_and_read(pst_file_id: str) -> str:
        claim = take(archive, pst_file_id, "v2")
        with pytest.raises(NotReadable) as caught:
            load.run(archive, store, pst_file_id, claim, silent)
        assert all(rows == [] for rows in tables(archive).values())
        return str(caught.value)

    return load_and_read


@pytest.mark.parametrize("wrong", WRONG_RECORDS)
def test_wrong_records_are_refused(
    wrong: str, archive: Archive, store: FolderStore, refused: Callable[[str], str]
) -> None:
    """Every rule of the contract holds for every row, or no row is loaded."""
    said, change = WRONG_RECORDS[wrong]
    pst_file_id = registered(archive)
    made = plausible(pst_file_id, 3)
    change(made)
    made.write(ingest_folder(store, pst_file_id))
    assert re.search(said, refused(pst_file_id))


@pytest.mark.parametrize("wrong", WRONG_MANIFESTS)
def test_wrong_manifests_are_refused(
    wrong: str, archive: Archive, store: FolderStore, refused: Callable[[str], str]
) -> None:
    """The manifest is what the rows are held to, and it has to be of this ingest."""
    said, change = WRONG_MANIFESTS[wrong]
    pst_file_id = registered(archive)
    plausible(pst_file_id, 3).write(ingest_folder(store, pst_file_id), change)
    assert re.search(said, refused(pst_file_id))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4] ^= 1  # the time in the gzip header: the content stays the same
    path.write_bytes(content)


def empty(path: Path) -> None:
    path.write_bytes(gzip.compress(b""))


@pytest.mark.parametrize("damage", [cut, flip, empty, Path.unlink])
@pytest.mark.parametrize("name", ["emails", "attachments", "errors.ndjson"])
def test_damaged_files_are_refused(
    name: str,
    damage: Callable[[Path], None],
    archive: Archive,
    store: FolderStore,
    refused: Callable[[str], str],
) -> None:
    """An output whose bytes are not those of the manifest is never loaded."""
    pst_file_id = registered(archive)
    made = plausible(pst_file_id, 3)
    made.errors.append({"kind": "crc", "reason": "a reason that is long enough to be cut"})
    folder = made.write(ingest_folder(store, pst_file_id))
    engine_file = "ndjson.gz" if archive.backend == "sqlite" else "csv.gz"
    damage(folder / (name if name.endswith("json") else f"{name}.{engine_file}"))
    said = refused(pst_file_id)
    assert "not what its manifest says" in said or "other columns" in said


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("importance", "secret words"),
        ("created_filetime", 1 << 70),
        ("origin", "secret"),
        ("node_path", None),
        ("body_source", "secret"),
    ],
)
def test_a_value_that_fits_no_column_is_not_quoted(
    member: str, value: object, archive: Archive, store: FolderStore, refused: Callable[[str], str]
) -> None:
    """An error never shows mail: it names the file, and where they are known line and column."""
    pst_file_id = registered(archive)
    made = plausible(pst_file_id, 3)
    made.emails[1] |= {member: value, "subject": "secret"}
    made.write(ingest_folder(store, pst_file_id))
    said = refused(pst_file_id)
    assert "secret" not in said
    assert "emails" in said


def test_an_unknown_column_is_refused(
    archive: Archive, store: FolderStore, refused: Callable[[str], str]
) -> None:
    """A newer extractor's member would be lost in silence: it is named instead."""
    pst_file_id = registered(archive)
    made = plausible(pst_file_id, 3)
    for record in made.emails:
        record["mood"] = "bright"
    made.write(ingest_folder(store, pst_file_id))
    assert "mood" in refused(pst_file_id)


def test_a_large_text_of_another_digest_is_refused(
    archive: Archive, store: FolderStore, refused: Callable[[str], str]
) -> None:
    """A body comes back from its object only if that is the object."""
    pst_file_id = registered(archive)
    made = plausible(pst_file_id, 3)
    digest = made.keep_object(b"a large body")
    made.objects[digest] = b"a small body"
    made.emails[1] |= {"body_text": None, "body_text_object": digest}
    made.write(ingest_folder(store, pst_file_id))
    assert "SHA-256 is another" in refused(pst_file_id)


@pytest.mark.parametrize("line", ["{", "[]", '"secret"', "{}"])
def test_an_error_record_that_is_none_is_refused(
    line: str, archive: Archive, store: FolderStore, refused: Callable[[str], str]
) -> None:
    """What could not be read is evidence too: its records are not passed over."""
    pst_file_id = registered(archive)
    folder = ingest_folder(store, pst_file_id)
    content = f"{line}\n".encode()

    def say(manifest: dict) -> None:
        digest = hashlib.sha256(content).hexdigest()
        said = {"sha256": digest, "size_bytes": len(content), "records": 1}
        manifest["outputs"]["errors.ndjson"].update(said)

    plausible(pst_file_id, 1).write(folder, say)
    (folder / "errors.ndjson").write_bytes(content)
    assert "secret" not in refused(pst_file_id)
