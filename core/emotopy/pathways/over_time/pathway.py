"""Mapped texts over time: the course of each region per group, and change points.

docs/over-time.md describes the method and its accuracy; `emotopy.result_files` declares the columns.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import attrs
import numpy as np

from emotopy.errors import InputError, listed, nearest
from emotopy.inference.change_points import FEWEST_TEXTS as FEWEST_FOR_CHANGES
from emotopy.inference.change_points import change_points
from emotopy.inference.smoothing import (
    BANDWIDTHS,
    Course,
    choose_bandwidth,
    first_frequency,
    kernel_weights,
    residuals_of,
    serial_course,
    unit_course,
)
from emotopy.pathways.over_time.timed_texts import FEWEST_TEXTS, TimedTexts
from emotopy.readers.corpora import ALL
from emotopy.readers.in_memory import as_cells
from emotopy.readers.times import Times, read_times
from emotopy.records import Corpus, FloatArray, Mapped
from emotopy.storage.arrow import ArrowTables

if TYPE_CHECKING:
    import pandas as pd

Signal = Literal["relative", "intensity"]
SIGNALS: tuple[Signal, ...] = ("relative", "intensity")
N_POINTS = 60
MOST_POINTS = 2000
N_NAMED = 3
"""Regions that a change point names."""
MOST_GROUPS_NAMED = 6
"""Groups that a note names."""


class TooFewTimes(InputError):
    """The times are valid, but too few for a time course."""


@attrs.frozen(eq=False)
class TimeCourses(ArrowTables):
    """Time courses per group; `emotopy.result_files` declares the columns.

    Parameters
    ----------
    table : DataFrame
        Tidy table with one row per group, region (or node) and time point: ``group, region[, node], time,
        n_texts_effective, relative, relative_low, relative_high, intensity, intensity_low, intensity_high``. Time
        points are evenly spaced and common to all groups, restricted to each group's first and last time. The first
        group, ``all``, contains all texts.
    changes : DataFrame
        One row per change point: ``group, time, row, n_before, n_after, strength, p, regions, difference_<region>``.
    bandwidth : float
        Standard deviation of the smoothing kernel, in `unit`.
    unit : str
        Unit of time: ``days`` for dates, ``s`` for clock times, and empty for the column's own unit.
    intervals : mapping of str to str
        Method of each group's interval: ``units`` (bootstrap over units) or ``series`` (noise between neighbouring
        texts).
    measure : {"relative", "intensity"}
        Measure in which change points were searched.
    notes : tuple of str, default ()
        Notes that a reader of the results needs.

    Examples
    --------
    >>> import emotopy
    >>> quick = {"reducer": "pca", "clusterer": {"use": "kmeans", "n_clusters": 2}}
    >>> days = [f"2024-03-{day:02d}" for day in range(1, 21)]
    >>> table = {"text": ["I was afraid.", "We danced."] * 10, "day": days}
    >>> courses = emotopy.map_texts(table, text="text", time="day", config=quick).over_time(n_points=5, bandwidth=4.0)
    >>> courses.unit, courses.table["time"].nunique()
    ('days', 5)
    """

    table: pd.DataFrame
    changes: pd.DataFrame
    bandwidth: float
    unit: str
    intervals: Mapping[str, str]
    measure: Signal
    notes: tuple[str, ...] = ()

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """``time_course`` and ``change_points``."""
        return {"time_course": self.table, "change_points": self.changes}

    @property
    def units(self) -> Mapping[str, str]:
        """The unit of the columns ``time`` and ``bandwidth``, unless the times are dates."""
        return {} if self.unit in ("", "days") else {"time": self.unit}

    def to_dict(self) -> dict[str, Any]:
        """Return the entry of the time courses in the provenance.

        Returns
        -------
        dict
            JSON-serialisable data.
        """
        return {
            "bandwidth": self.bandwidth,
            "unit": self.unit,
            "intervals": dict(self.intervals),
            "changes_in": self.measure,
        }


def check_times(corpus: Corpus) -> None:
    """Read the times that a corpus has, before any work; raises InputError as `read_times` does."""
    if any(time is not None for time in corpus.time):
        read_times(corpus.time)


def add_time_courses(
    mapped: Mapped,
    bandwidth: float | None = None,
    *,
    replaces: TimeCourses | None = None,
    segments: Mapped | None = None,
) -> tuple[Mapped, TimeCourses | None]:
    """Compute the courses of mapped texts over time, where they have times.

    Parameters
    ----------
    mapped
        The mapped texts.
    bandwidth
        As for `over_time`.
    replaces
        Courses that notes and provenance of `mapped` still hold.
    segments
        The segments of the texts as rows, with their positions as times: courses run along the texts where the corpus
        says so (`by_position`).

    Returns
    -------
    The record with the notes and provenance of the courses, and the courses. They are None without times, and where
    the times hold no course (too few texts, all at one time); a note says so then.
    """
    by_position = mapped.corpus.by_position and segments is not None
    has_times = by_position or any(time is not None for time in mapped.corpus.time)
    if not has_times and replaces is None:
        return mapped, None
    old = () if replaces is None else replaces.notes
    notes = [note for note in mapped.notes if note not in old]
    provenance = {key: value for key, value in mapped.provenance.items() if key != "over_time"}
    courses = None
    if has_times:
        try:
            courses = over_time(segments if by_position and segments else mapped, bandwidth=bandwidth)
        except TooFewTimes as error:
            notes = [*dict.fromkeys([*notes, f"{error}."])]
        else:
            notes += courses.notes
            provenance["over_time"] = courses.to_dict()
    return attrs.evolve(mapped, provenance={**provenance, "notes": notes}), courses


def over_time(
    mapped: Mapped,
    *,
    groups: Sequence[str] | None = None,
    bandwidth: float | None = None,
    n_points: int = N_POINTS,
    measure: Signal = "relative",
    times: Sequence[Any] | None = None,
    seed: int | None = None,
) -> TimeCourses:
    """Smooth what texts map to over their times, and look for change points.

    Parameters
    ----------
    mapped
        The mapped texts.
    groups
        Names of the groups to give courses of; all texts, then every group, by default.
    bandwidth
        Of the kernel, in the unit of time (days for dates, seconds for clock times); by default what predicts left-out
        texts best.
    n_points
        Moments from the first to the last time, 2 to 2,000.
    measure
        What changes are looked for in: ``relative`` (all regions at once), or ``intensity`` (one figure per text).
    times
        A time per row of the input, in place of the column that was named when the texts were mapped.
    seed
        That of the mapped texts by default.

    Raises
    ------
    InputError
        Times can't be read, groups are unknown, options out of range.
    TooFewTimes
        No group has eight texts at two times or more.
    """
    import pandas as pd

    times = None if times is None else as_cells(times, "times")
    _check(mapped, bandwidth, n_points, measure, times)
    read = read_times(mapped.column("time") if times is None else times)
    texts = TimedTexts.of(mapped, read)
    names = _known_groups(mapped, groups)
    parts = {name: texts if name == ALL else texts.take(np.flatnonzero(texts.group == name)) for name in names}
    small = [name for name, part in parts.items() if part.is_too_small]
    parts = {name: part for name, part in parts.items() if not part.is_too_small}
    if not parts:
        raise TooFewTimes(
            f"time: no time course is possible; wanted {FEWEST_TEXTS} texts or more with a time, at two "
            f"times or more, got {len(texts)} at {len(np.unique(texts.times))}"
        )
    notes = [*read.notes, *_on_missing(mapped, texts, small)]
    first = min(float(part.times[0]) for part in parts.values())
    last = max(float(part.times[-1]) for part in parts.values())
    if bandwidth is None:
        fitted = [part for name, part in parts.items() if name != ALL or len(parts) == 1]
        bandwidth = choose_bandwidth([(part.times, part.profile, part.codes) for part in fitted], last - first)
        notes.append(_on_bandwidth(bandwidth, last - first, read.unit))
    seed = mapped.seed if seed is None else seed
    moments = np.linspace(first, last, n_points)
    tables, changes = [], []
    for name, part in parts.items():
        inside = moments[(moments >= part.times[0]) & (moments <= part.times[-1])]
        key = [seed, zlib.crc32(name.encode("utf-8", "surrogatepass"))]
        course = _course(part, inside, bandwidth, mapped, key)
        tables.append(_course_table(name, mapped, read.column(inside), course))
        changes.append(_change_table(name, part, read, mapped.targets, measure, np.random.default_rng(key)))
    return TimeCourses(
        table=pd.concat(tables, ignore_index=True),
        changes=pd.concat(changes, ignore_index=True),
        bandwidth=float(bandwidth),
        unit=read.unit,
        intervals={name: "series" if part.is_series else "units" for name, part in parts.items()},
        measure=measure,
        notes=(*notes, *_on_parts(parts)),
    )


def _check(mapped: Mapped, bandwidth: float | None, n_points: int, measure: str, times: Sequence[Any] | None) -> None:
    if bandwidth is not None and not (math.isfinite(bandwidth) and bandwidth > 0):
        raise InputError(f"bandwidth: wanted a number above 0, in the unit of time, got {bandwidth}")
    if not 2 <= n_points <= MOST_POINTS:
        raise InputError(f"n_points: wanted 2 to {MOST_POINTS:,} moments, got {n_points}")
    if measure not in SIGNALS:
        raise InputError(f"measure: wanted one of {listed(SIGNALS)}, got {measure!r}.{nearest(measure, SIGNALS)}")
    if times is not None and len(times) != mapped.n_rows:
        raise InputError(f"times: wanted a time per row of the input, {mapped.n_rows}, got {len(times)}")


def _known_groups(mapped: Mapped, groups: Sequence[str] | None) -> list[str]:
    there = sorted({name for name in mapped.column("group") if name is not None})
    if groups is None:
        return [ALL, *there]
    if isinstance(groups, str):
        raise InputError(f"groups: wanted a list of names, got one string; write [{groups!r}]")
    for name in groups:
        if name != ALL and name not in there:
            raise InputError(f"groups: there is no group {name!r}.{nearest(name, there)} Groups: {listed(there)}")
    if not groups:
        raise InputError(f"groups: wanted at least one of {listed([ALL, *there])}, got none")
    return list(dict.fromkeys(groups))


def _course(part: TimedTexts, moments: FloatArray, bandwidth: float, mapped: Mapped, seed: Sequence[int]) -> Course:
    """Return the course of a group: the profiles of its regions, then their intensities."""
    numerator, denominator = part.ratio()
    weights = kernel_weights(moments, part.times, bandwidth)
    n, level = mapped.n_resamples, mapped.confidence_level
    if not part.is_series:
        return unit_course(numerator, denominator, weights, part.codes, n=n, confidence=level, seed=seed)
    span = float(part.times[-1] - part.times[0])
    residuals, k = residuals_of(numerator, denominator, part.times, bandwidth), part.profile.shape[1]
    halves = [
        serial_course(
            numerator[:, columns],
            denominator[:, columns],
            weights,
            residuals[:, columns],
            first=first_frequency(span, bandwidth),
            longest=max(1.0, len(part) * bandwidth / span),
            confidence=level,
        )
        for columns in (slice(None, k), slice(k, None))  # profiles and intensities have noise of their own
    ]
    low, high, values = (np.hstack([getattr(one, name) for one in halves]) for name in ("low", "high", "values"))
    return Course(values, low, high, halves[0].n_effective)


def _course_table(name: str, mapped: Mapped, times: Any, course: Course) -> pd.DataFrame:
    """Return a group's course, a row per region and moment; `times` (n_moments,) is the column to show.

    The course's columns are the regions' profiles, then their intensities.
    """
    import pandas as pd

    targets, n_moments = mapped.targets, len(course.values)
    owners = mapped.region_of if mapped.level == "node" else {}
    index = np.tile(np.arange(n_moments), len(targets))
    columns: dict[str, Any] = {
        "group": name,
        "region": np.repeat(np.array([owners.get(target, target) for target in targets], dtype=object), n_moments),
    }
    if mapped.level == "node":
        columns["node"] = np.repeat(np.array(targets, dtype=object), n_moments)
    columns["time"] = pd.Series(times).iloc[index].array
    columns["n_texts_effective"] = course.n_effective[index]
    k = len(targets)
    for measure, half in (("relative", slice(None, k)), ("intensity", slice(k, None))):
        for ending, values in (("", course.values), ("_low", course.low), ("_high", course.high)):
            columns[f"{measure}{ending}"] = values[:, half].T.ravel()
    return pd.DataFrame(columns)


def _change_table(
    name: str, part: TimedTexts, read: Times, targets: Sequence[str], measure: Signal, rng: np.random.Generator
) -> pd.DataFrame:
    """Look for a group's change points and return a row for each.

    Values are without the means of units; a mean reaches from the change before to the change after.
    """
    import pandas as pd

    names = list(targets) if measure == "relative" else ["intensity"]
    if measure == "intensity":
        part = part.take(np.flatnonzero(np.isfinite(part.intensity)))
    if len(part) == 0:
        return _no_changes(read, names)
    values = part.within_units(part.profile if measure == "relative" else part.intensity[:, None])
    found = change_points(values, rng=rng) if len(part) >= FEWEST_FOR_CHANGES else None
    places = np.array([], dtype=np.int64) if found is None else found.places
    borders = np.array([0, *places, len(part)])
    lengths = np.diff(borders)
    means = np.add.reduceat(values, borders[:-1], axis=0) / lengths[:, None]
    differences = np.diff(means, axis=0)
    return pd.DataFrame(
        {
            "group": np.full(len(places), name, dtype=object),
            "time": read.column(part.times[places]),
            "row": part.rows[places],
            "n_before": lengths[:-1],
            "n_after": lengths[1:],
            "strength": np.sqrt((differences**2).mean(axis=1)),
            "p": np.array([]) if found is None else found.p,
            "regions": np.array([_largest(row, names) if measure == "relative" else "" for row in differences], object),
            **{f"difference_{one}": differences[:, i] for i, one in enumerate(names)},
        }
    )


def _no_changes(read: Times, names: Sequence[str]) -> pd.DataFrame:
    """Return a table of change points without any."""
    import pandas as pd

    empty: Any = np.array([])
    columns = {"group": np.array([], dtype=object), "time": read.column(empty), "row": np.array([], dtype=np.int64)}
    counts = {name: np.array([], dtype=np.int64) for name in ("n_before", "n_after")}
    rest = {"strength": empty, "p": empty, "regions": np.array([], dtype=object)}
    return pd.DataFrame({**columns, **counts, **rest, **{f"difference_{one}": empty for one in names}})


def _largest(differences: FloatArray, names: Sequence[str]) -> str:
    """Name the regions that changed most, with their differences.

    >>> _largest(np.array([0.1, -0.5, 0.3]), ["insula", "amygdala", "caudate"])
    'amygdala -0.50, caudate +0.30, insula +0.10'
    """
    order = np.argsort(-np.abs(differences), kind="stable")[:N_NAMED]
    return ", ".join(f"{names[i]} {differences[i]:+.2f}" for i in order)


def _on_missing(mapped: Mapped, texts: TimedTexts, small: Sequence[str]) -> list[str]:
    notes, n_scored = [], mapped.n_texts
    if n_scored > len(texts):
        notes.append(f"{n_scored - len(texts)} of {n_scored} texts have no time and are left out of time courses.")
    if small:
        notes.append(
            f"There is no time course for {_named(small)}, because there are fewer than {FEWEST_TEXTS} "
            "texts with a time, or only one time."
        )
    return notes


def _on_bandwidth(bandwidth: float, span: float, unit: str) -> str:
    share = bandwidth / span
    note = (
        f"Time courses are smoothed with a bandwidth of {bandwidth:.3g}{f' {unit}' * bool(unit)} "
        f"({100 * share:.0f} % of the time span), which predicts left-out texts best."
    )
    if share >= BANDWIDTHS[-1] * 0.999:
        note += " This is the largest bandwidth allowed: the texts show no change over time, or a very slow one."
    return note


def _on_parts(parts: Mapping[str, TimedTexts]) -> list[str]:
    notes = []
    series = [name for name, part in parts.items() if part.is_series]
    if series:
        notes.append(
            f"Intervals of the time courses of {_named(series)}: there are fewer than five units, so "
            "the texts are treated as one series, and the interval applies only to the writers of "
            "these texts."
        )
    drawn = [name for name, part in parts.items() if not part.is_series]
    if drawn:
        notes.append(f"Intervals of the time courses of {_named(drawn)}: bootstrap over units.")
    short = [name for name, part in parts.items() if len(part) < FEWEST_FOR_CHANGES]
    if short:
        notes.append(
            f"Change points aren't searched in {_named(short)}, because there are fewer than "
            f"{FEWEST_FOR_CHANGES} texts."
        )
    if any(part.n_units > 1 for part in parts.values()):
        notes.append("Change points are changes within units, because the means of units were removed first.")
    return notes


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_GROUPS_NAMED} more groups" if len(names) > MOST_GROUPS_NAMED else ""
    return ", ".join(names[:MOST_GROUPS_NAMED]) + more
