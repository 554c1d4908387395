"""Every relabelling of units, or a random sample of them, in blocks that bound the memory.

The labelling that was observed always comes first. Where all relabellings are few enough they all follow, each once,
and p is an exact share; else random ones follow, and the observed counts as one of them (Phipson & Smyth 2010,
Statistical Applications in Genetics and Molecular Biology 9:39), so that p is a share of what came in both cases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from math import comb

import attrs
import numpy as np

from emotopy.errors import ConfigError
from emotopy.records.axes import FloatArray, IntArray

BLOCK_CELLS = 250_000
"""Relabellings × units in one block; more would only leave the processor's cache."""
FEWEST_ROWS = 20
"""Relabellings in a block at least, however many units: a matrix product of one row has no speed."""


def block_rows(n_units: int) -> int:
    """Return how many relabellings or resamples of so many units are done at once."""
    return max(FEWEST_ROWS, BLOCK_CELLS // n_units)


Advance = Callable[[int], None]
"""Called with a number of steps that are done."""


def uncounted(n: int) -> None:
    """Count nothing."""


@attrs.frozen(eq=False)
class Relabellings:
    """Blocks (n_in_block, n_units) of labels, signs or orders; the first row of the first block is the observed.

    Attributes
    ----------
    blocks
        May be gone through once.
    n
        Number of relabellings, as it is reported: all of them where `exact` (the observed is one), else the random
        ones without the observed.
    exact
        All relabellings come, each once.
    """

    blocks: Iterator[IntArray]
    n: int
    exact: bool

    def counted(self, advance: Advance) -> Relabellings:
        """Return the same, which call `advance` with the number of relabellings of each block that was worked on."""

        def blocks() -> Iterator[IntArray]:
            for block in self.blocks:
                yield block
                advance(len(block))

        return attrs.evolve(self, blocks=blocks())


def relabel(labels: IntArray, n: int, rng: np.random.Generator) -> Relabellings:
    """Shuffle the group numbers (n_units,) over units; all different labellings where there are at most `n`.

    Raises ConfigError for `n` below 1.
    """
    labels = np.asarray(labels, dtype=np.int8 if np.max(labels) < 128 else np.int64)
    total, left = 1, len(labels)
    for size in np.unique(labels, return_counts=True)[1]:
        total, left = total * comb(left, int(size)), left - int(size)
    if _checked(n) >= total:
        return _complete(np.array(list(_labellings(labels)), dtype=labels.dtype), labels)
    return _random(labels, n, lambda block: rng.permuted(block, axis=1))


def flip_signs(n_units: int, n: int, rng: np.random.Generator) -> Relabellings:
    """Flip signs of units, (…, n_units) of 1 and −1; all flips where there are at most `n`.

    Raises ConfigError for `n` below 1.
    """
    observed = np.ones(n_units, dtype=np.int8)
    if n_units < 63 and _checked(n) >= 2**n_units:  # 2**63 doesn't fit an integer, nor any memory
        bits = np.arange(2**n_units)[:, None] >> np.arange(n_units) & 1
        return _complete((1 - 2 * bits).astype(np.int8), observed)
    return _random(observed, n, lambda block: 1 - 2 * rng.integers(0, 2, size=block.shape, dtype=np.int8))


def reorder(n_units: int, n: int, rng: np.random.Generator) -> Relabellings:
    """Shuffle the order of units, (…, n_units) of unit numbers; always random ones.

    Raises ConfigError for `n` below 1.
    """
    return _random(np.arange(n_units, dtype=np.int32), n, lambda block: rng.permuted(block, axis=1))


def _random(observed: IntArray, n: int, draw: Callable[[IntArray], IntArray]) -> Relabellings:
    def blocks() -> Iterator[IntArray]:
        size = block_rows(len(observed))
        yield observed[None]
        for start in range(0, n, size):
            yield draw(np.repeat(observed[None], min(size, n - start), axis=0))

    return Relabellings(blocks(), _checked(n), exact=False)


def _complete(every: IntArray, observed: IntArray) -> Relabellings:
    first = int(np.flatnonzero((every == observed).all(axis=1))[0])
    every[[0, first]] = every[[first, 0]]
    return Relabellings(iter([every]), len(every), exact=True)


def _labellings(labels: IntArray) -> Iterator[IntArray]:
    """Every different way to hand out the group numbers: choose the first group's units, then go on with the rest."""
    groups, sizes = np.unique(labels, return_counts=True)
    if len(groups) == 1:
        yield labels
        return
    for chosen in combinations(range(len(labels)), int(sizes[0])):
        others = np.delete(np.arange(len(labels)), chosen)
        for rest in _labellings(np.repeat(groups[1:], sizes[1:])):
            labelling = np.full(len(labels), groups[0])
            labelling[others] = rest
            yield labelling


def _checked(n: int) -> int:
    if n < 1:
        raise ConfigError(f"n_permutations: wanted 1 or more, got {n}")
    return n


Statistic = Callable[[IntArray], tuple[FloatArray, FloatArray]]
"""From a block of relabellings: the statistic (n_in_block, n_columns), ≥ 0, large where groups differ; and the same
with 0 wherever it should take no part in the family's maximum."""
