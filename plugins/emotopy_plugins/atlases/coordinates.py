"""Atlas `coordinates`: spheres at MNI coordinates, of Dosenbach 160, Seitzman 300, or a table of your own.

An atlas of spheres is read as a label image on the voxels of whatever image comes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import attrs
import numpy as np
from annotated_types import Gt, Lt

from emotopy.errors import ConfigError, InputError, UnknownName, listed, nearest
from emotopy.hookspecs import hookimpl
from emotopy.once import once_property
from emotopy.records.axes import FloatArray, IntArray
from emotopy.records.regions import Node
from emotopy.roles import Atlas, Factory, Host
from emotopy.wording import setting
from emotopy_plugins.atlases.images import name_of, open_image, read_voxels, voxel_volume_mm3
from emotopy_plugins.atlases.node_table import PlacedNode, bundled_node_table, read_node_table
from emotopy_plugins.shared.label_image import brain_mask, brain_mask_on, label_regions

if TYPE_CHECKING:
    import nibabel
    import pandas as pd
    from nibabel.spatialimages import SpatialImage

    from emotopy.readers.bold import BoldRun

BUNDLED = ("dosenbach160", "seitzman300")
THIN = 0.5
"""A region of whose volume an image shows less than this share is named to the user."""


@attrs.frozen(eq=False, slots=False)
class CoordinateAtlas:
    """Regions made of spheres ("nodes") in MNI space; make it with `from_nodes`.

    A brain voxel within a node's radius belongs to the node, within several to the nearest (`shared.label_image`).
    The series of a region is the mean over the voxels of all its nodes. Labels are laid on the image's own voxels, so
    the image is never resampled.

    Attributes
    ----------
    name : str
    nodes : tuple of Node, in the order of the table
    regions : tuple of str, in order of first appearance among the nodes
    networks : mapping of region to network, for those regions that have one
    """

    name: str
    nodes: tuple[Node, ...]
    regions: tuple[str, ...]
    networks: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    host: Host = attrs.field(factory=Host, repr=False)

    @classmethod
    def from_nodes(
        cls,
        name: str,
        placed: Sequence[PlacedNode],
        *,
        level: Literal["region", "node"] = "region",
        host: Host | None = None,
    ) -> CoordinateAtlas:
        """Make the atlas of a node table; `level = "node"` makes each node a region of its own.

        Raises InputError for a region whose nodes stand in different networks.
        """
        if level == "node":
            placed = [attrs.evolve(each, node=attrs.evolve(each.node, region=each.node.name)) for each in placed]
        networks: dict[str, str | None] = {}
        for each in placed:
            region = each.node.region
            if networks.setdefault(region, each.network) != each.network:
                raise InputError(
                    f"{name}: the nodes of region {region!r} belong to the networks "
                    f"{networks[region]!r} and {each.network!r}; assign them to one network, or use "
                    f"each node as a region: {setting('atlas.level=node')}"
                )
        return cls(
            name=name,
            nodes=tuple(each.node for each in placed),
            regions=tuple(networks),
            networks={region: network for region, network in networks.items() if network is not None},
            host=host or Host(),
        )

    @once_property
    def label_image(self) -> nibabel.Nifti1Image:
        """The atlas as an image: int32, i + 1 = `regions[i]`, on the MNI152 brain mask at 2 mm; made on first use.

        Raises ConfigError that names the regions without a voxel of their own.
        """
        import nibabel

        mask, affine = brain_mask()
        labels = label_regions(self.nodes, self.regions, mask, affine)
        if missing := self._without(labels):
            raise ConfigError(
                f"atlas {self.name}: wanted a brain voxel (2 mm) of its own for each region, got none "
                f"for {missing}; it is outside the brain, all its voxels are closer to other nodes, or "
                "its radius_mm is too small"
            )
        header = nibabel.Nifti1Header()  # type: ignore[no-untyped-call]
        header.set_xyzt_units("mm")  # type: ignore[no-untyped-call]
        header.set_sform(affine, code="mni")  # type: ignore[no-untyped-call]
        header.set_qform(affine, code="mni")  # type: ignore[no-untyped-call]
        return nibabel.Nifti1Image(labels, affine, header)  # type: ignore[no-untyped-call]

    @once_property
    def label_table(self) -> pd.DataFrame:
        """What the numbers in `label_image` mean: columns `index, name`, as BIDS and nilearn's `lut` have it."""
        import pandas as pd

        return pd.DataFrame({"index": range(1, len(self.regions) + 1), "name": self.regions})

    def extract(self, image: SpatialImage | str | Path) -> FloatArray:
        """Return the mean series of each region, (n_volumes, n_regions) float64; columns are `regions`.

        `image` is an image in MNI space or its path: 4-D, or 3-D for a single volume. Voxels that aren't finite in
        every volume don't count. A region of which less than half is left is named through the host.

        Raises InputError for an image that can't be used, and names the regions of which it shows nothing.
        """
        image = open_image(image)
        mask = brain_mask_on(image.shape[:3], image.affine)
        labels = label_regions(self.nodes, self.regions, mask, image.affine)
        if missing := self._without(labels):
            size = " × ".join(f"{side:.3g}" for side in image.header.get_zooms()[:3])
            raise InputError(
                f"{name_of(image)}: wanted an image of the whole of atlas {self.name} in MNI space, got "
                f"one without a voxel for {missing}; it doesn't cover these regions, is in another "
                f"space, or its voxels ({size} mm) are too large for them"
            )
        voxels = read_voxels(image, labels > 0)
        finite = np.isfinite(voxels).all(axis=1)
        owners = np.where(finite, labels[labels > 0], 0)
        if missing := self._without(owners):
            raise InputError(f"{name_of(image)}: wanted finite numbers, got only NaN or infinity in {missing}")
        self._say_what_is_thin(owners, image)
        means = [voxels[owners == i].mean(axis=0, dtype=np.float64) for i in range(1, len(self.regions) + 1)]
        return np.stack(means, axis=1)

    def fmriprep_runs(self, folder: Path, task: str) -> Sequence[BoldRun]:
        """Return the runs of fMRIPrep derivatives that lie in MNI space; see `bold.fmriprep_runs`."""
        from emotopy_plugins.atlases.bold import fmriprep_runs

        return fmriprep_runs(folder, task)

    @once_property
    def _volumes_mm3(self) -> FloatArray:
        """Volume of each region on the MNI152 mask at 2 mm, (n_regions,)."""
        mask, affine = brain_mask()
        labels = label_regions(self.nodes, self.regions, mask, affine)
        return np.asarray(self._n_voxels(labels) * abs(np.linalg.det(affine[:3, :3])))

    def _n_voxels(self, labels: IntArray) -> IntArray:
        return np.bincount(labels.ravel(), minlength=len(self.regions) + 1)[1:]

    def _without(self, labels: IntArray) -> str:
        """Return the names of the regions that no voxel is labelled with, for a message."""
        return ", ".join(self.regions[i] for i in np.flatnonzero(self._n_voxels(labels) == 0))

    def _say_what_is_thin(self, owners: IntArray, image: SpatialImage) -> None:
        seen_mm3 = self._n_voxels(owners) * voxel_volume_mm3(image)
        shares = {
            region: seen / whole
            for region, seen, whole in zip(self.regions, seen_mm3, self._volumes_mm3, strict=True)
            if seen < THIN * whole
        }
        if shares:
            named = ", ".join(f"{region} ({share:.0%})" for region, share in shares.items())
            self.host.notify(f"{name_of(image)} shows less than half of these regions of atlas {self.name}: {named}")


def coordinates(
    table: str | Path = "dosenbach160",
    radius_mm: Annotated[float, Gt(0), Lt(math.inf)] | None = None,
    level: Literal["region", "node"] = "region",
    host: Host | None = None,
) -> CoordinateAtlas:
    """Spheres around a table of MNI coordinates.

    `table` is "dosenbach160" (Dosenbach et al. 2010, doi:10.1126/science.1194144), "seitzman300" (Seitzman et al. 2020,
    doi:10.1016/j.neuroimage.2019.116290), both as nilearn bundles them, without a network; or the path of a CSV (or
    TSV) with the columns `name, x_mm, y_mm, z_mm`, optionally `region, radius_mm, network`. `radius_mm` None: the
    table's own radii, 5 mm where it gives none; a number: that for every node. `level = "node"` makes every node a
    region of its own; only a table with a `region` column knows the difference.

    Raises UnknownName for a table that is neither bundled nor a file, InputError for a file that can't be used (the
    message gives line and column).
    """
    if str(table) in BUNDLED:
        name, placed = str(table), bundled_node_table(str(table), radius_mm)
    elif Path(table).is_file():
        name, placed = Path(table).stem, read_node_table(Path(table), radius_mm)
    else:
        raise UnknownName(
            f"atlas.table: wanted {listed(BUNDLED)} or the path of a CSV, but there is no file "
            f"{str(table)!r}.{nearest(str(table), BUNDLED)}",
            name=str(table),
            choices=BUNDLED,
            kind="table",
            path="atlas.table",
        )
    return CoordinateAtlas.from_nodes(name, placed, level=level, host=host)


@hookimpl
def register_atlases() -> Mapping[str, Factory[Atlas]]:
    """Offer `coordinates`."""
    return {"coordinates": coordinates}
