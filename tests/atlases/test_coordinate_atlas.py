"""Reading images: paths, volumes, number types, missing values, and files that can't be used."""

from __future__ import annotations

import gzip

import nibabel
import numpy as np
import pytest

from emotopy.errors import InputError
from emotopy.records import Node
from emotopy_plugins.atlases.coordinates import CoordinateAtlas
from emotopy_plugins.atlases.node_table import PlacedNode

AFFINE = np.array([[3.0, 0, 0, -31], [0, 3, 0, -29], [0, 0, 3, -28], [0, 0, 0, 1]])
SHAPE = (21, 20, 19)


@pytest.fixture
def atlas():
    """Three nodes in two regions, in the middle of the brain."""
    nodes = [Node("a_left", "a", -15, 0, 0, 7), Node("b", "b", 0, 0, 10, 9), Node("a_right", "a", 15, 0, 0, 5)]
    return CoordinateAtlas.from_nodes("toy", [PlacedNode(node) for node in nodes])


@pytest.fixture
def bold(rng):
    """Four volumes of noise on a 3 mm grid, at a scanner's baseline."""
    return nibabel.Nifti1Image((900 + rng.standard_normal((*SHAPE, 4))).astype(np.float32), AFFINE)


def sphere(node):
    """Which voxels lie in a node's sphere."""
    points = nibabel.affines.apply_affine(AFFINE, np.moveaxis(np.indices(SHAPE), 0, -1))
    return np.linalg.norm(points - node.xyz_mm, axis=-1) <= node.radius_mm


def test_a_region_is_the_mean_over_the_voxels_of_all_its_nodes(atlas, bold):
    """Voxels count alike, so a larger node weighs more; sums are in double precision, whatever the image's type."""
    left, b, right = map(sphere, atlas.nodes)
    data = bold.get_fdata()
    wanted = np.stack([data[left | right].mean(axis=0), data[b].mean(axis=0)], axis=1)
    series = atlas.extract(bold)
    assert series.shape == (4, 2)
    assert series.dtype == np.float64
    np.testing.assert_allclose(series, wanted, rtol=1e-14)


def test_path_and_image_give_the_same(atlas, bold, tmp_path):
    """An image, a path and a path as a string, packed or not, read alike."""
    wanted = atlas.extract(bold)
    for name in ("bold.nii", "bold.nii.gz"):
        nibabel.save(bold, tmp_path / name)
        np.testing.assert_array_equal(atlas.extract(tmp_path / name), wanted)
        np.testing.assert_array_equal(atlas.extract(str(tmp_path / name)), wanted)


def test_one_volume_gives_one_row(atlas, bold):
    """A 3-D image is a single volume, and 4-D with one volume is the same."""
    whole = atlas.extract(bold)
    np.testing.assert_array_equal(atlas.extract(bold.slicer[..., 2]), whole[2:3])
    np.testing.assert_array_equal(atlas.extract(bold.slicer[..., 2:3]), whole[2:3])


def test_scaled_integers_are_read_with_their_scale(atlas, bold, tmp_path):
    """An image stored as 16-bit integers with slope and intercept gives its values, not its integers."""
    stored = nibabel.Nifti1Image(bold.get_fdata(), AFFINE)
    stored.set_data_dtype(np.int16)
    nibabel.save(stored, tmp_path / "scaled.nii.gz")
    back = nibabel.load(tmp_path / "scaled.nii.gz")
    assert back.dataobj.slope != 1
    np.testing.assert_allclose(atlas.extract(tmp_path / "scaled.nii.gz"), atlas.extract(bold), atol=1e-3)


def test_voxels_that_are_not_finite_do_not_count(atlas, bold):
    """NaN in some voxels of a region, in any volume, leaves those voxels out and the others as they are."""
    data = bold.get_fdata()
    data[:10, :, :, 1] = np.where(np.arange(10)[:, None, None] < 6, np.nan, data[:10, :, :, 1])
    kept = sphere(atlas.nodes[0]) & np.isfinite(data).all(axis=-1)
    assert 0 < kept.sum() < sphere(atlas.nodes[0]).sum()
    series = atlas.extract(nibabel.Nifti1Image(data, AFFINE))
    np.testing.assert_allclose(series[:, 0], data[kept | sphere(atlas.nodes[2])].mean(axis=0), rtol=1e-14)


def test_a_region_of_nothing_but_nan_is_named(atlas, bold):
    """A region without a finite voxel is an error that names it, and not the others."""
    data = bold.get_fdata()
    data[sphere(atlas.nodes[1])] = np.inf
    with pytest.raises(InputError, match=r"only NaN or infinity in b$"):
        atlas.extract(nibabel.Nifti1Image(data, AFFINE))


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (nibabel.Nifti1Image(np.zeros((2, 3, 4, 1, 5)), AFFINE), "wanted x, y, z and volumes, got shape"),
        (nibabel.Nifti1Image(np.zeros((2, 3)), AFFINE), "wanted x, y, z and volumes, got shape"),
        (nibabel.Nifti1Image(np.zeros((*SHAPE, 0)), AFFINE), "wanted x, y, z and volumes, got shape"),
        (nibabel.Nifti1Image(np.zeros(SHAPE, dtype=np.complex64), AFFINE), "wanted real numbers, got complex64"),
        (nibabel.Nifti1Image(np.zeros(SHAPE), None), "neither sform nor qform"),
        (np.zeros(SHAPE), "wanted an image on a voxel grid or its path, got ndarray"),
    ],
    ids=["5-D", "2-D", "no volume", "complex", "nowhere", "array"],
)
def test_what_is_no_series_of_volumes_is_refused(atlas, image, words):
    """The message says what was wanted and what came."""
    with pytest.raises(InputError, match=words):
        atlas.extract(image)


def test_files_that_cannot_be_read_are_named_without_their_folder(atlas, bold, tmp_path):
    """A missing file, a file of another kind and one that breaks off are errors of ours."""
    (tmp_path / "notes.nii").write_text("not an image")
    nibabel.save(bold, tmp_path / "whole.nii")
    content = (tmp_path / "whole.nii").read_bytes()
    (tmp_path / "cut.nii").write_bytes(content[: len(content) // 2])
    (tmp_path / "cut.nii.gz").write_bytes(gzip.compress(content)[:-5000])
    for name in ("missing.nii", "notes.nii", "cut.nii", "cut.nii.gz"):
        with pytest.raises(InputError) as caught:
            atlas.extract(tmp_path / name)
        assert str(caught.value).startswith(f"{name}: wanted")


def test_the_image_is_left_as_it_is(atlas, bold):
    """Reading doesn't change the image's values."""
    before = np.array(bold.dataobj)
    atlas.extract(bold)
    np.testing.assert_array_equal(bold.dataobj, before)
