"""A value that is never printed or written down: it is revealed where it is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

HIDDEN = "«secret»"
IS_SET = "«set»"


class Secret:
    """Holds a secret text; whoever prints, formats or dumps it gets `«secret»`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value, at the one place where a system asks for it."""
        return self._value

    def __repr__(self) -> str:
        return HIDDEN

    __str__ = __repr__

    def __format__(self, format_spec: str) -> str:
        return HIDDEN

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(("cutline.secret", self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written down")

    def __deepcopy__(self, memo: dict[int, Any]) -> Secret:
        return self


def without_secrets(inputs: Mapping[str, object]) -> dict[str, object]:
    """Return inputs as they may be written down: of a secret only that it is set."""
    return {n: IS_SET if isinstance(value, Secret) else value for n, value in inputs.items()}
