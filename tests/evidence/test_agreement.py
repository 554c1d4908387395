"""Agreement: the frozen definition, and who sees what."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import LogisticRegression

from emotopy.errors import InputError
from emotopy.evidence.terms import Term
from emotopy.records import Node

_FILE = Path(__file__).resolve().parents[1] / "benchmarks" / "frozen_agreement.py"
_SPEC = importlib.util.spec_from_file_location(_FILE.stem, _FILE)
frozen = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(frozen)

TERMS = [Term(word) for word in (*frozen.EMOTIONS, "reward")]
LABELS = [*frozen.EMOTIONS, "neutral", "fear"]


@pytest.fixture
def studies(rng, make_studies):
    """300 studies with random peaks and words."""
    peaks = [rng.uniform(-70, 70, (rng.integers(1, 40), 3)) for _ in range(300)]
    return make_studies(peaks, rng.random((300, len(TERMS))) < 0.3, [term.name for term in TERMS])


@pytest.fixture
def places(rng):
    """Five one-node regions, large enough to be hit."""
    return [Node(f"n{i}", f"r{i}", *rng.uniform(-50, 50, 3)) for i in range(5)]


def test_the_log_odds_ratio_is_a_logistic_regression(rng):
    """With half a study added to each cell it is the slope of an unpenalised fit."""
    uses, hit = rng.random((90, 2)) < 0.4, rng.random((90, 3)) < 0.3
    found = frozen.log_odds(uses, hit, tau=1e6)
    cells = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    for term in range(2):
        for place in range(3):
            weight = [((uses[:, term] == u) & (hit[:, place] == h)).sum() + 0.5 for u, h in cells]
            fit = LogisticRegression(C=np.inf, tol=1e-10).fit(cells[:, :1], cells[:, 1], sample_weight=weight)
            assert found[term, place] == pytest.approx(fit.coef_[0, 0], abs=1e-5)


def test_the_log_odds_ratio_is_shrunken_by_its_error():
    """τ²/(τ² + se²) with Woolf's standard error."""
    uses, hit = np.array([[True]] * 6 + [[False]] * 14), np.array([[True]] * 4 + [[False]] * 12 + [[True]] * 4)
    a, b, c, d = 4.5, 2.5, 4.5, 10.5
    error = 1 / a + 1 / b + 1 / c + 1 / d
    assert frozen.log_odds(uses, hit)[0, 0] == pytest.approx(np.log(a * d / (b * c)) * 0.25 / (0.25 + error))


def test_half_a_is_frozen():
    """The halves come from numpy's default generator with the split as seed."""
    np.testing.assert_array_equal(frozen.half_a(7, 50), np.random.default_rng(7).random(50) < 0.5)


def test_the_mapper_sees_half_a_alone(studies, places):
    """It is asked once per split, with that split's half."""
    seen = []

    def mapper(half):
        seen.append(half)
        return np.random.default_rng(0).standard_normal((len(LABELS), 5))

    frozen.agreement(mapper, studies, places, TERMS, LABELS, splits=[3, 8])
    np.testing.assert_array_equal(seen, [frozen.half_a(3, 300), frozen.half_a(8, 300)])


def test_the_truth_itself_agrees_wholly(studies, places):
    """A mapper that returns half B's evidence for each label scores 1: profiles are centred over texts."""
    truth = frozen.Truth(studies, places, TERMS)

    def oracle(half):
        of = dict(zip(frozen.EMOTIONS, truth.of(~half), strict=True))
        return np.array([of.get(label, np.zeros(5)) for label in frozen.EMOTIONS]) * 3 + 100

    exact = frozen.agreement(oracle, studies, places, TERMS, frozen.EMOTIONS, splits=range(2))
    offset = np.array([truth.of(~frozen.half_a(k, 300)).mean(axis=0) for k in range(2)])
    expected = [
        [stats.pearsonr(row - offset[k], row).statistic for row in truth.of(~frozen.half_a(k, 300))] for k in range(2)
    ]
    np.testing.assert_allclose(exact.values, expected)


def test_the_truth_is_centred_over_the_frozen_terms(studies, places):
    """Evidence common to all terms, here nine, is taken off; only the eight emotions are kept."""
    half = frozen.half_a(0, 300)
    truth = frozen.Truth(studies, places, TERMS).of(half)
    extra = frozen.Truth(studies, places, TERMS[:-1]).of(half)
    assert truth.shape == (8, 5)
    assert not np.allclose(truth.sum(axis=0), 0)
    np.testing.assert_allclose(extra.sum(axis=0), 0, atol=1e-12)


def test_half_to_half_is_the_correlation_of_both_truths(studies, places):
    """No text takes part."""
    found = frozen.half_to_half(studies, places, TERMS, splits=[4])
    truth = frozen.Truth(studies, places, TERMS)
    one, other = truth.of(frozen.half_a(4, 300)), truth.of(~frozen.half_a(4, 300))
    expected = [stats.pearsonr(a, b).statistic for a, b in zip(one, other, strict=True)]
    np.testing.assert_allclose(found.values, [expected])


def test_the_figure_is_the_mean_over_splits_and_emotions():
    """Its standard error is over splits; one split has none."""
    found = frozen.Agreement(("a", "b"), np.array([[0.0, 1.0], [0.2, 0.4], [0.6, 0.8]]))
    assert found.mean == pytest.approx(0.5)
    np.testing.assert_allclose(found.by_split, [0.5, 0.3, 0.7])
    assert found.standard_error == pytest.approx(stats.sem([0.5, 0.3, 0.7]))
    assert np.isnan(frozen.standard_error(np.array([0.5])))


def test_what_is_missing_is_named(studies, places):
    """A label without texts, a frozen term, a mapper's wrong shape."""
    wrong = np.zeros((2, 5))
    with pytest.raises(InputError, match="none is labelled desire, love"):
        frozen.agreement(lambda half: wrong, studies, places, TERMS, frozen.EMOTIONS[:6])
    with pytest.raises(InputError, match="are missing: desire"):
        frozen.agreement(lambda half: wrong, studies, places, TERMS[:7], frozen.EMOTIONS)
    with pytest.raises(InputError, match=r"shape \(8, 5\), got \(2, 5\)"):
        frozen.agreement(lambda half: wrong, studies, places, TERMS, frozen.EMOTIONS)
