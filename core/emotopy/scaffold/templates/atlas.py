"""Atlas `my-atlas`: three spheres. Replace them with your regions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from emotopy import hookimpl
from emotopy.records import FloatArray, Node
from emotopy.roles import Atlas, Factory


class MyAtlas:
    """The left and right amygdala and the medial prefrontal cortex, as spheres in MNI space."""

    regions = ("amygdala", "medial_prefrontal")
    nodes = (
        Node("amygdala_left", "amygdala", -22, -4, -18, radius_mm=8),
        Node("amygdala_right", "amygdala", 22, -4, -18, radius_mm=8),
        Node("medial_prefrontal", "medial_prefrontal", 0, 50, 10, radius_mm=10),
    )

    def extract(self, image: Any) -> FloatArray:
        """Return the mean of each region's voxels, (n_volumes, n_regions), of a 4-D image or its path."""
        import nibabel  # import heavy libraries inside functions, not at the top of the module

        image = nibabel.load(image) if isinstance(image, (str, Path)) else image
        voxels = np.indices(image.shape[:3]).reshape(3, -1)
        places = image.affine[:3, :3] @ voxels + image.affine[:3, 3:]
        data = np.asarray(image.dataobj).reshape(voxels.shape[1], -1)
        columns = []
        for region in self.regions:
            inside = np.zeros(len(data), dtype=bool)
            for node in self.nodes:
                if node.region == region:
                    distances = np.linalg.norm(places.T - node.xyz_mm, axis=1)
                    inside |= distances <= node.radius_mm
            columns.append(data[inside].mean(axis=0, dtype=np.float64))
        return np.column_stack(columns)


@hookimpl
def register_atlases() -> Mapping[str, Factory[Atlas]]:
    """Offer `my-atlas`."""
    return {"my-atlas": MyAtlas}
