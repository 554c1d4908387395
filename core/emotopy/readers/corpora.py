"""A corpus from a table's columns, or from a list of texts."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from emotopy.errors import InputError, nearest
from emotopy.readers.cell_values import as_label, as_text, as_values, is_missing, is_number
from emotopy.readers.delimited import named
from emotopy.readers.tables import TEXT_COLUMN
from emotopy.records import ALL_TEXTS, Corpus

if TYPE_CHECKING:
    import pandas as pd

ALL = ALL_TEXTS
"""The name of the group that holds every text; no column may use it."""


def corpus_from(
    frame: pd.DataFrame,
    *,
    text: str | None = None,
    group: str | None = None,
    unit: str | None = None,
    time: str | None = None,
    id: str | None = None,  # noqa: A002 (the column's name)
    keep: Sequence[str] = (),
) -> Corpus:
    """Make a corpus from named columns of a table.

    `text` defaults to a column `text`, else the only column of strings. Missing cells become "not given"; missing ids
    are the row numbers. `keep` names further columns to carry along (`as_values` says as what).

    Raises InputError for a column that isn't there (names those there are, suggests the nearest), a text column that
    holds numbers or is kept under any name, ids that stand twice, a table without rows, and a group that is called
    "all".
    """
    if len(frame) == 0:
        raise InputError(f"the table has no rows, only columns: {named(_names(frame))}; wanted at least one text")
    texts = tuple(as_text(value) for value in _text_column(frame, text))
    rows = range(len(frame))
    groups = _labels(frame, group, "group") or (None,) * len(frame)
    if ALL in groups:
        raise InputError(f"column {group!r} has a group called {ALL!r}, the name that stands for every text; rename it")
    ids = _labels(frame, id, "id")
    if ids is None:
        ids = tuple(str(row) for row in rows)
    else:
        ids = tuple(str(row) if value is None else value for row, value in zip(rows, ids, strict=True))
        _check_distinct(ids, str(id))
    return Corpus(
        text=texts,
        id=ids,
        group=groups,
        unit=_labels(frame, unit, "unit") or (None,) * len(frame),
        time=_labels(frame, time, "time") or (None,) * len(frame),
        columns=_kept(frame, keep, texts),
    )


def as_corpus(texts: Any, *, keep: Sequence[str] = (), **columns: str | None) -> Corpus:
    """Return a corpus from a DataFrame, an iterable of strings, or a corpus as it is."""
    import pandas as pd

    if isinstance(texts, Corpus):
        return texts
    if isinstance(texts, str):
        raise InputError("wanted a DataFrame or a list of texts, got one string; write [text]")
    if isinstance(texts, pd.DataFrame):
        return corpus_from(texts, keep=keep, **columns)
    asked = [name for name, column in columns.items() if column is not None] + ["keep"] * bool(keep)
    if asked:
        raise InputError(f"{', '.join(asked)}: columns can be named only in a DataFrame, got {type(texts).__name__}")
    values = list(texts)
    strange = next((value for value in values if not isinstance(value, str) and value is not None), None)
    if strange is not None and not is_missing(strange):
        raise InputError(f"texts: wanted strings, got {strange!r} ({type(strange).__name__})")
    if not values:
        raise InputError("the list of texts has no rows; wanted at least one text")
    nobody = (None,) * len(values)
    ids = map(str, range(len(values)))
    return Corpus(text=map(as_text, values), id=ids, group=nobody, unit=nobody, time=nobody)


def _text_column(frame: pd.DataFrame, text: str | None) -> pd.Series[Any]:
    """Return the column that was asked for, else `text`, else the only column of strings."""
    if text is None and TEXT_COLUMN not in frame.columns:
        found = _string_columns(frame)
        if not found:
            raise InputError(f"no column holds text; wanted one, columns: {named(_names(frame))}")
        if len(found) > 1:
            raise InputError(f"which column holds the texts? Say so with --text; columns of strings: {named(found)}")
        return _column(frame, found[0], "text")
    name = TEXT_COLUMN if text is None else text
    column = _column(frame, name, "text")
    value = next((value for value in column if not is_missing(value) and str(value).strip()), None)
    if value is not None and not _holds_text(column):
        what = "numbers" if isinstance(value, (str, numbers.Number)) else f"values such as {value!r:.40}"
        strings = named(_string_columns(frame))
        raise InputError(f"column {name!r} holds {what}, not text; columns of strings: {strings}")
    return column


def _names(frame: pd.DataFrame) -> list[str]:
    return [str(column) for column in frame.columns]


def _string_columns(frame: pd.DataFrame) -> list[str]:
    return [name for i, name in enumerate(_names(frame)) if _holds_text(frame.iloc[:, i])]


def _holds_text(column: pd.Series[Any]) -> bool:
    """Whether something stands in the column that is a string and no number."""
    return any(isinstance(value, str) and not is_number(value) for value in column)


def _column(frame: pd.DataFrame, name: str, flag: str) -> pd.Series[Any]:
    if name not in frame.columns:
        there = _names(frame)
        raise InputError(f"{flag}: there is no column {name!r}.{nearest(name, there)} Columns: {named(there)}")
    column = frame[name]
    if column.ndim > 1:
        raise InputError(f"{flag}: {column.shape[1]} columns are called {name!r}; names must differ")
    return column


def _labels(frame: pd.DataFrame, name: str | None, flag: str) -> tuple[str | None, ...] | None:
    if name is None:
        return None
    return tuple(as_label(value) for value in _column(frame, name, flag))


def _kept(
    frame: pd.DataFrame, keep: Sequence[str], texts: tuple[str, ...]
) -> dict[str, tuple[float, ...] | tuple[str | None, ...]]:
    if isinstance(keep, str):
        raise InputError(f"keep: wanted a list of column names, got one string; write [{keep!r}]")
    kept = {}
    for name in dict.fromkeys(keep):
        cells = list(_column(frame, name, "keep"))
        held = [(as_text(cell), text) for cell, text in zip(cells, texts, strict=True) if text.strip()]
        if held and all(cell == text for cell, text in held):
            raise InputError(
                f"keep: column {name!r} holds the texts themselves, which results never carry; leave it out"
            )
        kept[name] = as_values(cells)
    return kept


def _check_distinct(ids: tuple[str, ...], name: str) -> None:
    first: dict[str, int] = {}
    for row, value in enumerate(ids):
        if value in first:
            raise InputError(
                f"column {name!r}: id {value!r} stands in rows {first[value] + 1} and {row + 1}; ids must differ, "
                "or leave --id out to number the rows"
            )
        first[value] = row
