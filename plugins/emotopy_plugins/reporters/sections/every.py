"""The sections of every kind of result: the answer, what limits it, methods, provenance; and tables of other kinds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from emotopy.records import PageLimits, Result
from emotopy_plugins.reporters.answers import answer_of
from emotopy_plugins.reporters.formatting import ABSENT, MINUS
from emotopy_plugins.reporters.limits import facts_of, limits_of, simulation_of
from emotopy_plugins.reporters.methods import bibtex_of, methods_of
from emotopy_plugins.reporters.reading import provenance_rows
from emotopy_plugins.reporters.sections.section import section

if TYPE_CHECKING:
    import pandas as pd

KINDS_WITH_SECTIONS = frozenset({"texts", "comparison", "decoding", "bridge", "experiment"})
MOST_NOTES, MOST_VALUES, LONGEST_VALUE = 200, 2000, 1000
"""Notes, values of the provenance, and letters of one that stand on the page; ``provenance.json`` holds all."""
MOST_CELLS = 30_000
"""Cells of a table of a kind without sections of its own that stand on the page."""


def _answer(result: Result, limits: PageLimits) -> dict[str, Any]:  # noqa: ARG001 (as all sections)
    return {"title": "", "answer": answer_of(result)}


def _limits(result: Result, limits: PageLimits) -> dict[str, Any]:  # noqa: ARG001
    return {
        "title": "What limits it",
        "simulated": simulation_of(result),
        "limits": limits_of(result),
        "notes": [note[:LONGEST_VALUE] for note in result.notes[:MOST_NOTES]],
        "n_more_notes": max(0, len(result.notes) - MOST_NOTES),
        "facts_rows": facts_of(result),
    }


def _methods(result: Result, limits: PageLimits) -> dict[str, Any] | None:  # noqa: ARG001
    paragraph = methods_of(result)
    if not paragraph:
        return None
    return {"title": "Methods, to paste", "paragraph": paragraph, "bibtex": bibtex_of(result)}


def _provenance(result: Result, limits: PageLimits) -> dict[str, Any]:  # noqa: ARG001
    rows = provenance_rows(result.provenance)
    shown = [(key[:LONGEST_VALUE], value[:LONGEST_VALUE]) for key, value in rows[:MOST_VALUES]]
    is_cut = len(rows) > MOST_VALUES or any(len(value) > LONGEST_VALUE for _, value in rows)
    return {"title": "Provenance", "rows": shown, "is_cut": is_cut}


def _tables(result: Result, limits: PageLimits) -> dict[str, Any] | None:
    """Return the tables of a kind that has no sections of its own."""
    if result.kind in KINDS_WITH_SECTIONS:
        return None
    tables = [_table(str(name), table) for name, table in result.tables.items()]
    return {"title": "Tables", "tables": tables, "first": limits.rows}


def _table(name: str, table: pd.DataFrame) -> dict[str, Any]:
    shown = table.head(max(1, MOST_CELLS // max(1, len(table.columns))))
    return {
        "name": name,
        "columns": [str(column) for column in table.columns],
        "rows": [[_cell(value) for value in row] for row in shown.itertuples(index=False, name=None)],
        "n_rows": f"{len(table):,}",
        "n_shown": f"{len(shown):,}",
        "is_cut": len(shown) < len(table),
    }


def _cell(value: Any) -> str:
    """Return a cell as text; floats with four significant digits."""
    if value is None or value != value:  # noqa: PLR0124 (NaN and NaT differ from themselves)
        return ABSENT
    if isinstance(value, float):
        return f"{value:.4g}".replace("-", MINUS) if math.isfinite(value) else ABSENT
    return str(value)


EVERY = (
    section("answer", _answer, order=0),
    section("limits", _limits, order=10),
    section("tables", _tables, order=500),
    section("methods", _methods, order=900),
    section("provenance", _provenance, order=1000),
)
