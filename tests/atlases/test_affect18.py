"""The emotion atlas: its names and places, and what it reads from an image, against nilearn's maskers."""

from __future__ import annotations

import attrs
import nibabel
import numpy as np
import pytest
from nilearn.datasets import load_mni152_brain_mask, load_mni152_gm_template
from nilearn.maskers import NiftiLabelsMasker, NiftiSpheresMasker

from emotopy.errors import InputError
from emotopy.registry import Registry
from emotopy.roles import Atlas, Host
from emotopy_plugins.atlases import affect18 as plugin
from emotopy_plugins.atlases.affect18 import affect18
from emotopy_plugins.shared.label_image import paint

REGIONS = [
    "amygdala",
    "insula",
    "hippocampus",
    "temporal_pole",
    "caudate",
    "putamen",
    "nucleus_accumbens",
    "anterior_cingulate",
    "orbitofrontal",
    "dorsolateral_prefrontal",
    "superior_temporal",
    "hypothalamus",
    "ventral_tegmental_area",
    "locus_coeruleus",
    "periaqueductal_gray",
    "raphe_nuclei",
    "posterior_cingulate",
    "medial_prefrontal",
]
SMALL = {"hypothalamus", "ventral_tegmental_area", "locus_coeruleus", "periaqueductal_gray", "raphe_nuclei"}
GRIDS = {
    "SPM, 2 mm, x flipped": ((91, 109, 91), [[-2, 0, 0, 90], [0, 2, 0, -126], [0, 0, 2, -72], [0, 0, 0, 1]]),
    "3 mm": ((61, 73, 62), [[3, 0, 0, -90], [0, 3, 0, -126], [0, 0, 3, -72], [0, 0, 0, 1]]),
    "3.5 × 3.5 × 4 mm, tilted": (
        (54, 64, 50),
        [[3.5, 0, 0.1, -92], [0, 3.45, -0.7, -117], [0, 0.6, 3.94, -92], [0, 0, 0, 1]],
    ),
}


def an_image(shape, affine, rng, n_volumes=5):
    """Noise around a scanner's baseline."""
    data = 1000 + rng.standard_normal((*shape, n_volumes))
    return nibabel.Nifti1Image(data, np.array(affine, dtype=float))


def test_it_is_offered_under_its_name():
    """The registry makes an atlas that keeps the role's protocol."""
    atlas = Registry([plugin]).make("atlas", "affect18")
    assert isinstance(atlas, Atlas)
    assert atlas.name == "affect18"


def test_eighteen_regions_twenty_nine_nodes_in_the_order_of_the_contract():
    """Regions stand in their order; nodes follow it, left before right."""
    atlas = affect18()
    names = [f"{region}_{side}" for region in REGIONS[:11] for side in ("left", "right")] + REGIONS[11:]
    assert list(atlas.regions) == REGIONS
    assert [node.name for node in atlas.nodes] == names
    assert [node.region for node in atlas.nodes] == [
        name.removesuffix("_left").removesuffix("_right") for name in names
    ]


def test_right_mirrors_left_and_the_midline_is_at_zero():
    """A right node is its left one with x mirrored; nodes without a side have x = 0."""
    by_name = {node.name: node for node in affect18().nodes}
    for region in REGIONS[:11]:
        left, right = by_name[f"{region}_left"], by_name[f"{region}_right"]
        assert left.x_mm < 0
        assert right.xyz_mm == (-left.x_mm, left.y_mm, left.z_mm)
    assert {by_name[region].x_mm for region in REGIONS[11:]} == {0.0}


def test_spheres_are_smaller_in_hypothalamus_and_brainstem():
    """Those five nodes have 5 mm, all others 8 mm."""
    assert {node.name: node.radius_mm for node in affect18().nodes if node.radius_mm != 8} == dict.fromkeys(SMALL, 5.0)


@pytest.mark.parametrize(
    ("a", "b", "wanted_mm"),
    [
        ("amygdala_left", "hippocampus_left", 11.4),
        ("anterior_cingulate_left", "anterior_cingulate_right", 10.0),
        ("raphe_nuclei", "locus_coeruleus", 12.2),
        ("amygdala_left", "amygdala_right", 40.0),
        ("superior_temporal_left", "superior_temporal_right", 110.0),
    ],
)
def test_distances_between_nodes_are_the_known_ones(a, b, wanted_mm):
    """Distances equal the documented ones."""
    by_name = {node.name: np.array(node.xyz_mm) for node in affect18().nodes}
    assert np.linalg.norm(by_name[a] - by_name[b]) == pytest.approx(wanted_mm, abs=0.05)


def test_the_label_image_stays_in_the_brain_and_near_its_nodes():
    """On nilearn's mask at 2 mm all 18 labels are there, inside the mask, each within 8 mm of a node of its region."""
    atlas = affect18()
    image, mask = atlas.label_image, load_mni152_brain_mask(resolution=2)
    labels = np.asarray(image.dataobj)
    assert image.shape == mask.shape
    np.testing.assert_array_equal(image.affine, mask.affine)
    assert int(image.header["sform_code"]) == 4
    assert set(np.unique(labels)) == set(range(19))
    assert not labels[mask.get_fdata() == 0].any()
    for number, region in enumerate(atlas.regions, start=1):
        points = nibabel.affines.apply_affine(image.affine, np.argwhere(labels == number))
        nodes = [node for node in atlas.nodes if node.region == region]
        reach = np.min([np.linalg.norm(points - node.xyz_mm, axis=1) - node.radius_mm for node in nodes], axis=0)
        assert reach.max() <= 1e-9
    assert atlas.label_image is image


def test_the_label_table_says_what_the_numbers_mean():
    """Index 1 … 18 with the regions' names, and nilearn takes it as it is."""
    atlas = affect18()
    table = atlas.label_table
    assert table["index"].tolist() == list(range(1, 19))
    assert table["name"].tolist() == REGIONS
    masker = NiftiLabelsMasker(atlas.label_image, lut=table, reports=False).fit()
    assert list(masker.region_names_.values()) == REGIONS


@pytest.mark.parametrize("level", ["region", "node"])
@pytest.mark.parametrize("grid", GRIDS)
def test_planted_series_come_back_exactly(grid, level, rng):
    """Each region filled with a series of its own gives that series, in the region's column, on any grid."""
    atlas = affect18(level=level)
    shape, affine = GRIDS[grid]
    planted = 500 + rng.standard_normal((7, len(atlas.regions)))
    points = nibabel.affines.apply_affine(np.array(affine), np.moveaxis(np.indices(shape), 0, -1))
    # Where no sphere reaches, the first region's series stands: nobody may read it there.
    distance = np.stack([np.linalg.norm(points - node.xyz_mm, axis=-1) for node in atlas.nodes], axis=-1)
    reached = np.array([node.radius_mm for node in atlas.nodes]) + 1e-3
    nearest = np.where(distance <= reached, distance, np.inf).argmin(axis=-1)
    column = np.array([atlas.regions.index(node.region) for node in atlas.nodes])[nearest]
    image = nibabel.Nifti1Image(np.moveaxis(planted[:, column], 0, -1), np.array(affine, dtype=float))
    np.testing.assert_allclose(atlas.extract(image), planted, rtol=1e-13)


def test_its_own_label_image_painted_comes_back():
    """Each region's own number, painted onto the label image, is what the region's column holds."""
    atlas = affect18()
    numbers = np.arange(1.0, 19.0)
    image = nibabel.Nifti1Image(paint(np.asarray(atlas.label_image.dataobj), numbers), atlas.label_image.affine)
    np.testing.assert_array_equal(atlas.extract(image), [numbers])


@pytest.mark.parametrize("level", ["region", "node"])
def test_series_equal_those_of_nilearns_labels_masker(level, rng):
    """On noise on the atlas's own grid, nilearn's labels masker reads the same means."""
    atlas = affect18(level=level)
    labels = atlas.label_image
    image = an_image(labels.shape, labels.affine, rng, n_volumes=3)
    theirs = NiftiLabelsMasker(labels, standardize=None, reports=False).fit_transform(image)
    np.testing.assert_allclose(atlas.extract(image), theirs, rtol=1e-12)


@pytest.mark.slow
def test_series_equal_those_of_nilearns_spheres_at_five_millimetres(rng):
    """With 5 mm everywhere no spheres overlap, and nilearn's sphere masker reads the same; at 8 mm it refuses."""
    atlas = affect18(level="node")
    atlas = attrs.evolve(atlas, nodes=tuple(attrs.evolve(node, radius_mm=5.0) for node in atlas.nodes))
    mask = load_mni152_brain_mask(resolution=2)
    image = an_image(mask.shape, mask.affine, rng, n_volumes=3)
    seeds = [node.xyz_mm for node in atlas.nodes]
    theirs = NiftiSpheresMasker(seeds, radius=5.0, mask_img=mask, standardize=None, reports=False)
    np.testing.assert_allclose(atlas.extract(image), theirs.fit_transform(image), rtol=1e-12)
    with pytest.raises(ValueError, match=r"(?i)overlap"):
        NiftiSpheresMasker(seeds, radius=8.0, mask_img=mask, standardize=None, reports=False).fit_transform(image)


def test_grey_matter_of_the_template_is_where_anatomy_has_it():
    """On the real grey-matter template, cortex and amygdala hold more grey matter than the brainstem nodes."""
    template = load_mni152_gm_template(resolution=2)
    atlas = affect18()
    found = dict(zip(atlas.regions, atlas.extract(template)[0], strict=True))
    theirs = NiftiLabelsMasker(atlas.label_image, standardize=None, reports=False).fit_transform(template)
    np.testing.assert_allclose(list(found.values()), np.ravel(theirs), rtol=1e-5)
    assert min(found[name] for name in ("amygdala", "insula", "caudate")) > max(
        found[name] for name in ("locus_coeruleus", "raphe_nuclei")
    )


def starting_at(z_mm, rng):
    """Noise on a 2 mm grid whose lowest slice lies at `z_mm`."""
    affine = [[-2, 0, 0, 90], [0, 2, 0, -126], [0, 0, 2, z_mm], [0, 0, 0, 1]]
    return an_image((91, 109, 55), affine, rng, n_volumes=2)


def test_regions_outside_the_image_are_named(rng):
    """An image that begins above two brainstem nodes is an error that names these two, and only these."""
    with pytest.raises(InputError) as caught:
        affect18().extract(starting_at(-19.0, rng))
    assert "a voxel for locus_coeruleus, raphe_nuclei; " in str(caught.value)


def test_voxels_too_large_for_a_region_are_an_error():
    """At 14 mm some spheres hold no voxel; the message gives the voxel size."""
    image = nibabel.Nifti1Image(
        np.zeros((15, 17, 15, 2)), np.array([[14.0, 0, 0, -99], [0, 14, 0, -133], [0, 0, 14, -75], [0, 0, 0, 1]])
    )
    with pytest.raises(InputError, match=r"hypothalamus.*14 × 14 × 14 mm"):
        affect18().extract(image)


def test_a_region_cut_by_the_edge_is_said_and_still_read(rng):
    """An image that begins within the raphe nuclei reads them from the voxels there are, and tells the user."""
    heard = []
    series = affect18(host=Host(notify=heard.append)).extract(starting_at(-28.0, rng))
    assert series.shape == (2, 18)
    assert np.isfinite(series).all()
    assert len(heard) == 1
    assert heard[0].startswith("the image shows less than half of these regions of atlas affect18: raphe_nuclei (")
    assert heard[0].count("(") == 1


def test_a_whole_brain_gives_no_cause_to_speak(rng):
    """An image that covers everything is read in silence, on fine and coarse grids."""
    heard = []
    for shape, affine in GRIDS.values():
        affect18(host=Host(notify=heard.append)).extract(an_image(shape, affine, rng, n_volumes=2))
    assert heard == []
