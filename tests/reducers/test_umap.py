"""Reducer `umap`; the only tests that run UMAP itself, since it compiles for seconds in every process."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from emotopy import Registry
from emotopy.errors import ConfigError, InputError, PluginError
from emotopy.roles import Host, Reducer
from emotopy_plugins.reducers import umap
from emotopy_plugins.reducers.pca import PcaReducer
from emotopy_plugins.reducers.umap import SMALLEST, UmapReducer, placed

pytestmark = pytest.mark.slow


@pytest.fixture
def groups():
    """The group of each of 29 rows: 12 of one, 17 of the other."""
    return np.repeat([0, 1], [12, 17])


@pytest.fixture
def rows(rng, groups):
    """29 rows with 8 dimensions in two far groups, float32."""
    return (rng.standard_normal((29, 8)) * 0.1 + np.eye(8)[groups * 5]).astype(np.float32)


def test_the_hook_offers_both():
    """`umap` is offered, and keeps the role."""
    assert dict(umap.register_reducers()) == {"umap": UmapReducer}
    assert isinstance(UmapReducer(), Reducer)


def test_equals_umap_learn(rows):
    """The same options and seed give bitwise umap-learn's coordinates, of the fit's rows and of new ones, silently."""
    import umap as library

    reference = library.UMAP(
        n_components=3, n_neighbors=6, min_dist=0.0, metric="cosine", random_state=5, n_jobs=1, init="spectral"
    )
    reducer = UmapReducer(n_components=3, n_neighbors=6, random_state=5)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        points = reducer.fit_transform(rows)
        placed = reducer.transform(rows[3:7] + 0.01)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        np.testing.assert_array_equal(points, reference.fit_transform(rows))
    np.testing.assert_array_equal(placed, reference.transform(rows[3:7] + 0.01))
    assert points.shape == (29, 3)
    assert points.dtype == np.float32


def test_the_seed_decides(rows):
    """Equal seeds agree bitwise, others don't."""
    points = UmapReducer(2, random_state=1).fit_transform(rows)
    np.testing.assert_array_equal(points, UmapReducer(2, random_state=1).fit_transform(rows))
    assert not np.array_equal(points, UmapReducer(2, random_state=2).fit_transform(rows))


def test_neighbours_stay_neighbours(rows, groups):
    """Every row's nearest point is of its group, and a new row lands in its group."""
    reducer = UmapReducer(2, n_neighbors=5, random_state=0)
    points = reducer.fit_transform(rows)
    apart = np.linalg.norm(points[:, None] - points, axis=-1) + np.diag(np.full(29, np.inf))
    np.testing.assert_array_equal(groups[apart.argmin(axis=1)], groups)
    new = reducer.transform(rows[[0, 28]] * 1.01)
    np.testing.assert_array_equal(groups[np.linalg.norm(new[:, None] - points, axis=-1).argmin(axis=1)], [0, 1])


@pytest.mark.parametrize("n_texts", [1, 2, 3, 6, 7])
def test_small_corpora_get_principal_components(rng, n_texts):
    """Fewer than ten texts: finite principal components instead, for new rows too, and the user is told."""
    said: list[str] = []
    rows = rng.standard_normal((n_texts, 9)).astype(np.float32)
    reducer = UmapReducer(random_state=0, host=Host(notify=said.append))
    points = reducer.fit_transform(rows)
    assert points.shape == (n_texts, min(5, max(1, n_texts - 1)))
    assert np.isfinite(points).all()
    np.testing.assert_allclose(reducer.transform(rows), points, atol=1e-5)
    assert said == [f"reducer umap: principal components instead, as there are only {n_texts} different texts"]


@pytest.mark.parametrize(("n_texts", "n_components"), [(SMALLEST, 5), (11, 9), (12, 40)])
def test_options_follow_the_corpus(rng, n_texts, n_components):
    """From ten texts on UMAP runs, with neighbours and components lowered to the corpus, and says so."""
    said: list[str] = []
    reducer = UmapReducer(n_components, random_state=0, host=Host(notify=said.append))
    points = reducer.fit_transform(rng.standard_normal((n_texts, 16)))
    assert points.shape == (n_texts, min(n_components, n_texts))
    assert np.isfinite(points).all()
    assert reducer.transform(rng.standard_normal((1, 16))).shape == (1, min(n_components, n_texts))
    assert f"n_neighbors {n_texts - 1}" in said[0]


def test_copies_of_few_texts_are_not_strewn_about(rng):
    """Many copies of three texts lie on three points; all texts equal lie on one."""
    few = UmapReducer(random_state=0).fit_transform(np.repeat(rng.standard_normal((3, 7)), 20, axis=0))
    assert len(np.unique(few.round(6), axis=0)) == 3
    np.testing.assert_array_equal(UmapReducer(random_state=0).fit_transform(np.ones((40, 7))), np.zeros((40, 1)))


def test_copies_of_many_texts_and_empty_vectors_get_places(rng):
    """Copies of twelve texts, and zero vectors, which have no angle, are placed finitely."""
    rows = np.repeat(rng.standard_normal((12, 7)), 4, axis=0)
    rows[:4] = 0
    reducer = UmapReducer(2, random_state=0)
    assert np.isfinite(reducer.fit_transform(rows)).all()
    assert np.isfinite(reducer.transform(np.zeros((2, 7)))).all()


def test_rows_without_a_place_are_an_error():
    """NaN coordinates never leave the reducer: the error counts them and says what to choose."""
    points = np.ones((5, 2))
    points[[1, 3]] = np.nan
    with pytest.raises(PluginError, match=r"2 of 5 texts got no coordinates.*the reducer pca"):
        placed(points)


def test_values_that_are_no_numbers_are_named(rows):
    """NaN is an error that names the row, before UMAP is even imported."""
    rows[4, 1] = np.nan
    with pytest.raises(InputError, match=r"reducer umap.*1 of 29 rows \(4\)"):
        UmapReducer().fit_transform(rows)


@pytest.mark.parametrize(("option", "value"), [("n_components", 0), ("n_neighbors", 1), ("min_dist", -0.1)])
def test_options_out_of_range_are_refused(option, value):
    """The error names the option."""
    with pytest.raises(ConfigError, match=f"reducer.{option}"):
        Registry([umap]).make("reducer", "umap", **{option: value})


def test_many_dimensions_become_principal_components_first(rng):
    """Rows of more than `n_pca` dimensions go through PCA, new ones too; None takes them as they are."""
    rows = rng.standard_normal((90, 70)).astype(np.float32)
    reducer = UmapReducer(2, n_pca=10, random_state=3)
    points, placed = reducer.fit_transform(rows), reducer.transform(rows[5:9])
    components = PcaReducer(10, random_state=3)
    alone = UmapReducer(2, n_pca=None, random_state=3)
    fewer = alone.fit_transform(components.fit_transform(rows).astype(np.float32))
    np.testing.assert_array_equal(points, fewer)
    np.testing.assert_array_equal(placed, alone.transform(components.transform(rows[5:9]).astype(np.float32)))
    whole = UmapReducer(2, n_pca=None, random_state=3).fit_transform(rows)
    assert abs(whole - points).max() > 0.1
