"""Reducer `tsne`."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.manifold import TSNE

from emotopy import Registry
from emotopy.errors import ConfigError
from emotopy.roles import Host, Reducer
from emotopy_plugins.reducers import tsne
from emotopy_plugins.reducers.tsne import TsneReducer


def test_keeps_the_role_and_claims_no_transform():
    """t-SNE is a reducer that can't place new rows, and doesn't pretend to."""
    assert isinstance(TsneReducer(), Reducer)
    assert not hasattr(TsneReducer(), "transform")


def test_equals_scikit_learn(rng):
    """The same options and seed give bitwise scikit-learn's coordinates; float32 comes out."""
    rows = rng.standard_normal((41, 7)).astype(np.float32)
    points = TsneReducer(perplexity=9.0, random_state=3).fit_transform(rows)
    assert points.shape == (41, 2)
    assert points.dtype == np.float32
    expected = TSNE(2, perplexity=9.0, metric="cosine", init="pca", random_state=3).fit_transform(rows)
    np.testing.assert_array_equal(points, expected)


def test_neighbours_stay_neighbours(rng):
    """Two far groups of rows come out apart: every row's nearest point is of its group."""
    groups = np.repeat([0, 1], [14, 19])
    rows = rng.standard_normal((33, 6)) * 0.1 + np.eye(6)[groups * 3]
    points = TsneReducer(n_components=1, random_state=0).fit_transform(rows)
    assert points.shape == (33, 1)
    apart = np.abs(points - points.T) + np.diag(np.full(33, np.inf))
    np.testing.assert_array_equal(groups[apart.argmin(axis=1)], groups)


@pytest.mark.parametrize("n_texts", [1, 2, 3, 6, 7])
def test_small_corpora_get_principal_components(rng, n_texts):
    """Fewer than ten texts: finite principal components instead, and the user is told."""
    said: list[str] = []
    points = TsneReducer(random_state=0, host=Host(notify=said.append)).fit_transform(rng.standard_normal((n_texts, 5)))
    assert points.shape == (n_texts, min(2, max(1, n_texts - 1)))
    assert np.isfinite(points).all()
    assert "principal components" in said[0]


def test_perplexity_follows_the_corpus(rng):
    """A perplexity too large for the corpus is lowered, and the user told."""
    said: list[str] = []
    points = TsneReducer(random_state=0, host=Host(notify=said.append)).fit_transform(rng.standard_normal((13, 5)))
    assert points.shape == (13, 2)
    assert said == ["reducer tsne: perplexity 4 instead of 30 for 13 texts"]


def test_equal_texts_lie_on_one_point():
    """Copies of one text aren't strewn about."""
    np.testing.assert_array_equal(TsneReducer(random_state=0).fit_transform(np.ones((40, 6))), np.zeros((40, 1)))


def test_more_components_than_dimensions(rng):
    """One-dimensional embeddings can be laid out in two components."""
    assert TsneReducer(metric="euclidean", random_state=0).fit_transform(rng.standard_normal((15, 1))).shape == (15, 2)


@pytest.mark.parametrize(("option", "value"), [("n_components", 4), ("perplexity", 0.5), ("perplexity", float("nan"))])
def test_options_out_of_range_are_refused(option, value):
    """The error names the option."""
    with pytest.raises(ConfigError, match=f"reducer.{option}"):
        Registry([tsne]).make("reducer", "tsne", **{option: value})
