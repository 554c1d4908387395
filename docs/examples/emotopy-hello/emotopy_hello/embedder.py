"""Embedder `trigrams`: counts sequences of three letters."""

import zlib
from typing import Annotated

import numpy as np
from annotated_types import Ge
from emotopy import hookimpl


class Trigrams:
    """Counts the trigrams of a text, each hashed to one of `n_dims` columns; vectors have length 1."""

    thread_safe = True

    def __init__(self, n_dims: Annotated[int, Ge(1)] = 256):
        self.n_dims = n_dims

    @property
    def fingerprint(self) -> str:
        """Equal fingerprints mean equal vectors; emotopy uses this as a cache key."""
        return f"trigrams:{self.n_dims}"

    def embed(self, texts):
        """Return (n_texts, n_dims) float32."""
        vectors = np.zeros((len(texts), self.n_dims), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            padded = f"  {text.lower()}  "
            for start in range(len(padded) - 2):
                piece = padded[start : start + 3].encode("utf-8", "surrogatepass")
                row[zlib.crc32(piece) % self.n_dims] += 1  # Python's own hash() differs from process to process
            row /= np.linalg.norm(row)
        return vectors


@hookimpl
def register_embedders():
    """Offer `trigrams`."""
    return {"trigrams": Trigrams}
