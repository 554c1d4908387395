"""Mapped texts over time: the course of each region, group by group, and where it changes for good.

docs/over-time.md says how, and what the figures are worth.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.config.settings import Interval
from emotopy.errors import InputError, listed, nearest
from emotopy.inference.change_points import FEWEST_TEXTS as FEWEST_FOR_CHANGES
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
from emotopy.pathways.over_time.tables import SIGNALS, Signal, change_table, course_table
from emotopy.pathways.over_time.timed_texts import FEWEST_TEXTS, TimedTexts
from emotopy.pathways.text.text_table import MappedTexts
from emotopy.readers.corpora import ALL
from emotopy.readers.times import read_times
from emotopy.records import Corpus, FloatArray

if TYPE_CHECKING:
    import pandas as pd

    from emotopy.pathways.text.result import TextResult

N_POINTS = 60
MOST_POINTS = 2000


class TooFewTimes(InputError):
    """The times can be read, but there is no course in them."""


@attrs.frozen(eq=False)
class TimeCourses:
    """Courses over time, group by group.

    Attributes
    ----------
    table : DataFrame
        Tidy, a row per group, region (or node) and moment: ``group, region[, node], time, n_texts_effective, relative,
        relative_low, relative_high, intensity, intensity_low, intensity_high``. Moments are the same for all groups,
        evenly spaced, within the group's own first and last time. All texts stand as group ``all``, first.
    changes : DataFrame
        A row per change point: ``group, time, row, n_before, n_after, strength, p, regions, difference_<region>``.
    bandwidth, unit
        Standard deviation of the kernel, in the unit of time: ``days`` of dates, ``s`` of clock times, else the
        column's own (empty).
    intervals : mapping
        How each group's interval was made: ``units`` (bootstrap over units) or ``series`` (noise between neighbours).
    measure
        What changes were looked for in.
    notes : tuple of str
        What a reader has to know.

    docs/axes-and-units.md defines the columns.
    """

    table: pd.DataFrame
    changes: pd.DataFrame
    bandwidth: float
    unit: str
    intervals: Mapping[str, str]
    measure: Signal
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return what provenance says of the courses."""
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


def add_time_courses(result: TextResult, bandwidth: float | None = None) -> TextResult:
    """Return the result with the courses of its texts over time, their notes and provenance; none without times.

    Times in which there is no course (too few texts, all at one time) leave a note. Courses that the result has are
    made anew.
    """
    has_times = any(time is not None for time in result.corpus.time)
    if not has_times and result.courses is None:
        return result
    old = () if result.courses is None else result.courses.notes
    notes = [note for note in result.notes if note not in old]
    provenance = {key: told for key, told in result.provenance.items() if key != "over_time"}
    courses = None
    if has_times:
        try:
            courses = result.over_time(bandwidth=bandwidth)
        except TooFewTimes as error:
            notes.append(f"{error}.")
        else:
            notes += courses.notes
            provenance["over_time"] = courses.to_dict()
    return attrs.evolve(result, courses=courses, notes=tuple(notes), provenance={**provenance, "notes": notes})


def over_time(
    mapped: MappedTexts,
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
        The result's own by default.

    Raises InputError for times that can't be read, unknown groups and options out of range, TooFewTimes (one of
    them) where no group has eight texts at two times or more.
    """
    import pandas as pd

    _check(mapped, bandwidth, n_points, measure, times)
    read = read_times(mapped.table["time"].astype(object) if times is None else times)
    texts = TimedTexts.of(mapped, read)
    wanted = _wanted(mapped, groups)
    parts = {name: texts if name == ALL else texts.take(np.flatnonzero(texts.group == name)) for name in wanted}
    thin = [name for name, part in parts.items() if part.is_too_small]
    parts = {name: part for name, part in parts.items() if not part.is_too_small}
    if not parts:
        raise TooFewTimes(
            f"time: no course to draw; wanted {FEWEST_TEXTS} texts or more with a time, at two times or more, got "
            f"{len(texts)} at {len(np.unique(texts.times))}"
        )
    notes = [*read.notes, *_on_missing(mapped, texts, thin)]
    first = min(float(part.times[0]) for part in parts.values())
    last = max(float(part.times[-1]) for part in parts.values())
    if bandwidth is None:
        fitted = [part for name, part in parts.items() if name != ALL or len(parts) == 1]
        bandwidth = choose_bandwidth([(part.times, part.profile, part.codes) for part in fitted], last - first)
        notes.append(_on_bandwidth(bandwidth, last - first, read.unit))
    told = mapped.provenance.get("config", {}).get("interval")
    interval = Interval(**told) if told else Interval()
    seed = int(mapped.provenance.get("seed", 0)) if seed is None else seed
    moments = np.linspace(first, last, n_points)
    tables, changes = [], []
    for name, part in parts.items():
        inside = moments[(moments >= part.times[0]) & (moments <= part.times[-1])]
        key = [seed, zlib.crc32(name.encode("utf-8", "surrogatepass"))]
        course = _course(part, inside, bandwidth, interval, key)
        tables.append(course_table(name, mapped, read.column(inside), course))
        changes.append(change_table(name, part, read, mapped.targets, measure, np.random.default_rng(key)))
    return TimeCourses(
        table=pd.concat(tables, ignore_index=True),
        changes=pd.concat(changes, ignore_index=True),
        bandwidth=float(bandwidth),
        unit=read.unit,
        intervals={name: "series" if part.is_series else "units" for name, part in parts.items()},
        measure=measure,
        notes=(*notes, *_on_parts(parts)),
    )


def _check(
    mapped: MappedTexts, bandwidth: float | None, n_points: int, measure: str, times: Sequence[Any] | None
) -> None:
    if bandwidth is not None and not (math.isfinite(bandwidth) and bandwidth > 0):
        raise InputError(f"bandwidth: wanted a number above 0, in the unit of time, got {bandwidth}")
    if not 2 <= n_points <= MOST_POINTS:
        raise InputError(f"n_points: wanted 2 to {MOST_POINTS:,} moments, got {n_points}")
    if measure not in SIGNALS:
        raise InputError(f"measure: wanted one of {listed(SIGNALS)}, got {measure!r}.{nearest(measure, SIGNALS)}")
    if times is not None and len(times) != len(mapped):
        raise InputError(f"times: wanted a time per row of the input, {len(mapped)}, got {len(times)}")


def _wanted(mapped: MappedTexts, groups: Sequence[str] | None) -> list[str]:
    there = sorted({name for name in mapped.labels("group", "group") if name is not None})
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


def _course(part: TimedTexts, moments: FloatArray, bandwidth: float, interval: Interval, seed: Sequence[int]) -> Course:
    above, below = part.ratio()
    weights = kernel_weights(moments, part.times, bandwidth)
    if not part.is_series:
        return unit_course(above, below, weights, part.codes, n=interval.n, coverage=interval.coverage, seed=seed)
    span = float(part.times[-1] - part.times[0])
    left, k = residuals_of(above, below, part.times, bandwidth), part.profile.shape[1]
    halves = [
        serial_course(
            above[:, columns],
            below[:, columns],
            weights,
            left[:, columns],
            first=first_frequency(span, bandwidth),
            longest=max(1.0, len(part) * bandwidth / span),
            coverage=interval.coverage,
        )
        for columns in (slice(None, k), slice(k, None))  # profiles and intensities have noise of their own
    ]
    low, high, values = (np.hstack([getattr(one, name) for one in halves]) for name in ("low", "high", "values"))
    return Course(values, low, high, halves[0].n_effective)


def _on_missing(mapped: MappedTexts, texts: TimedTexts, thin: Sequence[str]) -> list[str]:
    notes, n_scored = [], int(mapped.is_scored.sum())
    if n_scored > len(texts):
        notes.append(f"{n_scored - len(texts)} of {n_scored} texts have no time; they count in no course over time.")
    if thin:
        notes.append(f"No course over time for {_named(thin)}: under {FEWEST_TEXTS} texts with a time, or one time.")
    return notes


def _on_bandwidth(bandwidth: float, span: float, unit: str) -> str:
    share = bandwidth / span
    note = (
        f"Courses over time are smoothed with a bandwidth of {bandwidth:.3g}{f' {unit}' * bool(unit)} "
        f"({100 * share:.0f} % of the span), which predicts left-out texts best."
    )
    if share >= BANDWIDTHS[-1] * 0.999:
        note += " It is the widest allowed: the texts show no course beyond their mean, or a very slow one."
    return note


def _on_parts(parts: Mapping[str, TimedTexts]) -> list[str]:
    notes = []
    series = [name for name, part in parts.items() if part.is_series]
    if series:
        notes.append(
            f"Intervals over time of {_named(series)}: under five units are named, so the texts are read as one "
            "series, and the interval speaks of these texts' writers alone."
        )
    drawn = [name for name, part in parts.items() if not part.is_series]
    if drawn:
        notes.append(f"Intervals over time of {_named(drawn)}: bootstrap over units.")
    short = [name for name, part in parts.items() if len(part) < FEWEST_FOR_CHANGES]
    if short:
        notes.append(f"Change points aren't looked for in {_named(short)}: under {FEWEST_FOR_CHANGES} texts.")
    if any(part.n_units > 1 for part in parts.values()):
        notes.append("Change points compare units with themselves: means of units were taken out first.")
    return notes


def _named(names: Sequence[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more groups" if len(names) > most else ""
    return ", ".join(names[:most]) + more
