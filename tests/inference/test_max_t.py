"""From statistics under relabellings to p, p_min, p_family and q: by counting."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from emotopy.inference.max_t import compare_with_relabellings
from emotopy.inference.permutations import Relabellings

pytestmark = pytest.mark.fast_path

N_COLUMNS = 5


def replay(table, for_family=None, block=7):
    """A statistic that gives the rows of a table, and the relabellings that ask for them."""
    table, for_family = np.asarray(table), np.asarray(table if for_family is None else for_family)
    numbers = np.arange(len(table))
    blocks = (numbers[start : start + block] for start in range(0, len(table), block))
    return lambda rows: (table[rows], for_family[rows]), Relabellings(iter(blocks), len(table) - 1, exact=False)


def test_p_is_the_share_that_reaches_the_observed(rng):
    """The observed is the first row and counts; ties count against it."""
    statistic, relabellings = replay([[3.0, 5.0], [1.0, 5.0], [4.0, 5.0], [2.0, 1.0]])
    found = compare_with_relabellings(statistic, relabellings, np.array([0, 1]))
    np.testing.assert_allclose(found.p, [2 / 4, 3 / 4])
    np.testing.assert_allclose(found.p_min, [1 / 4, 3 / 4])


def test_p_min_is_reached_by_the_best_labelling(rng):
    """No labelling of these could have given a smaller p; with ties it is larger than one share."""
    table = rng.integers(0, 6, size=(60, N_COLUMNS)).astype(float)
    smallest = np.ones(N_COLUMNS)
    for observed in range(len(table)):
        swapped = np.vstack([table[[observed]], np.delete(table, observed, axis=0)])
        smallest = np.minimum(smallest, compare_with_relabellings(*replay(swapped), np.zeros(N_COLUMNS, int)).p)
    np.testing.assert_allclose(compare_with_relabellings(*replay(table), np.zeros(N_COLUMNS, int)).p_min, smallest)


def test_p_family_compares_with_the_largest_of_the_family(rng):
    """Counted by hand, one relabelling at a time; families don't touch each other."""
    table = rng.exponential(size=(80, N_COLUMNS))
    families = np.array([4, 2, 4, 2, 4])
    found = compare_with_relabellings(*replay(table), families)
    for column, family in enumerate(families):
        larger = [row[families == family].max() >= table[0, column] for row in table]
        assert found.p_family[column] == pytest.approx(np.mean(larger))
    assert (found.p_family >= found.p).all()


def test_columns_may_stay_out_of_the_family(rng):
    """They have p and no p_family, and the others' p_family is what it is without them."""
    table = rng.exponential(size=(80, 3)) * [1.0, 50.0, 1.0]
    masked = table * [1.0, 0.0, 1.0]
    found = compare_with_relabellings(*replay(table, masked), np.zeros(3, int))
    alone = compare_with_relabellings(*replay(table[:, [0, 2]]), np.zeros(2, int))
    assert np.isnan(found.p_family[1])
    assert np.isfinite(found.p).all()
    np.testing.assert_allclose(found.p_family[[0, 2]], alone.p_family)


def test_q_is_benjamini_hochberg_within_the_family(rng):
    """As scipy computes it."""
    table = rng.exponential(size=(80, N_COLUMNS))
    families = np.array([0, 1, 0, 0, 1])
    found = compare_with_relabellings(*replay(table), families)
    for family in (0, 1):
        np.testing.assert_allclose(found.q[families == family], false_discovery_control(found.p[families == family]))


def test_threshold_is_what_family_wise_significance_asks_for(rng):
    """A statistic at the threshold has p_family ≤ 0.05, one just below hasn't; too few relabellings have none."""
    table = rng.exponential(size=(200, N_COLUMNS))
    threshold = compare_with_relabellings(*replay(table), np.zeros(N_COLUMNS, int)).thresholds[0]
    maxima = table.max(axis=1)
    assert (maxima >= threshold).mean() <= 0.05 < (maxima >= threshold * 0.999).mean() + 1 / 200
    few = compare_with_relabellings(*replay(table[:19]), np.zeros(N_COLUMNS, int))
    assert np.isinf(few.thresholds[0])


def test_blocks_make_no_difference(rng):
    """One block or many, the counts are the same."""
    table = rng.integers(0, 9, size=(50, N_COLUMNS)).astype(float)
    one, many = (compare_with_relabellings(*replay(table, block=size), np.zeros(N_COLUMNS, int)) for size in (50, 3))
    for name in ("p", "p_min", "p_family", "q", "thresholds"):
        np.testing.assert_array_equal(getattr(one, name), getattr(many, name))
