"""Both pipelines find what the client computed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.documents import StorageError, fetch, is_known, path_of
from importer.pipelines import v1, v2
from traffic import request_of


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**18 - 1), st.integers(1, 120))
def test_both_pipelines_get_the_soulprint_of_the_client(seed: int, messages: int) -> None:
    """v1, v2 and whoever made the document agree, so another soulprint is corruption."""
    document = fetch(path_of(seed, messages))
    one, two = v1(document.body), v2(document.body)
    assert one.soulprint == two.soulprint == document.soulprint
    assert (one.records, one.size) == (two.records, two.size) == (messages, len(document.body))
    assert 0 < min(one.packed_size, two.packed_size) < one.size + 20


@pytest.mark.parametrize(
    "path",
    ["test.json", "generated/1/0.jsonl", "generated/1/20001.jsonl", "../generated/1/1.jsonl"],
)
def test_a_path_that_names_nothing_is_an_error(path: str) -> None:
    """Never an empty document."""
    assert not is_known(path)
    with pytest.raises(StorageError):
        fetch(path)


def test_traffic_is_the_same_for_the_same_seed() -> None:
    """So a run can be repeated; users come again, and none of them is half of the traffic."""
    sent = [request_of(7, number, users=50) for number in range(400)]
    assert sent == [request_of(7, number, users=50) for number in range(400)]
    assert sent != [request_of(8, number, users=50) for number in range(400)]
    users = [one.user for one in sent]
    assert len({one.key for one in sent}) == 400
    assert len(set(users)) == 50
    assert max(users.count(user) for user in set(users)) < 40
