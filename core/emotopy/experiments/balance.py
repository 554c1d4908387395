"""Whether groups are alike in what should not matter: how long their texts are, what they are about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from emotopy.experiments.question import PairOfGroups
from emotopy.pathways.text.tables import sum_by_unit
from emotopy.pathways.text.text_table import MappedTexts
from emotopy.records import FloatArray, IntArray

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("group_a", "group_b", "quantity", "n_a", "n_b", "mean_a", "mean_b", "smd")


def balance(pairs: list[PairOfGroups], mapped: MappedTexts, topic: str | None = None) -> pd.DataFrame:
    """Return, for each pair of groups, means of the number of words, its logarithm, and the share of each topic.

    `smd` is the standardised mean difference, (mean_a − mean_b) / √((s_a² + s_b²)/2); beyond ±0.1 groups are commonly
    called imbalanced (Austin 2009). Values are means over each unit's texts where units are given.
    """
    import pandas as pd

    units = mapped.labels("unit", "unit")
    keys = [unit if unit is not None else f"\0{row}" for row, unit in enumerate(units)]
    codes = np.unique(np.array(keys, dtype=str), return_inverse=True)[1]
    found = []
    for pair in pairs:
        sides = [
            np.flatnonzero(np.array([label == name for label in pair.labels]) & mapped.is_scored)
            for name in (pair.a, pair.b)
        ]
        for quantity, values in _quantities(mapped, topic, np.concatenate(sides)):
            a, b = (_by_unit(values[rows], codes[rows]) for rows in sides)
            spread = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2) if min(len(a), len(b)) > 1 else np.nan
            smd = (a.mean() - b.mean()) / spread if spread > 0 else (0.0 if a.mean() == b.mean() else np.nan)
            found.append((pair.a, pair.b, quantity, len(a), len(b), a.mean(), b.mean(), smd))
    return pd.DataFrame(found, columns=list(COLUMNS))


def _quantities(mapped: MappedTexts, topic: str | None, rows: IntArray) -> Iterator[tuple[str, FloatArray]]:
    words = mapped.numbers("n_words")
    yield "words", words
    yield "log words", np.log(np.maximum(words, 1.0))
    if topic is not None:
        told = np.array([label or "(none)" for label in mapped.labels(topic, "topic")], dtype=object)
        for name in sorted(set(told[rows])):
            yield f"topic: {name}", (told == name).astype(np.float64)


def _by_unit(values: FloatArray, codes: IntArray) -> FloatArray:
    """Return the mean of each unit's texts, (n_units,)."""
    numbers = np.unique(codes, return_inverse=True)[1]
    return np.asarray(sum_by_unit(values[:, None], numbers)[:, 0] / np.bincount(numbers))
