"""Embedder `my-embedder`: counts letters. Replace it with your model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import ascii_lowercase

import numpy as np

from emotopy import hookimpl
from emotopy.records import FloatArray
from emotopy.roles import Embedder, Factory


class MyEmbedder:
    """Counts how often each letter occurs in a text, and the length of the text."""

    thread_safe = True

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """Return one vector per text, (n_texts, 27) float32."""
        counts = [[len(text), *map(text.lower().count, ascii_lowercase)] for text in texts]
        return np.array(counts, dtype=np.float32)


@hookimpl
def register_embedders() -> Mapping[str, Factory[Embedder]]:
    """Offer `my-embedder`."""
    return {"my-embedder": MyEmbedder}
