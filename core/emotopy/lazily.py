"""Packages whose names are imported on first use (PEP 562)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def importing(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a package's `__getattr__`.

    Parameters
    ----------
    package
        Its name.
    homes
        The module that defines each name.
    """

    def __getattr__(name: str) -> Any:  # noqa: N807 (what Python calls for a name that isn't there)
        from importlib import import_module

        if name in homes:
            return getattr(import_module(homes[name]), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return __getattr__
