"""Jensen–Shannon distances of emotion distributions, beside what chance gives."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from emotopy.errors import ShapeError
from emotopy.inference.divergence import compare_distributions, half_distances, js_divergence

BASE = np.array([0.1, 0.2, 0.05, 0.3, 0.1, 0.1, 0.1, 0.05])


def answers(rng, n, mix):
    """Words per emotion of n questions, (n, 8): people's, and a model's with a share `mix` of other emotions."""
    people = rng.dirichlet(BASE * 20, size=n)
    model = (1 - mix) * people + mix * rng.dirichlet(BASE[::-1] * 20, size=n)
    return tuple(np.array([rng.multinomial(10, one) for one in side], dtype=float) for side in (people, model))


def test_it_is_that_of_scipy(rng):
    """The root of the divergence equals scipy's distance with base 2, zeros and unnormalised rows too."""
    p, q = rng.gamma(0.5, size=(7, 8)), rng.gamma(0.5, size=(7, 8))
    p[0, :3], q[0, 2:5] = 0.0, 0.0
    expected = [jensenshannon(a, b, base=2) for a, b in zip(p, q, strict=True)]
    np.testing.assert_allclose(np.sqrt(js_divergence(p, q)), expected, atol=1e-12)
    assert js_divergence(np.array([1.0, 0.0]), np.array([0.0, 3.0])) == pytest.approx(1.0)
    assert np.isnan(js_divergence(np.zeros(2), np.array([0.0, 3.0])))


@pytest.mark.parametrize("mix", [0.0, 0.4])
def test_intervals_hold_the_true_distance_and_the_bias_is_taken_off(mix):
    """Over 200 draws of 40 questions the interval covers in 0.89 to 1; the corrected value is nearer than the plain."""
    rng = np.random.default_rng(31)
    truth = float(np.sqrt(js_divergence(BASE, (1 - mix) * BASE + mix * BASE[::-1])))
    found = [compare_distributions(*answers(rng, 40, mix), n=300, n_permutations=19, rng=rng) for _ in range(200)]
    assert 0.89 <= np.mean([one.low - 1e-12 <= truth <= one.high for one in found]) <= 1
    bias = {name: np.mean([getattr(one, name) for one in found]) - truth for name in ("distance", "corrected")}
    assert abs(bias["corrected"]) < abs(bias["distance"])


def test_chance_is_called_a_difference_as_often_as_promised():
    """Of 400 draws without a difference p is at most 0.05 in 2 to 8 % (99 % binomial band)."""
    rng = np.random.default_rng(37)
    p = [compare_distributions(*answers(rng, 20, 0.0), n=20, n_permutations=99, rng=rng).p for _ in range(400)]
    assert 0.022 <= np.mean(np.array(p) <= 0.05) <= 0.08


def test_a_difference_is_found(rng):
    """Answers with other emotions lie beyond their null."""
    found = compare_distributions(*answers(rng, 60, 0.6), rng=rng)
    assert found.p == pytest.approx(1 / 1000)
    assert found.null_mean < found.null_95 < found.low < found.corrected < found.high
    assert found.corrected < found.distance


def test_answers_without_any_emotion_have_no_distance(rng):
    """Where a side holds nothing, everything is NaN."""
    found = compare_distributions(np.zeros((5, 8)), np.ones((5, 8)), rng=rng)
    assert np.isnan([found.distance, found.low, found.p]).all()


def test_halves_of_one_group_show_the_noise(rng):
    """More questions, less noise; the halves differ in nothing else."""
    few, many = (half_distances(answers(rng, n, 0.0)[0], n=100, rng=rng).mean() for n in (20, 500))
    assert 0 < many < few / 3


def test_shapes_must_agree(rng):
    """Rows are pairs."""
    with pytest.raises(ShapeError, match="n_pairs"):
        compare_distributions(np.ones((5, 8)), np.ones((4, 8)), rng=rng)
