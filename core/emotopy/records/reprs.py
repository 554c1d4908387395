"""What `repr` says of fields that hold texts: how many there are, how long one is, never what it says.

A record is printed by logs, tracebacks, test runners and notebooks, whoever its texts come from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sized
from pathlib import Path
from typing import Any


def counted(values: Sized | None) -> str:
    """Say how many values a field holds.

    >>> counted(("I am afraid", "I am glad"))
    '<2>'
    """
    return "None" if values is None else f"<{len(values):,}>"


def measured(text: Any) -> str:
    """Say how long a text is.

    >>> measured("I am afraid")
    '<11 characters>'
    """
    return f"<{len(text):,} characters>" if isinstance(text, str) else f"<{type(text).__name__}>"


def classed(value: Any) -> str:
    """Show plain values as they are and objects by their class: what an object prints of itself is its author's.

    >>> classed({"use": "pca", "embedder": object()})
    "{'use': 'pca', 'embedder': <object>}"
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key!r}: {classed(one)}" for key, one in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(classed, value)) + "]"
    plain = value is None or isinstance(value, (str, int, float, bool, Path))
    return repr(value) if plain else f"<{type(value).__qualname__}>"
