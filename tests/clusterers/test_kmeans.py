"""Clusterer `kmeans`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans

from emotopy import Registry
from emotopy.errors import ConfigError, InputError
from emotopy.roles import Clusterer, Host
from emotopy_plugins.clusterers import kmeans
from emotopy_plugins.clusterers.kmeans import KMeansClusterer


def test_the_hook_offers_it():
    """`kmeans` is offered, and keeps the role."""
    assert dict(kmeans.register_clusterers()) == {"kmeans": KMeansClusterer}
    assert isinstance(KMeansClusterer(), Clusterer)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equals_scikit_learn(rng, dtype):
    """The same options and seed give scikit-learn's labels, of the fit's points and of new ones, as int64."""
    points = rng.standard_normal((53, 4)).astype(dtype)
    clusterer = KMeansClusterer(n_clusters=6, n_init=3, random_state=11)
    reference = KMeans(6, n_init=3, random_state=11).fit(points)
    labels = clusterer.fit_predict(points)
    assert labels.dtype == np.int64
    np.testing.assert_array_equal(labels, reference.labels_)
    np.testing.assert_array_equal(
        clusterer.predict(points[:9] + dtype(0.1)), reference.predict(points[:9] + dtype(0.1))
    )


def test_new_points_may_have_another_precision(rng):
    """A model of float32 points assigns float64 ones, and the other way round, to the same clusters."""
    points = rng.standard_normal((31, 3))
    for fitted, asked in ((np.float32, np.float64), (np.float64, np.float32)):
        clusterer = KMeansClusterer(n_clusters=4, random_state=0)
        labels = clusterer.fit_predict(points.astype(fitted))
        np.testing.assert_array_equal(clusterer.predict(points.astype(asked)), labels)


@pytest.mark.parametrize("n_texts", [1, 2, 3, 6, 7])
def test_fewer_points_than_clusters(rng, n_texts):
    """Each different point becomes a cluster, without a warning of the library's, and the user is told."""
    said: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        labels = KMeansClusterer(random_state=0, host=Host(notify=said.append)).fit_predict(
            rng.standard_normal((n_texts, 3))
        )
    assert sorted(labels) == list(range(n_texts))
    assert said == [f"clusterer kmeans: only {n_texts} of 8 clusters, because there are no more distinct points"]


def test_equal_points_are_one_cluster():
    """All points equal: one cluster, number 0, for new points too; −0 equals 0."""
    points = np.zeros((9, 2), np.float32)
    points[4] = -0.0
    clusterer = KMeansClusterer(random_state=0)
    np.testing.assert_array_equal(clusterer.fit_predict(points), np.zeros(9))
    np.testing.assert_array_equal(clusterer.predict(np.ones((2, 2))), [0, 0])


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(-3, 3), min_size=1, max_size=15), st.integers(1, 9))
def test_equal_points_share_a_cluster_and_no_cluster_is_empty(values, n_clusters):
    """Labels run from 0 without a gap, and follow the point, not the row."""
    points = np.array(values, dtype=float)[:, np.newaxis]
    labels = KMeansClusterer(n_clusters, n_init=1, random_state=0).fit_predict(points)
    assert set(labels) == set(range(min(n_clusters, len(set(values)))))
    assert len({(value, label) for value, label in zip(values, labels, strict=True)}) == len(set(values))


def test_values_that_are_no_numbers_are_named():
    """NaN is an error that names the row."""
    with pytest.raises(InputError, match=r"clusterer kmeans.*1 of 2 rows \(1\)"):
        KMeansClusterer().fit_predict(np.array([[1.0, 2.0, 3.0], [np.nan, 0.0, 0.0]]))


@pytest.mark.parametrize("option", ["n_clusters", "n_init"])
def test_options_out_of_range_are_refused(option):
    """The error names the option."""
    with pytest.raises(ConfigError) as caught:
        Registry([kmeans]).make("clusterer", "kmeans", **{option: 0})
    assert (caught.value.path, caught.value.got) == (f"clusterer.{option}", 0)


THREADS = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
import numpy as np
from threadpoolctl import threadpool_info
from emotopy_plugins.clusterers.kmeans import KMeansClusterer

def n_threads():
    return sorted(one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas")

X = np.random.default_rng(0).normal(size=(400, 5))
clusterer = KMeansClusterer(5, random_state=0)
labels = clusterer.fit_predict(X)
before = n_threads()
sys.setswitchinterval(1e-5)
with ThreadPoolExecutor(8) as threads:
    fits = list(threads.map(lambda i: KMeansClusterer(5, random_state=0).fit_predict(X), range(80)))
    placed = list(threads.map(lambda i: clusterer.predict(X), range(400)))
print(json.dumps([before, n_threads(), all((one == labels).all() for one in [*fits, *placed])]))
"""


def test_threads_leave_the_processs_blas_as_many_threads_as_it_had():
    """scikit-learn limits it meanwhile, for the process; of two at once one would put back the other's limit."""
    environment = {**os.environ, "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2", "MKL_NUM_THREADS": "2"}
    command = [sys.executable, "-c", THREADS]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True, env=environment)
    before, after, same = json.loads(ran.stdout)
    if set(before) == {1}:
        pytest.skip("BLAS has one thread here")
    assert after == before
    assert same
