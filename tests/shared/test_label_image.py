"""Nodes on a voxel grid, against a loop over voxels and nodes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nilearn.datasets import load_mni152_brain_mask

from emotopy.records import Node
from emotopy_plugins.shared.label_image import brain_mask, brain_mask_on, label_nodes, label_regions, paint

SHAPE = (9, 8, 7)
OBLIQUE = np.array([[-1.9, 0.3, 0.0, 8.0], [0.2, 2.2, -0.4, -7.0], [0.1, 0.5, 2.6, -9.0], [0.0, 0.0, 0.0, 1.0]])
TWO_MM = np.diag([2.0, 2.0, 2.0, 1.0])


def brute_force(nodes, mask, affine):
    """Ask every voxel for every node."""
    labels = np.zeros(mask.shape, dtype=int)
    for voxel in np.argwhere(mask):
        point = affine[:3, :3] @ voxel + affine[:3, 3]
        distances = [np.linalg.norm(point - node.xyz_mm) for node in nodes]
        covering = [i for i, node in enumerate(nodes) if distances[i] <= node.radius_mm]
        if covering:
            labels[tuple(voxel)] = 1 + min(covering, key=lambda i: distances[i])
    return labels


@st.composite
def some_nodes(draw):
    """Nodes around and beyond the oblique grid, whose spheres overlap."""
    coordinate = st.floats(-15, 15).map(lambda x: round(x, 2) + 0.00123)
    points = draw(st.lists(st.tuples(coordinate, coordinate, coordinate), min_size=1, max_size=6, unique=True))
    radii = draw(st.lists(st.floats(0.5, 12), min_size=len(points), max_size=len(points)))
    return [Node(f"n{i}", f"n{i}", *point, radius) for i, (point, radius) in enumerate(zip(points, radii, strict=True))]


@settings(max_examples=40, deadline=None)
@given(nodes=some_nodes(), seed=st.integers(0, 99))
def test_every_mask_voxel_goes_to_the_nearest_node_that_covers_it(nodes, seed):
    """On a flipped, sheared grid the labels equal a loop over voxels and nodes."""
    mask = np.random.default_rng(seed).random(SHAPE) < 0.8
    np.testing.assert_array_equal(label_nodes(nodes, mask, OBLIQUE), brute_force(nodes, mask, OBLIQUE))


def test_a_large_sphere_keeps_what_a_small_near_one_does_not_reach():
    """A voxel nearer to a small sphere's centre, but outside that sphere, belongs to the large one around it."""
    nodes = [Node("large", "large", 0, 0, 0, 20), Node("small", "small", 6, 0, 0, 1)]
    labels = label_nodes(nodes, np.ones((6, 1, 1), dtype=bool), TWO_MM)
    assert labels.ravel().tolist() == [1, 1, 1, 2, 1, 1]


def test_the_radius_is_inclusive_and_ties_go_to_the_first():
    """A voxel at exactly the radius is in; one halfway between two nodes belongs to the one that stands first."""
    nodes = [Node("b", "b", 8, 0, 0, 4), Node("a", "a", 0, 0, 0, 4)]
    labels = label_nodes(nodes, np.ones((8, 1, 1), dtype=bool), TWO_MM)
    assert labels.ravel().tolist() == [2, 2, 1, 1, 1, 1, 1, 0]


def test_rounding_in_an_affine_does_not_decide_about_the_edge():
    """With steps of 0.1 mm, which binary numbers can't hold, voxels exactly on the sphere are all in."""
    affine = np.diag([0.1, 0.1, 0.1, 1.0])
    affine[:3, 3] = -0.7
    labels = label_nodes([Node("a", "a", 0, 0, 0, 0.7)], np.ones((15, 15, 15), dtype=bool), affine)
    assert labels[[0, 14, 7, 7, 7, 7], [7, 7, 0, 14, 7, 7], [7, 7, 7, 7, 0, 14]].tolist() == [1] * 6
    np.testing.assert_array_equal(labels, labels[::-1, ::-1, ::-1])


def test_a_node_outside_the_grid_or_the_mask_has_no_voxel():
    """Nodes beyond any side of the grid, or where the mask is false, leave no label and don't wrap around."""
    far = [Node(f"n{i}", f"n{i}", *point, 3) for i, point in enumerate(np.vstack([np.eye(3), -np.eye(3)]) * 500)]
    assert not label_nodes(far, np.ones(SHAPE, dtype=bool), OBLIQUE).any()
    assert not label_nodes([Node("a", "a", 0, 0, 0, 50)], np.zeros(SHAPE, dtype=bool), OBLIQUE).any()


def test_a_region_is_the_union_of_its_nodes():
    """Region labels are those of the nodes, renumbered in the order of the regions asked for."""
    nodes = [Node("a_left", "a", -3, 0, 0, 6), Node("b", "b", 0, 5, 0, 6), Node("a_right", "a", 3, 0, 0, 6)]
    mask = np.ones(SHAPE, dtype=bool)
    by_node = label_nodes(nodes, mask, OBLIQUE)
    by_region = label_regions(nodes, ["b", "a"], mask, OBLIQUE)
    assert set(np.unique(by_node)) == {0, 1, 2, 3}
    np.testing.assert_array_equal(by_region == 1, by_node == 2)
    np.testing.assert_array_equal(by_region == 2, np.isin(by_node, [1, 3]))
    assert by_region.dtype == np.int32


def test_painted_values_are_found_where_the_label_is(rng):
    """Every labelled voxel holds its label's value in every volume, every other voxel the background."""
    labels = rng.integers(0, 6, SHAPE)
    values = rng.standard_normal((4, 5))
    painted = paint(labels, values, background=np.nan)
    assert painted.shape == (*SHAPE, 4)
    assert np.isnan(painted[labels == 0]).all()
    for label in range(1, 6):
        np.testing.assert_array_equal(painted[labels == label], [values[:, label - 1]] * (labels == label).sum())
    np.testing.assert_array_equal(paint(labels, values[2], background=np.nan), painted[..., 2])


@pytest.mark.parametrize("resolution_mm", [1, 2])
def test_the_brain_mask_is_the_one_that_nilearn_bundles(resolution_mm):
    """Mask and affine equal nilearn's, and nobody can write into the copy that all share."""
    mask, affine = brain_mask(resolution_mm)
    theirs = load_mni152_brain_mask(resolution=resolution_mm)
    np.testing.assert_array_equal(mask, theirs.get_fdata() > 0)
    np.testing.assert_array_equal(affine, theirs.affine)
    assert np.abs(affine[:3, :3]).max() == resolution_mm
    with pytest.raises(ValueError, match="read-only"):
        mask[0, 0, 0] = True


def test_on_another_grid_a_voxel_is_brain_where_the_nearest_mask_voxel_is():
    """On a flipped 3 mm grid that reaches beyond the mask, each voxel asks the 2 mm mask at its centre."""
    affine = np.array([[-3.0, 0, 0, 112.3], [0, 3.1, 0, -139.7], [0, 0, 2.9, -80.63], [0, 0, 0, 1]])
    shape = (75, 81, 63)
    mask, own_affine = brain_mask()
    points = np.moveaxis(np.indices(shape), 0, -1) @ affine[:3, :3].T + affine[:3, 3]
    voxels = np.rint((points - own_affine[:3, 3]) / 2).astype(int)
    inside = ((voxels >= 0) & (voxels < mask.shape)).all(axis=-1)
    wanted = np.zeros(shape, dtype=bool)
    wanted[inside] = mask[tuple(voxels[inside].T)]
    np.testing.assert_array_equal(brain_mask_on(shape, affine), wanted)


def test_on_its_own_grid_the_mask_stays_as_it_is():
    """The grid of the mask itself needs no resampling."""
    mask, affine = brain_mask()
    assert brain_mask_on(mask.shape, affine) is mask
