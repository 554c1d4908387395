"""What the tables of an experiment are made from: pairs of groups, the work so far, and how groups are balanced."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import attrs
import numpy as np

from emotopy.experiments.data import ExperimentData
from emotopy.experiments.definition import Definition
from emotopy.inference.unit_means import sum_by_unit
from emotopy.pathways.comparison.result import Comparison
from emotopy.pathways.comparison.spec import ComparisonSpec
from emotopy.pathways.text.fitted import FittedTextPathway
from emotopy.records import FloatArray, IntArray, Mapped
from emotopy.roles import Host

if TYPE_CHECKING:
    import pandas as pd

Labels = tuple[str | None, ...]
COLUMNS = ("group_a", "group_b", "quantity", "n_a", "n_b", "mean_a", "mean_b", "smd")


@attrs.frozen(eq=False)
class GroupPairing:
    """Two groups of an experiment; `labels` has each row's group where it is one of the two and takes part, else None.

    `paired_by` is the kept column that pairs share, `covariates` what is held constant where there are none.
    """

    a: str
    b: str
    labels: Labels
    covariates: tuple[str, ...] = ()
    paired_by: str | None = None
    n_permutations: int = 10_000

    @property
    def number(self) -> int:
        """A number of the two names, which seeds what is random about the pair."""
        return zlib.crc32(f"{self.a}\0{self.b}".encode("utf-8", "surrogatepass"))

    def spec(
        self, seed: int, labels: Sequence[str | None] | None = None, n_permutations: int | None = None
    ) -> ComparisonSpec:
        """Return the comparison; other `labels` (of the same two groups) stand for a random split."""
        return ComparisonSpec(
            (self.a, self.b),
            group=list(self.labels if labels is None else labels),
            covariates=self.covariates,
            paired_by=self.paired_by,
            n_permutations=n_permutations or self.n_permutations,
            seed=seed,
        )


def labels_of(groups: Sequence[str | None], a: str, b: str) -> Labels:
    """Return each row's group where it is one of the two, else None."""
    return tuple(group if group in (a, b) else None for group in groups)


@attrs.frozen(eq=False)
class Analysis:
    """An experiment under way: its definition and data, the recommended fit, and what was compared.

    `mapped` is the record of the recommended fit; its reporters are those of the experiment.
    """

    definition: Definition
    data: ExperimentData
    fitted: FittedTextPathway
    mapped: Mapped
    pairs: tuple[GroupPairing, ...]
    comparisons: tuple[Comparison, ...]
    seed: int
    host: Host

    @property
    def topic(self) -> str | None:
        """The kept column of topics, where there is one."""
        return "topic" if "topic" in self.mapped.kept else None


def balance(pairs: list[GroupPairing], mapped: Mapped, topic: str | None = None) -> pd.DataFrame:
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


def _quantities(mapped: Mapped, topic: str | None, rows: IntArray) -> Iterator[tuple[str, FloatArray]]:
    words = mapped.n_words_by_row
    yield "words", words
    yield "log words", np.log(np.maximum(words, 1.0))
    if topic is not None:
        topics = np.array([label or "(none)" for label in mapped.labels(topic, "topic")], dtype=object)
        for name in sorted(set(topics[rows])):
            yield f"topic: {name}", (topics == name).astype(np.float64)


def _by_unit(values: FloatArray, codes: IntArray) -> FloatArray:
    """Return the mean of each unit's texts, (n_units,)."""
    numbers = np.unique(codes, return_inverse=True)[1]
    return np.asarray(sum_by_unit(values[:, None], numbers)[:, 0] / np.bincount(numbers))
