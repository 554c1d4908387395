"""Reporter `tables`: files for programs to read. CSV, Parquet and, of texts, a NIfTI image with a volume per group."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, cast

import attrs
import numpy as np
from annotated_types import Ge, Le

from emotopy.hookspecs import hookimpl
from emotopy.records import FloatArray, RegionResult, Result
from emotopy.records.axes import IntArray
from emotopy.records.result import table_files
from emotopy.result_files.of_texts import REGIONS
from emotopy.roles import Factory, Reporter
from emotopy.storage.csv_safe import write_csv
from emotopy.storage.disk_space import link_or_copy
from emotopy.storage.parquet import split_rows, write_parquet
from emotopy_plugins.reporters.region_values import PlottedValues, RegionTable
from emotopy_plugins.shared.label_image import brain_mask, label_nodes, label_regions, paint

if TYPE_CHECKING:
    import pandas as pd

PARQUET_TABLES = frozenset({"texts", "predictions"})
"""Tables that are written as Parquet: they have a row per text, or per subject, window and emotion, and are read back
in full precision."""


@attrs.frozen
class TablesReporter:
    """Write tables and an image, reproducible byte by byte.

    Every table of the result is written to a file of the same name: ``texts.parquet`` and ``predictions.parquet``, all
    others as CSV. If the input consists of several files (`emotopy map FOLDER`), ``texts.parquet`` is a folder with the
    same number of files, each with the same rows as its input. For texts: ``regions.csv, texts.parquet, clusters.csv,
    reasons.csv, regions.nii.gz, regions.json``, and with times ``time_course.csv`` and ``change_points.csv``. For a
    comparison: ``comparison.csv, omnibus.csv`` (more than two groups), ``excluded.csv`` (if anything was left out). For
    a decoding: ``scores.csv, subjects.csv, paired.csv, sensitivity.csv, predictions.parquet, edges.csv, graph.csv,
    weights.csv``, ``networks.csv`` if the atlas has networks, and ``stories.csv`` for several stories. For a bridge:
    ``bridge.csv, text_weights.csv, brain_weights.csv``.

    Parameters
    ----------
    digits
        Significant digits of floats in CSV files, 1 to 17; Parquet keeps full precision.
    image
        Whether to write the NIfTI image of texts and its JSON sidecar.
    """

    digits: Annotated[int, Ge(1), Le(17)] = 6
    image: bool = True

    def write(self, result: Result, directory: Path) -> list[Path]:
        """Write the files into `directory`, which exists; return their paths."""
        files = table_files(result)
        paths = [
            link_or_copy(files[name], directory / f"{name}.parquet")
            if name in files
            else self._write_table(name, result.tables[name], directory)
            for name in result.tables
        ]
        if paths and (partitions := partitions_of(result)):
            for path in paths:
                if path.name == "texts.parquet":
                    split_rows(path, partitions)
        for write_image in IMAGE_WRITERS.get(result.kind, ()) if self.image else ():
            paths += write_image(cast("RegionResult", result), directory)
        return paths

    def _write_table(self, name: str, table: pd.DataFrame, directory: Path) -> Path:
        if name in PARQUET_TABLES:
            return write_parquet(table, directory / f"{name}.parquet")
        return write_csv(table, directory / f"{name}.csv", digits=self.digits)


def partitions_of(result: Result) -> Sequence[int]:
    """Return how many rows each file of the input held, where it came in several; none for one file."""
    source = result.provenance.get("input", {})
    found = source.get("partitions") if isinstance(source, Mapping) and result.kind == "texts" else None
    return found if isinstance(found, list) and sum(found) == source.get("n_rows") else ()


@hookimpl
def register_reporters() -> Mapping[str, Factory[Reporter]]:
    """Offer `tables`."""
    return {"tables": TablesReporter}


def write_region_image(result: RegionResult, directory: Path) -> list[Path]:
    """Write ``regions.nii.gz`` and its sidecar ``regions.json``, which names the volumes; return both paths.

    The image is 4-D float32. Voxels outside every region are 0; a region without a value is NaN. Volumes are written
    one by one, so that many groups don't take many volumes of memory. A result whose axis has no nodes, and so no
    coordinates, gets no image.
    """
    nodes = list(result.axis.nodes)
    if not nodes:
        return []
    image, sidecar = directory / "regions.nii.gz", directory / "regions.json"
    shown = RegionTable.of(result).plotted()
    labels, affine = target_labels(result, shown.targets)
    shape, in_file = (*labels.shape, len(shown.groups)), labels.ravel(order="F")
    # File name and time of day don't belong in the gzip header: same result, same bytes.
    with image.open("wb") as file, gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=6, mtime=0) as out:
        _header(shape, affine, shown).write_to(cast("BinaryIO", out))
        for values in shown.values:
            out.write(paint(in_file, values.astype("<f4")).tobytes())
    n_voxels = np.bincount(labels.ravel(), minlength=len(shown.targets) + 1)[1:]
    absent = [target for target, n in zip(shown.targets, n_voxels, strict=True) if n == 0]
    sidecar.write_bytes((json.dumps(_sidecar(result, shown, absent), indent=2, ensure_ascii=False) + "\n").encode())
    return [image, sidecar]


def target_labels(result: RegionResult, targets: Sequence[str]) -> tuple[IntArray, FloatArray]:
    """Return which voxels of ``regions.nii.gz`` belong to which target.

    Parameters
    ----------
    result : RegionResult
        A result whose axis has nodes.
    targets : sequence of str
        Its regions or nodes, as its level says, in the order of its table.

    Returns
    -------
    labels : array of int, three axes
        i + 1 where a voxel belongs to ``targets[i]``, else 0; on the grid of the 2 mm brain mask.
    affine : array of float, shape (4, 4)
        Takes voxel indices to MNI millimetres.
    """
    nodes = list(result.axis.nodes)
    mask, affine = brain_mask()
    if result.level == "node":
        return label_nodes(nodes, mask, affine), affine
    return label_regions(nodes, targets, mask, affine), affine


def _header(shape: tuple[int, ...], affine: Any, shown: PlottedValues) -> Any:
    import nibabel

    make: Any = nibabel.Nifti1Header  # nibabel has no types
    header = make(endianness="<")
    header.set_data_dtype(np.float32)
    header.set_data_shape(shape)
    header.set_sform(affine, code="mni")
    header.set_qform(affine, code="mni")
    header.set_xyzt_units("mm")
    header["magic"], header["vox_offset"] = b"n+1", 352
    header["scl_slope"], header["scl_inter"] = 1, 0
    header["descrip"] = f"emotopy: {shown.measure}".encode()
    finite = shown.values[np.isfinite(shown.values)]
    limit = float(np.abs(finite).max(initial=0.0))
    header["cal_min"], header["cal_max"] = -limit, limit
    return header


def _sidecar(result: RegionResult, shown: PlottedValues, absent: list[str]) -> dict[str, Any]:
    return {
        "Description": "Text-derived values of brain regions, one volume per group; not a measure of brain activity",
        "Values": shown.measure,
        "Units": REGIONS.column(shown.measure).unit,
        "Reference": str(result.provenance.get("reference", "")),
        "Groups": [_plain(group) for group in shown.groups],
        "Level": result.level,
        "Targets": list(shown.targets),
        "TargetsWithoutVoxels": absent,
        "Space": "MNI152 (nilearn's symmetric ICBM 2009a brain mask, 2 mm)",
        "Background": 0,
        "MissingValue": "NaN",
    }


def _plain(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


IMAGE_WRITERS: Mapping[str, tuple[Callable[[RegionResult, Path], list[Path]], ...]] = {"texts": (write_region_image,)}
"""What writes images beside the tables, by kind of result."""
