"""The image of regions as BIDS has it: a segmentation with its numbers, and a map per group.

`regions.nii.gz` holds a volume per group, in which each region has one value. Which voxels belong to which region is
read from it: the values of a voxel over the groups are those of one region in `regions.csv`.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, cast

import attrs
import numpy as np
import numpy.typing as npt

from emotopy.errors import InputError
from emotopy.export.results_folder import AGAIN, ResultsFolder
from emotopy.records import Node
from emotopy.storage.csv_safe import safe_text

IMAGE, SIDECAR, TABLE = "regions.nii.gz", "regions.json", "regions.csv"
LONGEST_SIDE = 1024
"""Voxels along an axis of an image that is read at most."""
HEADER_BYTES = 352
EDGE_MM = 1e-6
"""Slack on a node's radius, as where the image is made."""
RELATIVE_TOLERANCE, TOLERANCE = 1e-4, 1e-6
"""How far a value in `regions.csv`, written with six digits, may be from that in the image."""
MAP_TEXT = "Text-derived values of brain regions; not a measure of brain activity. Voxels outside all regions are 0"


@attrs.frozen(eq=False)
class RegionImage:
    """The image of a text result: a volume per group, and its sidecar."""

    content: bytes
    header: Any
    sidecar: dict[str, Any]

    @classmethod
    def read(cls, folder: ResultsFolder) -> RegionImage:
        """Read the image of a results directory; raises InputError where it isn't what emotopy writes."""
        import nibabel

        content = folder.read(IMAGE)
        try:
            sidecar = json.loads(folder.read(SIDECAR))
        except (ValueError, RecursionError) as error:
            raise InputError.at(SIDECAR, wanted="JSON", got=str(error), advice=AGAIN) from error
        lists = ("Groups", "Targets")
        if not isinstance(sidecar, dict) or not all(_names(sidecar.get(key)) for key in lists):
            raise InputError.at(SIDECAR, wanted=f"lists of names {' and '.join(lists)}", got="others", advice=AGAIN)
        make: Any = nibabel.Nifti1Header  # nibabel has no types
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
                header = make.from_fileobj(file)
            shape = header.get_data_shape()
        except Exception as error:  # a damaged header makes nibabel raise whatever comes up in it
            raise InputError.at(IMAGE, wanted="a NIfTI image", got=type(error).__name__, advice=AGAIN) from error
        if len(shape) != 4 or max(shape[:3]) > LONGEST_SIDE or shape[3] != len(sidecar["Groups"]):
            raise InputError.at(
                IMAGE,
                wanted=f"a volume for each of {len(sidecar['Groups'])} groups",
                got=f"shape {shape}",
                advice=AGAIN,
            )
        if header.get_data_dtype() != np.dtype("<f4") or int(header["vox_offset"]) != HEADER_BYTES:
            raise InputError.at(IMAGE, wanted="32-bit floats behind the header", got="other data", advice=AGAIN)
        return cls(content, header, sidecar)

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups, one per volume."""
        return tuple(self.sidecar["Groups"])

    @property
    def targets(self) -> tuple[str, ...]:
        """The regions or nodes, in the order of the atlas."""
        return tuple(self.sidecar["Targets"])

    @property
    def level(self) -> str:
        """What targets are: ``region`` or ``node``."""
        return "node" if self.sidecar.get("Level") == "node" else "region"

    @property
    def measure(self) -> str:
        """What the values are: ``relative`` or ``evidence``."""
        return "evidence" if self.sidecar.get("Values") == "evidence" else "relative"

    def volumes(self) -> Iterator[npt.NDArray[np.float32]]:
        """Yield the values of each volume, flat, in the order of the file: one volume in memory at a time."""
        n_bytes = 4 * int(np.prod(self.header.get_data_shape()[:3]))
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(self.content)) as file:
                file.seek(HEADER_BYTES)
                for _ in self.groups:
                    held = file.read(n_bytes)
                    if len(held) < n_bytes:
                        raise InputError.at(IMAGE, wanted=f"{n_bytes:,} bytes a volume", got="fewer", advice=AGAIN)
                    yield np.frombuffer(held, dtype="<f4")
        except (OSError, EOFError) as error:
            raise InputError.at(IMAGE, wanted="a whole gzip file", got=str(error), advice=AGAIN) from error

    def labels(
        self, header: Sequence[str], rows: Sequence[Sequence[str]], nodes: Sequence[Node] = ()
    ) -> npt.NDArray[np.int32] | None:
        """Return the number of the region that each voxel belongs to (from 1, flat), 0 outside.

        `header` and `rows` are those of `regions.csv`, `nodes` those of the atlas if they are known: they decide where
        regions have the same values. None where values don't tell the regions apart and nodes don't fit them.
        """
        n_voxels = int(np.prod(self.header.get_data_shape()[:3]))
        inside = np.zeros(n_voxels, dtype=bool)
        for volume in self.volumes():
            inside |= volume != 0  # a region without a value is NaN, which counts
        columns = np.stack([volume[inside] for volume in self.volumes()])
        values = self._values(header, rows)
        distinct, which = np.unique(np.nan_to_num(columns, nan=np.inf), axis=1, return_inverse=True)
        # close[i, j]: voxels of the i-th distinct values may belong to the j-th target
        wanted = np.nan_to_num(values, nan=np.inf)
        close = np.array(
            [
                np.isclose(wanted, one[:, None], rtol=RELATIVE_TOLERANCE, atol=TOLERANCE).all(axis=0)
                for one in distinct.T
            ]
        ).reshape(distinct.shape[1], len(self.targets))
        numbers = close.argmax(axis=1)[np.ravel(which)]
        absent = self.sidecar.get("TargetsWithoutVoxels") or []
        n_expected = sum(name not in absent for name in self.targets)
        if (close.sum(axis=1) != 1).any() or (close.sum(axis=0) > 1).any() or len(close) != n_expected:
            nearest = self._nearest(np.flatnonzero(inside), nodes)
            if nearest is None or not close[np.ravel(which), nearest].all():
                return None
            numbers = nearest
        labels = np.zeros(n_voxels, dtype=np.int32)
        labels[inside] = numbers + 1
        return labels

    def _nearest(self, voxels: npt.NDArray[np.intp], nodes: Sequence[Node]) -> npt.NDArray[np.intp] | None:
        """Return the target of the nearest node within whose radius each voxel lies; None where there is none.

        Of nodes that are equally near the first counts, as in `regions.nii.gz`.
        """
        place = {name: i for i, name in enumerate(self.targets)}
        own = [(place.get(node.name if self.level == "node" else node.region), node) for node in nodes]
        indices = np.stack(np.unravel_index(voxels, self.header.get_data_shape()[:3], order="F"))
        affine = self.header.get_best_affine()
        points = affine[:3, :3] @ indices + affine[:3, 3:]
        found, nearest_mm2 = np.full(len(voxels), -1), np.full(len(voxels), np.inf)
        for target, node in own:
            if target is None:
                return None
            distance_mm2 = ((points - np.array(node.xyz_mm)[:, None]) ** 2).sum(axis=0)
            within = (distance_mm2 <= (node.radius_mm + EDGE_MM) ** 2) & (distance_mm2 < nearest_mm2)
            found[within], nearest_mm2[within] = target, distance_mm2[within]
        return None if (found < 0).any() else found

    def _values(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> npt.NDArray[np.float64]:
        """Return what `regions.csv` holds for each group and target, NaN for an empty cell: (n_groups, n_targets)."""
        for column in ("group", self.level, self.measure):
            if column not in header:
                raise InputError.at(TABLE, column=column, wanted="this column", got="none", advice=AGAIN)
        group, target, value = (header.index(column) for column in ("group", self.level, self.measure))
        places = {(row[group], row[target]): row[value] for row in rows}
        cells = [[places.get((safe_text(one), name)) or "nan" for name in self.targets] for one in self.groups]
        try:
            found = [[float(cell) for cell in row] for row in cells]
        except ValueError as error:
            raise InputError.at(TABLE, column=self.measure, wanted="numbers", got=str(error), advice=AGAIN) from error
        return np.array(found)

    def map_bytes(self, volume: npt.NDArray[np.float32]) -> bytes:
        """Return a volume as an image of its own, 3-D, 32-bit floats."""
        return self._image(volume.astype("<f4"), np.dtype("<f4"))

    def segmentation_bytes(self, labels: npt.NDArray[np.int32]) -> bytes:
        """Return the segmentation as an image, 3-D, 32-bit integers."""
        return self._image(labels.astype("<i4"), np.dtype("<i4"))

    def _image(self, values: npt.NDArray[Any], dtype: np.dtype[Any]) -> bytes:
        header = self.header.copy()
        header.set_data_dtype(dtype)
        header.set_data_shape(self.header.get_data_shape()[:3])
        finite = values[np.isfinite(values)].astype(float)
        header["cal_min"], header["cal_max"] = finite.min(initial=0.0), finite.max(initial=0.0)
        out = io.BytesIO()
        # File name and time of day don't belong in the gzip header: same result, same bytes.
        with gzip.GzipFile(filename="", mode="wb", fileobj=out, compresslevel=6, mtime=0) as file:
            header.write_to(cast("BinaryIO", file))
            file.write(b"\0" * (HEADER_BYTES - file.tell()))
            file.write(values.tobytes())
        return out.getvalue()


def _names(held: Any) -> bool:
    return isinstance(held, list) and bool(held) and all(isinstance(name, str) for name in held)
