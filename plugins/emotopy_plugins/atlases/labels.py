"""Atlas `labels`: any label image with a table of names.

It is read through nilearn's labels masker, with columns that are sure to be its regions.
"""

from __future__ import annotations

import glob
import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import attrs
import numpy as np

from emotopy.errors import ConfigError, InputError
from emotopy.hookspecs import hookimpl
from emotopy.once import once_property
from emotopy.readers.delimited import named
from emotopy.records.axes import FloatArray, IntArray
from emotopy.records.regions import Node
from emotopy.roles import Atlas, Factory, Host
from emotopy.wording import setting, worded
from emotopy_plugins.atlases.images import name_of, open_image, read_voxels
from emotopy_plugins.atlases.label_tables import LARGEST_LABEL, LabelTable, read_label_table
from emotopy_plugins.atlases.node_table import identifier
from emotopy_plugins.shared.quiet import NILEARN, silenced

if TYPE_CHECKING:
    import nibabel
    import pandas as pd
    from nibabel.spatialimages import SpatialImage

    from emotopy.readers.bold import BoldRun


OnMissing = Literal["error", "nan"]


@attrs.frozen(eq=False)
class Labels:
    """A label image whose label i + 1 is `regions[i]`: `numbers` (three axes, int32), `affine` (4, 4) to MNI mm.

    `notes` say what was assumed of the table.
    """

    numbers: IntArray
    affine: FloatArray
    regions: tuple[str, ...]
    networks: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    notes: tuple[str, ...] = ()


@attrs.frozen(eq=False, slots=False)
class LabelAtlas:
    """Regions that are the labels of an image; `load` reads or fetches it, once, when something is first asked.

    `on_missing`: of a region without a voxel in an image "error" complains, "nan" gives a column of NaN and says so.
    """

    name: str
    load: Callable[[], Labels] = attrs.field(repr=False)
    on_missing: OnMissing = "error"
    host: Host = attrs.field(factory=Host, repr=False)

    @once_property
    def labels(self) -> Labels:
        """The image and its names, loaded on first use; what was assumed of them is told once."""
        loaded = self.load()
        for note in loaded.notes:
            self.host.notify(note)
        return loaded

    @property
    def regions(self) -> tuple[str, ...]:
        """Names of the regions, in the table's order."""
        return self.labels.regions

    @property
    def networks(self) -> Mapping[str, str]:
        """Region → network, for those that have one."""
        return self.labels.networks

    @once_property
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

    @once_property
    def label_image(self) -> nibabel.Nifti1Image:
        """The atlas as an image: int32, i + 1 = `regions[i]`."""
        import nibabel

        return nibabel.Nifti1Image(self.labels.numbers, self.labels.affine)  # type: ignore[no-untyped-call]

    @once_property
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
            # labels that get lost in resampling are an error of ours, with their names
            with silenced(module=NILEARN):
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
            self.host.notify(f"{name_of(image)} has no data in these regions of atlas {self.name}: {shown}")
            return
        size = " × ".join(f"{side:.3g}" for side in image.header.get_zooms()[:3])
        raise InputError(
            f"{name_of(image)}: wanted an image of the whole of atlas {self.name} in MNI space, got one "
            f"without a finite voxel for {shown}; it doesn't cover these regions, is in another space, "
            f"or its voxels ({size} mm) are too large for them. To leave them out: "
            f"{setting('atlas.on_missing=nan')} with {worded('--drop regions', 'on_bad=drop-regions')}"
        )


def labels(
    image: Path | None = None,
    table: Path | None = None,
    on_missing: OnMissing = "error",
    host: Host | None = None,
) -> LabelAtlas:
    """Regions from a label image in MNI space (3-D NIfTI of whole numbers, 0 = none) and a table of their names.

    `table` is a TSV or CSV with the columns `index, name` (a BIDS `_dseg.tsv`), optionally `network`, or one of the
    other forms that `label_tables` reads (FreeSurfer, MRtrix, AAL, ITK-SNAP, the Workbench, XML of FSL and SPM); by
    default the file beside the image that is called like it, or that BIDS would take. Regions are the labels that the
    image holds, in the table's order; names become lower case with underscores, a missing one is the label's number,
    and a missing network is none. Labels are brought to the grid of whatever image is read (nearest
    neighbour); of a region that has no voxel there, "error" names it, "nan" gives a column of NaN in its place and
    says so, which `--drop regions` then leaves out of all subjects.

    Raises ConfigError where no image is named, InputError for files that don't fit each other.
    """
    if image is None:
        raise ConfigError(
            "atlas.image: the atlas `labels` needs your own label image; give "
            f"{setting('atlas.image=FILE')} (or use an atlas that is downloaded: schaefer, aal, "
            "harvard-oxford, yeo, destrieux)",
            path="atlas.image",
        )
    return LabelAtlas(image.name.partition(".")[0], lambda: read_labels(image, table), on_missing, host or Host())


@hookimpl
def register_atlases() -> Mapping[str, Factory[Atlas]]:
    """Offer `labels`."""
    return {"labels": labels}


# The image and its table -------------------------------------------------------------------------------------------


def read_labels(image: Path, table: Path | None = None) -> Labels:
    """Read a label image and its table, by default the one beside it.

    Raises InputError for files that are absent, can't be used or don't fit each other.
    """
    return labels_of(image, read_label_table(table or _table_beside(image)))


def labels_of(image: Any, table: LabelTable) -> Labels:
    """Bring a label image and its table together: labels become 1, 2, … in the order of the rows.

    Rows without a voxel are left out, as tables often serve several images; a note names them.

    Raises InputError for an image that isn't one of labels, labels without a row, and names that stand twice.
    """
    numbers, affine = _label_numbers(image)
    found = set(np.unique(numbers).tolist()) - {0}
    rows, told = table.rows_for(found)
    present = [row for row in rows if row[0] in found]
    absent = [name for number, name, _ in rows if number not in found]
    names = [identifier(name) for _, name, _ in present]
    first: dict[str, int] = {}
    for name, (number, given, _) in zip(names, present, strict=True):
        if first.setdefault(name, number) != number:
            raise InputError.at(
                table.name,
                wanted=f"a name of its own for label {number}",
                got=f"{given!r}, the name of label {first[name]} (in lower case, with underscores)",
            )
    new = np.zeros(max(found) + 1, dtype=np.int32)
    for position, (number, _, _) in enumerate(present, start=1):
        new[number] = position
    networks = {name: network for name, (_, _, network) in zip(names, present, strict=True) if network}
    if absent:
        shown = named(absent, most=8)
        unseen = (
            f"{len(absent):,} of its {len(rows):,} labels have no voxel in {name_of(image)} and aren't used as regions"
        )
        told = (*told, f"{table.name}: {unseen}: {shown}.")
    return Labels(new[numbers], affine, tuple(names), networks, (*table.notes, *told))


def _table_beside(image: Path) -> Path:
    """Return the table called like the image; else, in BIDS, the one that names fewer entities (no `space-`, `res-`).

    Raises InputError where there is none, or several.
    """
    stem = image.name.removesuffix(".gz").rpartition(".")[0]
    beside = [image.with_name(f"{stem}{ending}") for ending in (".tsv", ".csv", ".txt", ".nii.txt", ".xml")]
    table = next((path for path in beside if path.is_file()), None)
    if table is not None:
        return table
    *entities, suffix = stem.split("_")
    inherited = [
        path
        for path in sorted(image.parent.glob(f"*_{glob.escape(suffix)}.tsv"))
        if set(path.stem.split("_")[:-1]) < set(entities) and path.stem.endswith(f"_{suffix}")
    ]
    longest = max((path.stem.count("_") for path in inherited), default=0)
    inherited = [path for path in inherited if path.stem.count("_") == longest]
    if len(inherited) == 1:
        return inherited[0]
    raise InputError.at(
        image.name,
        wanted=f"a table of its labels beside it, {beside[0].name} with the columns index, name",
        got=named([path.name for path in inherited]),
        advice=f"say {setting('atlas.table=FILE')}",
    )


def _label_numbers(image: Any) -> tuple[IntArray, Any]:
    """Return the labels, 3-D integers, and the affine."""
    opened = open_image(image)
    shape = opened.shape
    if len(shape) == 4 and shape[3] != 1:
        raise InputError(
            f"{name_of(image)}: wanted one volume of labels, got {shape[3]}; a probabilistic atlas isn't a label image"
        )
    values = read_voxels(opened, np.ones(shape[:3], dtype=bool)).reshape(shape[:3])
    if not np.isfinite(values).all() or (values != np.round(values)).any() or values.min() < 0:
        raise InputError(
            f"{name_of(image)}: wanted whole numbers from 0 as labels, got values between "
            f"{values.min():g} and {values.max():g}; check that the image contains labels and not a "
            "statistical map"
        )
    numbers = values.astype(np.int64)
    if not numbers.any():
        raise InputError(f"{name_of(image)}: wanted labels, every voxel is 0")
    if numbers.max() > LARGEST_LABEL:
        raise InputError(f"{name_of(image)}: wanted labels up to {LARGEST_LABEL:,}, got {numbers.max()}")
    return numbers, np.array(opened.affine, dtype=float)
