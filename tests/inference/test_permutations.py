"""Relabellings: all of them where few enough, random ones else, the observed always first."""

from __future__ import annotations

from itertools import permutations, product
from math import comb

import numpy as np
import pytest

from emotopy.errors import ConfigError
from emotopy.inference.permutations import BLOCK_CELLS, FEWEST_ROWS, flip_signs, relabel, reorder


def rows_of(relabellings):
    return np.vstack(list(relabellings.blocks))


def test_all_labellings_come_once_where_there_are_few(rng):
    """Two and three groups: every distinct order of the labels, as brute force finds them; the observed is first."""
    for labels in (np.array([0, 1, 1, 0, 1]), np.array([2, 0, 1, 1, 0, 2])):
        found = relabel(labels, 100, rng)
        rows = rows_of(found)
        assert found.exact
        assert found.n == len(rows)
        assert {tuple(row) for row in rows.tolist()} == set(permutations(labels.tolist()))
        assert len({tuple(row) for row in rows.tolist()}) == len(rows)
        np.testing.assert_array_equal(rows[0], labels)


def test_random_labellings_keep_group_sizes(rng):
    """The observed plus as many random ones as asked for; group sizes never change."""
    labels = np.repeat([0, 1, 2], [3, 7, 11])
    found = relabel(labels, 50, rng)
    rows = rows_of(found)
    assert (found.n, found.exact, rows.shape) == (50, False, (51, 21))
    np.testing.assert_array_equal(rows[0], labels)
    assert all(np.bincount(row).tolist() == [3, 7, 11] for row in rows)


def test_the_limit_counts(rng):
    """As many relabellings as allowed: all. One fewer allowed: random ones."""
    labels = np.repeat([0, 1], [3, 4])
    assert relabel(labels, comb(7, 3), rng).exact
    assert not relabel(labels, comb(7, 3) - 1, rng).exact
    assert flip_signs(5, 32, rng).exact
    assert not flip_signs(5, 31, rng).exact


def test_all_flips_come_once(rng):
    """2^n of them, the one without flips first."""
    rows = rows_of(flip_signs(4, 16, rng))
    assert {tuple(row) for row in rows.tolist()} == set(product([1, -1], repeat=4))
    assert len(rows) == 16
    np.testing.assert_array_equal(rows[0], 1)


def test_random_flips_are_even(rng):
    """Each sign half of the time, and independent between units."""
    rows = rows_of(flip_signs(70, 4000, rng))[1:].astype(float)
    assert set(np.unique(rows)) == {-1.0, 1.0}
    assert abs(rows.mean(axis=0)).max() < 0.08
    assert abs(np.corrcoef(rows.T) - np.eye(70)).max() < 0.08


def test_orders_hold_every_unit_once(rng):
    """The first leaves all units where they are."""
    rows = rows_of(reorder(6, 40, rng))
    assert rows.shape == (41, 6)
    np.testing.assert_array_equal(rows[0], np.arange(6))
    np.testing.assert_array_equal(np.sort(rows, axis=1), np.tile(np.arange(6), (41, 1)))


def test_blocks_are_bounded(rng):
    """No block holds more cells than the bound, or twenty rows where units are very many; together they are all."""
    for n_units, largest in ((BLOCK_CELLS // 100, BLOCK_CELLS), (BLOCK_CELLS, FEWEST_ROWS * BLOCK_CELLS)):
        blocks = list(relabel(np.repeat([0, 1], [5, n_units - 5]), 130, rng).blocks)
        assert max(block.size for block in blocks) <= largest
        assert sum(map(len, blocks)) == 131


def test_seeds_repeat():
    """The same seed, the same relabellings."""
    labels = np.repeat([0, 1], [9, 13])
    one, same, other = (rows_of(relabel(labels, 20, np.random.default_rng(seed))) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


@pytest.mark.parametrize("make", [relabel, lambda labels, n, rng: flip_signs(6, n, rng),
                                  lambda labels, n, rng: reorder(6, n, rng)])  # fmt: skip
def test_at_least_one_is_wanted(make, rng):
    """0 relabellings are a configuration error."""
    with pytest.raises(ConfigError, match="n_permutations: wanted 1 or more, got 0"):
        make(np.array([0, 0, 0, 1, 1, 1]), 0, rng)
