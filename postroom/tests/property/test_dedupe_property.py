"""What holds for any set of mails that may be copies of each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from postroom.dedupe import TIERS, DedupeItem, decide

RELAXED = {"c1": "r1", "c2": "r1", "c3": "r2", "c4": None}


def relaxed(items: Sequence[DedupeItem]) -> Mapping[str, str | None]:
    return {item.email_id: RELAXED[str(item.content_hash)] for item in items}


@st.composite
def mails(draw: st.DrawFn) -> list[DedupeItem]:
    """Up to fourteen mails of few contents, some of them unreadable."""
    return [
        DedupeItem(
            email_id=f"mail-{n}",
            place=(draw(st.integers(0, 1)), draw(st.integers(1, 3)), f"{n:x}"),
            filetime=draw(st.none() | st.integers(1, 3)),
            message_id=draw(st.none() | st.sampled_from(["m1", "m2"])),
            content_hash=draw(st.none() | st.sampled_from(sorted(RELAXED))),
            family=draw(st.none() | st.sampled_from(["", "f"])),
        )
        for n in range(draw(st.integers(0, 14)))
    ]


@given(items=mails(), data=st.data())
def test_the_order_of_the_mails_changes_nothing(
    items: list[DedupeItem], data: st.DataObject
) -> None:
    """Decisions are the same, and in the same order, whatever order the mails come in."""
    shuffled = data.draw(st.permutations(items))
    assert decide(shuffled, relaxed) == decide(items, relaxed)


@given(items=mails())
def test_who_trusts_the_tiers_up_to_one_keeps_one_of_each(items: list[DedupeItem]) -> None:
    """For every tier: what is left without a decision up to it is one mail of each kind."""
    known = [item for item in items if item.is_known]
    keys = {
        "message_id": lambda i: (i.message_id or i.email_id, i.content_hash, i.family),
        "content_hash": lambda i: (i.content_hash, i.family),
        "relaxed_hash": lambda i: (RELAXED[i.content_hash] or i.content_hash, i.family),
    }
    decisions = decide(items, relaxed)
    for at, tier in enumerate(TIERS):
        gone = {d.email_id for d in decisions if d.tier in TIERS[: at + 1]}
        left = [keys[tier](item) for item in known if item.email_id not in gone]
        assert len(left) == len(set(left))
        assert set(left) == {keys[tier](item) for item in known}


@given(items=mails())
def test_what_is_kept_comes_first_and_every_chain_ends(items: list[DedupeItem]) -> None:
    """Each mail has at most one decision; going from copy to kept leads to an earlier one."""
    by_id = {item.email_id: item for item in items}
    decisions = decide(items, relaxed)
    assert len({d.email_id for d in decisions}) == len(decisions)
    for each in decisions:
        assert by_id[each.kept_email_id].order < by_id[each.email_id].order
        assert by_id[each.kept_email_id].is_known
        assert by_id[each.email_id].is_known
