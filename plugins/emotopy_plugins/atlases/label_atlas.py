"""An atlas of labelled voxels, read through nilearn's labels masker, with columns that are sure to be its regions."""

from __future__ import annotations

import math
import warnings
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import attrs
import numpy as np

from emotopy.errors import InputError
from emotopy.records.axes import FloatArray, IntArray
from emotopy.records.regions import Node
from emotopy.roles import Host
from emotopy_plugins.atlases.images import name_of, open_image

if TYPE_CHECKING:
    import nibabel
    import pandas as pd
    from nibabel.spatialimages import SpatialImage

    from emotopy.readers.bold import BoldRun


@attrs.frozen(eq=False)
class Labels:
    """A label image whose label i + 1 is `regions[i]`: `numbers` (three axes, int32), `affine` (4, 4) to MNI mm."""

    numbers: IntArray
    affine: FloatArray
    regions: tuple[str, ...]
    networks: Mapping[str, str] = attrs.field(factory=dict, repr=False)


@attrs.frozen(eq=False, slots=False)
class LabelAtlas:
    """Regions that are the labels of an image; `load` reads or fetches it, once, when something is first asked.

    `on_missing`: of a region without a voxel in an image "error" complains, "nan" gives a column of NaN and says so.
    """

    name: str
    load: Callable[[], Labels] = attrs.field(repr=False)
    on_missing: Literal["error", "nan"] = "error"
    host: Host = attrs.field(factory=Host, repr=False)

    @cached_property
    def labels(self) -> Labels:
        """The image and its names, loaded on first use."""
        return self.load()

    @property
    def regions(self) -> tuple[str, ...]:
        """Names of the regions, in the table's order."""
        return self.labels.regions

    @property
    def networks(self) -> Mapping[str, str]:
        """Region → network, for those that have one."""
        return self.labels.networks

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """A node per region: its centre of mass, and the radius of a sphere of its volume (MNI mm)."""
        from scipy import ndimage

        numbers, affine = self.labels.numbers, self.labels.affine
        index = np.arange(1, len(self.regions) + 1)
        centres = np.array(ndimage.center_of_mass(numbers > 0, numbers, index)) @ affine[:3, :3].T + affine[:3, 3]
        volumes_mm3 = np.bincount(numbers.ravel())[1:] * abs(np.linalg.det(affine[:3, :3]))
        radii = np.cbrt(3 * volumes_mm3 / (4 * math.pi))
        return tuple(
            Node(region, region, *map(float, centre), float(radius))
            for region, centre, radius in zip(self.regions, centres, radii, strict=True)
        )

    @cached_property
    def label_image(self) -> nibabel.Nifti1Image:
        """The atlas as an image: int32, i + 1 = `regions[i]`."""
        import nibabel

        return nibabel.Nifti1Image(self.labels.numbers, self.labels.affine)  # type: ignore[no-untyped-call]

    @cached_property
    def label_table(self) -> pd.DataFrame:
        """What the numbers in `label_image` mean: columns `index, name`, as BIDS and nilearn's `lut` have it."""
        import pandas as pd

        return pd.DataFrame({"index": range(1, len(self.regions) + 1), "name": self.regions})

    def extract(self, image: SpatialImage | str | Path) -> FloatArray:
        """Return the mean series of each region, (n_volumes, n_regions) float64; columns are `regions`.

        `image` is an image in MNI space or its path: 4-D, or 3-D for a single volume. Labels are resampled to its
        grid (nearest neighbour), the image never. Voxels that aren't finite in every volume don't count.

        Raises InputError for an image that can't be used, and names the regions of which it shows nothing.
        """
        image = open_image(image)
        found, numbers = self._means(image)
        series = np.full((len(found), len(self.regions)), np.nan)
        series[:, np.asarray(numbers, dtype=int) - 1] = found
        missing = [self.regions[i] for i in np.flatnonzero(~np.isfinite(series).all(axis=0))]
        if missing:
            self._complain(image, missing)
        return series

    def fmriprep_runs(self, folder: Path, task: str) -> Sequence[BoldRun]:
        """Return the runs of fMRIPrep derivatives that lie in MNI space; see `bold.fmriprep_runs`."""
        from emotopy_plugins.atlases.bold import fmriprep_runs

        return fmriprep_runs(folder, task)

    def _means(self, image: SpatialImage) -> tuple[FloatArray, list[int]]:
        """Return the means as nilearn's masker gives them, (n_volumes, n_found), and the label of each column."""
        from nilearn.maskers import NiftiLabelsMasker

        readable, mask = self._finite(image)
        masker: Any = NiftiLabelsMasker(
            self.label_image, mask_img=mask, resampling_target="data", standardize=None, reports=False
        )
        try:
            with warnings.catch_warnings():
                # labels that get lost in resampling are an error of ours, with their names
                warnings.simplefilter("ignore")
                found = masker.fit_transform(readable)
        except (ValueError, OSError, EOFError, zlib.error) as error:
            said = " ".join(str(error).split())
            raise InputError(
                f"{name_of(image)}: wanted an image in MNI space that shows regions of atlas {self.name}; nilearn's "
                f"masker says: {said}"
            ) from error
        labels = [int(label) for column, label in masker.region_ids_.items() if column != "background"]
        return np.atleast_2d(found).astype(np.float64), labels

    def _finite(self, image: SpatialImage) -> tuple[SpatialImage, nibabel.Nifti1Image | None]:
        """Return the image and, unless all are, a mask of the voxels that are finite in every volume.

        nilearn takes 0 for what isn't finite, and writes it into the image that it is given: it gets a copy.
        """
        import nibabel

        if image.get_data_dtype().kind != "f":
            return image, None
        try:
            data = np.asanyarray(image.dataobj)
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise InputError(f"{name_of(image)}: the file can't be read: {error}") from error
        finite = np.ones(image.shape[:3], dtype=bool)
        for volume in np.moveaxis(data.reshape(*image.shape[:3], -1), -1, 0):
            finite &= np.isfinite(volume)
        if finite.all():
            return image, None
        make: Any = nibabel.Nifti1Image  # nibabel has no types
        return make(np.nan_to_num(data), image.affine), make(finite.astype(np.uint8), image.affine)

    def _complain(self, image: SpatialImage, missing: Sequence[str]) -> None:
        shown = ", ".join(missing[:8]) + (f" and {len(missing) - 8} more" if len(missing) > 8 else "")
        if self.on_missing == "nan":
            self.host.notify(f"{name_of(image)} shows nothing of these regions of atlas {self.name}: {shown}")
            return
        size = " × ".join(f"{side:.3g}" for side in image.header.get_zooms()[:3])
        raise InputError(
            f"{name_of(image)}: wanted an image of the whole of atlas {self.name} in MNI space, got one without a "
            f"finite voxel for {shown}; it doesn't reach there, is in another space, or its voxels ({size} mm) are too "
            "large for these regions. To leave them out: --set atlas.on_missing=nan with --drop regions"
        )
