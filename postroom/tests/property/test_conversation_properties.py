"""What holds for every set of mails."""

from __future__ import annotations

import os
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from postroom.conversation import Mail, threads

EXAMPLES = 2000 if os.environ.get("SOAK") else 200
IDS = st.sampled_from([f"<{number}@x>" for number in range(8)])
INDEXES = st.integers(0, 3).map(lambda levels: "01" * 22 + "aabbccddee" * levels)
PEOPLE = st.sampled_from(["ann@x", "bob@x", "cy@x"])
MAILS = st.lists(
    st.builds(
        Mail,
        key=st.integers(1, 1 << 20).map(lambda number: f"{number:x}"),
        message_id=st.none() | IDS,
        in_reply_to=st.none() | IDS,
        references=st.lists(IDS, max_size=3).map(" ".join),
        conversation_index=st.none() | INDEXES,
        subject=st.sampled_from(["Plan", "Re: Plan", "Re: Other", ""]),
        sender=st.none() | PEOPLE,
        recipients=st.lists(PEOPLE, max_size=3).map(tuple),
        filetime=st.none() | st.integers(0, 5),
    ),
    max_size=30,
    unique_by=lambda mail: mail.key,
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(MAILS, st.randoms(use_true_random=False))
def test_the_order_of_the_mails_does_not_matter(mails: list[Mail], chance: random.Random):
    """The same mails give the same threads, however the archive hands them out."""
    shuffled = list(mails)
    chance.shuffle(shuffled)
    one, other = threads(mails), threads(shuffled)
    assert one.links == other.links
    assert dict(one.thread_of) == dict(other.thread_of)


@settings(max_examples=EXAMPLES, deadline=None)
@given(MAILS)
def test_links_make_trees_within_their_threads(mails: list[Mail]):
    """Each mail has at most one parent, no chain of parents returns, a thread holds its links."""
    found = threads(mails)
    parents = {link.child: link.parent for link in found.links}
    assert len(parents) == len(found.links)
    assert set(found.thread_of) == {mail.key for mail in mails}
    for child, parent in parents.items():
        assert found.thread_of[child] == found.thread_of[parent]
        met, at = {child}, parent
        while at in parents:
            assert at not in met
            met.add(at)
            at = parents[at]


def test_the_work_grows_with_the_number_of_mails():
    """A folder of one subject between the same people costs a look-up for each recipient."""
    looked = []

    class Counted(str):
        __slots__ = ()

        def __hash__(self) -> int:
            looked.append(self)
            return super().__hash__()

    def cost(count: int) -> int:
        looked.clear()
        bob = Counted("bob@x")
        threads(
            Mail(f"{n:x}", subject="Re: Plan", sender=bob, recipients=("bob@x",), filetime=n)
            for n in range(count)
        )
        return len(looked)

    assert cost(2000) <= 2 * cost(1000) + 10
