"""Reducers `umap` and `tsne`: neighbours stay neighbours, distances don't keep their meaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from emotopy.errors import ConfigError
from emotopy.hookspecs import hookimpl
from emotopy.roles import Factory, Host, Reducer


@hookimpl
def register_reducers() -> Mapping[str, Factory[Reducer]]:
    return {"umap": umap, "tsne": tsne}


def umap(
    n_components: int = 5,
    n_neighbors: int = 15,
    min_dist: float = 0.0,
    metric: Literal["cosine", "euclidean", "manhattan", "correlation"] = "cosine",
    random_state: int | None = None,
    host: Host | None = None,
) -> Reducer:
    """UMAP (McInnes et al. 2018, arXiv 1802.03426; the package umap-learn), which new texts can be placed on.

    `min_dist` 0 packs neighbours tightly, which suits clustering. With a seed it runs on one core, so as to be
    repeatable. Fewer than ten different texts get principal components instead, and the user is told. Raises
    ConfigError for options out of range.
    """
    _at_least("n_components", n_components, 1)
    _at_least("n_neighbors", n_neighbors, 2)
    if not 0 <= min_dist <= 1:
        raise ConfigError(f"reducer.min_dist: wanted a distance from 0 to 1, got {min_dist}")
    from emotopy_plugins.reducers.umap_reducer import UmapReducer

    return UmapReducer(
        n_components,
        n_neighbors=n_neighbors,
        min_dist=min_dist,
        metric=metric,
        random_state=random_state,
        notify=(host or Host()).notify,
    )


def tsne(
    n_components: Literal[1, 2, 3] = 2,
    perplexity: float = 30.0,
    metric: Literal["cosine", "euclidean", "manhattan"] = "cosine",
    random_state: int | None = None,
    host: Host | None = None,
) -> Reducer:
    """t-SNE (van der Maaten & Hinton 2008; scikit-learn, Barnes-Hut). New texts can't be placed.

    `perplexity` is about the number of neighbours that count. Fewer than ten different texts get principal components
    instead, and the user is told. Raises ConfigError for options out of range.
    """
    if n_components not in (1, 2, 3):
        raise ConfigError(f"reducer.n_components: t-SNE makes 1, 2 or 3, got {n_components}; umap and pca make more")
    _at_least("perplexity", perplexity, 1)
    from emotopy_plugins.reducers.tsne_reducer import TsneReducer

    return TsneReducer(
        n_components, perplexity=perplexity, metric=metric, random_state=random_state, notify=(host or Host()).notify
    )


def _at_least(option: str, value: float, least: int) -> None:
    if not value >= least:
        raise ConfigError(f"reducer.{option}: wanted at least {least}, got {value}")
