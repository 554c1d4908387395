"""Reducers `pca` and `none`."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from emotopy import Registry
from emotopy.errors import ConfigError, InputError, ShapeError
from emotopy.roles import Host, Reducer
from emotopy_plugins.reducers import none, pca
from emotopy_plugins.reducers.none import Identity
from emotopy_plugins.reducers.pca import PcaReducer


@pytest.fixture
def rows(rng):
    """Rows of 31 texts with 11 dimensions of very different spread."""
    return (rng.standard_normal((31, 11)) * np.geomspace(0.1, 50, 11) + 3).astype(np.float32)


def test_the_hook_offers_both():
    """`pca` and `none` are offered, and keep the role."""
    offers = pca.register_reducers() | none.register_reducers()
    assert offers == {"pca": PcaReducer, "none": Identity}
    assert all(isinstance(factory(), Reducer) for factory in offers.values())


@pytest.mark.parametrize("whiten", [False, True])
def test_equals_scikit_learn(rows, whiten):
    """The same options give bitwise scikit-learn's coordinates, of the fit's rows and of new ones."""
    reducer, reference = PcaReducer(n_components=4, whiten=whiten), PCA(4, whiten=whiten)
    np.testing.assert_array_equal(reducer.fit_transform(rows), reference.fit_transform(rows))
    np.testing.assert_array_equal(reducer.transform(rows[5:9] + 1), reference.transform(rows[5:9] + 1))


def test_standardise_is_the_scaler_before(rows):
    """`standardise` equals StandardScaler, then PCA; new rows go through the scaling of the fit."""
    scaler, reference = StandardScaler(), PCA(3)
    expected = reference.fit_transform(scaler.fit_transform(rows))
    reducer = PcaReducer(n_components=3, standardise=True)
    np.testing.assert_array_equal(reducer.fit_transform(rows), expected)
    np.testing.assert_array_equal(reducer.transform(rows[:2]), reference.transform(scaler.transform(rows[:2])))
    assert np.abs(np.abs(expected) - np.abs(PcaReducer(n_components=3).fit_transform(rows))).max() > 1


def test_the_seed_decides_where_chance_has_a_say(rng):
    """On a matrix so large that scikit-learn's solver is randomised, equal seeds agree bitwise with it."""
    rows = rng.standard_normal((600, 1100)).astype(np.float32)
    points = PcaReducer(n_components=2, random_state=7).fit_transform(rows)
    np.testing.assert_array_equal(points, PcaReducer(n_components=2, random_state=7).fit_transform(rows))
    np.testing.assert_array_equal(points, PCA(2, random_state=7).fit_transform(rows))
    assert not np.array_equal(points, PcaReducer(n_components=2, random_state=8).fit_transform(rows))


@pytest.mark.parametrize("n_texts", [1, 2, 3, 6, 7])
@pytest.mark.parametrize("whiten", [False, True])
@pytest.mark.parametrize("standardise", [False, True])
def test_small_corpora_get_the_components_they_span(rng, n_texts, whiten, standardise):
    """n different rows give n − 1 components (one at least), finite, without a warning, and the user is told."""
    said: list[str] = []
    rows = rng.standard_normal((n_texts, 9)).astype(np.float32)
    reducer = PcaReducer(5, standardise=standardise, whiten=whiten, host=Host(notify=said.append))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        points = reducer.fit_transform(rows)
        placed = reducer.transform(rows + 1)
    n_components = min(5, max(1, n_texts - 1))
    assert points.shape == placed.shape == (n_texts, n_components)
    assert np.isfinite(points).all()
    assert np.isfinite(placed).all()
    assert len(said) == (n_components < 5)


@pytest.mark.parametrize("whiten", [False, True])
def test_equal_texts_lie_on_one_point(whiten):
    """Texts that are all equal get one component, zero everywhere, and no warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        points = PcaReducer(whiten=whiten).fit_transform(np.full((8, 5), 0.3, np.float32))
    np.testing.assert_array_equal(points, np.zeros((8, 1)))


def test_copies_add_no_components(rng):
    """Three different rows, many times each, span two components; whitened, each has variance one."""
    rows = np.repeat(rng.standard_normal((3, 8)), 7, axis=0)
    points = PcaReducer(whiten=True).fit_transform(rows)
    assert points.shape == (21, 2)
    np.testing.assert_allclose(points.std(axis=0, ddof=1), 1)


def test_few_dimensions_bound_the_components(rng):
    """No more components than dimensions, and the message says dimensions."""
    said: list[str] = []
    assert PcaReducer(5, host=Host(notify=said.append)).fit_transform(rng.standard_normal((13, 3))).shape == (13, 3)
    assert "3 dimensions" in said[0]


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 12), st.integers(1, 6), st.integers(1, 8), st.integers(0, 2**32 - 1))
def test_all_components_keep_all_distances(n_texts, n_dims, extra, seed):
    """With as many components as the rows span, distances between rows are those of the embeddings."""
    rows = np.random.default_rng(seed).standard_normal((n_texts, n_dims))
    points = PcaReducer(n_dims + extra).fit_transform(rows)
    apart = np.linalg.norm(points[:, None] - points[None], axis=-1)
    np.testing.assert_allclose(apart, np.linalg.norm(rows[:, None] - rows[None], axis=-1), atol=1e-9)


def test_none_changes_nothing(rows):
    """`none` gives back the very embeddings, at the fit and after."""
    reducer = Identity()
    assert reducer.fit_transform(rows) is rows
    assert reducer.transform(rows) is rows


def test_values_that_are_no_numbers_are_named(rows):
    """NaN and infinity are errors that name the rows."""
    rows[3, 2], rows[17, 0] = np.nan, np.inf
    with pytest.raises(InputError, match=r"2 of 31 rows \(3, 17\)"):
        PcaReducer().fit_transform(rows)


@pytest.mark.parametrize("shape", [(0, 5), (5,), (5, 0)])
def test_arrays_without_rows_or_columns_are_refused(shape):
    """The error gives the shape that came."""
    with pytest.raises(ShapeError, match="n_rows, n_columns"):
        PcaReducer().fit_transform(np.zeros(shape))


def test_no_components_are_refused():
    """The error names the option."""
    with pytest.raises(ConfigError, match=r"n_components: wanted at least 1, got 0"):
        Registry([pca]).make("reducer", "pca", n_components=0)
