"""Clusterer `kmeans`: a given number of clusters, every text in one."""

from __future__ import annotations

from collections.abc import Mapping

from emotopy.errors import ConfigError
from emotopy.hookspecs import hookimpl
from emotopy.roles import Clusterer, Factory, Host


@hookimpl
def register_clusterers() -> Mapping[str, Factory[Clusterer]]:
    return {"kmeans": kmeans}


def kmeans(
    n_clusters: int = 8, n_init: int = 10, random_state: int | None = None, host: Host | None = None
) -> Clusterer:
    """k-means (Lloyd 1982; scikit-learn, k-means++ starts), which can assign new texts.

    The best of `n_init` runs counts. A corpus with fewer different points than `n_clusters` gets a cluster for each,
    and the user is told. Raises ConfigError for options below 1.
    """
    for option, value in (("n_clusters", n_clusters), ("n_init", n_init)):
        if value < 1:
            raise ConfigError(f"clusterer.{option}: wanted at least 1, got {value}")
    from emotopy_plugins.clusterers.kmeans_clusterer import KMeansClusterer

    return KMeansClusterer(n_clusters, n_init=n_init, random_state=random_state, notify=(host or Host()).notify)
