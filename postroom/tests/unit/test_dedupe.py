"""Which mail is a copy of which."""

from __future__ import annotations

import json

import pytest
import rfc8785

from postroom.dedupe import Decision, DedupeItem, decide
from postroom.identity import sha256
from postroom.relaxed import relaxed_hash, relaxed_members, relaxed_subject


def item(name: str, nid: int, content: str | None, **known: object) -> DedupeItem:
    return DedupeItem(name, (0, nid, f"{nid:x}"), content_hash=content, **known)  # type: ignore[arg-type]


def row(**columns: object) -> dict[str, object]:
    empty = dict.fromkeys(("subject", "from_address", "body_text", "body_html", "body_rtf"))
    return {**empty, "recipients": "[]", **columns}


def told(items: list[DedupeItem], hashes: dict[str, str] | None = None) -> set[tuple[str, ...]]:
    found = decide(
        items, lambda doubtful: {i.email_id: (hashes or {}).get(i.email_id) for i in doubtful}
    )
    return {(d.email_id, d.kept_email_id, d.tier) for d in found}


def test_the_surest_tier_decides() -> None:
    """A copy is told by what it shares with an earlier one: most of all the message id."""
    items = [
        item("a", 1, "c1", message_id="m1"),
        item("b", 2, "c1", message_id="m1"),
        item("c", 3, "c1", message_id="m2"),
        item("d", 4, "c1", message_id="m2"),
        item("e", 5, "c2"),
        item("f", 6, "c2"),
    ]
    assert told(items, {"a": "r", "e": "r"}) == {
        ("b", "a", "message_id"),
        ("c", "a", "content_hash"),
        ("d", "c", "message_id"),
        ("e", "a", "relaxed_hash"),
        ("f", "e", "content_hash"),
    }


def test_the_same_message_id_with_other_content_is_no_copy() -> None:
    """Message ids are written by strangers."""
    assert told([item("a", 1, "c1", message_id="m"), item("b", 2, "c2", message_id="m")]) == set()


def test_what_could_not_be_read_is_no_copy() -> None:
    """NULL matches nothing, not even NULL."""
    items = [item(name, n, None, message_id="m") for n, name in enumerate("ab")]
    items += [item(name, n, "c", family=None) for n, name in enumerate("cd")]
    assert told(items, dict.fromkeys("abcd", "r")) == set()


def test_other_attachments_are_another_mail() -> None:
    """Families are copies as a whole: no file is hidden behind the same cover letter."""
    items = [
        item(name, n, "c", message_id="m", family=family)
        for n, (name, family) in enumerate((("a", "f1"), ("b", "f2"), ("c", "f1")))
    ]
    assert told(items, dict.fromkeys("abc", "r")) == {("c", "a", "message_id")}


def test_the_earliest_is_kept() -> None:
    """By ingest, then by time, those without time last, then by node."""
    items = [
        item("late", 1, "c", filetime=9),
        item("undated", 2, "c"),
        item("early", 3, "c", filetime=5),
        DedupeItem("newer ingest", (1, 0, "0"), filetime=1, content_hash="c"),
    ]
    assert {d.kept_email_id for d in decide(items, lambda _: {})} == {"early"}


def test_relaxed_hashes_are_asked_for_those_in_doubt_alone() -> None:
    """Bodies are read only of mails that share subject, sender and family with another."""
    asked: list[str] = []
    items = [
        item("a", 1, "c1", subject="s", sender="x"),
        item("b", 2, "c2", subject="s", sender="x"),
        item("c", 3, "c3", subject="s", sender="y"),
        item("d", 4, "c1", subject="s", sender="x"),
    ]
    decide(items, lambda doubtful: asked.extend(i.email_id for i in doubtful) or {})  # type: ignore[func-returns-value]
    assert asked == ["a", "b"]


def test_a_key_is_the_same_for_the_same_reason() -> None:
    """Copies of one mail share their key; other mails and tiers have others."""
    items = [item(name, n, "c") for n, name in enumerate("abc")]
    items += [item(name, n, "d") for n, name in enumerate("xy", start=9)]
    found: list[Decision] = decide(items, lambda _: {})
    assert [d.key_hash for d in found[:2]] == [found[0].key_hash] * 2
    assert found[2].key_hash != found[0].key_hash
    assert len(found[0].key_hash) == 64


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("RE: Fwd:  re: The plan ", "the plan"),
        ("Fw:x", "x"),
        ("AW: plan", "aw: plan"),
        ("the re: plan", "the re: plan"),
        ("\nRe:", ""),
        (None, ""),
        ("É", "É"),
    ],
)
def test_marks_that_lead_a_subject_are_off(subject: str | None, expected: str) -> None:
    """re:, fw: and fwd:, however many; no other word and no other place."""
    assert relaxed_subject(subject) == expected


def test_date_and_white_space_do_not_count() -> None:
    """Wrapped elsewhere, sent at another time, answered: the relaxed hash is the same."""
    to = json.dumps([{"type": 1, "smtp": "B@x"}, {"type": 2, "smtp": "c@x"}, {"type": None}])
    one = row(subject="Plan", body_text="a b\r\n c", recipients=to, sent_filetime=1)
    other = row(subject="RE: plan", body_text="ab\u00a0\tc\n", recipients=to, sent_filetime=2)
    assert relaxed_hash(one) == relaxed_hash(other)
    assert relaxed_members(one)["to"] == ["b@x"]
    assert relaxed_hash(one) != relaxed_hash(row(subject="Plan", body_text="abc"))
    assert relaxed_hash(one) != relaxed_hash(one | {"from_address": "z@x"})


@pytest.mark.parametrize("text", ["".join(map(chr, range(1, 0x250))), "会\U0001f4a9\u2028\\"])
def test_a_relaxed_hash_is_of_canonical_json(text: str) -> None:
    """What is hashed is RFC 8785, whatever characters it has."""
    to = json.dumps([{"type": 1, "smtp": text}])
    mail = row(subject=text, body_text=text, from_address=text, recipients=to)
    assert relaxed_hash(mail) == sha256(rfc8785.dumps(relaxed_members(mail)))


def test_a_mail_without_words_has_no_relaxed_hash() -> None:
    """Without its date nothing is left by which to know it again."""
    assert relaxed_hash(row(from_address="a@x", body_text=" \n", subject="Re: ")) is None
    assert relaxed_hash(row(body_rtf="{\\rtf1}")) is not None
