"""Reducers `pca` and `none`: principal components, and the embeddings as they are."""

from __future__ import annotations

from collections.abc import Mapping

from emotopy.errors import ConfigError
from emotopy.hookspecs import hookimpl
from emotopy.roles import Factory, Host, Reducer


@hookimpl
def register_reducers() -> Mapping[str, Factory[Reducer]]:
    return {"pca": pca, "none": none}


def pca(
    n_components: int = 5,
    standardise: bool = False,
    whiten: bool = False,
    random_state: int | None = None,
    host: Host | None = None,
) -> Reducer:
    """Principal components (scikit-learn's PCA), which new texts can be placed on.

    `standardise` first gives every dimension mean 0 and standard deviation 1; `whiten` gives every component standard
    deviation 1. A corpus with too few different texts gets fewer components. Raises ConfigError for n_components < 1.
    """
    if n_components < 1:
        raise ConfigError(f"reducer.n_components: wanted at least 1, got {n_components}")
    from emotopy_plugins.reducers.pca_reducer import PcaReducer

    return PcaReducer(
        n_components, standardise=standardise, whiten=whiten, random_state=random_state, notify=(host or Host()).notify
    )


def none() -> Reducer:
    """No reduction: clusters are sought among the embeddings themselves."""
    from emotopy_plugins.reducers.identity import Identity

    return Identity()
