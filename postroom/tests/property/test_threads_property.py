"""What holds for any set of mails, whatever their headers claim."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from postroom.threads import ThreadItem, roots, threads
from postroom.threads.conversation import conversation_index
from postroom.threads.message_id import message_ids, own_message_id
from postroom.threads.subject import subject_of

IDS = st.sampled_from(["1", "2", "3", "4", "5", "gone"])
PEOPLE = st.sampled_from(["x@a", "y@a", "z@a"])
BLOCKS = st.lists(st.sampled_from([b"\1" * 5, b"\2" * 5]), max_size=3)
INDEX = st.builds(
    lambda guid, blocks: b"\1" * 6 + guid * 16 + b"".join(blocks),
    st.sampled_from([b"a", b"b"]),
    BLOCKS,
)


@st.composite
def mails(draw: st.DrawFn) -> list[ThreadItem]:
    """Up to twelve mails that claim to answer each other in every wrong way."""
    return [
        ThreadItem(
            email_id=f"mail-{number}",
            pst_nid=draw(st.integers(1, 4)),
            node_path=f"{number:x}",
            filetime=draw(st.none() | st.integers(1, 5)),
            message_id=draw(st.none() | IDS),
            in_reply_to=tuple(draw(st.lists(IDS, max_size=2))),
            references=tuple(draw(st.lists(IDS, max_size=3))),
            conversation_index=draw(st.just(b"") | INDEX),
            subject=draw(st.sampled_from(["", "quarterly report"])),
            is_answer=draw(st.booleans()),
            is_forward=draw(st.booleans()),
            sender=draw(st.none() | PEOPLE),
            recipients=tuple(draw(st.lists(PEOPLE, max_size=2, unique=True))),
        )
        for number in range(draw(st.integers(0, 12)))
    ]


@given(items=mails())
def test_no_mail_descends_from_itself(items: list[ThreadItem]) -> None:
    """Each mail has at most one parent, and going up always ends."""
    links = threads(items)
    parents = {link.email_id: link.parent_email_id for link in links}
    assert len(parents) == len(links)
    for each in items:
        name, steps = each.email_id, 0
        while name in parents:
            name, steps = parents[name], steps + 1
            assert steps <= len(items)


@given(items=mails(), data=st.data())
def test_the_order_of_the_mails_changes_nothing(
    items: list[ThreadItem], data: st.DataObject
) -> None:
    """Links and roots are the same whatever order the mails come in."""
    shuffled = data.draw(st.permutations(items))
    assert threads(shuffled) == threads(items)
    assert roots(shuffled, threads(shuffled)) == roots(items, threads(items))


@given(items=mails())
def test_a_parent_is_in_the_thread_of_its_child(items: list[ThreadItem]) -> None:
    """Every mail has one root, which has no parent, and linked mails share it."""
    links = threads(items)
    tops = roots(items, links)
    assert set(tops) == {each.email_id for each in items}
    assert all(tops[link.email_id] == tops[link.parent_email_id] for link in links)
    assert {link.email_id for link in links}.isdisjoint(top.email_id for top in tops.values())


@given(items=mails())
def test_a_link_says_how_sure_it_is(items: list[ThreadItem]) -> None:
    """Confidence is over 0, at most 1, and falls from method to method."""
    confidence = {"in_reply_to": set(), "references": set(), "subject": set()}
    for link in threads(items):
        confidence.setdefault(link.method, set()).add(link.confidence)
        assert 0 < link.confidence <= 1
    assert min(confidence["in_reply_to"], default=1) > max(confidence["references"], default=0)
    assert min(confidence["references"], default=1) > max(confidence["subject"], default=0)


@given(text=st.text(max_size=200), marks=st.lists(st.sampled_from(["Re: ", "FW:", "aw[2]: "])))
def test_marks_change_nothing_about_what_a_subject_says(text: str, marks: list[str]) -> None:
    """However often a mail was answered and forwarded, its subject is found again."""
    assert subject_of("".join(marks) + text).text == subject_of(text).text


@given(text=st.text(st.characters(exclude_categories=()), max_size=200))
def test_any_header_is_read_without_an_error(text: str) -> None:
    """What strangers wrote into a field is an id or none, a subject or none."""
    assert all(message_ids(text))
    assert own_message_id(text) != ""
    assert subject_of(text).text == subject_of(text).text.strip()
    assert conversation_index(text) == b"" or len(text) >= 44
