"""Reducers and clusterers that are saved and restored: they place new rows where the fitted one does, to rounding."""

from __future__ import annotations

import json

import numpy as np
import pytest

from emotopy.errors import EmotopyError, InputError
from emotopy.storage.saved_state import fault_of_state
from emotopy_plugins.clusterers.hdbscan import HdbscanClusterer
from emotopy_plugins.clusterers.kmeans import KMeansClusterer
from emotopy_plugins.reducers.none import Identity
from emotopy_plugins.reducers.pca import PcaReducer
from emotopy_plugins.reducers.umap import UmapReducer


def through_a_file(state):
    """Return a state as a file gives it back."""
    assert fault_of_state(state) == ""
    arrays = {name: array.copy() for name, array in state[0].items()}
    for array in arrays.values():
        array.flags.writeable = False
    return arrays, json.loads(json.dumps(state[1], allow_nan=False))


def restored(make, fitted):
    again = make()
    again.restore(*through_a_file(fitted.state()))
    return again


REDUCERS = {
    "pca": lambda: PcaReducer(3),
    "pca, whitened": lambda: PcaReducer(3, whiten=True),
    "pca, standardised and whitened": lambda: PcaReducer(3, standardise=True, whiten=True),
    "umap": lambda: UmapReducer(2, n_epochs=20, random_state=1),
    "umap without pca": lambda: UmapReducer(2, n_epochs=20, n_pca=None, random_state=1),
    "umap of few landmarks": lambda: UmapReducer(2, n_epochs=20, n_pca=4, n_landmarks=20, random_state=1),
    **{
        f"umap, {metric}": lambda metric=metric: UmapReducer(2, n_epochs=20, metric=metric, random_state=1)
        for metric in ("euclidean", "manhattan", "correlation")
    },
    "none": Identity,
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", REDUCERS)
@pytest.mark.parametrize("n_rows", [1, 2, 7, 61])
def test_a_restored_reducer_is_the_fitted_one(name, dtype, n_rows, rng):
    """Of any number of rows, so that it may have fallen back to principal components; one of them among the new."""
    rows = rng.standard_normal((n_rows, 6)).astype(dtype)
    fitted = REDUCERS[name]()
    fitted.fit_transform(rows)
    new = np.vstack([rng.standard_normal((9, 6)).astype(dtype), rows[:1]])
    again = restored(REDUCERS[name], fitted)
    wanted = fitted.transform(new)
    for one in (again, restored(REDUCERS[name], again)):  # the order of an array in memory may change a last digit
        np.testing.assert_allclose(one.transform(new), wanted, rtol=1e-6, atol=1e-6)


CLUSTERERS = {
    "kmeans": lambda: KMeansClusterer(4, random_state=0),
    "hdbscan": lambda: HdbscanClusterer(5),
    "hdbscan, normalised leaves": lambda: HdbscanClusterer(4, 2, "leaf", normalise=True),
}


def clouds(rng, dtype):
    centres = 6 * rng.standard_normal((4, 3))
    return (centres[np.arange(80) % 4] + rng.standard_normal((80, 3))).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", ["clouds", "clouds of equal points", "one cloud", "all alike", "one point"])
@pytest.mark.parametrize("name", CLUSTERERS)
def test_a_restored_clusterer_is_the_fitted_one(name, kind, dtype, rng):
    """With clusters and without, and with densities that are infinite, where points are equal."""
    points = clouds(rng, dtype)
    points = {
        "clouds": points,
        "clouds of equal points": np.repeat(points[::8], 8, axis=0),
        "one cloud": points[::4],
        "all alike": np.repeat(points[:1], 30, axis=0),
        "one point": points[:1],
    }[kind]
    fitted = CLUSTERERS[name]()
    fitted.fit_predict(points)
    new = np.vstack([clouds(rng, dtype), points])
    again = restored(CLUSTERERS[name], fitted)
    np.testing.assert_array_equal(again.predict(new), fitted.predict(new))
    np.testing.assert_array_equal(restored(CLUSTERERS[name], again).predict(new), fitted.predict(new))


def test_equal_points_have_infinite_densities():
    """What the test above is about: they are saved as −1, since files hold finite numbers."""
    points = np.repeat(np.array([[0.0, 0], [9, 0], [0, 9]]), 8, axis=0)
    fitted = HdbscanClusterer(5)
    fitted.fit_predict(points)
    arrays, _ = fitted.state()
    assert (arrays["density_of_point"] == -1).any()


def test_a_restored_hdbscan_gives_no_soft_membership(rng):
    """The library's own objects, which it takes, aren't saved."""
    points = clouds(rng, np.float64)
    fitted = HdbscanClusterer(5, membership=True)
    fitted.fit_predict(points)
    again = restored(lambda: HdbscanClusterer(5, membership=True), fitted)
    with pytest.raises(InputError):
        again.membership(points)
    again.fit_predict(points)
    np.testing.assert_array_equal(again.membership(points), fitted.membership(points))


@pytest.mark.parametrize("name", [*REDUCERS, *CLUSTERERS])
def test_rows_of_other_dimensions_are_refused(name, rng):
    """Whether fitted or restored, with an error of ours or of the library."""
    if name == "none":
        pytest.skip("takes any")
    make = {**REDUCERS, **CLUSTERERS}[name]
    fitted = make()
    (fitted.fit_transform if name in REDUCERS else fitted.fit_predict)(clouds(rng, np.float64))
    for stage in (fitted, restored(make, fitted)):
        with pytest.raises((EmotopyError, ValueError)):
            (stage.transform if name in REDUCERS else stage.predict)(np.zeros((2, 5)))
