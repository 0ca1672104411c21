"""Which mail answers which."""

from __future__ import annotations

import pytest

from postroom.conversation import SUBJECT_WINDOW, Mail, base_subject, threads

HEADER = "01" * 22


def links(*mails: Mail) -> dict[str, tuple[str, str]]:
    return {link.child: (link.parent, link.method) for link in threads(mails).links}


def test_an_answer_hangs_under_what_it_answers():
    """In-Reply-To is believed first."""
    first = Mail("a", message_id="<1@x>")
    answer = Mail("b", in_reply_to="<1@x>", references="<0@x>")
    other = Mail("c", message_id="<0@x>")
    assert links(first, answer, other) == {"b": ("a", "in_reply_to")}


def test_the_last_reference_that_is_there_counts():
    """A mail that is missing in between does not break a thread."""
    grandparent = Mail("a", message_id="<1@x>")
    answer = Mail("b", in_reply_to="<2@x>", references="<0@x> <1@x>\t<2@x>")
    assert links(grandparent, answer) == {"b": ("a", "references")}


def test_a_conversation_index_hangs_under_the_nearest_shorter_one():
    """Outlook's own mark of place is used where no id is."""
    root = Mail("a", conversation_index=HEADER)
    deep = Mail("b", conversation_index=HEADER + "aa" * 5 + "bb" * 5)
    assert links(root, deep) == {"b": ("a", "conversation_index")}


def test_an_index_of_a_wrong_length_says_nothing():
    """What is not an index is not read as one."""
    root = Mail("a", conversation_index=HEADER)
    assert links(root, Mail("b", conversation_index=HEADER + "aa")) == {}


@pytest.mark.parametrize(
    ("subject", "sender", "recipients", "after", "is_linked"),
    [
        ("Re: Plan", "bob@x", ("ann@x",), 1, True),
        ("AW: re:  plan ", "bob@x", ("cy@x", "ann@x"), 1, True),
        ("Re: Plan", "bob@x", ("ann@x",), SUBJECT_WINDOW + 1, False),
        ("Re: Plan", "bob@x", ("ann@x",), 0, False),
        ("Plan", "bob@x", ("ann@x",), 1, False),
        ("Re: Other", "bob@x", ("ann@x",), 1, False),
        ("Re: Plan", "eve@x", ("ann@x",), 1, False),
        ("Re: Plan", "bob@x", ("eve@x",), 1, False),
    ],
)
def test_a_subject_links_only_an_answer_between_the_same_people_in_time(
    subject, sender, recipients, after, is_linked
):
    """The weakest method needs a marked subject, both people, and an earlier moment."""
    first = Mail("a", subject="Plan", sender="ann@x", recipients=("bob@x",), filetime=1000)
    answer = Mail("b", None, None, None, None, subject, sender, recipients, 1000 + after)
    assert links(first, answer) == ({"b": ("a", "subject")} if is_linked else {})


def test_mails_that_answer_each_other_make_no_circle():
    """The later one hangs under the earlier, and only once."""
    one = Mail("a", message_id="<1@x>", in_reply_to="<2@x>", filetime=1)
    two = Mail("b", message_id="<2@x>", in_reply_to="<1@x>", filetime=2)
    assert links(one, two) == {"b": ("a", "in_reply_to")}


def test_a_mail_does_not_answer_itself():
    """A mail that names its own id stays a root."""
    assert links(Mail("a", message_id="<1@x>", in_reply_to="<1@x>", references="<1@x>")) == {}


def test_copies_of_a_mail_are_one_thread_and_the_earliest_is_answered():
    """The copy in Sent and the copy in Inbox never split a conversation."""
    sent = Mail("b", message_id="<1@x>", filetime=5)
    received = Mail("a", message_id="<1@x>", filetime=9)
    answer = Mail("c", in_reply_to="<1@x>", filetime=20)
    found = threads([received, answer, sent])
    assert [(link.child, link.parent) for link in found.links] == [("c", "b")]
    assert set(found.thread_of.values()) == {"b"}


def test_confidence_falls_from_method_to_method():
    """A reader can tell a sure link from a guess."""
    first = Mail("a", message_id="<1@x>", conversation_index=HEADER)
    sure = Mail("b", in_reply_to="<1@x>")
    guess = Mail("c", conversation_index=HEADER + "aa" * 5)
    confidence = {link.child: link.confidence for link in threads([first, sure, guess]).links}
    assert confidence["b"] > confidence["c"] > 0


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("RE: FW: Re[2]: A  b", ("a b", True)),
        ("Response: x", ("response: x", False)),
        (None, ("", False)),
        ("Re:", ("", True)),
    ],
)
def test_a_base_subject_has_no_marks_of_answer(subject, expected):
    """Marks in several languages go, words that begin like one stay."""
    assert base_subject(subject) == expected
