"""Made-up speakers for benchmarks: a mixture of emotions each, and real comments drawn from it.

A speaker's mixture over the 27 emotions of GoEmotions is Dirichlet(concentration × base rates); the comments are
single-label ones of the training part, drawn without replacement. (Neutral isn't an emotion; with it a third of what
speakers say says nothing about them.) A smaller concentration makes speakers differ more; their mean stays the base
rates whatever it is. A label whose comments have all been said is dealt again from the start, so that a rare emotion
doesn't change into another one.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from emotopy.pathways.comparison.units import UnitValues, unbiased_weights
from emotopy.pathways.text.pathway import TextPathway
from emotopy_plugins.datasets.goemotions import GoEmotionsDataset

MEASURES = ("relative", "intensity")


class Comments(NamedTuple):
    """Comments as the default preset maps them.

    `profile`, `assignment`, `weighted_intensity`: (n_texts, n_regions); `words` (n_texts,) is what a text counts.
    """

    texts: list[str]
    labels: np.ndarray
    names: list[str]
    regions: list[str]
    profile: np.ndarray
    assignment: np.ndarray
    weighted_intensity: np.ndarray
    words: np.ndarray
    by_ratio: bool = False

    @property
    def base_rates(self) -> np.ndarray:
        counts = np.bincount(self.labels, minlength=len(self.names))
        return counts / counts.sum()

    @property
    def families(self) -> np.ndarray:
        return np.repeat([0, 1], len(self.regions))

    def of_label(self, name: str) -> np.ndarray:
        return np.flatnonzero(self.labels == self.names.index(name))

    def unit_values(self, *groups: np.ndarray) -> np.ndarray:
        """Return `relative` and `intensity` side by side, (n_units, 2 · n_regions).

        `groups` are rows of texts (n_units, n_texts) each; what the library's `unit_values` gives, without its sorting.
        With `by_ratio` a unit's intensity is Σ a·x / Σ a over its own texts instead.
        """

        def means(values: np.ndarray) -> np.ndarray:
            found = []
            for rows in groups:
                codes = np.repeat(np.arange(len(rows)), rows.shape[1])
                weights = unbiased_weights(self.words[rows.ravel()], codes).reshape(rows.shape)
                found.append((values[rows] * weights[..., None]).sum(axis=1))
            return np.vstack(found)

        values = UnitValues(
            profile=means(self.profile),
            share=means(self.assignment),
            weighted_intensity=means(self.weighted_intensity),
            intensity_share=means(self.assignment),
            covariates=np.empty((0, 0)),
            n_texts=np.concatenate([np.full(len(rows), rows.shape[1]) for rows in groups]),
        )
        return np.hstack(
            [values.profile, values.weighted_intensity / values.share if self.by_ratio else values.intensity]
        )


def read_comments(data: Path) -> Comments:
    """Map the comments through the library; clusters are no matter here, so the fastest stages serve."""
    frame = GoEmotionsDataset().load(data / "goemotions")
    frame = frame[frame["label"].notna() & (frame["label"] != "neutral")]
    names = sorted(frame["label"].unique())
    clusterer = {"use": "kmeans", "n_clusters": 2}
    config = {"reducer": "pca", "clusterer": clusterer, "reporter": [], "interval": {"n": 100}, "language": "any"}
    pathway = TextPathway.from_config(config)
    texts = [str(text) for text in frame["text"]]
    mapped = pathway.fit(texts).mapped
    labels = np.array([names.index(label) for label in frame["label"]])
    mapping = mapped.mapping
    values = (mapping.profile, mapping.assignment, mapped.weighted_intensity, mapped.weights)
    return Comments(texts, labels, names, list(mapping.targets), *values)


class Pool:
    """The comments in random order, dealt label by label."""

    def __init__(self, comments: Comments, rng: np.random.Generator) -> None:
        order = rng.permutation(len(comments.labels))
        order = order[np.argsort(comments.labels[order], kind="stable")]
        self._stacks = np.split(order, np.cumsum(np.bincount(comments.labels))[:-1])
        self._taken = np.zeros(len(self._stacks), dtype=int)
        self._base_rates = comments.base_rates
        self._rng = rng

    def speakers(
        self, n: int, n_texts: int, concentration: float = 0.3, lean: np.ndarray | float = 0.0, towards: int = 0
    ) -> np.ndarray:
        """Return the rows of n new speakers' comments, (n, n_texts).

        A speaker's `lean` (n,) is the share of one more emotion, number `towards`, in the mixture.
        """
        mixtures = self._rng.dirichlet(concentration * self._base_rates, size=n)
        lean = np.broadcast_to(lean, n)[:, None]
        mixtures = (1 - lean) * mixtures + lean * (np.arange(mixtures.shape[1]) == towards)
        return np.array([self._draw(self._rng.multinomial(n_texts, mixture)) for mixture in mixtures])

    def _draw(self, counts: np.ndarray) -> np.ndarray:
        rows = []
        for label in np.flatnonzero(counts):
            stack, start = self._stacks[label], self._taken[label]
            rows.append(stack[np.arange(start, start + counts[label]) % len(stack)])
            self._taken[label] += counts[label]
        return np.concatenate(rows)


def intraclass_correlation(values: np.ndarray, n_texts: int) -> np.ndarray:
    """Return ICC(1) per column of texts in units, `values` (n_units · n_texts, n_columns), unit by unit."""
    units = values.reshape(-1, n_texts, values.shape[1])
    between = n_texts * units.mean(axis=1).var(axis=0, ddof=1)
    within = units.var(axis=1, ddof=1).mean(axis=0)
    return (between - within) / (between + (n_texts - 1) * within)
