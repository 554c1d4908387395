"""A corpus from a table's columns, or from a list of texts."""

from __future__ import annotations

import numbers
import unicodedata
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence, Sized
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

from emotopy.errors import InputError, nearest
from emotopy.readers.cell_values import (
    as_labels,
    as_text,
    as_texts,
    as_values,
    described,
    is_missing,
    is_number,
)
from emotopy.readers.date_formats import iso_times
from emotopy.readers.delimited import named
from emotopy.readers.in_memory import as_cells, as_frame, class_name, is_column, is_table
from emotopy.readers.qualtrics import import_id_row
from emotopy.readers.table_notes import read_notes
from emotopy.readers.tables import TEXT_COLUMN
from emotopy.records import ALL_TEXTS, Corpus
from emotopy.wording import flag

if TYPE_CHECKING:
    import pandas as pd

ALL = ALL_TEXTS
"""The name of the group that holds every text; no column may use it."""
POSITION = "position"
"""In place of a column of times: where in its text a segment stands; a column of this name goes first."""
PLACEHOLDERS = frozenset(
    {"[deleted]", "[removed]", "[deleted by user]", "[removed by reddit]", "[ removed by reddit ]"}
)
"""What Reddit puts in the place of a text that was taken away, in lower case."""
FEWEST_WORDS, FEWEST_REPEATED = 4, 0.1
"""A repeated text is worth a note from so many words, and from this share of such texts."""


def corpus_from(
    frame: pd.DataFrame,
    *,
    text: str | None = None,
    group: str | None = None,
    unit: str | None = None,
    time: str | None = None,
    id: str | None = None,  # noqa: A002 (the column's name)
    date_format: str | None = None,
    keep: Sequence[str] = (),
) -> Corpus:
    """Make a corpus from named columns of a table.

    `text` defaults to a column `text`, else the only column of strings. Missing cells become "not given", texts such as
    "[deleted]" empty; missing ids are the row numbers. Dates that aren't ISO dates become ones, by `date_format` where
    they leave a doubt (`date_formats`). `keep` names further columns to carry along (`as_values` says as what).

    The corpus notes what was assumed: what the reader of the table noted, and names that are nearly equal, texts that
    are repeated, texts that are none.

    Raises InputError for a column that isn't there (names those there are, suggests the nearest), a text column that
    holds numbers or is kept under any name, ids that stand twice, lists in place of names, times whose form can't be
    told, a table without rows, and a group that is called "all".
    """
    if len(frame) == 0:
        raise InputError(
            f"the table has no rows, only columns: {named(_names(frame))}; wanted at least one text",
            wanted="at least one text",
            got="no rows",
        )
    header_row = import_id_row(frame)
    if header_row is not None:
        advice = f"leave out the first {header_row + 1}: frame.iloc[{header_row + 1}:]"
        raise InputError(
            f"the table is a Qualtrics export, whose first rows aren't answers (row {header_row + 1} "
            f"contains import ids); {advice}",
            row=header_row + 1,
            wanted="answers",
            got="import ids",
            advice=advice,
        )
    if date_format is not None and time is None:
        raise InputError(
            "date_format: describes the format of times, but no time column was given", wanted="time", got="none"
        )
    given, is_regular = as_texts(_text_column(frame, text).tolist())
    texts, notes = _without_placeholders(given)
    notes = (*read_notes(frame), *notes, *_on_repetition(texts, is_regular, has_units=unit is not None))
    rows = range(len(frame))
    groups = _labels(frame, group, "group") or (None,) * len(frame)
    units = _labels(frame, unit, "unit") or (None,) * len(frame)
    if ALL in groups:
        raise InputError(
            f"column {group!r} has a group named {ALL!r}, which is reserved for the group of all texts; rename it",
            row=groups.index(ALL) + 1,
            column=group,
            got=ALL,
            advice="rename the group",
            wanted="names of groups",
        )
    for name, argument, labels in ((group, "group", groups), (unit, "unit", units)):
        if name is not None:
            notes = (*notes, *_on_names(frame[name].tolist(), name, argument, labels))
    times: tuple[str | None, ...] = (None,) * len(frame)
    by_position = time == POSITION and POSITION not in frame.columns
    if by_position and date_format is not None:
        raise InputError(
            "date_format: describes the format of times, but a position in a text isn't a date",
            wanted="time",
            got=POSITION,
        )
    if time == POSITION and not by_position:
        notes = (*notes, f"time: the column {POSITION!r} was read, not the position within each text.")
    if time is not None and not by_position:
        times, told = iso_times(_named_cells(frame, time, "time"), date_format, column=time)
        notes = (*notes, *told)
    named_ids = _labels(frame, id, "id")
    if named_ids is None:
        ids = tuple(map(str, rows))
    else:
        ids = tuple(str(row) if value is None else value for row, value in zip(rows, named_ids, strict=True))
        _check_distinct(ids, str(id))
    return Corpus(
        text=texts,
        id=ids,
        group=groups,
        unit=units,
        time=times,
        columns=_kept(frame, keep, texts),
        notes=notes,
        by_position=by_position,
    )


def as_corpus(texts: Any, *, keep: Sequence[str] = (), **columns: str | None) -> Corpus:
    """Return a corpus from a table of any library, from texts, or a corpus as it is.

    Parameters
    ----------
    texts : table, iterable of str, column or Corpus
        A table is whatever `emotopy.readers.in_memory.as_frame` takes; a column is a Series or an Arrow array.
    keep, columns
        Columns of the table, as for `corpus_from`.

    Returns
    -------
    Corpus

    Raises
    ------
    InputError
        It is neither, or `corpus_from` can't use the table.
    """
    if isinstance(texts, Corpus):
        if named := [name for name, column in columns.items() if column is not None] + ["keep"] * bool(keep):
            raise InputError(
                f"{', '.join(named)}: columns can be named only in a table; a corpus has its own",
                wanted="a table",
                got="Corpus",
            )
        return texts
    if isinstance(texts, str):
        raise InputError(
            "wanted a table or a list of texts, got one string; write [text]",
            wanted="a table or a list of texts",
            got="one string",
            advice="write [text]",
        )
    given = tables_opened(texts, keep=keep, **columns)
    if not isinstance(given, list):
        return corpus_from(given, keep=keep, **columns)
    by_position = columns.get("time") == POSITION
    asked = [
        name for name, column in columns.items() if column is not None and not (name == "time" and by_position)
    ] + ["keep"] * bool(keep)
    if asked:
        raise InputError(
            f"{', '.join(asked)}: columns can be named only in a table, got {class_name(texts)}",
            wanted="a table",
            got=class_name(texts),
        )
    strange = next((value for value in given if not isinstance(value, str) and not is_missing(value)), None)
    if strange is not None:
        raise InputError(
            f"texts: wanted strings, got {class_name(strange)}",
            row=given.index(strange) + 1,
            wanted="strings",
            got=class_name(strange),
        )
    if not given:
        raise InputError(
            "the list of texts has no rows; wanted at least one text", wanted="at least one text", got="no rows"
        )
    nobody = (None,) * len(given)
    ids = map(str, range(len(given)))
    as_given, is_regular = as_texts(given)
    said, notes = _without_placeholders(as_given)
    notes = (*notes, *_on_repetition(said, is_regular))
    return Corpus(text=said, id=ids, group=nobody, unit=nobody, time=nobody, notes=notes, by_position=by_position)


def tables_opened(texts: Any, *, keep: Sequence[str] = (), **columns: str | None) -> Any:
    """Return a table, or rows as dicts, as a DataFrame; a column or an iterable as a list; a corpus as it is.

    `keep` and `columns` name the columns that will be read; see `as_corpus` for what is raised.
    """
    if isinstance(texts, (Corpus, str)):
        return texts
    if not isinstance(keep, Sized) or not isinstance(keep, Iterable):
        raise InputError.at("keep", wanted="a list of column names", got=class_name(keep))
    for argument, name in [*columns.items(), *(("keep", name) for name in ([] if isinstance(keep, str) else keep))]:
        if name is not None and (is_column(name) or not isinstance(name, Hashable)):
            raise InputError.at(
                argument,
                wanted="the name of a column",
                got=class_name(name),
                advice="make it a column of the table, and give its name",
            )
    names = [name for argument, name in columns.items() if argument != "date_format"]
    asked = [columns.get("text") or TEXT_COLUMN, *filter(None, names), *([] if isinstance(keep, str) else keep)]
    if is_table(texts):
        return as_frame(texts, "texts", asked=asked)
    values = as_cells(texts, "texts")
    first = next((value for value in values if not is_missing(value)), None)
    return as_frame(values, "texts") if isinstance(first, Mapping) else values


def _without_placeholders(texts: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the texts, those that stand for a text that was taken away empty, and a note of how many."""
    texts = tuple(texts)
    n = sum(text.strip().lower() in PLACEHOLDERS for text in texts if "[" in text)
    if not n:
        return texts, ()
    kept = tuple("" if text.strip().lower() in PLACEHOLDERS else text for text in texts)
    return kept, (
        (f"{n:,} of {len(texts):,} rows contain [deleted] or [removed] instead of a text; they count as empty."),
    )


def _on_repetition(texts: Sequence[str], is_regular: bool, *, has_units: bool = False) -> tuple[str, ...]:
    """Note texts that stand several times word for word, if they are many and no mere "yes".

    Where single blanks part all words (`is_regular`), equal words are equal texts.
    """
    counts: Counter[str] = Counter()
    if not is_regular:
        for text, n in Counter(texts).items():
            words = text.split()
            if len(words) >= FEWEST_WORDS:
                counts[" ".join(words)] += n
    elif len(set(texts)) < len(texts):
        counts = Counter({text: n for text, n in Counter(texts).items() if text.count(" ") >= FEWEST_WORDS - 1})
    several = [n for n in counts.values() if n > 1]
    n_rows = sum(several)
    if not several or n_rows < FEWEST_REPEATED * counts.total():
        return ()
    each = f", {several[0]} times each" if len(set(several)) == 1 else ""
    advice = "" if has_units else f", or use {flag('--unit')} to mark the rows that belong together"
    note = (
        f"{n_rows:,} rows repeat a text word for word ({len(several):,} texts{each}), for example "
        "because several people rated the same texts. Every row is counted; to count each text once, "
        f"keep one row per text{advice}."
    )
    return (note,)


def _on_names(cells: Iterable[Any], column: str, argument: str, labels: Sequence[str | None]) -> tuple[str, ...]:
    """Note names that were made one, their blanks at the ends or their Unicode form aside, and those nearly equal."""
    written: dict[str, set[str]] = {}
    for cell, label in _pairs(cells, labels):
        if label is not None and isinstance(cell, str):
            written.setdefault(label, set()).add(cell)
    notes = []
    merged = [name for name, forms in written.items() if len(forms) > 1]
    if merged:
        notes.append(
            f"{argument}: column {column!r} has names that differ only in leading or trailing spaces or "
            f"in their Unicode form; they were merged: {named(merged, most=5)}."
        )
    near: dict[str, list[str]] = {}
    for name in filter(None, dict.fromkeys(labels)):
        near.setdefault("".join(unicodedata.normalize("NFKC", name).split()).casefold(), []).append(name)
    alike = [names for names in near.values() if len(names) > 1]
    if alike:
        shown = "; ".join(" and ".join(repr(name) for name in names[:4]) for names in alike[:5])
        more = f"; and {len(alike) - 5} more" if len(alike) > 5 else ""
        notes.append(
            f"{argument}: column {column!r} has names that differ only in case or spaces; they weren't "
            f"merged: {shown}{more}."
        )
    return tuple(notes)


def _pairs(cells: Iterable[Any], labels: Sequence[str | None]) -> Iterable[tuple[Any, str | None]]:
    """Return cells with their labels; of strings, which have one label each, every one once."""
    cells = tuple(cells)
    if cells == labels:  # mostly the very same strings
        return ((label, label) for label in dict.fromkeys(labels))
    if set(map(type, cells)) == {str}:
        return dict(zip(cells, labels, strict=True)).items()
    return zip(cells, labels, strict=True)


def _text_column(frame: pd.DataFrame, text: str | None) -> pd.Series[Any]:
    """Return the column that was asked for, else `text`, else the only column of strings."""
    if text is None and TEXT_COLUMN not in frame.columns:
        found = _string_columns(frame)
        if not found:
            raise InputError(
                f"no column contains text; wanted one, columns: {named(_names(frame))}",
                wanted="a column of texts",
                got=f"the columns {named(_names(frame))}",
            )
        if len(found) > 1:
            raise InputError(
                f"the column of texts is ambiguous; name it with {flag('--text')}; columns of strings: {named(found)}",
                wanted="one column of texts",
                got=f"several: {named(found)}",
                advice=f"say which with {flag('--text')}",
            )
        return _column(frame, found[0], "text")
    name = TEXT_COLUMN if text is None else text
    column = _column(frame, name, "text")
    value = next((value for value in column if not is_missing(value) and str(value).strip()), None)
    if value is not None and not _holds_text(column):
        what = "numbers" if isinstance(value, (str, numbers.Number)) else f"values of type {type(value).__name__}"
        strings = named(_string_columns(frame))
        raise InputError(
            f"column {name!r} holds {what}, not text; columns of strings: {strings}",
            column=name,
            wanted="text",
            got=what,
        )
    return column


def _names(frame: pd.DataFrame) -> list[str]:
    return [str(column) for column in frame.columns]


def _string_columns(frame: pd.DataFrame) -> list[str]:
    return [name for i, name in enumerate(_names(frame)) if _holds_text(frame.iloc[:, i])]


def _holds_text(column: pd.Series[Any]) -> bool:
    """Whether something stands in the column that is a string and no number."""
    return any(isinstance(value, str) and not is_number(value) for value in column)


def _column(frame: pd.DataFrame, name: str, argument: str) -> pd.Series[Any]:
    if name not in frame.columns:
        there = _names(frame)
        raise InputError(
            f"{argument}: there is no column {name!r}.{nearest(str(name), there)} Columns: {named(there)}",
            column=name,
            wanted=named(there),
            got=name,
        )
    column = frame[name]
    if column.ndim > 1:
        raise InputError(
            f"{argument}: {column.shape[1]} columns are called {name!r}; names must differ",
            column=name,
            wanted="names that differ",
            got=f"{column.shape[1]} columns of one name",
        )
    return column


def _labels(frame: pd.DataFrame, name: str | None, argument: str) -> tuple[str | None, ...] | None:
    if name is None:
        return None
    return as_labels(_named_cells(frame, name, argument))


def _named_cells(frame: pd.DataFrame, name: str, argument: str) -> list[Any]:
    """Return the cells of a column; raises InputError where one holds several values."""
    cells = _column(frame, name, argument).tolist()
    if set(map(type, cells)) == {str}:
        return cells
    for row, cell in enumerate(cells, start=1):
        if not isinstance(cell, str) and (isinstance(cell, (Mapping, AbstractSet)) or hasattr(cell, "__len__")):
            kind = "a dict" if isinstance(cell, Mapping) else "a list"
            advice = (
                "make a column with one value per row: one row for each value, "
                f"frame.explode({name!r}), or only the rows with one value; `emotopy data goemotions` "
                "does so for GoEmotions (its column `label`)"
            )
            raise InputError(
                f"{argument}: column {name!r} holds {kind} in row {row}, wanted one value; {advice}",
                row=row,
                column=name,
                wanted="one value",
                got=kind,
                advice=advice,
            )
    return cells


def _kept(
    frame: pd.DataFrame, keep: Sequence[str], texts: tuple[str, ...]
) -> dict[str, tuple[float, ...] | tuple[str | None, ...]]:
    if isinstance(keep, str):
        raise InputError(
            f"keep: wanted a list of column names, got one string; write [{keep!r}]",
            wanted="a list of column names",
            got="one string",
            advice=f"write [{keep!r}]",
        )
    kept = {}
    for name in dict.fromkeys(keep):
        cells = _named_cells(frame, name, "keep")
        held = [(as_text(cell), text) for cell, text in zip(cells, texts, strict=True) if text.strip()]
        if held and all(cell == text for cell, text in held):
            raise InputError(
                f"keep: column {name!r} contains the texts themselves, which results never include; leave it out",
                column=name,
                advice="leave it out",
                wanted="a column beside the texts",
                got="the texts themselves",
            )
        kept[name] = as_values(cells)
    return kept


def _check_distinct(ids: tuple[str, ...], name: str) -> None:
    if len(set(ids)) == len(ids):
        return
    first: dict[str, int] = {}
    for row, value in enumerate(ids):
        if value in first:
            raise InputError(
                f"column {name!r}: id {described(value)} is in rows {first[value] + 1} and {row + 1}; "
                f"ids must be unique, or leave out {flag('--id')} to number the rows",
                row=row + 1,
                column=name,
                wanted="ids that differ",
                got=described(value, quotes=False),
                advice=f"leave out {flag('--id')} to number the rows",
            )
        first[value] = row
