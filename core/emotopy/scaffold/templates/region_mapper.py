"""Region mapper `my-region-mapper`: compares texts with the names of regions. Replace it with your theory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from emotopy import hookimpl
from emotopy.records import FloatArray, label
from emotopy.roles import Factory, MappingInputs, RegionMapper


class MyRegionMapper:
    """Computes the softmax, over regions, of the cosine between a text and the name of the region."""

    def fit(self, inputs: MappingInputs) -> Self:
        """Learn what depends on the corpus: here nothing, but the names of the regions are known only now."""
        self.names_ = _units(inputs.embedder.embed([label(target) for target in inputs.targets]))
        return self

    def assign(self, inputs: MappingInputs) -> FloatArray:
        """Return (n_texts, n_regions) for `inputs.targets`; rows sum to one."""
        weights = np.exp(_units(inputs.embeddings) @ self.names_.T)
        return np.asarray(weights / weights.sum(axis=1, keepdims=True))

    def state(self) -> tuple[dict[str, FloatArray], dict[str, Any]]:
        """Return the fitted state as arrays and JSON values; it is saved with the pathway."""
        return {"names": self.names_}, {}

    def restore(self, arrays: Mapping[str, FloatArray], values: Mapping[str, Any]) -> None:
        """Restore what `state` returned; raise any exception if it is damaged."""
        self.names_ = arrays["names"]


def _units(vectors: FloatArray) -> FloatArray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float64)


@hookimpl
def register_region_mappers() -> Mapping[str, Factory[RegionMapper]]:
    """Offer `my-region-mapper`."""
    return {"my-region-mapper": MyRegionMapper}
