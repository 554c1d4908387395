"""Reference mode: with EMOTOPY_REFERENCE=1 slow loops that can be read as definitions run instead of fast functions.

A fast function names its definition where it stands:

    @defined_by("emotopy.inference.window_loops.windowed_means")
    def windowed_means(...): ...

Both take the same arguments and give the same numbers, up to rounding. Definitions stand in modules of their own, which
are imported in reference mode alone. For contributors; docs/find-your-room.md says how tests use it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import attrs

P = ParamSpec("P")
R = TypeVar("R")

VARIABLE = "EMOTOPY_REFERENCE"


@attrs.frozen
class Pair:
    """A fast function, and the full name of the one that defines what it returns."""

    fast: Callable[..., Any]
    definition: str

    def load_definition(self) -> Callable[..., Any]:
        """Import the definition."""
        module, _, name = self.definition.rpartition(".")
        found: Callable[..., Any] = getattr(_module(module), name)
        return found


PAIRS: list[Pair] = []
"""The pairs of the modules imported so far."""


def is_on() -> bool:
    """Whether reference mode is on; the variable is looked at anew with every call.

    >>> is_on() == (os.environ.get("EMOTOPY_REFERENCE", "") not in ("", "0"))
    True
    """
    return os.environ.get(VARIABLE, "") not in ("", "0")


def defined_by(definition: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let the function of this full name run instead of the decorated one in reference mode."""

    def decorate(fast: Callable[P, R]) -> Callable[P, R]:
        pair = Pair(fast, definition)
        PAIRS.append(pair)

        @wraps(fast)
        def chosen(*args: P.args, **kwargs: P.kwargs) -> R:
            if is_on():
                found: R = pair.load_definition()(*args, **kwargs)
                return found
            return fast(*args, **kwargs)

        return chosen

    return decorate


def _module(name: str) -> Any:
    from importlib import import_module

    return import_module(name)
