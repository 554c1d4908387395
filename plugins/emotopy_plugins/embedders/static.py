"""Embedder `static`: a vector per word piece, averaged; offline, small and fast. The default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from emotopy.errors import ConfigError
from emotopy.hookspecs import hookimpl
from emotopy.roles import Embedder, Factory

N_DIMS = (64, 128, 256)


@hookimpl
def register_embedders() -> Mapping[str, Factory[Embedder]]:
    return {"static": static}


def static(n_dims: Literal[64, 128, 256] = 256) -> Embedder:
    """Mean of wordllama's static token vectors, unit norm (l2_supercat, 256 dimensions, bundled with its wheel).

    Fewer dimensions are the first ones: the vectors are Matryoshka vectors (Kusupati et al. 2022, arXiv 2205.13147).
    Raises ConfigError for a number of dimensions that the model wasn't trained for.
    """
    if n_dims not in N_DIMS:
        raise ConfigError(f"embedder.n_dims: wanted one of {N_DIMS}, got {n_dims}; 256 keeps all that the model knows")
    from emotopy_plugins.embedders.static_model import StaticEmbedder

    return StaticEmbedder(int(n_dims))
