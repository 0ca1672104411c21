"""Every order in which movers, a recoverer and writers may act, tried out on a model."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests_support.move_model import Rules, World, broken, recovered, successors

FEWEST_WORLDS = 853


def explored(rules: Rules) -> tuple[set[World], str | None]:
    """Every world that can be reached, and the first promise that is broken in one of them."""
    found, ahead = {World()}, [World()]
    while ahead:
        for world in successors(ahead.pop(), rules):
            if world not in found:
                if said := broken(world):
                    return found, said
                found.add(world)
                ahead.append(world)
    return found, None


@pytest.fixture(scope="module")
def worlds() -> set[World]:
    """Every world that can be reached under the rules of the move."""
    found, said = explored(Rules())
    assert said is None
    return found


def test_at_most_one_store_takes_writes_and_it_has_them_all(worlds: set[World]) -> None:
    """In no order is a write lost, taken by two stores, or hidden from a reader."""
    assert len(worlds) > FEWEST_WORLDS
    seen = {world.registry.owner for world in worlds}
    assert seen == {"sqlite", "freezing", "postgres", "returning"}
    there_and_back = [w for w in worlds if w.registry.owner == "sqlite" and w.registry.epoch >= 5]
    assert any(world.fence.is_open and world.acknowledged for world in there_and_back)


def test_wherever_everybody_is_killed_one_store_takes_writes_again(worlds: set[World]) -> None:
    """Who recovers finishes or undoes; the registry says which store it is."""
    for world in {replace_actors(world) for world in worlds}:
        after = recovered(world, Rules())
        assert broken(after) is None
        assert after.registry.writes == ("sqlite" if after.fence.is_open else "postgres")
        assert after.fence.is_open != after.is_granted


@pytest.mark.parametrize("rule", ["compares_epochs", "fence_has_epoch", "holds_lock"])
def test_the_model_fails_without(rule: str) -> None:
    """Each rule that the move relies on is needed: without it some order loses a write."""
    _, said = explored(replace(Rules(), **{rule: False}))
    assert said is not None


def replace_actors(world: World) -> World:
    """Forget who was where."""
    return world._replace(actors=World().actors, lock=None, file_lock=None)
