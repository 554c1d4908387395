"""Tables of nodes: read strictly from a CSV, or taken from what nilearn bundles.

A table has a header and a row per node. Columns: `name`; the coordinates, either `x_mm, y_mm, z_mm` or `x, y, z` (MNI
millimetres both, not a mixture); optionally `region`, `radius_mm`, `network`, where a missing value (`n/a`) is none.
`column_names` says what else `name` and `network` may be called. Other columns are left alone. Names
become lower case with underscores; names that are then the same, and nodes at the same point, are errors.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs

from emotopy.errors import InputError
from emotopy.readers.cell_values import described
from emotopy.readers.column_names import NETWORK, REGION_NAME, folded, is_missing_number
from emotopy.readers.delimited import named
from emotopy.readers.separated import separated_rows
from emotopy.readers.text_io import decode, read_bounded
from emotopy.records.regions import Node

LONGEST_CELL = 10_000
"""No name of a region is longer."""
RADIUS_MM = 5.0
"""Radius of a node for which neither table nor user gives one."""

REACH_MM = 120.0
"""MNI space: the brain ends at x ±78, y −112 and 78, z −70 and 86; beyond ±120 something is wrong (µm? voxels?)."""

MOST_BYTES = 16 << 20
"""The largest table that is read."""
AXES = (("x_mm", "y_mm", "z_mm"), ("x", "y", "z"))


@attrs.frozen
class PlacedNode:
    """A node and the network that its table puts it in, if any."""

    node: Node
    network: str | None = None


def identifier(text: str) -> str:
    """Make a name of lower case, digits and underscores from whatever a table says; letters of any script stay.

    >>> identifier(" vmPFC 1")
    'vmpfc_1'
    >>> identifier("pre-SMA (left)")
    'pre_sma_left'
    """
    return re.sub(r"[\W_]+", "_", text.lower()).strip("_")


def read_node_table(path: Path, radius_mm: float | None = None) -> tuple[PlacedNode, ...]:
    """Read a node table from a CSV in UTF-8 (a TSV where the name ends in .tsv).

    `radius_mm`, where given, goes before the table's own. Raises InputError, naming line and column, for a column
    that is missing, a cell that can't be used, a name or a point that occurs twice, and a table without rows.
    """
    seen: dict[object, int] = {}
    placed = []
    for line, row in _rows(path):
        cells = _Cells(path.name, line, row)
        name = cells.identifier("name")
        x, y, z = cells.point()
        radius = cells.radius() if radius_mm is None else radius_mm
        node = Node(name, cells.identifier("region", default=name), x, y, z, radius)
        for what, value in (("name", node.name), ("point", node.xyz_mm)):
            if value in seen:
                raise InputError.at(
                    path.name,
                    line=line,
                    wanted=f"a {what} of its own (names are compared in lower case, with underscores)",
                    got=f"the {what} {value}, which is already in line {seen[value]}",
                )
            seen[value] = line
        placed.append(PlacedNode(node, cells.identifier("network", default="") or None))
    if not placed:
        raise InputError.at(path.name, wanted="a row per node below the header", got="none")
    return tuple(placed)


def bundled_node_table(name: str, radius_mm: float | None = None) -> tuple[PlacedNode, ...]:
    """Return the table `dosenbach160` or `seitzman300` in nilearn's order (by network); no network is needed.

    Names keep the authors' number: `vmpfc_1` is ROI 1 of Dosenbach; `cortex_left_default_mode_94` is ROI 94 of
    Seitzman, whose tables give an anatomical label and a network but no names.
    """
    from nilearn import datasets

    if name == "dosenbach160":
        rois = datasets.fetch_coords_dosenbach_2010()
        names, radii = list(rois["labels"]), [RADIUS_MM] * len(rois["labels"])
    else:
        rois = datasets.fetch_coords_seitzman_2018()
        numbers = [int(row) + 1 for row in rois["rois"].index]
        names = [
            f"{_spelt_out(region)} {_spelt_out(network)} {number}"
            for region, network, number in zip(rois["regions"], rois["networks"], numbers, strict=True)
        ]
        radii = [float(radius) for radius in rois["radius"]]
    points = rois["rois"].to_numpy(dtype=float).tolist()
    rows = zip(names, points, radii, rois["networks"], strict=True)
    return tuple(
        PlacedNode(
            Node(identifier(roi), identifier(roi), x, y, z, radius if radius_mm is None else radius_mm),
            None if network == "unassigned" else identifier(_spelt_out(network)),
        )
        for roi, (x, y, z), radius, network in rows
    )


def _spelt_out(camel: str) -> str:
    """Take Seitzman's labels apart: "cortexL" → "cortex left", "basalGanglia" → "basal Ganglia"."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(camel)).split()
    sides = {"L": "left", "R": "right", "Mid": "midline"}
    return " ".join(sides.get(word, word) for word in words)


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield (line number, column → cell) for the rows of the table; blank rows are skipped."""
    text = decode(read_bounded(path, MOST_BYTES), path.name)
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    rows = separated_rows(text, delimiter)
    header = [folded(column) for column in next((cells for cells, _ in rows), [])]
    name = next((one for one in REGION_NAME if one in header and one != "region"), None)
    network = next((one for one in NETWORK if one in header), None)
    standard = {name: "name", network: "network"}
    header = [standard.get(column, column) for column in header]
    _check_header(path.name, header, delimiter)
    for cells, line in rows:
        if max(map(len, cells), default=0) > LONGEST_CELL:
            raise InputError.at(
                path.name,
                line=line,
                wanted=f"cells of up to {LONGEST_CELL:,} characters",
                got=f"one of {max(map(len, cells)):,}",
            )
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            raise InputError.at(
                path.name,
                line=line,
                wanted=f"{len(header)} cells, as the header has",
                got=f"{len(cells)} cells",
            )
        yield line, dict(zip(header, (cell.strip() for cell in cells), strict=True))


def _check_header(table: str, header: list[str], delimiter: str) -> None:
    kind = "tabs" if delimiter == "\t" else "commas"
    wanted = "name, x_mm, y_mm, z_mm (or x, y, z), optionally region, radius_mm, network"
    forms = [form for form in AXES if any(axis in header for axis in form)]
    if "name" not in header or len(forms) != 1 or not all(axis in header for axis in forms[0]):
        raise InputError.at(table, line=1, wanted=f"the columns {wanted}, separated by {kind}", got=named(header))
    for column in header:
        if column and header.count(column) > 1:
            raise InputError.at(table, line=1, column=column, wanted="columns of different names", got="it twice")


@attrs.frozen
class _Cells:
    """A row of a table, whose cells are checked as they are taken."""

    table: str
    line: int
    row: Mapping[str, str]

    def identifier(self, column: str, default: str | None = None) -> str:
        raw = self.row.get(column, "")
        if default is not None and is_missing_number(raw):
            return default
        name = identifier(raw)
        if not name or is_missing_number(raw):
            raise self.wrong(column, "a name with a letter or a digit")
        return name

    def point(self) -> tuple[float, ...]:
        axes = next(form for form in AXES if form[0] in self.row)
        values = tuple(self.number(axis) for axis in axes)
        for axis, value in zip(axes, values, strict=True):
            if abs(value) > REACH_MM:
                raise self.wrong(
                    axis, f"MNI coordinates in millimetres, −{REACH_MM:g} to {REACH_MM:g} (not voxels or µm)"
                )
        return values

    def radius(self) -> float:
        if is_missing_number(self.row.get("radius_mm", "")):
            return RADIUS_MM
        value = self.number("radius_mm")
        if value <= 0:
            raise self.wrong("radius_mm", "a radius above 0 mm")
        return value

    def number(self, column: str) -> float:
        try:
            value = float(self.row[column])
        except ValueError:
            raise self.wrong(column, "a number") from None
        if not math.isfinite(value):
            raise self.wrong(column, "a finite number")
        return value

    def wrong(self, column: str, wanted: str) -> InputError:
        return InputError.at(self.table, line=self.line, column=column, wanted=wanted, got=described(self.row[column]))
