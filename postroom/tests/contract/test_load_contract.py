"""What load promises, whichever engine holds the archive."""

from __future__ import annotations

import json

import pytest
from tests_support.archives import ingest_folder, registered, tables
from tests_support.outputs import Outputs, plausible

from postroom.archive import Archive
from postroom.claim import Claim, take
from postroom.errors import AlreadyCompleted, NotReadable
from postroom.progress import silent
from postroom.store import FolderStore
from postroom.tasks import load


@pytest.fixture
def ingest_id(archive: Archive) -> str:
    """An ingest that is registered and not yet loaded."""
    return registered(archive)


@pytest.fixture
def claim(archive: Archive, ingest_id: str) -> Claim:
    """The claim on it."""
    return take(archive, ingest_id, "v2")


def run(archive: Archive, store: FolderStore, claim: Claim):
    return load.run(archive, store, claim.pst_file_id, claim, silent)


def test_every_member_comes_into_its_column(
    archive: Archive, store: FolderStore, ingest_id: str, claim: Claim
) -> None:
    """A loaded row is the record; the empty string stays apart from NULL."""
    made = plausible(ingest_id, 3)
    made.emails[1] |= {"subject": "", "body_text": 'a\r\n"b",\\.\n\\N', "in_reply_to": None}
    made.write(ingest_folder(store, ingest_id))
    assert run(archive, store, claim).counts["emails"] == 3
    rows = {row["id"]: row for row in tables(archive)["email_messages"]}
    for record in made.emails:
        assert readable(rows[record["id"]], record) == without_objects(record)


def readable(row: dict, record: dict) -> dict:
    """The row in the values of the record: JSON parsed, moments to the second."""
    found = {}
    for name in without_objects(record):
        value = row[name]
        if name in ("recipients", "categories", "named_properties", "metadata"):
            value = json.loads(value)
        elif name == "decode_lossy":
            value = bool(value)
        elif name.endswith("_utc"):
            value = value[:19] + record[name][19:]
        found[name] = value
    return found


def without_objects(record: dict) -> dict:
    return {name: value for name, value in record.items() if not name.endswith("_object")}


def test_attachments_are_addressed_in_the_store(
    archive: Archive, store: FolderStore, ingest_id: str, claim: Claim
) -> None:
    """`s3_key` is the path in the store, NULL where there is no content."""
    made = plausible(ingest_id, 2)
    made.attachments[0] |= {"attachment_hash": None, "object_key": None, "size_bytes": None}
    made.write(ingest_folder(store, ingest_id))
    run(archive, store, claim)
    rows = {row["id"]: row for row in tables(archive)["email_attachments"]}
    empty, full = (rows[record["id"]] for record in made.attachments)
    assert (empty["s3_bucket"], empty["s3_key"]) == (None, None)
    assert full["s3_bucket"] == "local"
    assert full["s3_key"] == f"pst-v2/{ingest_id}/{made.attachments[1]['object_key']}"
    assert store.size(full["s3_key"]) == full["size_bytes"]


def test_large_texts_come_back_into_their_columns(
    archive: Archive, store: FolderStore, ingest_id: str, claim: Claim
) -> None:
    """A body that the extractor kept as an object is in the row like any other."""
    made = plausible(ingest_id, 2, attachments_per_mail=0)
    large = "großer Text\n" * 100_000
    for member in ("transport_headers", "body_text", "body_html", "body_rtf"):
        digest = made.keep_object((member + large).encode())
        made.emails[1] |= {member: None, f"{member}_object": digest}
    made.write(ingest_folder(store, ingest_id))
    run(archive, store, claim)
    rows = {row["id"]: row for row in tables(archive)["email_messages"]}
    row = rows[made.emails[1]["id"]]
    for member in ("transport_headers", "body_text", "body_html", "body_rtf"):
        assert row[member] == member + large


def test_a_second_load_changes_nothing(
    archive: Archive, store: FolderStore, ingest_id: str, claim: Claim
) -> None:
    """Loading is idempotent, also over what later tasks wrote."""
    made = plausible(ingest_id, 5)
    made.errors.append({"kind": "crc", "nid": 5, "bid": 7, "offset": 512, "reason": "r"})
    made.write(ingest_folder(store, ingest_id))
    first = run(archive, store, claim)
    with archive.transaction() as tx:
        tx.change("UPDATE email_messages SET thread_id = id")
    before = tables(archive)
    assert run(archive, store, claim).counts == first.counts
    assert tables(archive) == before
    assert len(before["ingest_errors"]) == 1


def test_a_changed_row_is_mended_by_a_second_load(
    archive: Archive, store: FolderStore, ingest_id: str, claim: Claim
) -> None:
    """The outputs decide what the row of an ingest that is not completed holds."""
    plausible(ingest_id, 2).write(ingest_folder(store, ingest_id))
    run(archive, store, claim)
    before = tables(archive)
    with archive.transaction() as tx:
        tx.change("UPDATE email_messages SET subject = 'x', metadata = '{}'")
    run(archive, store, claim)
    assert tables(archive) == before


def test_a_surplus_row_stops_a_second_load(
    archive: Archive, store: FolderStore, ingest_id: str, claim: Claim
) -> None:
    """A row of this ingest that the outputs do not have is not passed over in silence."""
    plausible(ingest_id, 2).write(ingest_folder(store, ingest_id))
    run(archive, store, claim)
    with archive.transaction() as tx:
        tx.change(
            "INSERT INTO email_messages (id, pst_file_id, pst_nid, node_path, origin, family_id,"
            " family_position) VALUES (:id, :ingest, 1, '1', 'table', :id, 0)",
            id="00000000-0000-0000-0000-000000000001",
            ingest=ingest_id,
        )
    before = tables(archive)
    with pytest.raises(NotReadable):
        run(archive, store, claim)
    assert tables(archive) == before


def test_a_completed_ingest_is_not_loaded_again(
    archive: Archive, store: FolderStore, ingest_id: str, claim: Claim
) -> None:
    """What was reported of an ingest stays true."""
    plausible(ingest_id, 2).write(ingest_folder(store, ingest_id))
    with archive.transaction() as tx:
        tx.change("UPDATE pst_files SET processing_status = 'completed'")
    with pytest.raises(AlreadyCompleted):
        run(archive, store, claim)
    assert tables(archive)["email_messages"] == []


def test_an_empty_file_loads_as_no_mail(
    archive: Archive, store: FolderStore, ingest_id: str, claim: Claim
) -> None:
    """A PST without messages is complete with none, and its manifest says so."""
    Outputs(ingest_id).write(ingest_folder(store, ingest_id))
    assert run(archive, store, claim).counts == {
        "emails": 0,
        "attachments": 0,
        "error_records": 0,
    }


def test_outputs_without_a_manifest_are_no_outputs(
    archive: Archive, store: FolderStore, ingest_id: str, claim: Claim
) -> None:
    """An extraction that did not end cannot be loaded."""
    plausible(ingest_id, 1).write(ingest_folder(store, ingest_id)).joinpath(
        "manifest.json"
    ).unlink()
    with pytest.raises(NotReadable, match="no outputs"):
        run(archive, store, claim)
