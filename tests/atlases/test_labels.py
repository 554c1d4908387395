"""Label images with a table: names, columns that are sure to be their regions, nodes, and what nilearn fetches."""

from __future__ import annotations

import nibabel
import numpy as np
import pandas as pd
import pytest
from nibabel.affines import apply_affine
from nilearn.image import resample_img

from emotopy.errors import ConfigError, InputError, ProviderError
from emotopy.registry import Registry
from emotopy.roles import Atlas, Host
from emotopy_plugins.atlases.fetched_labels import register_atlases, schaefer
from emotopy_plugins.atlases.labels import labels

pytestmark = pytest.mark.usefixtures("flags")

SHAPE = (12, 11, 10)
AFFINE = np.array([[4.0, 0, 0, -22], [0, 4, 0, -20], [0, 0, 4, -18], [0, 0, 0, 1]])
NUMBERS = {"Insula L": 40, "amygdala": 7, "Caudate": 12}
"""Names of the table, in its order, and the numbers in the image: neither sorted nor without gaps."""
REGIONS = ("insula_l", "amygdala", "caudate")


@pytest.fixture
def data():
    """Three blocks of different size."""
    data = np.zeros(SHAPE, dtype=np.int16)
    data[1:4, 2:6, 2:5] = 40
    data[6:8, 2:4, 3:5] = 7
    data[5:10, 6:9, 5:9] = 12
    return data


@pytest.fixture
def atlas_file(tmp_path, data):
    """The image and its table beside it."""
    nibabel.save(nibabel.Nifti1Image(data, AFFINE), tmp_path / "toy_dseg.nii.gz")
    rows = [f"{number}\t{name}\tnet {number % 2}\n" for name, number in NUMBERS.items()]
    (tmp_path / "toy_dseg.tsv").write_text(
        "index\tname\tnetwork\n0\tBackground\t\n" + "".join(rows) + "99\tabsent\tx\n"
    )
    return tmp_path / "toy_dseg.nii.gz"


def bold(rng, affine=AFFINE, shape=SHAPE, n_volumes=5, dtype=np.float32):
    return nibabel.Nifti1Image((900 + rng.standard_normal((*shape, n_volumes))).astype(dtype), affine)


def test_it_comes_in_through_its_entry_point(atlas_file):
    """Offered as `labels`, with the image and table as options; keeps the role's protocol."""
    atlas = Registry.load().make("atlas", "labels", image=str(atlas_file))
    assert isinstance(atlas, Atlas)
    assert atlas.regions == REGIONS


def test_regions_are_the_labels_in_the_tables_order(atlas_file, data):
    """Names become identifiers; rows without a voxel and the background are no regions; networks come along."""
    atlas = labels(atlas_file)
    assert atlas.regions == REGIONS
    assert atlas.networks == {"insula_l": "net_0", "amygdala": "net_1", "caudate": "net_0"}
    image = np.asarray(atlas.label_image.dataobj)
    for position, number in enumerate(NUMBERS.values(), start=1):
        np.testing.assert_array_equal(image == position, data == number)
    assert atlas.label_table.to_dict("list") == {"index": [1, 2, 3], "name": list(REGIONS)}


def test_columns_are_the_regions(atlas_file, data, rng):
    """Whatever the order of numbers in the image, column i is the mean over the voxels of region i."""
    image = bold(rng)
    voxels = image.get_fdata()
    wanted = np.stack([voxels[data == number].mean(axis=0) for number in NUMBERS.values()], axis=1)
    found = labels(atlas_file).extract(image)
    assert found.shape == (5, 3)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, wanted, rtol=1e-6)
    np.testing.assert_allclose(labels(atlas_file).extract(bold(rng, n_volumes=1)).shape, (1, 3))


def test_a_three_dimensional_image_is_one_row(atlas_file, data, rng):
    """A single volume, with or without a fourth axis."""
    image = bold(rng, n_volumes=1)
    flat = nibabel.Nifti1Image(image.get_fdata()[..., 0], AFFINE)
    np.testing.assert_allclose(labels(atlas_file).extract(flat), labels(atlas_file).extract(image), rtol=1e-6)


def test_labels_go_to_the_images_grid(atlas_file, data, rng):
    """On another grid the labels are resampled to the nearest voxel, and the image isn't."""
    affine = np.array([[-3.0, 0, 0, 21], [0, 3, 0, -19], [0, 0, 3, -17], [0, 0, 0, 1]])
    image = bold(rng, affine, shape=(15, 14, 13))
    moved = resample_img(
        nibabel.Nifti1Image(data.astype(np.int32), AFFINE),
        target_affine=affine,
        target_shape=(15, 14, 13),
        interpolation="nearest",
        force_resample=True,
        copy_header=True,
    )
    there = np.asarray(moved.dataobj)
    wanted = np.stack([image.get_fdata()[there == number].mean(axis=0) for number in NUMBERS.values()], axis=1)
    np.testing.assert_allclose(labels(atlas_file).extract(image), wanted, rtol=1e-6)


def test_a_lost_region_is_named_or_a_column_of_nan(atlas_file, data, rng):
    """An image that ends before the caudate: an error with its name; on request NaN in its column, and said."""
    image = bold(rng, shape=(5, 11, 10))
    with pytest.raises(InputError, match=r"without a finite voxel for amygdala, caudate; .*on_missing=nan"):
        labels(atlas_file).extract(image)
    said = []
    found = labels(atlas_file, on_missing="nan", host=Host(notify=said.append)).extract(image)
    np.testing.assert_array_equal(np.isnan(found).all(axis=0), [False, True, True])
    np.testing.assert_allclose(found[:, 0], image.get_fdata()[data[:5] == 40].mean(axis=0), rtol=1e-6)
    assert said[-1] == "the image has no data in these regions of atlas toy_dseg: amygdala, caudate"
    assert len(said) == 2  # the other names the label that the table has and the image hasn't


def test_an_image_elsewhere_has_no_region(atlas_file, rng):
    """An image far from every label is an error, even where lost regions may be NaN."""
    affine = AFFINE.copy()
    affine[:3, 3] = 500
    for on_missing in ("error", "nan"):
        with pytest.raises(InputError, match="wanted an image in MNI space that shows regions of atlas toy_dseg"):
            labels(atlas_file, on_missing=on_missing).extract(bold(rng, affine))


def test_voxels_that_are_not_finite_do_not_count(atlas_file, data, rng):
    """NaN in one voxel leaves the mean to the others, not to a zero; NaN in all of a region is a lost region."""
    image = bold(rng)
    voxels = image.get_fdata().astype(np.float32)
    voxels[2, 3, 3, 1] = np.nan
    found = labels(atlas_file).extract(nibabel.Nifti1Image(voxels, AFFINE))
    finite = np.isfinite(voxels).all(axis=3)
    assert finite.sum() == finite.size - 1  # what was given is as it was
    np.testing.assert_allclose(found[:, 0], voxels[(data == 40) & finite].mean(axis=0), rtol=1e-6)
    voxels[data == 7] = np.nan
    with pytest.raises(InputError, match="finite voxel for amygdala;"):
        labels(atlas_file).extract(nibabel.Nifti1Image(voxels, AFFINE))


def test_nodes_are_centres_of_mass_with_the_regions_volume(atlas_file, data):
    """A node per region in MNI mm; a sphere of its radius has the region's volume."""
    nodes = labels(atlas_file).nodes
    assert [node.name for node in nodes] == [node.region for node in nodes] == list(REGIONS)
    for node, number in zip(nodes, NUMBERS.values(), strict=True):
        voxels = np.argwhere(data == number)
        np.testing.assert_allclose(node.xyz_mm, apply_affine(AFFINE, voxels.mean(axis=0)))
        assert 4 / 3 * np.pi * node.radius_mm**3 == pytest.approx(len(voxels) * 64)


def test_the_table_is_found_beside_the_image_or_named(tmp_path, atlas_file):
    """TSV or CSV of the same name; none is an error; a path goes first."""
    (tmp_path / "toy_dseg.tsv").rename(tmp_path / "other.tsv")
    with pytest.raises(InputError) as caught:
        labels(atlas_file).regions  # noqa: B018
    assert caught.value.file == "toy_dseg.nii.gz"
    assert "--set atlas.table=FILE" in caught.value.advice
    assert labels(atlas_file, tmp_path / "other.tsv").regions == REGIONS
    (tmp_path / "toy_dseg.csv").write_text("Index,Name\n40,c\n7,b\n12,a\n")
    assert labels(atlas_file).regions == ("c", "b", "a")


@pytest.mark.parametrize(
    ("table", "row", "column"),
    [
        ("index\tname\n40\ta\n7\tb\n", None, None),
        ("index\tname\n40\ta b\n7\tA_B\n12\tc\n", None, None),
        ("index\tname\n40\ta\n7\tb\n40\tc\n12\td\n", 4, "index"),
        ("index\tname\n4.5\ta\n", 2, "index"),
        ("index\tname\n40\t\n", None, None),
        ("hue\tname\n40\ta\n", 1, None),
    ],
)
def test_tables_that_do_not_fit_are_named(tmp_path, atlas_file, table, row, column):
    """Labels without a row, names and numbers twice, cells that can't be used: file, line and column."""
    (tmp_path / "toy_dseg.tsv").write_text(table)
    with pytest.raises(InputError) as caught:
        labels(atlas_file).regions  # noqa: B018
    error = caught.value
    assert (error.file, error.row, error.column) == ("toy_dseg.tsv", row, column)
    assert error.wanted
    assert error.got


def test_images_that_are_not_labels_are_named(tmp_path, atlas_file, data, rng):
    """Probabilities, several volumes, negative numbers, nothing: what came and what was wanted."""
    cases = [
        (rng.random(SHAPE), "whole numbers from 0 as labels, got values between 0"),
        (np.stack([data] * 2, axis=-1), "one volume of labels, got 2"),
        (data - 1, "whole numbers from 0 as labels, got values between -1 and 39"),
        (data * 0, "every voxel is 0"),
    ]
    for values, message in cases:
        nibabel.save(nibabel.Nifti1Image(values.astype(np.float32), AFFINE), atlas_file)
        with pytest.raises(InputError, match=message):
            labels(atlas_file).regions  # noqa: B018
    nibabel.save(nibabel.Nifti1Image(data.astype(np.float64)[..., None], AFFINE), atlas_file)
    assert labels(atlas_file).regions == REGIONS


def test_an_image_must_be_named():
    """`labels` alone says how to name one, and what else there is."""
    with pytest.raises(ConfigError, match=r"atlas\.image: .*--set atlas\.image=FILE"):
        labels()


@pytest.fixture
def no_network(monkeypatch, tmp_path):
    """Whoever asks the network is refused at once; nilearn's data folder is the test's."""
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ftp_proxy", "FTP_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    for variable in ("NO_PROXY", "no_proxy", "NILEARN_SHARED_DATA"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("NILEARN_DATA", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", ["schaefer", "aal", "harvard-oxford", "yeo", "destrieux"])
def test_without_a_network_a_fetched_atlas_says_so_when_asked(no_network, name):
    """Making it is free; its regions need the fetch, whose failure names the atlas and the ways out."""
    atlas = register_atlases()[name]()
    with pytest.raises(ProviderError, match=rf"^atlas {name}: .*NILEARN_DATA.*--set atlas=labels"):
        atlas.regions  # noqa: B018


def test_what_nilearn_fetched_before_needs_no_network(no_network, data, rng):
    """Files in nilearn's data folder, as its fetcher leaves them, are an atlas with names and networks."""
    folder = no_network / "schaefer_2018"
    folder.mkdir()
    small = np.select([data == 40, data == 7, data == 12], [1, 2, 3]).astype(np.int16)
    stem = "Schaefer2018_100Parcels_7Networks_order"
    nibabel.save(nibabel.Nifti1Image(small, AFFINE), folder / f"{stem}_FSLMNI152_2mm.nii.gz")
    names = ["7Networks_LH_Vis_1", "7Networks_LH_Limbic_1", "7Networks_RH_Vis_1"]
    lines = [f"{i}\t{name}\t120\t18\t{i}\t0\n" for i, name in enumerate(names, start=1)]
    (folder / f"{stem}.txt").write_text("".join(lines))
    atlas = schaefer(n_rois=100)
    assert atlas.regions == ("7networks_lh_vis_1", "7networks_lh_limbic_1", "7networks_rh_vis_1")
    assert list(atlas.networks.values()) == ["vis", "limbic", "vis"]
    image = bold(rng)
    np.testing.assert_allclose(atlas.extract(image)[:, 1], image.get_fdata()[data == 7].mean(axis=0), rtol=1e-6)


def test_it_agrees_with_the_table_of_nilearns_masker(atlas_file, rng):
    """Against the masker with a look-up table of its own: the same columns under the same names."""
    from nilearn.maskers import NiftiLabelsMasker

    image = bold(rng)
    lut = pd.DataFrame({"index": [0, *NUMBERS.values()], "name": ["Background", *REGIONS]})
    masker = NiftiLabelsMasker(atlas_file, lut=lut, standardize=None, reports=False)
    frame = masker.set_output(transform="pandas").fit_transform(image)
    np.testing.assert_allclose(labels(atlas_file).extract(image), frame[list(REGIONS)].to_numpy(), rtol=1e-6)
