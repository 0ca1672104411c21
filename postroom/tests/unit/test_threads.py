"""Which mail answers which."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

import pytest

from postroom.threads import ThreadItem, roots, threads
from postroom.threads.conversation import conversation_index
from postroom.threads.message_id import message_ids, own_message_id

DAY = 86_400 * 10_000_000
GUID = "01" * 5 + "aa" * 16


def item(name: str, at: int | None = None, **known: object) -> ThreadItem:
    nid = int.from_bytes(name.encode())
    return ThreadItem(name, nid, f"{nid:x}", at, **known)  # type: ignore[arg-type]


def found(*items: ThreadItem) -> set[tuple[str, str, str]]:
    return {(link.email_id, link.parent_email_id, link.method) for link in threads(items)}


def indexed(name: str, at: int, blocks: str = "") -> ThreadItem:
    return item(name, at, conversation_index=bytes.fromhex("01" + GUID + blocks))


def test_in_reply_to_comes_before_references() -> None:
    """The field that names the parent wins over the one that names the ancestors."""
    first, second = item("a", 1, message_id="1"), item("b", 2, message_id="2")
    answer = item("c", 3, message_id="3", in_reply_to=("1",), references=("1", "2"))
    assert found(first, second, answer) == {("c", "a", "in_reply_to")}


def test_the_last_reference_that_is_there_is_the_parent() -> None:
    """Later references are nearer; those that the ingest lacks are passed over."""
    mails = [item("a", 1, message_id="1"), item("b", 2, message_id="2")]
    answer = item("c", 3, in_reply_to=("gone",), references=("1", "2", "gone"))
    assert found(*mails, answer) == {("c", "b", "references")}


def test_the_conversation_index_shortened_is_the_parent() -> None:
    """A child's index is its parent's with five more bytes."""
    mails = [indexed("a", 1), indexed("b", 2, "01" * 5), indexed("c", 3, "01" * 5 + "02" * 5)]
    expected = {("b", "a", "conversation_index"), ("c", "b", "conversation_index")}
    assert found(*mails) == expected


def test_a_missing_level_of_the_conversation_is_passed_over_with_less_confidence() -> None:
    """The nearest ancestor that is there becomes the parent."""
    near, far = threads([indexed("a", 1), indexed("b", 2, "01" * 5)]), None
    far = threads([indexed("a", 1), indexed("c", 3, "01" * 5 + "02" * 5)])
    assert [link.parent_email_id for link in far] == ["a"]
    assert far[0].confidence < near[0].confidence


def test_the_root_of_a_conversation_is_found_by_its_guid() -> None:
    """A header that differs in its time alone is of the same conversation."""
    root = item("a", 1, conversation_index=bytes.fromhex("01" + "02" * 5 + "aa" * 16))
    assert found(root, indexed("b", 2, "01" * 5)) == {("b", "a", "conversation_index")}


def test_answers_to_a_missing_mail_are_one_thread_without_links() -> None:
    """Who has the same conversation GUID belongs together, also where the first mail is gone."""
    mails = [indexed("a", 1, "01" * 5), indexed("b", 2, "02" * 5)]
    assert threads(mails) == []
    assert {root.email_id for root in roots(mails, []).values()} == {"a"}


def answer(name: str, at: int | None, sender: str | None, *to: str, **known: object) -> ThreadItem:
    known = {"subject": "quarterly report", "is_answer": True} | known
    return item(name, at, sender=sender, recipients=to, **known)


def test_a_subject_links_an_answer_between_the_same_people() -> None:
    """The mail that opened it had no mark; the answer has, and goes back to its sender."""
    first = answer("a", DAY, "x@a", "y@a", is_answer=False)
    assert found(first, answer("b", 2 * DAY, "y@a", "x@a")) == {("b", "a", "subject")}


def test_a_forward_continues_what_its_sender_received() -> None:
    """Its recipients are new, so its sender must have been in the mail it hands on."""
    first = answer("a", DAY, "x@a", "y@a", is_answer=False)
    forward = answer("b", 2 * DAY, "y@a", "z@a", is_answer=False, is_forward=True)
    assert found(first, forward) == {("b", "a", "subject")}


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(answer("b", 2 * DAY, "y@a", "x@a", is_answer=False), id="no mark"),
        pytest.param(answer("b", 2 * DAY, "y@a", "z@a"), id="other people"),
        pytest.param(answer("b", 40 * DAY, "y@a", "x@a"), id="too late"),
        pytest.param(answer("b", None, "y@a", "x@a"), id="no time"),
        pytest.param(answer("b", 2 * DAY, None), id="nobody"),
        pytest.param(answer("b", DAY, "y@a", "x@a"), id="at the same moment"),
        pytest.param(answer("b", 2 * DAY, "y@a", "x@a", subject=""), id="no telling subject"),
    ],
)
def test_a_subject_alone_links_nothing(other: ThreadItem) -> None:
    """Mark, people, time and a telling subject: each is needed."""
    first = answer("a", DAY, "x@a", "y@a", is_answer=False, subject=other.subject)
    assert found(first, other) == set()


def test_a_mail_never_answers_itself() -> None:
    """A mail that names itself, or its own copy, has no parent by that."""
    own = item("a", 1, message_id="1", in_reply_to=("1",), references=("1",))
    copy = item("b", 2, message_id="1", in_reply_to=("1",))
    assert found(own, copy) == set()


def test_copies_of_a_mail_are_in_its_thread() -> None:
    """A copy in another folder is not alone, whatever order they come in."""
    original, copy = item("a", 1, message_id="1"), item("b", 2, message_id="1")
    child = item("c", 3, in_reply_to=("1",))
    mails = [copy, child, original]
    assert found(*mails) == {("c", "a", "in_reply_to")}
    assert {root.email_id for root in roots(mails, threads(mails)).values()} == {"a"}


def test_of_two_mails_that_answer_each_other_the_later_keeps_its_parent() -> None:
    """A circle is opened where time says that it began."""
    first = item("a", 1, message_id="1", in_reply_to=("2",))
    second = item("b", 2, message_id="2", in_reply_to=("1",))
    assert found(first, second) == {("b", "a", "in_reply_to")}


def test_a_weaker_link_gives_way_to_a_stronger_one() -> None:
    """In-Reply-To of the earlier mail stands against the index of the later."""
    first = item("a", 1, in_reply_to=("2",), conversation_index=bytes.fromhex("01" + GUID))
    later = item("b", 2, message_id="2", conversation_index=bytes.fromhex("01" + GUID + "01" * 5))
    assert found(first, later) == {("a", "b", "in_reply_to")}


def lines_of(work: Callable[[], object]) -> int:
    """Lines of Python that `work` executes: a count, not a time."""
    seen = 0

    def trace(_frame: FrameType, event: str, _argument: object) -> Callable[..., object]:
        nonlocal seen
        seen += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return seen


def chain(count: int) -> list[ThreadItem]:
    return [item(f"{n:05}", n, message_id=f"{n}", in_reply_to=(f"{n - 1}",)) for n in range(count)]


def one_conversation(count: int) -> list[ThreadItem]:
    blocks = (f"{n:010x}" for n in range(count))
    return [indexed(f"{n:05}", n, "ff" * 5 + block) for n, block in enumerate(blocks)]


def one_subject(count: int) -> list[ThreadItem]:
    return [answer(f"{n:05}", n * 10, f"{n}@a", f"{n + 1}@a", "all@a") for n in range(count)]


def copies(count: int) -> list[ThreadItem]:
    return [item(f"{n:05}", n, message_id="1", references=("1",) * 3) for n in range(count)]


@pytest.mark.parametrize("shape", [chain, one_conversation, one_subject, copies])
def test_four_times_the_mails_are_about_four_times_the_work(
    shape: Callable[[int], list[ThreadItem]],
) -> None:
    """Next to linear also where all mails are one chain, one conversation, one subject, one id."""
    few, many = shape(250), shape(1000)
    work = [lines_of(lambda mails=mails: roots(mails, threads(mails))) for mails in (few, many)]
    assert work[1] < 5 * work[0]


def test_message_ids_are_read_out_of_what_programs_write() -> None:
    """Brackets, folds, comments, commas and none of these."""
    assert message_ids('"x" of Monday <a@b>\r\n\t< c@\r\n d >') == ("a@b", "c@d")
    assert message_ids("a@b, c@d said") == ("a@b", "c@d")
    assert message_ids("a message of Monday") == ()
    assert own_message_id(" <not an address> ") == "notanaddress"
    assert own_message_id("odd id") == "oddid"
    assert own_message_id("<>") is None


@pytest.mark.parametrize("stored", [None, "", "zz" * 22, "aa" * 21, "00" * 27, "aa" * 6000])
def test_what_is_no_conversation_index_tells_nothing(stored: str | None) -> None:
    """Torn, empty, endless or without GUID: it links nothing."""
    assert conversation_index(stored) == b""


def test_a_torn_last_block_is_left_out() -> None:
    """An index whose last block has fewer than five bytes is that of the mail before."""
    assert conversation_index("aa" * 29) == b"\xaa" * 27
