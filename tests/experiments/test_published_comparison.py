"""The published test: oversampling, then Mann–Whitney per node."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from emotopy.errors import InputError, ShapeError
from emotopy.experiments.published import oversampled_mann_whitney

N_TEXTS, N_NODES = 60, 4


@pytest.fixture
def texts(rng):
    """Intensities, nodes (none at the last) and a group of 30, so that nothing needs copying."""
    return rng.random(N_TEXTS), rng.integers(0, N_NODES - 1, N_TEXTS), rng.permutation(N_TEXTS) < N_TEXTS // 2


def test_equal_groups_are_tested_as_they_are(texts, rng):
    """scipy's Mann–Whitney, two-sided, uncorrected; means and sizes of cells."""
    intensities, nodes, is_first = texts
    found = oversampled_mann_whitney(*texts, N_NODES, rng)
    for node in range(N_NODES - 1):
        a, b = (intensities[(nodes == node) & side] for side in (is_first, ~is_first))
        assert found.p[node] == mannwhitneyu(a, b, alternative="two-sided").pvalue
        assert (found.mean_a[node], found.mean_b[node]) == pytest.approx((a.mean(), b.mean()))
        assert (found.n_a[node], found.n_b[node]) == (len(a), len(b))


def test_an_empty_cell_is_a_single_0_1(texts, rng):
    """As published; empty on both sides it is no difference."""
    intensities, nodes, is_first = texts
    nodes = np.where(is_first, nodes, 0)
    found = oversampled_mann_whitney(intensities, nodes, is_first, N_NODES, rng)
    assert (found.n_b[1], found.mean_b[1]) == (0, 0.1)
    wanted = mannwhitneyu(intensities[is_first & (nodes == 1)], [0.1], alternative="two-sided").pvalue
    assert found.p[1] == wanted
    assert (found.p[3], found.mean_a[3], found.mean_b[3]) == (1.0, 0.1, 0.1)


def test_the_smaller_group_is_copied_up_to_the_larger(texts, rng):
    """Its cells hold copies of its own texts; the larger group stays as it is."""
    intensities, nodes, _ = texts
    is_first = np.arange(N_TEXTS) < 7
    found = oversampled_mann_whitney(intensities, nodes, is_first, N_NODES, rng)
    assert found.n_a.sum() == found.n_b.sum() == N_TEXTS - 7
    np.testing.assert_array_equal(found.n_b, np.bincount(nodes[7:], minlength=N_NODES))
    own = oversampled_mann_whitney(np.where(is_first, 3.0, intensities), nodes, is_first, N_NODES, rng)
    assert set(own.mean_a.tolist()) <= {3.0, 0.1}


def test_copies_make_it_significant(rng):
    """What is wrong with it: without any difference, copies of a few texts are 'significant' far more than 5 %."""
    p = [
        oversampled_mann_whitney(rng.random(220), np.zeros(220, int), np.arange(220) < 20, 1, rng).p[0]
        for _ in range(200)
    ]
    assert np.mean(np.array(p) < 0.05) > 0.3


def test_bad_input(texts, rng):
    """Axes, node numbers and empty groups, each with its message."""
    intensities, nodes, is_first = texts
    with pytest.raises(ShapeError, match=r"got \(60,\), \(59,\) and \(60,\)"):
        oversampled_mann_whitney(intensities, nodes[1:], is_first, N_NODES, rng)
    with pytest.raises(ShapeError, match="wanted numbers from 0 to 1, got 0 to 2"):
        oversampled_mann_whitney(intensities, nodes, is_first, 2, rng)
    with pytest.raises(InputError, match="got 60 and 0"):
        oversampled_mann_whitney(intensities, nodes, np.ones(N_TEXTS, bool), N_NODES, rng)
