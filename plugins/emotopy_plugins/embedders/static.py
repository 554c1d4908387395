"""Embedder `static`: a vector per word piece, averaged; offline, small and fast. The default.

The vectors stand in `emotopy_plugins.shared.static_vectors`: the GoEmotions head reads them, too.
"""

from __future__ import annotations

from collections.abc import Mapping

from emotopy.hookspecs import hookimpl
from emotopy.roles import Embedder, Factory
from emotopy_plugins.shared.static_vectors import StaticEmbedder


@hookimpl
def register_embedders() -> Mapping[str, Factory[Embedder]]:
    """Offer `static`."""
    return {"static": StaticEmbedder}
