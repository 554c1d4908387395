"""Markdown of tables and of text that others wrote."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence
from typing import Any


def code(text: object) -> str:
    """Return text as code that stands in a table."""
    one_line = " ".join(str(text).split())
    fence = "``" if "`" in one_line else "`"
    return f"{fence}{one_line}{fence}".replace("|", "\\|") if one_line else ""


def cell(text: str) -> str:
    """Return prose that stands in a table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table whose cells are Markdown already; nothing where it has no row."""
    lines = [f"| {' | '.join(row)} |\n" for row in rows]
    return f"| {' | '.join(head)} |\n|{'---|' * len(head)}\n{''.join(lines)}\n" if lines else ""


def docstring(one: Any) -> str:
    """Return the paragraphs of a docstring before its sections and examples."""
    text = re.split(r"\n\n(?=[A-Z][A-Za-z ]+\n-{3,})|\n\n(?=>>>)", inspect.getdoc(one) or "")[0]
    return text.replace("``", "`").replace("<", "&lt;").strip()
