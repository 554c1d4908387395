"""Atlas `affect18`: 18 emotion regions of cortex, limbic system, striatum, hypothalamus and brainstem. The default."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from emotopy.hookspecs import hookimpl
from emotopy.roles import Atlas, Factory, Host
from emotopy_plugins.atlases.coordinates import CoordinateAtlas
from emotopy_plugins.atlases.node_table import read_node_table

TABLE = Path(__file__).parent / "data" / "affect18.csv"


@hookimpl
def register_atlases() -> Mapping[str, Factory[Atlas]]:
    """Offer `affect18`."""
    return {"affect18": affect18}


def affect18(level: Literal["region", "node"] = "region", host: Host | None = None) -> CoordinateAtlas:
    """Eighteen regions of emotion research: 11 bilateral regions with a left and a right node, and 7 on the midline.

    Coordinates are from the published analysis scripts of arXiv 2508.09337 (MNI, in mm; the right node is the left one
    with mirrored x). Nodes are spheres with a radius of 8 mm, or 5 mm for hypothalamus and brainstem; a voxel in two
    spheres belongs to the nearer node. With `level = "node"`, each of the 29 nodes is a separate region; with "region"
    (default), a region is the mean over the voxels of all its nodes.
    """
    return CoordinateAtlas.from_nodes("affect18", read_node_table(TABLE), level=level, host=host)
