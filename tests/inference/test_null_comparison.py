"""p-values beside a null: by counting, and calibrated."""

from __future__ import annotations

import numpy as np
import pytest

from emotopy.errors import ShapeError
from emotopy.inference.null_comparison import compare_with_null, paired

N_EMOTIONS, N = 4, 99


def test_p_counts_surrogates_at_least_as_large(rng):
    """The observed counts as one of its own surrogates; ties count against it."""
    null = np.tile(np.arange(9.0)[:, None], (1, 3))
    found = compare_with_null(np.array([8.5, 8.0, -1.0]), null)
    np.testing.assert_allclose(found.p, [0.1, 0.2, 1.0])
    np.testing.assert_allclose(found.null_mean, 4.0)
    np.testing.assert_allclose(found.null_quantile, np.quantile(np.arange(9.0), 0.95))
    assert found.n_surrogates == 9


def test_familywise_compares_with_the_largest_of_all_emotions(rng):
    """Each emotion standardised over its surrogates and the observed; written out one surrogate at a time."""
    null = rng.standard_normal((N, N_EMOTIONS)) * [1, 2, 3, 40] + [0, 1, 2, 3]
    observed = np.array([2.5, 3.0, 9.0, 100.0])
    found = compare_with_null(observed, null)
    together = np.vstack([observed, null])
    standard = (together - together.mean(axis=0)) / together.std(axis=0)
    for emotion in range(N_EMOTIONS):
        larger = sum(row.max() >= standard[0, emotion] for row in standard[1:])
        assert found.p_family[emotion] == pytest.approx((1 + larger) / (1 + N))
    assert (found.p_family >= found.p).all()


def test_familywise_does_not_depend_on_an_emotions_scale(rng):
    """A noisier emotion neither hides nor makes a finding elsewhere."""
    null, observed = rng.standard_normal((N, N_EMOTIONS)), rng.standard_normal(N_EMOTIONS)
    scale = np.array([1.0, 10.0, 0.1, 5.0])
    np.testing.assert_allclose(
        compare_with_null(observed, null).p_family, compare_with_null(observed * scale, null * scale).p_family
    )


def test_nominal_under_the_null(rng):
    """Observed from the null's own distribution: 5 % are below 0.05, alone and for any of the emotions together."""
    hits = np.array(
        [
            [(found.p <= 0.05).mean(), (found.p_family <= 0.05).any()]
            for draws in rng.standard_normal((1000, N + 1, N_EMOTIONS))
            for found in [compare_with_null(draws[0], draws[1:])]
        ]
    ).mean(axis=0)
    assert abs(hits[0] - 0.05) < 0.018  # 99 % binomial
    assert abs(hits[1] - 0.05) < 0.018


def test_two_sided_counts_distances_from_the_mean(rng):
    """A score far below its null is as odd as one far above."""
    null = rng.standard_normal((N, 1)) + 7
    low, high = (compare_with_null(np.array([value]), null, alternative="two-sided") for value in (2.0, 12.0))
    assert low.p[0] == high.p[0] == pytest.approx(0.01)
    assert compare_with_null(np.array([2.0]), null).p[0] == 1.0


def test_paired_is_the_difference_under_the_same_surrogates(rng):
    """What two feature sets have in common cancels; swapping them changes the sign alone."""
    shared = 10 * rng.standard_normal((N, N_EMOTIONS))
    first, second = (shared + 0.1 * rng.standard_normal((N, N_EMOTIONS)) for _ in range(2))
    observed = np.full(N_EMOTIONS, 20.5), np.full(N_EMOTIONS, 20.0)
    found = paired(observed, (first, second))
    np.testing.assert_allclose(found.observed, 0.5)
    wanted = compare_with_null(np.full(N_EMOTIONS, 0.5), first - second, alternative="two-sided")
    np.testing.assert_array_equal(found.p, wanted.p)
    swapped = paired(observed[::-1], (second, first))
    np.testing.assert_allclose(swapped.observed, -0.5)
    np.testing.assert_array_equal(swapped.p_family, found.p_family)


def test_an_emotion_without_a_score_has_no_p(rng):
    """And doesn't touch the others."""
    null = rng.standard_normal((N, N_EMOTIONS))
    null[:, 1] = np.nan
    observed = np.array([1.0, np.nan, 0.5, 2.0])
    found = compare_with_null(observed, null)
    assert np.isnan(found.p).tolist() == np.isnan(found.p_family).tolist() == [False, True, False, False]
    others = [0, 2, 3]
    np.testing.assert_allclose(found.p_family[others], compare_with_null(observed[others], null[:, others]).p_family)


def test_a_surrogate_without_a_score_counts_against_the_observed(rng):
    """Never in its favour."""
    null = np.zeros((9, 2))
    null[0, 0] = np.nan
    found = compare_with_null(np.array([1.0, 1.0]), null)
    np.testing.assert_allclose(found.p, [0.2, 0.1])
    assert found.p_family[1] == pytest.approx(0.2)


def test_a_surrogate_with_nothing_to_score_counts_as_the_smallest(rng):
    """Where predictions under it are constant, it is no reason to doubt a decoder that does predict."""
    null = rng.standard_normal((19, 2))
    null[:17, 0] = np.nan
    found = compare_with_null(np.array([5.0, 5.0]), null, unscored="smallest")
    np.testing.assert_allclose(found.p, 1 / 20)
    assert found.p_family[1] == pytest.approx(1 / 20)
    np.testing.assert_allclose(found.null_mean[0], null[17:, 0].mean())
    compared = paired((np.array([5.0, 5.0]), np.zeros(2)), (null, np.zeros((19, 2))))
    np.testing.assert_allclose(compared.p, 1 / 20)


def test_nominal_where_surrogates_have_nothing_to_score(rng):
    """Two in three draws without a score, the observed's too: still no more than 5 % are below 0.05."""
    draws = rng.standard_normal((1000, N + 1, N_EMOTIONS))
    draws[rng.random(draws.shape) < 2 / 3] = np.nan
    found = [compare_with_null(one[0], one[1:], unscored="smallest") for one in draws]
    assert np.mean([one.p <= 0.05 for one in found]) < 0.05 + 0.018  # 99 % binomial
    assert np.mean([(one.p_family <= 0.05).any() for one in found]) < 0.05 + 0.018


def test_scores_that_nothing_moves_are_worth_nothing():
    """A score that is the same under every surrogate has p = 1."""
    found = compare_with_null(np.zeros(2), np.zeros((9, 2)))
    np.testing.assert_array_equal(found.p, 1.0)
    np.testing.assert_array_equal(found.p_family, 1.0)


def test_axes_must_fit(rng):
    """Both functions say what came."""
    with pytest.raises(ShapeError, match=r"\(4,\) and \(99, 3\)"):
        compare_with_null(np.zeros(4), np.zeros((99, 3)))
    with pytest.raises(ShapeError, match="same surrogates"):
        paired((np.zeros(4), np.zeros(4)), (np.zeros((99, 4)), np.zeros((98, 4))))
