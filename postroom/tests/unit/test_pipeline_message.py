"""The message that asks for an ingest, in its published form and in no other."""

from __future__ import annotations

import json

import pytest

from postroom.pipeline.message import IngestMessage, InvalidMessage, default_key

RIGHT = {
    "version": 1,
    "pst_file_id": "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
    "project_id": "matter-17",
    "case_id": None,
    "file_name": "Mail von Jörg.pst",
    "source_bucket": "uploads",
    "source_key": "project_matter-17/pst/1b4e28ba-2fa1-41d2-883f-0016d3cca427/a.pst",
    "source_id": "default",
}


def test_a_message_comes_back_as_it_was_sent() -> None:
    """Its JSON is the published form, and the same bytes each time."""
    message = IngestMessage.from_json(json.dumps(RIGHT))
    assert json.loads(message.as_json()) == RIGHT
    assert IngestMessage.from_json(message.as_json()) == message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("version", 2),
        ("version", True),
        ("version", "1"),
        ("pst_file_id", "1B4E28BA-2FA1-41D2-883F-0016D3CCA427"),
        ("pst_file_id", "17"),
        ("pst_file_id", None),
        ("project_id", "../x"),
        ("project_id", ""),
        ("case_id", ""),
        ("case_id", 3),
        ("file_name", "a\nb.pst"),
        ("file_name", "x" * 256),
        ("source_bucket", "a/b"),
        ("source_key", "/etc/passwd"),
        ("source_key", "a/../../b"),
        ("source_key", "a\\b"),
        ("source_id", "a b"),
        ("source_id", ["default"]),
    ],
)
def test_a_wrong_value_is_named_and_never_quoted(name: str, value: object) -> None:
    """The reason says which key and what it must be."""
    with pytest.raises(InvalidMessage, match=name) as raised:
        IngestMessage.from_json(json.dumps(RIGHT | {name: value}))
    if isinstance(value, str) and len(value) > 5:
        assert value not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Dear counsel", "not JSON"),
        ("[]", "not a JSON object"),
        ("[" * 16_000, "not JSON"),
        ("{}", "version"),
        (json.dumps({"version": 1}), "lacks"),
        (json.dumps(RIGHT | {"Dear": "counsel"}), "1 keys"),
        (json.dumps(RIGHT)[:-1] + ', "version": 1}', "not JSON"),
        (" " * 20_000, "more than"),
    ],
)
def test_what_is_no_message_is_refused(text: str, why: str) -> None:
    """Nothing but the published form is taken."""
    with pytest.raises(InvalidMessage, match=why) as raised:
        IngestMessage.from_json(text)
    assert "counsel" not in str(raised.value)


def test_an_upload_lies_under_its_project() -> None:
    """Seed 002: project_<project_id>/pst/<pst_file_id>/<filename>.pst."""
    assert default_key("p", "i", "a.pst") == "project_p/pst/i/a.pst"
    assert default_key("p", "i", "a.PST") == "project_p/pst/i/a.PST"
    assert default_key("p", "i", "a.ost") == "project_p/pst/i/a.ost.pst"
