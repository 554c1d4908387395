"""From texts to units: what a unit's intensity is, and what it doesn't depend on."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from emotopy.pathways.comparison.units import TextValues, UnitValues, unbiased_weights, unit_values


def units_of(assignment, intensity, codes) -> UnitValues:
    nothing = np.empty((len(codes), 0))
    product, ones = assignment * intensity[:, None], np.ones(len(codes))
    return unit_values(TextValues(np.zeros_like(assignment), assignment, product, assignment, ones, nothing), codes)


def made_up(rng, n_texts) -> UnitValues:
    """Units of so many texts each, all from the same crowd: the more a text is assigned, the stronger it is."""
    codes = np.repeat(np.arange(len(n_texts)), n_texts)
    assignment = rng.beta(0.5, 2.0, (len(codes), 2))
    return units_of(assignment, assignment[:, 0] + rng.exponential(0.2, len(codes)), codes)


def test_the_mean_over_units_is_the_intensity_of_all():
    """Each unit counts once, and units of one text tell regions apart: x alone would be the same in all of them."""
    rng = np.random.default_rng(1)
    values = made_up(rng, np.arange(1, 30))
    np.testing.assert_allclose(
        values.intensity.mean(axis=0), values.weighted_intensity.mean(axis=0) / values.share.mean(axis=0)
    )
    single = made_up(rng, np.ones(40, dtype=int)).intensity
    assert np.corrcoef(single.T)[0, 1] < 0.9


def test_few_texts_have_the_same_expectation_as_many():
    """Units of 3 and of 60 texts from one crowd: our means agree, those of ratios Σ a·x / Σ a don't."""
    rng = np.random.default_rng(2)
    n_units = 4000
    values = made_up(rng, np.repeat([3, 60], n_units))

    def apart(column):
        few, many = column[:n_units], column[n_units:]
        return (few.mean() - many.mean()) / np.sqrt((few.var() + many.var()) / n_units)

    assert abs(apart(values.intensity[:, 0])) < 3
    assert abs(apart((values.weighted_intensity / values.share)[:, 0])) > 6


@given(st.floats(0.1, 100), st.floats(-10, 10), st.integers(0, 2**32 - 1))
def test_intensity_moves_with_its_scale(scale, shift, seed):
    """With every text's intensity 2x + 3, a unit's is 2x + 3."""
    rng = np.random.default_rng(seed)
    codes = np.sort(rng.integers(0, 5, 40))
    codes = np.unique(codes, return_inverse=True)[1]
    assignment, intensity = rng.dirichlet([0.5] * 3, 40), rng.exponential(size=40)
    plain = units_of(assignment, intensity, codes).intensity
    moved = units_of(assignment, scale * intensity + shift, codes).intensity
    np.testing.assert_allclose(moved, scale * plain + shift, rtol=1e-9, atol=1e-9 * (1 + scale + abs(shift)))


def test_a_region_without_texts_has_no_intensity():
    """NaN where a unit has no text in a region, and where nobody has."""
    assignment = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [1.0, 0.0, 0.0]])
    found = units_of(assignment, np.array([1.0, 2.0, 3.0]), np.array([0, 0, 1])).intensity
    np.testing.assert_array_equal(np.isnan(found), [[False, False, True], [False, True, True]])


def test_units_of_few_texts_have_the_expectation_of_many(rng):
    """Short texts are stronger: the plain ratio of five texts is off, the corrected mean hardly, for forty not."""
    n_units, errors = 20_000, {}
    for n_texts in (5, 40):
        words = rng.integers(2, 30, n_units * n_texts).astype(float)
        values = 1 / words + rng.normal(0, 0.1, len(words))
        codes = np.repeat(np.arange(n_units), n_texts)
        weights = unbiased_weights(words, codes)
        np.testing.assert_allclose(np.bincount(codes, weights), 1)
        truth = 1.0 / np.mean(np.arange(2, 30))  # E[w y] / E[w]
        ratio = np.bincount(codes, words * values) / np.bincount(codes, words)
        mean = np.bincount(codes, weights * values)
        errors[n_texts] = ratio.mean() - truth, mean.mean() - truth, mean.std() / np.sqrt(n_units)
    assert errors[5][0] > 8 * errors[5][2]
    assert abs(errors[5][1]) < 0.3 * errors[5][0]
    assert abs(errors[40][1]) < 4 * errors[40][2]
    assert unbiased_weights(np.array([7.0]), np.array([0])).tolist() == [1.0]
    np.testing.assert_allclose(unbiased_weights(np.ones(6), np.repeat([0, 1], 3)), 1 / 3)
