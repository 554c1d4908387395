"""A label image and the table of its names, read strictly and brought together."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from emotopy.errors import InputError
from emotopy.records.axes import IntArray
from emotopy_plugins.atlases.images import name_of, open_image, read_voxels
from emotopy_plugins.atlases.label_atlas import Labels
from emotopy_plugins.atlases.node_table import identifier
from emotopy_plugins.shared.files import read_text

Row = tuple[int, str, str | None]
"""A label's number, its name, its network."""


def read_labels(image: Path, table: Path | None = None) -> Labels:
    """Read a label image and its table, by default the TSV or CSV beside it.

    Raises InputError for files that are absent, can't be used or don't fit each other.
    """
    if table is None:
        stem = image.name.removesuffix(".gz").rpartition(".")[0]
        beside = [image.with_name(f"{stem}{ending}") for ending in (".tsv", ".csv")]
        table = next((path for path in beside if path.is_file()), None)
        if table is None:
            raise InputError(
                f"{image.name}: wanted a table of its labels beside it, {beside[0].name} with the columns index, name; "
                "there is none: say --set atlas.table=FILE"
            )
    return labels_of(image, read_label_table(table), table.name)


def labels_of(image: Any, rows: Iterable[Row], table: str) -> Labels:
    """Bring a label image and its rows together: labels become 1, 2, … in the order of the rows.

    Rows without a voxel are left out, as tables often serve several images.

    Raises InputError for an image that isn't one of labels, labels without a row, and names that stand twice.
    """
    numbers, affine = _label_numbers(image)
    found = set(np.unique(numbers).tolist()) - {0}
    present = [row for row in rows if row[0] in found]
    if nameless := sorted(found - {number for number, _, _ in present}):
        shown = ", ".join(map(str, nameless[:8])) + (" …" if len(nameless) > 8 else "")
        raise InputError(
            f"{table}: wanted a name for every label of {name_of_any(image)}, it has none for {len(nameless)}: {shown}"
        )
    names = [identifier(name) for _, name, _ in present]
    for i, name in enumerate(names):
        if not name or name in names[:i]:
            raise InputError(
                f"{table}: label {present[i][0]}: wanted a name of its own, got {present[i][1]!r} (names are compared "
                "in lower case, with underscores)"
            )
    new = np.zeros(max(found) + 1, dtype=np.int32)
    for position, (number, _, _) in enumerate(present, start=1):
        new[number] = position
    networks = {name: network for name, (_, _, network) in zip(names, present, strict=True) if network}
    return Labels(new[numbers], affine, tuple(names), networks)


def read_label_table(path: Path) -> list[Row]:
    """Read the columns `index`, `name` and, where there is one, `network`; the background (0) is left out.

    Raises InputError naming the line of a cell that can't be used.
    """
    text, _ = read_text(path)
    reader = csv.reader(text.splitlines(), delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
    header = [cell.strip().lower() for cell in next(reader, [])]
    if "index" not in header or "name" not in header:
        kind = "tabs" if path.suffix.lower() == ".tsv" else "commas"
        raise InputError(
            f"{path.name}, line 1: wanted the columns index, name, separated by {kind}; got {', '.join(header)}"
        )
    rows: list[Row] = []
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        row = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        number = row["index"]
        if not number.isdecimal() or len(cells) < len(header) or not row["name"]:
            raise InputError(
                f"{path.name}, line {reader.line_num}: wanted a whole number as index and a name, got "
                + ", ".join(cells)
            )
        if int(number) in {seen for seen, _, _ in rows}:
            raise InputError(f"{path.name}, line {reader.line_num}: the index {number} stands twice")
        rows.append((int(number), row["name"], identifier(row.get("network", "")) or None))
    return [row for row in rows if row[0] != 0]


def name_of_any(image: Any) -> str:
    """Return the file name of an image or a path."""
    return Path(image).name if isinstance(image, (str, Path)) else name_of(image)


def _label_numbers(image: Any) -> tuple[IntArray, Any]:
    """Return the labels, 3-D integers, and the affine."""
    opened = open_image(image)
    shape = opened.shape
    if len(shape) == 4 and shape[3] != 1:
        raise InputError(
            f"{name_of_any(image)}: wanted one volume of labels, got {shape[3]}; an atlas of probabilities isn't "
            "one of labels"
        )
    values = read_voxels(opened, np.ones(shape[:3], dtype=bool)).reshape(shape[:3])
    if not np.isfinite(values).all() or (values != np.round(values)).any() or values.min() < 0:
        raise InputError(
            f"{name_of_any(image)}: wanted whole numbers from 0 as labels, got values between {values.min():g} and "
            f"{values.max():g}; is it a map rather than labels?"
        )
    numbers = values.astype(np.int64)
    if not numbers.any():
        raise InputError(f"{name_of_any(image)}: wanted labels, every voxel is 0")
    if numbers.max() > 10_000_000:
        raise InputError(f"{name_of_any(image)}: wanted labels up to 10,000,000, got {numbers.max()}")
    return numbers, np.array(opened.affine, dtype=float)
