"""What atlases promise."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import numpy as np

from emotopy.records import Node
from emotopy.testing.example_inputs import coordinate_image
from emotopy.testing.generic_checks import same
from emotopy.testing.suite import Candidate, matrix, require

WITHIN_MM = 12.0
"""How far the mean place of a region's voxels may lie from the mean of its nodes."""
_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")


def check_names_are_names(candidate: Candidate) -> None:
    """Names of regions and nodes are unique, in lower case with underscores."""
    atlas = candidate.stage()
    for what, names in (("region", list(atlas.regions)), ("node", [node.name for node in atlas.nodes])):
        require(names, f"{candidate}: an atlas needs at least one {what}")
        bad = [name for name in names if not isinstance(name, str) or not _NAME.fullmatch(name)]
        require(not bad, f"{candidate}: a {what}'s name is lower case with underscores, got {bad[:3]}")
        twice = sorted({name for name in names if names.count(name) > 1})
        require(not twice, f"{candidate}: names must differ, {twice[:3]} stand twice")


def check_every_node_has_its_region(candidate: Candidate) -> None:
    """Every node names one of the regions, and every region has a node."""
    atlas = candidate.stage()
    named = {node.region for node in atlas.nodes}
    require(
        named == set(atlas.regions),
        f"{candidate}: regions of the nodes and regions differ in {sorted(named ^ set(atlas.regions))[:3]}",
    )


def check_nodes_lie_in_the_brain(candidate: Candidate) -> None:
    """Nodes are `Node` records with finite MNI coordinates (mm) inside a head and a radius above 0."""
    for node in candidate.stage().nodes:
        require(isinstance(node, Node), f"{candidate}: nodes are emotopy.records.Node, got {type(node).__name__}")
        x, y, z = node.xyz_mm
        inside = -100 <= x <= 100 and -135 <= y <= 105 and -90 <= z <= 115
        require(inside, f"{candidate}: {node.name} lies at {node.xyz_mm}, outside the head in MNI millimetres")
        require(0 < node.radius_mm <= 50, f"{candidate}: {node.name} has radius {node.radius_mm} mm")


def check_extract_averages_where_the_nodes_are(candidate: Candidate) -> None:
    """`extract` gives (n_volumes, n_regions): a constant volume's value; a coordinate volume's mean position."""
    atlas = candidate.stage()
    n_regions = len(atlas.regions)
    series = matrix(candidate, atlas.extract(coordinate_image()), 6, "extract() of 6 volumes", n_regions, "region")
    flat = np.allclose(series[:2], [[1.0], [2.0]], atol=1e-3)
    require(flat, f"{candidate}: the mean over a flat volume must be its value, got {series[:2]}")
    for i, region in enumerate(atlas.regions):
        # |x| tells a region of two sides from one between them.
        places = np.array([(*node.xyz_mm, abs(node.x_mm)) for node in atlas.nodes if node.region == region])
        lowest, highest = places.min(axis=0) - WITHIN_MM, places.max(axis=0) + WITHIN_MM
        found = series[2:, i]
        require(
            ((found >= lowest) & (found <= highest)).all(),
            f"{candidate}: column {i} of extract() should be {region}, but averages voxels around {found.round(1)} mm",
        )


def check_a_path_and_a_single_volume_will_do(candidate: Candidate) -> None:
    """`extract` accepts the path of an image or the image; a single volume gives one row."""
    import nibabel

    atlas, image = candidate.stage(), coordinate_image(1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bold.nii"
        nibabel.save(image, path)
        rows = [matrix(candidate, atlas.extract(one), 1, "extract() of one volume") for one in (image, path, str(path))]
    require(same(rows[1:], rows[:1] * 2), f"{candidate}: extract() of a path differs from that of its image")
