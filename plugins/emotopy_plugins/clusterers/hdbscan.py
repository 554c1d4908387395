"""Clusterer `hdbscan`: as many clusters as the density shows, and noise between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from emotopy.errors import ConfigError
from emotopy.hookspecs import hookimpl
from emotopy.roles import Clusterer, Factory


@hookimpl
def register_clusterers() -> Mapping[str, Factory[Clusterer]]:
    return {"hdbscan": hdbscan}


def hdbscan(
    min_cluster_size: int | None = None,
    min_samples: int | None = None,
    cluster_selection_method: Literal["eom", "leaf"] = "eom",
    normalise: bool = False,
    membership: bool = False,
) -> Clusterer:
    """HDBSCAN (Campello et al. 2013; McInnes & Healy 2017; the package hdbscan), which can assign new texts.

    `min_cluster_size` left out is a third of the square root of the number of texts, at least 5 (69 for 43,000 texts).
    `min_samples`, by default the same, is how conservative it is: more means more noise. `normalise` scales points to
    length 1 first, so that Euclidean order is cosine order. `membership` adds soft membership, which takes minutes
    for tens of thousands of texts. Raises ConfigError for sizes out of range.
    """
    for option, value, least in (("min_cluster_size", min_cluster_size, 2), ("min_samples", min_samples, 1)):
        if value is not None and value < least:
            raise ConfigError(f"clusterer.{option}: wanted at least {least}, got {value}")
    from emotopy_plugins.clusterers.hdbscan_clusterer import HdbscanClusterer, SoftHdbscanClusterer

    make = SoftHdbscanClusterer if membership else HdbscanClusterer
    return make(
        min_cluster_size,
        min_samples=min_samples,
        cluster_selection_method=cluster_selection_method,
        normalise=normalise,
    )
