"""Tables in memory for the brain pathway: DataFrames of series and ratings become the records that it works on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from emotopy.errors import InputError
from emotopy.readers.delimited import named
from emotopy.records.axes import FloatArray
from emotopy.records.brain import Ratings, RegionSeries

if TYPE_CHECKING:
    import pandas as pd

ONSET, DURATION = "onset", "duration"


def as_series(series: Any, tr_s: float | None) -> list[RegionSeries]:
    """Return region series from records as they are, or from subject → DataFrame (n_volumes, n_regions).

    A DataFrame's columns name the regions; `tr_s` is then needed, beside records it may repeat theirs.

    Raises InputError for anything else, for a TR that is missing or contradicts a record, and for columns that hold no
    numbers.
    """
    if isinstance(series, Mapping):
        if tr_s is None or not 0 < tr_s < np.inf:
            raise InputError(f"tr_s: wanted the seconds between volumes, which tables don't tell, got {tr_s}")
        return [
            RegionSeries(str(subject), tuple(map(str, frame.columns)), _values(frame, f"subject {subject}"), tr_s)
            for subject, frame in ((subject, _table(one, f"subject {subject}")) for subject, one in series.items())
        ]
    records = list(series)
    for one in records:
        if not isinstance(one, RegionSeries):
            raise InputError(
                "series: wanted RegionSeries, or a mapping from subject to DataFrame (a row per volume, a column per "
                f"region), got {type(one).__name__}"
            )
        if tr_s is not None and one.tr_s != tr_s:
            raise InputError(f"tr_s: {tr_s:g} s were given, but the series of subject {one.subject} say {one.tr_s:g} s")
    return records


def as_ratings(ratings: Any) -> Ratings | None:
    """Return ratings as they are, or from a DataFrame `onset, duration` (seconds) and a column per emotion.

    The story is known until the last segment's end. Raises InputError for missing columns, numbers that aren't finite,
    and durations of 0 s or less.
    """
    if ratings is None or isinstance(ratings, Ratings):
        return ratings
    frame = _table(ratings, "ratings")
    names = [str(column) for column in frame.columns]
    lacking = [name for name in (ONSET, DURATION) if name not in names]
    emotions = [name for name in names if name not in (ONSET, DURATION)]
    if lacking or not emotions:
        raise InputError(
            f"ratings: wanted columns {ONSET}, {DURATION} (seconds) and one per emotion, got columns {named(names)}"
        )
    values = _values(frame, "ratings")
    row = next(iter(np.flatnonzero(~np.isfinite(values).all(axis=1))), None)
    if row is not None:
        raise InputError(f"ratings, row {row + 1}: wanted finite numbers; fill them in, or leave the row out")
    order = np.argsort(values[:, names.index(ONSET)], kind="stable")
    values = values[order]
    onset, duration = values[:, names.index(ONSET)], values[:, names.index(DURATION)]
    if not len(values) or (duration <= 0).any():
        raise InputError("ratings: wanted segments of more than 0 s, one at least; a rating needs a span")
    columns = [names.index(emotion) for emotion in emotions]
    return Ratings(tuple(emotions), onset, duration, values[:, columns], float((onset + duration).max()))


def _table(given: Any, name: str) -> pd.DataFrame:
    import pandas as pd

    if not isinstance(given, pd.DataFrame):
        raise InputError(f"{name}: wanted a DataFrame, got {type(given).__name__}")
    return given


def _values(frame: pd.DataFrame, name: str) -> FloatArray:
    try:
        return np.array(frame, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name}: wanted a table of numbers: {error}") from error
