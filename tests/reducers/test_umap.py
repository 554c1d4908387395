"""Reducer `umap`: landmarks laid out, all other rows placed among them; its quality beside umap-learn's."""

from __future__ import annotations

import subprocess
import sys
import warnings
from contextlib import contextmanager

import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.manifold import trustworthiness
from sklearn.metrics import adjusted_mutual_info_score

from emotopy import Registry
from emotopy.errors import ConfigError, InputError
from emotopy.roles import Host, Reducer
from emotopy_plugins.clusterers.hdbscan import HdbscanClusterer
from emotopy_plugins.reducers import umap
from emotopy_plugins.reducers.pca import PcaReducer
from emotopy_plugins.reducers.umap import SMALLEST, UmapReducer


@pytest.fixture
def groups():
    """The group of each of 29 rows: 12 of one, 17 of the other."""
    return np.repeat([0, 1], [12, 17])


@pytest.fixture
def rows(rng, groups):
    """29 rows with 8 dimensions in two far groups, float32."""
    return (rng.standard_normal((29, 8)) * 0.1 + np.eye(8)[groups * 5]).astype(np.float32)


def test_the_hook_offers_it():
    """`umap` is offered, and keeps the role."""
    assert dict(umap.register_reducers()) == {"umap": UmapReducer}
    assert isinstance(UmapReducer(), Reducer)


def test_the_seed_decides(rows):
    """Equal seeds agree bitwise, others don't; without one it works, too."""
    points = UmapReducer(2, random_state=1).fit_transform(rows)
    assert points.shape == (29, 2)
    assert points.dtype == np.float32
    np.testing.assert_array_equal(points, UmapReducer(2, random_state=1).fit_transform(rows))
    assert not np.array_equal(points, UmapReducer(2, random_state=2).fit_transform(rows))
    assert np.isfinite(UmapReducer(2).fit_transform(rows)).all()


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "manhattan", "correlation"])
def test_neighbours_stay_neighbours(rows, groups, metric):
    """Every row's nearest point is of its group, and a new row lands in its group."""
    reducer = UmapReducer(2, n_neighbors=5, metric=metric, random_state=0)
    points = reducer.fit_transform(rows)
    apart = np.linalg.norm(points[:, None] - points, axis=-1) + np.diag(np.full(29, np.inf))
    np.testing.assert_array_equal(groups[apart.argmin(axis=1)], groups)
    new = reducer.transform(rows[[0, 28]] * 1.01 + 0.002)
    np.testing.assert_array_equal(groups[np.linalg.norm(new[:, None] - points, axis=-1).argmin(axis=1)], [0, 1])


@pytest.mark.parametrize("n_landmarks", [None, 40])
def test_neither_order_nor_copies_change_the_map(rng, n_landmarks):
    """Rows in another order, some of them twice: each gets bitwise the same place, and copies lie together."""
    rows = rng.standard_normal((90, 70)).astype(np.float32)
    points = UmapReducer(2, n_landmarks=n_landmarks, random_state=0).fit_transform(rows)
    order = rng.permutation(np.r_[0:90, 0:31])
    other = UmapReducer(2, n_landmarks=n_landmarks, random_state=0).fit_transform(rows[order])
    np.testing.assert_array_equal(other, points[order])


@pytest.mark.parametrize("n_landmarks", [None, 40])
@pytest.mark.parametrize("n_pca", [None, 10])
def test_a_row_is_placed_alike_alone_among_others_and_in_the_fit(rng, n_landmarks, n_pca):
    """`transform` of one row equals its row of `transform` of many, and of the fit if it was part of it, to 1e-6."""
    rows, new = rng.standard_normal((2, 90, 70)).astype(np.float32)
    reducer = UmapReducer(3, n_pca=n_pca, n_landmarks=n_landmarks, random_state=0)
    points = reducer.fit_transform(rows)
    np.testing.assert_allclose(reducer.transform(rows), points, atol=1e-6)
    many = reducer.transform(new)
    alone = np.concatenate([reducer.transform(new[i : i + 1]) for i in range(90)])
    np.testing.assert_allclose(alone, many, atol=1e-6)
    np.testing.assert_allclose(reducer.transform(new[::-1])[::-1], many, atol=1e-6)


def test_landmarks_fewer_than_texts_are_told(rng):
    """How many there are of how many different texts; with enough of them nothing is said."""
    rows = np.repeat(rng.standard_normal((50, 8)), 2, axis=0)
    said: list[str] = []
    UmapReducer(2, n_landmarks=50, host=Host(notify=said.append)).fit_transform(rows)
    assert said == []
    UmapReducer(2, n_landmarks=20, host=Host(notify=said.append)).fit_transform(rows)
    assert "20 of 50" in said[0]


def test_progress_counts_epochs(rows):
    """The layout advances by one per epoch, to the total."""
    opened: list[tuple[str, int]] = []
    steps: list[int] = []

    @contextmanager
    def progress(what, total):
        opened.append((what, total))
        yield steps.append

    UmapReducer(2, n_epochs=7, host=Host(progress=progress)).fit_transform(rows)
    assert [total for _, total in opened] == [7]
    assert steps == [1] * 7


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
    assert said == [
        f"reducer umap: principal components are used instead, because there are only {n_texts} different texts"
    ]


@pytest.mark.parametrize(("n_texts", "n_components"), [(SMALLEST, 5), (11, 9), (12, 40)])
@pytest.mark.parametrize("n_epochs", [None, 1])
def test_options_follow_the_corpus(rng, n_texts, n_components, n_epochs):
    """From ten texts on UMAP runs, with neighbours and components lowered to the corpus, and says so."""
    said: list[str] = []
    reducer = UmapReducer(n_components, n_epochs=n_epochs, random_state=0, host=Host(notify=said.append))
    points = reducer.fit_transform(rng.standard_normal((n_texts, 16)))
    assert points.shape == (n_texts, min(n_components, n_texts))
    assert np.isfinite(points).all()
    assert len(np.unique(points, axis=0)) == n_texts
    assert reducer.transform(rng.standard_normal((1, 16))).shape == (1, min(n_components, n_texts))
    assert f"n_neighbors {n_texts - 1}" in said[0]


def test_more_components_than_dimensions(rng):
    """Rows of two dimensions are laid out in four, all of which are used."""
    points = UmapReducer(4, n_neighbors=6, random_state=0).fit_transform(rng.standard_normal((60, 2)))
    assert points.shape == (60, 4)
    assert (points.std(axis=0) > 0.01).all()


def test_copies_of_few_texts_are_not_strewn_about(rng):
    """Many copies of three texts lie on three points; all texts equal lie on one."""
    few = UmapReducer(random_state=0).fit_transform(np.repeat(rng.standard_normal((3, 7)), 20, axis=0))
    assert len(np.unique(few.round(6), axis=0)) == 3
    np.testing.assert_array_equal(UmapReducer(random_state=0).fit_transform(np.ones((40, 7))), np.zeros((40, 1)))


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "manhattan", "correlation"])
def test_every_row_gets_a_place(rng, metric):
    """Copies, rows of zeros, rows opposite to all others, two groups far apart with nobody between them."""
    rows = np.repeat(rng.standard_normal((24, 7)) * 0.1 + 1, 2, axis=0)
    rows[:4] = 0
    rows[4:6] *= -1
    rows[20:] += 1e4 * np.eye(7)[3]
    reducer = UmapReducer(2, n_neighbors=5, metric=metric, random_state=0)
    assert np.isfinite(reducer.fit_transform(rows)).all()
    assert np.isfinite(reducer.transform(np.concatenate([np.zeros((2, 7)), -1e6 * rows[30:33]]))).all()


def test_huge_and_tiny_numbers_get_places(rng):
    """Where squares leave the range of single precision."""
    rows = rng.standard_normal((40, 6))
    for factor in (1e-30, 1e30):
        points = UmapReducer(2, metric="euclidean", random_state=0).fit_transform(rows * factor)
        assert np.isfinite(points).all()
        assert points.std(axis=0).min() > 0.1


def test_values_that_are_no_numbers_are_named(rows):
    """NaN is an error that names the row."""
    rows[4, 1] = np.nan
    with pytest.raises(InputError, match=r"reducer umap.*1 of 29 rows \(4\)"):
        UmapReducer().fit_transform(rows)


@pytest.mark.parametrize(
    ("option", "value"), [("n_components", 0), ("n_neighbors", 1), ("min_dist", -0.1), ("n_landmarks", 9)]
)
def test_options_out_of_range_are_refused(option, value):
    """The error names the option."""
    with pytest.raises(ConfigError, match=f"reducer.{option}"):
        Registry([umap]).make("reducer", "umap", **{option: value})


def test_many_dimensions_become_principal_components_first(rng):
    """Rows of more than `n_pca` dimensions go through PCA, so that what lies beyond it changes nothing."""
    rows = rng.standard_normal((90, 70)) * np.r_[np.full(10, 9.0), np.full(60, 1e-9)]
    reducer = UmapReducer(2, n_pca=10, n_neighbors=6, random_state=3)
    points = reducer.fit_transform(rows)
    components = PcaReducer(10).fit_transform(rows)
    near = [
        np.linalg.norm(x[:, None] - x, axis=-1).argsort(axis=1)[:, 1:7]
        for x in (components / np.linalg.norm(components, axis=1, keepdims=True), points)
    ]
    assert np.mean([len(set(one) & set(other)) / 6 for one, other in zip(*near, strict=True)]) > 0.5
    noisy = rows[5:9] + np.r_[np.zeros(10), rng.standard_normal(60) * 1e-9]
    np.testing.assert_allclose(reducer.transform(noisy), points[5:9], atol=1e-2)


def test_nothing_is_compiled():
    """Neither umap-learn nor numba is imported, in a fresh process."""
    code = (
        "import sys, numpy as np\n"
        "from emotopy_plugins.reducers.umap import UmapReducer\n"
        "reducer = UmapReducer(2, random_state=0)\n"
        "reducer.fit_transform(np.random.default_rng(0).standard_normal((40, 60)))\n"
        "sys.exit(any(name in sys.modules for name in ('umap', 'numba', 'llvmlite')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("n_landmarks", [None, 300])
def test_it_keeps_as_much_as_umap_learn(n_landmarks):
    """900 rows in 12 planted groups that overlap: clusters agree with them and neighbourhoods are kept as well."""
    import umap as library

    rows, planted = make_blobs(900, 40, centers=12, cluster_std=3.0, center_box=(-4, 4), random_state=7)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        reference = library.UMAP(n_components=5, min_dist=0.0, metric="cosine", random_state=0).fit_transform(rows)
    points = UmapReducer(n_landmarks=n_landmarks, random_state=0).fit_transform(rows)
    ami, their_ami = (
        adjusted_mutual_info_score(planted, HdbscanClusterer(min_cluster_size=20).fit_predict(x))
        for x in (points, reference)
    )
    kept, they_kept = (trustworthiness(rows, x, n_neighbors=15, metric="cosine") for x in (points, reference))
    assert ami > their_ami - 0.02
    assert kept > they_kept - 0.02
