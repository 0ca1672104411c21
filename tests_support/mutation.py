"""Random changes to bytes, from a seed that a failing test prints."""

from __future__ import annotations

import random


def rolled() -> tuple[random.Random, int]:
    """Return dice and the seed that they were made from."""
    seed = random.randrange(2**32)
    return random.Random(seed), seed


def mutate(content: bytes, dice: random.Random) -> bytes:
    """Return the content with one thing changed somewhere: flipped, written over, cut, copied."""
    place = dice.randrange(len(content))
    length = dice.choice((1, 1, 1, 2, 16, 64))
    before, after = content[:place], content[place + length :]
    match dice.randrange(6):
        case 0:
            return (
                before + bytes([content[place] ^ (1 << dice.randrange(8))]) + content[place + 1 :]
            )
        case 1:
            return before + dice.randbytes(length) + after
        case 2:
            return before + after
        case 3:
            return before + dice.randbytes(length) + content[place:]
        case 4:
            other = dice.randrange(len(content))
            return before + content[other : other + length] + after
        case _:
            return before
