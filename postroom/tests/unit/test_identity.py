"""The identity against its vectors, which the extractor's twin is held to as well."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest

from postroom import identity
from postroom.identity import Attachment, Item, Value

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "identity.json").read_text())


def value(stored):
    return Value(int(stored[0], 16), bytes.fromhex(stored[1]))


def properties(stored):
    return {int(tag, 16): value(of) for tag, of in stored.items()}


def attachment(stored):
    found = properties(stored["properties"])
    content = None if stored["content"] is None else bytes.fromhex(stored["content"])
    if content is None:
        return Attachment(stored["nid"], found)
    method = identity.attachment_method(found)
    digest = identity.attachment_hash(method, content)
    return Attachment(stored["nid"], found, len(content), digest)


def item(case):
    return Item(
        properties(case["properties"]),
        [properties(recipient) for recipient in case["recipients"]],
        [attachment(stored) for stored in case["attachments"]],
    )


@pytest.mark.parametrize("case", VECTORS["text"], ids=lambda case: f"{case['type']}-{case['hex']}")
def test_text_of_stored_bytes_is_that_of_the_vector(case):
    """Stored strings become text by one rule, valid for PostgreSQL."""
    assert identity.text(value((case["type"], case["hex"]))) == case["text"]


@pytest.mark.parametrize("case", VECTORS["trim"], ids=ascii)
def test_only_ascii_blanks_are_trimmed_and_only_a_to_z_have_a_case(case):
    """No library's idea of a blank or of a case takes part."""
    assert identity.trim(case["string"]) == case["trimmed"]
    assert identity.lower(case["trimmed"]) == case["lower"]


@pytest.mark.parametrize("case", VECTORS["normal_body"], ids=ascii)
def test_bodies_that_differ_in_line_ends_and_trailing_blanks_are_one(case):
    """Line ends and blanks before them never make two bodies differ."""
    assert identity.normal_body(case["body"]) == case["normal"]


@pytest.mark.parametrize("case", VECTORS["header_field"], ids=ascii)
def test_a_header_field_is_the_first_of_its_name_unfolded(case):
    """The header is read by one small rule, not by a mail library."""
    assert identity.header_field(case["headers"], case["name"]) == case["value"]


@pytest.mark.parametrize("case", VECTORS["messages"], ids=lambda case: case["name"])
def test_a_message_has_the_identity_of_its_vector(case):
    """Content, record, attachments and message ids are those of the vector."""
    found, expected = item(case), case["expected"]
    members = identity.content_members(found)
    assert {name: members[name] for name in ("subject", "from", "to", "date", "body")} == {
        name: expected[name] for name in ("subject", "from", "to", "date", "body")
    }
    assert identity.content_hash(found) == expected["content_hash"]
    assert identity.record_bytes(found).hex() == expected["record_bytes"]
    assert identity.record_hash(found) == expected["record_hash"]
    for attached, wanted in zip(found.attachments, expected["attachments"], strict=True):
        assert identity.attachment_method(attached.properties) == wanted["method"]
        assert attached.hash == wanted["attachment_hash"]
    ids = {
        "message_id": identity.message_id(found.properties),
        "in_reply_to": identity.in_reply_to(found.properties),
        "email_references": identity.references(found.properties),
    }
    for name, of in ids.items():
        assert of._asdict() == expected[name]


@pytest.mark.parametrize("case", VECTORS["families"], ids=lambda case: str(case["family_hash"]))
def test_a_family_has_the_hash_of_its_vector(case):
    """A family is its records in position order; one that is unknown makes it unknown."""
    assert identity.family_hash(case["record_hashes"]) == case["family_hash"]


@pytest.mark.parametrize("case", VECTORS["node_paths"], ids=lambda case: case["node_path"])
def test_an_item_has_the_same_id_on_every_run(case):
    """An id is made of the ingest and the node path alone."""
    assert identity.node_path(*case["nids"]) == case["node_path"]
    found = identity.item_id(uuid.UUID(case["pst_file_id"]), case["node_path"])
    assert str(found) == case["id"]


@pytest.mark.parametrize("case", VECTORS["folder_paths"], ids=lambda case: case["path"])
def test_a_folder_path_keeps_slashes_of_names_apart_from_its_own(case):
    """Two different folders never share a path by their names alone."""
    names = (
        identity.folder_name(of["nid"], {0x3001: value(of["name"])} if of["name"] else {})
        for of in case["folders"]
    )
    assert identity.message_path(names) == case["path"]


def test_stored_order_and_bytes_change_the_record_but_not_the_content():
    """What a reader would call the same mail keeps its content hash; the record is strict."""
    one, two = {0x0C15: Value(3, b"\1\0\0\0")}, {0x0C15: Value(3, b"\2\0\0\0")}
    first, second = Item({}, [one, two]), Item({}, [two, one])
    assert identity.content_hash(first) == identity.content_hash(second)
    assert identity.record_hash(first) != identity.record_hash(second)
