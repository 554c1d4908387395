"""The state of a saved model, read key by key: each answer has the type that was asked for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import attrs

from emotopy.errors import ContainerError
from emotopy.storage.container_specs import CONTAINER, shown

LONGEST = 1000
"""Characters of a name."""
LARGEST = 1e300
"""A whole number above it may be too large for a float."""


@attrs.frozen(eq=False)
class Fields:
    """The state of a container, read key by key; each answer has the type that was asked for, or ContainerError."""

    values: Mapping[str, Any]
    path: str = "state"

    def refuse(self, key: str, wanted: str, got: str) -> NoReturn:
        """Raise ContainerError for the value of a key."""
        raise ContainerError.inside(CONTAINER, member=f"{self.path}.{key}", wanted=wanted, got=got)

    def _get(self, key: str, wanted: str, *types: type) -> Any:
        if key not in self.values:
            self.refuse(key, wanted, "none")
        value = self.values[key]
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            self.refuse(key, wanted, shown(value))
        return value

    def text(self, key: str) -> str:
        """Return a text of up to 1,000 characters."""
        value = str(self._get(key, "text", str))
        if len(value) > LONGEST:
            self.refuse(key, f"up to {LONGEST} characters", f"{len(value):,}")
        return value

    def flag(self, key: str) -> bool:
        """Return a truth value."""
        return bool(self._get(key, "true or false", bool))

    def number(self, key: str, *, above: float = -math.inf, most: float = math.inf) -> float:
        """Return a number above and up to these bounds."""
        wanted = f"a number above {above:g} and up to {most:g}"
        value = self._get(key, wanted, int, float)
        if abs(value) > LARGEST:
            self.refuse(key, wanted, shown(value))
        value = float(value)
        if not above < value <= most:
            self.refuse(key, wanted, shown(value))
        return value

    def whole(self, key: str, *, least: int = 0, most: int = 2**53) -> int:
        """Return a whole number within these bounds."""
        wanted = f"a whole number from {least} to {most}"
        value = int(self._get(key, wanted, int))
        if not least <= value <= most:
            self.refuse(key, wanted, shown(value))
        return value

    def names(self, key: str) -> tuple[str, ...]:
        """Return texts that differ and aren't empty."""
        value = self._get(key, "a list of names", list)
        if not all(isinstance(one, str) and one and len(one) <= LONGEST for one in value) or len(set(value)) < len(
            value
        ):
            self.refuse(key, f"names that differ, of up to {LONGEST} characters", shown(value))
        return tuple(value)

    def table(self, key: str) -> Fields:
        """Return a table below this one."""
        return Fields(self._get(key, "a table", dict), f"{self.path}.{key}")

    def rows(self, key: str) -> Iterator[Fields]:
        """Yield the tables of a list."""
        for number, row in enumerate(self._get(key, "a list of tables", list)):
            if not isinstance(row, dict):
                self.refuse(f"{key}[{number}]", "a table", shown(row))
            yield Fields(row, f"{self.path}.{key}[{number}]")
