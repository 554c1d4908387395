"""The bootstrap over units: which are drawn, and what a mean would be, had others been drawn."""

from __future__ import annotations

import numpy as np

from emotopy.records.axes import FloatArray

BLOCK = 20_000_000
"""Draws at a time, so that memory doesn't grow with the number of resamples."""


def draw_counts(n_units: int, n_draws: int, rng: np.random.Generator) -> FloatArray:
    """Return how often each unit is in each resample of as many units with replacement, (n_draws, n_units)."""
    picks = rng.integers(0, n_units, size=(n_draws, n_units))
    picks += np.arange(n_draws)[:, None] * n_units
    return np.bincount(picks.ravel(), minlength=n_draws * n_units).reshape(n_draws, n_units).astype(np.float64)


def resampled_sums(table: FloatArray, n: int, rng: np.random.Generator, *, n_at_once: int | None = None) -> FloatArray:
    """Return the sums of a table (n_units, n_columns) over each resample of its units, (n, n_columns)."""
    size = max(1, BLOCK // len(table)) if n_at_once is None else n_at_once
    found = np.empty((n, table.shape[1]))
    for start in range(0, n, size):
        found[start : start + size] = draw_counts(len(table), min(size, n - start), rng) @ table
    return found


def bootstrap_deviations(values: FloatArray, n: int, rng: np.random.Generator) -> FloatArray:
    """Return by how much resampled means differ from the mean, (n, n_columns), of units with replacement.

    Deviations of m units are stretched by √(m/(m − 1)), so that their variance estimates that of the mean without bias.
    `values` is (n_units, n_columns), two units or more.
    """
    n_units = len(values)
    found = resampled_sums(values - values.mean(axis=0), n, rng)
    return np.asarray(found / n_units * np.sqrt(n_units / (n_units - 1)))
