"""Tables of ratings: BIDS-style TSV with ``onset``, ``duration`` and a column per emotion, and a JSON sidecar.

A table of several human raters has a column ``rater`` beside these (a row per rater and segment), or columns such as
``joy_anna`` and ``joy_ben``. ``n/a`` in every emotion of a row means that nothing was rated then.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from emotopy.errors import InputError
from emotopy.readers.column_names import is_missing_number
from emotopy.readers.delimited import named, read_delimited
from emotopy.readers.narratives import read_content
from emotopy.readers.numeric_columns import numbers, place, times
from emotopy.records.axes import FloatArray
from emotopy.records.brain import Ratings

if TYPE_CHECKING:
    import pandas as pd

KNOWN_UNTIL = "KnownUntil"
"""Key of the sidecar: how far the story is known, in seconds."""
RATER = "rater"
TIMES = ("onset", "onset_s", "duration", "duration_s", "start", "end", "offset")
SEPARATORS = "_.:@"
"""What may stand between an emotion and a rater in a column's name."""


def table_text(ratings: Ratings) -> str:
    """Return ratings as TSV: times in milliseconds' precision, values with six significant digits."""
    lines = ["\t".join(("onset", "duration", *ratings.emotions))]
    rows = zip(ratings.onset_s, ratings.duration_s, ratings.values, strict=True)
    for onset, duration, values in rows:
        cells = (f"{onset:.3f}", f"{duration:.3f}", *(f"{value + 0.0:.6g}" for value in values))
        lines.append("\t".join(cells))
    return "\n".join(lines) + "\n"


def read_ratings(path: Path) -> Ratings:
    """Read a table of ratings, in order of onset; a sidecar of the same name (.json) says how far the story is known.

    Without one, nothing is known beyond the last segment. Rows may overlap and come in any order. Every column but
    the times must hold numbers.

    Raises InputError that names file, column and row.
    """
    frame = _read(path)
    if RATER in frame.columns:
        raise InputError(f"{path.name}: holds several raters; wanted one rating per segment: average them first")
    emotions = [str(column) for column in frame.columns if str(column).lower() not in TIMES]
    return _ratings(frame, emotions, path)


def read_raters(path: Path, emotions: Sequence[str]) -> dict[str, Ratings]:
    """Read ratings of these emotions by one rater or several; returns rater → ratings, in order of name.

    A rater's ratings hold those of the emotions that the table has for them. A table without raters is one rater,
    called "". Raises InputError that names file, column and row, and for a table with none of the emotions.
    """
    frame = _read(path)
    columns = [str(column) for column in frame.columns]
    if RATER in columns:
        mine = [emotion for emotion in emotions if emotion in columns]
        parts = frame.groupby(RATER, sort=True) if mine else ()
        raters = {str(rater): _ratings(part, mine, path) for rater, part in parts}
    else:
        found: dict[str, dict[str, str]] = {}
        for emotion in emotions:
            for column in columns:
                if column == emotion:
                    found.setdefault("", {})[emotion] = column
                elif column.startswith(emotion) and column[len(emotion)] in SEPARATORS and column not in emotions:
                    found.setdefault(column[len(emotion) + 1 :], {})[emotion] = column
        raters = {
            rater: _ratings(frame, list(of.values()), path, rename={column: name for name, column in of.items()})
            for rater, of in sorted(found.items())
        }
    if not raters:
        raise InputError(
            f"{path.name}: has a column for none of the emotions {', '.join(emotions)}; columns: {named(columns)}"
        )
    return raters


def _read(path: Path) -> pd.DataFrame:
    frame = read_delimited(read_content(path), "," if path.suffix.lower() == ".csv" else "\t", path.name)
    if not len(frame):
        raise InputError(f"{path.name}: has no rows, only columns: {named([str(one) for one in frame.columns])}")
    return frame


def _ratings(frame: pd.DataFrame, columns: list[str], path: Path, rename: Mapping[str, str] | None = None) -> Ratings:
    if not columns:
        raise InputError(f"{path.name}: wanted a column per emotion beside onset and duration, got none")
    rated = ~frame[columns].map(is_missing_number).all(axis=1).to_numpy()
    if not rated.any():
        raise InputError(f"{path.name}: nothing is rated, every cell of {', '.join(columns)} is empty or n/a")
    kept = frame[rated]  # with its index, by which messages name rows
    onset, duration = (np.array(values) for values in times(kept, path.name))
    if (duration <= 0).any():
        row = int(np.flatnonzero(duration <= 0)[0])
        raise InputError(
            f"{path.name}, column 'duration', {place(kept, row)}: wanted more than 0 s, got "
            f"{duration[row]:g}; a rating needs a span"
        )
    values: FloatArray = np.column_stack([numbers(kept, column, path.name) for column in columns])
    order = np.argsort(onset, kind="stable")
    return Ratings(
        emotions=tuple((rename or {}).get(column, column) for column in columns),
        onset_s=onset[order],
        duration_s=duration[order],
        values=values[order],
        known_until_s=_known_until(path, float((onset + duration).max())),
    )


def _known_until(path: Path, last_s: float) -> float:
    """Return what the sidecar says, or the end of the last segment."""
    sidecar = path.with_suffix(".json")
    if not sidecar.is_file():
        return last_s
    try:
        content: Any = json.loads(read_content(sidecar))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{sidecar.name}: the sidecar of {path.name} isn't JSON: {error}") from error
    value = content.get(KNOWN_UNTIL, last_s) if isinstance(content, dict) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise InputError(f"{sidecar.name}: {KNOWN_UNTIL}: wanted a number of seconds, got {value!r:.40}")
    return float(value)
