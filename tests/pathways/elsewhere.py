"""What another process does with a value that it is sent; a worker imports this file, so it imports little."""

from __future__ import annotations

from typing import Any


def read_there(value: Any) -> tuple[Any, dict[str, Any]]:
    """Return the value as it came, and its tables: lazily made ones are made here."""
    return value, dict(value.tables) if hasattr(value, "tables") else {}
