"""The two tables of courses over time: courses, and change points. docs/axes-and-units.md defines their columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from emotopy.inference.change_points import FEWEST_TEXTS as FEWEST_FOR_CHANGES
from emotopy.inference.change_points import change_points
from emotopy.inference.smoothing import Course
from emotopy.pathways.over_time.timed_texts import TimedTexts
from emotopy.pathways.text.text_table import MappedTexts
from emotopy.readers.times import Times
from emotopy.records import FloatArray

if TYPE_CHECKING:
    import pandas as pd

Signal = Literal["relative", "intensity"]
SIGNALS: tuple[Signal, ...] = ("relative", "intensity")
N_NAMED = 3
"""Regions that a change point names."""


def course_table(name: str, mapped: MappedTexts, times: Any, course: Course) -> pd.DataFrame:
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


def change_table(
    name: str, part: TimedTexts, read: Times, targets: Sequence[str], measure: Signal, rng: np.random.Generator
) -> pd.DataFrame:
    """Look for a group's change points and return a row for each.

    Values are without the means of units; a mean reaches from the change before to the change after.
    """
    import pandas as pd

    names = list(targets) if measure == "relative" else ["intensity"]
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
            "regions": np.array([_most(row, names) if measure == "relative" else "" for row in differences], object),
            **{f"difference_{one}": differences[:, i] for i, one in enumerate(names)},
        }
    )


def _most(differences: FloatArray, names: Sequence[str]) -> str:
    """Name the regions that changed most, with their differences.

    >>> _most(np.array([0.1, -0.5, 0.3]), ["insula", "amygdala", "caudate"])
    'amygdala -0.50, caudate +0.30, insula +0.10'
    """
    order = np.argsort(-np.abs(differences), kind="stable")[:N_NAMED]
    return ", ".join(f"{names[i]} {differences[i]:+.2f}" for i in order)
