"""Says where names are that stood in this package before data sets were plugins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def moved(module: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a module's `__getattr__` that raises ImportError with what to write instead, for the names in `homes`."""

    def __getattr__(name: str) -> Any:  # noqa: N807 (what Python calls for a name that isn't there)
        if name in homes:
            raise ImportError(f"{module}.{name} is gone: {homes[name]}", name=module)
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return __getattr__
