"""Tables of ratings: BIDS-style TSV with ``onset``, ``duration`` and a column per emotion, and a JSON sidecar.

Times may also be given as onset and end, as the times of samples, or not at all, where the sampling rate is known: it
is said by the caller or by the sidecar (``SamplingFrequency``, and ``StartTime``, as BIDS has it). A table of several
human raters has a column ``rater`` beside these (a row per rater and segment), or columns such as ``joy_anna`` and
``joy_ben``. A mark such as ``n/a`` in an emotion's cell means that it wasn't rated then.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.errors import ConfigError, InputError
from emotopy.readers.assumptions import Say, no_op
from emotopy.readers.column_names import (
    ABOUT_A_PERSON,
    AFFECT,
    DURATION,
    EVENT,
    OFFSET,
    ONSET,
    RATER,
    ROW_NUMBER,
    RUN,
    SPEAKER,
    SUBJECT,
    TIME,
    WORD,
    TimeUnit,
    counts_rows,
    find_column,
    folded,
    is_called,
    is_identifier,
    is_missing_number,
    is_statistic,
    is_unnamed,
    without_unit,
)
from emotopy.readers.delimited import named, read_detected
from emotopy.readers.in_memory import as_frame
from emotopy.readers.narratives import read_content
from emotopy.readers.numeric_columns import as_number, decimal_commas, numbers, row_number, seconds, times
from emotopy.records.axes import FloatArray
from emotopy.records.brain import Ratings
from emotopy.wording import flag

if TYPE_CHECKING:
    import pandas as pd

KNOWN_UNTIL = "KnownUntil"
"""Key of the sidecar: how far the story is known, in seconds."""
SCALE = "Scale"
"""Key of the sidecar: what the values mean."""
EMOTIONS = "Emotions"
"""Key of the sidecar: which columns are emotions."""
TIMES = (ONSET, OFFSET, DURATION, TIME)
NO_EMOTION = (*TIMES, WORD, SUBJECT, RATER, RUN, SPEAKER, EVENT, ABOUT_A_PERSON, ROW_NUMBER)
"""Columns of these names are no emotions, unless they are asked for by name."""
SEPARATORS = "_.:@"
"""What may stand between an emotion and a rater in a column's name."""
CODES_OF_MISSING = (-9, -99, -999, -9999, 99, 999, 9999)
"""What questionnaires write for a missing value; told, never decided."""
FEWEST_TO_COUNT = 10
"""From how many rows on a column that counts them is no emotion, whatever its name."""
FAR = 5.0
"""So many times larger than all other ratings."""
LONGEST_STORY_S = 6 * 3600.0
"""A longer story is in milliseconds, or is questioned."""


@attrs.frozen
class _Sidecar:
    """What the JSON file beside a table says; None where it says nothing."""

    known_until_s: float | None = None
    scale: str = ""
    emotions: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    sampling_hz: float | None = None
    start_s: float = 0.0


def table_text(ratings: Ratings) -> str:
    """Return ratings as TSV: times in milliseconds' precision, values with six significant digits, NaN as n/a."""
    lines = ["\t".join(("onset", "duration", *ratings.emotions))]
    rows = zip(ratings.onset_s, ratings.duration_s, ratings.values, strict=True)
    for onset, duration, values in rows:
        rated = ("n/a" if math.isnan(value) else f"{value + 0.0:.6g}" for value in values)
        lines.append("\t".join((f"{onset:.3f}", f"{duration:.3f}", *rated)))
    return "\n".join(lines) + "\n"


def read_ratings(
    path: str | Path,
    *,
    emotions: Sequence[str] | None = None,
    sampling_hz: float | None = None,
    time_unit: TimeUnit | None = None,
    notify: Say = no_op,
) -> Ratings:
    r"""Read a table of ratings of a story over its time.

    Rows may overlap and come in any order. A row without any rating is a gap; where a row lacks single ratings, these
    emotions are unknown there (NaN). Without a sidecar nothing is known after the last row.

    Parameters
    ----------
    path : str or Path
        CSV or TSV. A sidecar of the same name (.json) may hold the end of the story, the columns of emotions, and the
        sampling rate and start of a table without times.
    emotions : sequence of str, optional
        Columns of emotions. By default those that the sidecar names, else each column of numbers whose name has no
        other meaning (times, row numbers, subjects).
    sampling_hz : float, optional
        Rows per second, of a table without times.
    time_unit : {"s", "ms"}, optional
        Unit of the times; seconds by default. A unit in the name of a column (``start_ms``) takes precedence.
    notify : callable, optional
        Called with a message for each assumption, and for what was left out.

    Returns
    -------
    Ratings
        A row per segment in order of onset, a column per emotion; times in seconds on the story's clock.

    Raises
    ------
    InputError
        The table can't be read as ratings; the error names file, column and row.
    ConfigError
        The sampling rate isn't above 0.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "ratings.tsv"
    ...     _ = path.write_text("onset\tduration\tfear\n0\t4\t0.1\n4\t4\t0.8\n", "utf-8")
    ...     ratings = read_ratings(path)
    >>> ratings.emotions, ratings.values.shape
    (('fear',), (2, 1))
    """
    path = Path(path)
    sidecar = _read_sidecar(path)
    frame = _read(path, sidecar, notify)
    if sidecar.scale:
        notify(f"{path.name}: {sidecar.scale}")
    return _one_rating(frame, path.name, sidecar, emotions, sampling_hz, time_unit, notify)


def ratings_of(
    table: Any,
    name: str = "ratings",
    *,
    emotions: Sequence[str] | None = None,
    sampling_hz: float | None = None,
    time_unit: TimeUnit | None = None,
    notify: Say = no_op,
) -> Ratings:
    """Return the ratings that a table in memory holds, of any library; parameters and errors as for `read_ratings`."""
    frame = as_frame(table, name, whole_numbers=False).reset_index(drop=True).rename(columns=str)
    return _one_rating(frame, name, _Sidecar(), emotions, sampling_hz, time_unit, notify)


def _one_rating(
    frame: pd.DataFrame,
    name: str,
    sidecar: _Sidecar,
    emotions: Sequence[str] | None,
    sampling_hz: float | None,
    time_unit: TimeUnit | None,
    notify: Say,
) -> Ratings:
    if find_column(map(str, frame.columns), RATER) and emotions is None:
        raise InputError.at(
            name, wanted="one rating per segment", got="a table of several raters", advice="average them first"
        )
    chosen = _emotions(frame, emotions or sidecar.emotions, name, notify)
    _check_one_person(frame, name, is_sampled=sampling_hz is not None)
    spans = _spans(frame, name, sidecar, sampling_hz, time_unit, notify)
    ratings = _ratings(frame, chosen, spans, name, sidecar)
    n_shared = len(ratings.onset_s) - len(np.unique(ratings.onset_s))
    if n_shared:
        notify(
            f"{name}: {n_shared:,} rows start at the same time as another row; they were read as "
            "overlapping ratings. Check whether they belong to several persons or films."
        )
    _tell_codes(ratings, name, notify)
    return ratings


def _tell_codes(ratings: Ratings, name: str, notify: Say) -> None:
    """Tell of values by which programs of questionnaires write that there is none, far from all others."""
    for emotion, values in zip(ratings.emotions, ratings.values.T, strict=True):
        is_code = np.isin(values, CODES_OF_MISSING)
        others = np.abs(values[~is_code & np.isfinite(values)])
        if not is_code.any() or not len(others) or others.max() * FAR > np.abs(values[is_code]).min():
            continue
        codes = ", ".join(f"{code:g}" for code in np.unique(values[is_code]))
        notify(
            f"{name}: {np.count_nonzero(is_code):,} ratings of {emotion} are {codes}, far from all "
            "others; they were read as ratings. Write n/a if they mean missing values."
        )


def read_raters(
    path: Path,
    emotions: Sequence[str],
    *,
    sampling_hz: float | None = None,
    time_unit: TimeUnit | None = None,
    notify: Say = no_op,
) -> dict[str, Ratings]:
    """Read ratings of these emotions by one rater or several; returns rater → ratings, in order of name.

    A rater's ratings hold those of the emotions that the table has for them. A table without raters is one rater,
    called "". Parameters as for `read_ratings`. Raises InputError that names file, column and row, and for a table with
    none of the emotions.
    """
    sidecar = _read_sidecar(path)
    frame = _read(path, sidecar, notify)
    columns = [str(column) for column in frame.columns]
    by = find_column(columns, RATER)
    person = find_column(columns, SUBJECT)
    if by is None and _is_of_several(frame, person, is_sampled=sampling_hz is not None):
        by = person
        notify(f"{path.name}: each {person!r} was read as a rater.")
    found: dict[str, Ratings] = {}
    if by is not None:
        mine = [emotion for emotion in emotions if emotion in columns]
        for rater, part in frame.groupby(by, sort=True):
            _check_one_person(part, path.name)
            own = [emotion for emotion in mine if not part[emotion].map(is_missing_number).all()]
            if own:
                spans = _spans(part, path.name, sidecar, sampling_hz, time_unit, notify)
                found[str(rater)] = _ratings(part, own, spans, path.name, sidecar)
    elif of_rater := _columns_of_raters(columns, emotions):
        _check_one_person(frame, path.name, is_sampled=sampling_hz is not None)
        if left := [one for one in columns if is_statistic(one, columns) and one.startswith(tuple(emotions))]:
            notify(f"{path.name}: not read as raters because of their names: {named(left)}.")
        spans = _spans(frame, path.name, sidecar, sampling_hz, time_unit, notify)
        for rater, of in sorted(of_rater.items()):
            ratings = _ratings(frame, list(of.values()), spans, path.name, sidecar)
            found[rater] = attrs.evolve(ratings, emotions=tuple(of))
    if not found:
        raise InputError.at(
            path.name,
            wanted=f"a column for one at least of the emotions {', '.join(emotions)}",
            got=f"the columns {named(columns)}",
            advice="name the columns like the emotions",
        )
    return found


def _columns_of_raters(columns: Sequence[str], emotions: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return rater → emotion → column, for columns such as ``joy`` or ``joy_anna``."""
    found: dict[str, dict[str, str]] = {}
    for emotion in emotions:
        for column in columns:
            if column == emotion:
                found.setdefault("", {})[emotion] = column
            elif is_statistic(column, columns):
                continue
            elif column.startswith(emotion) and column[len(emotion)] in SEPARATORS and column not in emotions:
                found.setdefault(column[len(emotion) + 1 :], {})[emotion] = column
    return found


def _is_of_several(frame: pd.DataFrame, column: str | None, *, is_sampled: bool = False) -> bool:
    """Whether a column has several values whose rows share moments, so that their clocks are different ones."""
    if column is None or frame[column].nunique() < 2:
        return False
    columns = [str(one) for one in frame.columns]
    moment = find_column(columns, ONSET) or find_column(columns, TIME)
    if moment is None:
        return is_sampled
    moments = [str(cell).strip() for cell in frame[moment]]
    return len(set(zip(moments, frame[column], strict=True))) > len(set(moments))


def _check_one_person(frame: pd.DataFrame, name: str, *, is_sampled: bool = False) -> None:
    """Raise InputError for rows of several persons or recordings, whose times would be taken for those of one."""
    columns = [str(column) for column in frame.columns]
    of_persons = [column for column in columns if is_called(column, SUBJECT)]
    of_runs = [column for column in columns if is_called(column, RUN, RATER) or is_identifier(column)]
    of_runs += [column for column in columns if is_called(column, AFFECT) and not _holds_numbers(frame, column)]
    for column in (*of_persons, *(one for one in of_runs if one not in of_persons)):
        if _is_of_several(frame, column, is_sampled=is_sampled and column in of_persons):
            raise InputError.at(
                name,
                column=column,
                wanted="one rating at a time, of one story",
                got=f"{frame[column].nunique()} values of {column!r} with the same times",
                advice="average over persons, keep the rows of one recording, or give each emotion its own column",
            )


def _read(path: Path, sidecar: _Sidecar, notify: Say = no_op) -> pd.DataFrame:
    separator = "," if path.suffix.lower() == ".csv" else "\t"
    content = read_content(path)
    if sidecar.columns:  # BIDS: a table whose sidecar names the columns has no header
        content = separator.join(sidecar.columns) + "\n" + content
    _check_header(content, separator, path.name)
    frame, notes = read_detected(content, separator, path.name)
    for note in notes:
        notify(note)
    pointed = decimal_commas(frame, [str(column) for column in frame.columns])
    if pointed:
        notify(f"{path.name}: commas in numbers were read as decimal commas.")
        frame = frame.assign(**pointed)
    if not len(frame):
        columns = named([str(one) for one in frame.columns])
        raise InputError.at(path.name, wanted="rows of ratings", got=f"only a header: {columns}")
    return frame


def _check_header(content: str, separator: str, name: str) -> None:
    """Raise InputError for a first row that names no columns, and for lists of episodes, which are another thing."""
    first = content.lstrip("\n").partition("\n")[0].split(separator)
    figures = [as_number(cell) is not None for cell in first]
    if len(first) == 3 and figures[0] and figures[1] and "=" in first[2]:
        raise InputError.at(
            name,
            wanted="a value of each emotion for each stretch of time",
            got="a list of episodes (start, end, key=value pairs)",
            advice="time without an episode has no rating; use a table with one value per second, which the "
            f"same data sets often include, and set {flag('--sampling', 1)}",
        )
    if all(figures):
        raise InputError.at(
            name,
            line=1,
            wanted="a header that names times and emotions",
            got="a row of numbers",
            advice="write the columns' names into the first row",
        )


def _emotions(frame: pd.DataFrame, asked: Sequence[str], name: str, notify: Say) -> list[str]:
    """Return the columns that hold emotions."""
    columns = [str(column) for column in frame.columns]
    if asked:
        if lacking := [emotion for emotion in asked if emotion not in columns]:
            raise InputError.at(
                name,
                column=lacking[0],
                wanted=f"the columns {', '.join(asked)}",
                got=f"the columns {named(columns)}",
                advice="name existing columns",
            )
        return list(asked)
    left = [
        column
        for column in columns
        if not _means_something_else(column, columns) and not _counts_the_rows(frame, column)
    ]
    words = [column for column in left if not _holds_numbers(frame, column)]
    chosen = [column for column in left if column not in words]
    if words:
        notify(f"{name}: {named(words)} left out, because there are no numbers in it.")
    if not chosen:
        raise InputError.at(
            name,
            wanted="a column of numbers per emotion in addition to the times",
            got=f"the columns {named(columns)}",
            advice=f"name the emotions' columns: {flag('--emotions', 'a,b')}",
        )
    unusual = [one for one in columns if one not in (*chosen, *words) and not is_called(one, *TIMES)]
    if unusual:
        notify(
            f"{name}: not read as emotions because of their names: {named(unusual)}; use "
            f"{flag('--emotions')} to include them."
        )
    return chosen


def _counts_the_rows(frame: pd.DataFrame, column: str) -> bool:
    """Whether a column numbers the rows: so R calls row names that were read as a column, `X`; a long one by itself."""
    if len(frame) < FEWEST_TO_COUNT and folded(column) not in ("x", "x_1"):
        return False
    values = [as_number(str(cell)) for cell in frame[column]]
    return counts_rows(np.array([math.nan if value is None else value for value in values]))


def _holds_numbers(frame: pd.DataFrame, column: str) -> bool:
    return any(as_number(str(cell)) is not None for cell in frame[column])


def _means_something_else(column: str, columns: Sequence[str]) -> bool:
    is_other = is_called(column, *NO_EMOTION) or is_identifier(column) or is_unnamed(column)
    return is_other or is_statistic(column, columns)


def _spans(
    frame: pd.DataFrame,
    name: str,
    sidecar: _Sidecar,
    sampling_hz: float | None,
    unit: TimeUnit | None,
    notify: Say,
) -> tuple[FloatArray, FloatArray]:
    """Return onsets and durations in seconds, (n_rows,) each; NaN in rows without both."""
    columns = [str(column) for column in frame.columns]
    rate = sampling_hz if sampling_hz is not None else sidecar.sampling_hz
    if rate is not None and not (math.isfinite(rate) and rate > 0):
        raise ConfigError(
            f"sampling: wanted a number of rows per second above 0, got {rate}", path="sampling", got=rate
        )
    moment = find_column(columns, ONSET) or find_column(columns, TIME)
    ends = find_column(columns, DURATION) or find_column(columns, OFFSET)
    if rate is not None:
        if moment is not None and sampling_hz is not None:
            raise InputError.at(
                name,
                column=moment,
                wanted="a table without times, because a sampling rate was given",
                got=f"a column {moment!r}",
                advice=f"leave {flag('--sampling')} out",
            )
        if moment is None:
            onset = sidecar.start_s + np.arange(len(frame)) / rate
            return onset, np.full(len(frame), 1 / rate)
    if moment is None:
        raise InputError.at(
            name,
            wanted=f"times: a column such as {', '.join(ONSET[:4])} beside {DURATION[0]} or {OFFSET[1]}",
            got=f"the columns {named(columns)}",
            advice="for a table with one row per sample, give the number of samples per second: "
            f"{flag('--sampling', 1)}",
        )
    if ends is None:
        onset = np.array(seconds(frame, moment, name, unit))
        _check_plausible(onset, name, unit, moment)
        lasts = np.diff(onset)
        if len(onset) < 2 or (lasts <= 0).any():
            row = int(np.argmax(lasts <= 0)) + 1 if len(onset) > 1 else 0
            raise InputError.at(
                name,
                column=moment,
                row=row_number(frame, row),
                wanted="times of samples that grow, as there is no column of durations or ends",
                got=f"{onset[row]:g} s",
                advice="add a column duration",
            )
        notify(f"{name}: {moment!r} gives the times of samples; each is valid until the next.")
        return onset, np.append(lasts, np.median(lasts))
    onset, duration = (np.array(values) for values in times(frame, name, unit=unit, may_miss=True))
    _check_plausible(onset, name, unit, moment)
    return onset, duration


def _check_plausible(onset: FloatArray, name: str, unit: TimeUnit | None, column: str) -> None:
    """Raise InputError for a story of many hours, or times that are whole thousands, unless the unit was said."""
    known = onset[np.isfinite(onset)]
    last_s = float(known.max(initial=0.0))
    is_thousands = len(known) > 2 and last_s >= 2000 and (known % 1000 == 0).all()
    if unit is None and without_unit(column)[1] is None and (last_s > LONGEST_STORY_S or is_thousands):
        raise InputError.at(
            name,
            column=column,
            wanted=f"seconds, up to {LONGEST_STORY_S:,.0f}",
            got=f"{'whole thousands up to ' if is_thousands else ''}{last_s:,.0f}",
            advice=f"if these are milliseconds, set {flag('--time-unit', 'ms')}, otherwise {flag('--time-unit', 's')}",
        )


def _ratings(
    frame: pd.DataFrame, columns: list[str], spans: tuple[FloatArray, FloatArray], name: str, sidecar: _Sidecar
) -> Ratings:
    values: FloatArray = np.column_stack([numbers(frame, column, name, may_miss=True) for column in columns])
    rated = np.isfinite(values).any(axis=1)
    for column, of in zip(columns, values.T, strict=True):
        if np.isnan(of).all():
            raise InputError.at(name, column=column, wanted="ratings", got="no number")
    onset, duration = spans
    for row in np.flatnonzero(rated):  # a row that says nothing may have any times
        if not (math.isfinite(onset[row]) and duration[row] > 0):
            got = "no times" if math.isnan(onset[row] + duration[row]) else f"{duration[row]:g} s"
            raise InputError.at(
                name,
                column="duration",
                row=row_number(frame, int(row)),
                wanted="a span of more than 0 s",
                got=got,
                advice="correct onset and duration, or leave out the row",
            )
    onset, duration, values = onset[rated], duration[rated], values[rated]
    order = np.argsort(onset, kind="stable")
    last_s = float((onset + duration).max())
    return Ratings(
        emotions=tuple(columns),
        onset_s=onset[order],
        duration_s=duration[order],
        values=values[order],
        known_until_s=last_s if sidecar.known_until_s is None else sidecar.known_until_s,
    )


def _read_sidecar(path: Path) -> _Sidecar:
    sidecar = path.with_suffix(".json")
    if not sidecar.is_file() or sidecar == path:
        return _Sidecar()
    try:
        content: Any = json.loads(read_content(sidecar))
    except (ValueError, RecursionError) as error:
        raise InputError.at(
            sidecar.name, wanted=f"the sidecar of {path.name}, a JSON object", got=f"no JSON ({type(error).__name__})"
        ) from None
    if not isinstance(content, Mapping):
        raise InputError.at(sidecar.name, wanted=f"the sidecar of {path.name}, a JSON object", got="another value")
    start_s = _number(content, "StartTime", sidecar.name)
    return _Sidecar(
        known_until_s=_number(content, KNOWN_UNTIL, sidecar.name),
        scale=content[SCALE] if isinstance(content.get(SCALE), str) else "",
        emotions=_names(content, EMOTIONS, sidecar.name),
        columns=_names(content, "Columns", sidecar.name),
        sampling_hz=_number(content, "SamplingFrequency", sidecar.name),
        start_s=0.0 if start_s is None else start_s,
    )


def _number(content: Mapping[str, Any], key: str, name: str) -> float | None:
    value = content.get(key)
    if key not in content:
        return None
    try:
        number = math.nan if isinstance(value, (bool, str)) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise InputError.at(name, column=key, wanted="a finite number", got=f"{value!r:.40}")
    return number


def _names(content: Mapping[str, Any], key: str, name: str) -> tuple[str, ...]:
    value = content.get(key, ())
    if not isinstance(value, (list, tuple)) or not all(isinstance(one, str) for one in value):
        raise InputError.at(name, column=key, wanted="a list of columns' names", got=type(value).__name__)
    return tuple(value)
