"""Atlas `four-places`: spheres around four regions, in MNI millimetres."""

from pathlib import Path

import numpy as np
from emotopy import hookimpl
from emotopy.errors import InputError
from emotopy.records import Node


class FourPlaces:
    """Left and right amygdala and insula; medial prefrontal and posterior cingulate cortex on the midline."""

    name = "four-places"
    regions = ("amygdala", "insula", "medial_prefrontal", "posterior_cingulate")
    nodes = (
        Node("amygdala_left", "amygdala", -22, -4, -18, radius_mm=10),
        Node("amygdala_right", "amygdala", 22, -4, -18, radius_mm=10),
        Node("insula_left", "insula", -38, 6, 0, radius_mm=10),
        Node("insula_right", "insula", 38, 6, 0, radius_mm=10),
        Node("medial_prefrontal", "medial_prefrontal", 0, 50, 10, radius_mm=12),
        Node("posterior_cingulate", "posterior_cingulate", 0, -52, 28, radius_mm=12),
    )

    def extract(self, image):
        """Return (n_volumes, n_regions), the mean over the voxels of each region, of a 4-D image or its path."""
        import nibabel  # a heavy library, therefore imported here

        image = nibabel.load(image) if isinstance(image, (str, Path)) else image
        voxels = np.indices(image.shape[:3]).reshape(3, -1)
        places = (image.affine[:3, :3] @ voxels + image.affine[:3, 3:]).T
        data = np.asarray(image.dataobj).reshape(len(places), -1)
        return np.column_stack([self._mean(region, places, data) for region in self.regions])

    def _mean(self, region, places, data):
        spheres = [node for node in self.nodes if node.region == region]
        inside = [np.linalg.norm(places - node.xyz_mm, axis=1) <= node.radius_mm for node in spheres]
        chosen = np.logical_or.reduce(inside)
        if not chosen.any():
            raise InputError(f"atlas four-places: the image has no voxel in {region}; is it in MNI space?")
        return data[chosen].mean(axis=0, dtype=np.float64)


@hookimpl
def register_atlases():
    """Offer `four-places`."""
    return {"four-places": FourPlaces}
