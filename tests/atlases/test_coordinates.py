"""The atlas of coordinate tables: the factory's choices, and series on tables of one's own."""

from __future__ import annotations

import socket

import nibabel
import numpy as np
import pytest
from nilearn.maskers import NiftiSpheresMasker

from emotopy.errors import ConfigError, EmotopyError, InputError, UnknownName
from emotopy.registry import Registry
from emotopy.roles import Atlas
from emotopy_plugins.atlases import coordinates as plugin
from emotopy_plugins.atlases.coordinates import coordinates
from emotopy_plugins.shared.label_image import brain_mask

TWO_REGIONS = (
    "name,region,x,y,z,radius_mm,network\nL,Motor,-38,-22,56,6,Hand\nR,Motor,38,-22,56,6,Hand\nV,,0,-80,8,8,\n"
)


@pytest.fixture
def no_network(monkeypatch):
    """Every connection fails."""

    def refuse(*args, **kwargs):
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(("table", "n_regions", "n_networks"), [("dosenbach160", 160, 6), ("seitzman300", 300, 13)])
def test_bundled_tables_need_no_network_and_fit_into_the_brain(table, n_regions, n_networks):
    """Each region has voxels of the MNI152 mask, and its network has a name."""
    atlas = Registry([plugin]).make("atlas", "coordinates", table=table)
    assert isinstance(atlas, Atlas)
    assert atlas.name == table
    assert len(atlas.regions) == len(atlas.nodes) == n_regions
    assert len(set(atlas.networks.values())) == n_networks
    assert set(atlas.networks) <= set(atlas.regions)
    assert set(np.unique(np.asarray(atlas.label_image.dataobj))) == set(range(n_regions + 1))


@pytest.mark.slow
def test_series_equal_those_of_nilearns_spheres(rng):
    """Dosenbach's spheres at 3 mm, which don't overlap, read what nilearn's sphere masker reads."""
    atlas = coordinates(radius_mm=3.0)
    mask, affine = brain_mask()
    image = nibabel.Nifti1Image(rng.standard_normal((*mask.shape, 2)), affine)
    masker = NiftiSpheresMasker(
        [node.xyz_mm for node in atlas.nodes],
        radius=3.0,
        mask_img=nibabel.Nifti1Image(mask.astype(np.uint8), affine),
        standardize=None,
        reports=False,
    )
    np.testing.assert_allclose(atlas.extract(image), masker.fit_transform(image), rtol=1e-9, atol=1e-12)


def test_a_table_of_ones_own_names_regions_in_order_of_appearance(tmp_path):
    """Nodes of the same region form one; the name of the atlas is the file's; networks belong to regions."""
    (tmp_path / "mine.csv").write_text(TWO_REGIONS)
    atlas = coordinates(tmp_path / "mine.csv")
    assert atlas.name == "mine"
    assert atlas.regions == ("motor", "v")
    assert [node.name for node in atlas.nodes] == ["l", "r", "v"]
    assert atlas.networks == {"motor": "hand"}


def test_nodes_become_regions_on_request(tmp_path):
    """With `level = "node"` each node is its own region, as its `region` says too."""
    (tmp_path / "mine.csv").write_text(TWO_REGIONS)
    atlas = coordinates(str(tmp_path / "mine.csv"), level="node")
    assert atlas.regions == ("l", "r", "v")
    assert [node.region for node in atlas.nodes] == ["l", "r", "v"]
    assert atlas.networks == {"l": "hand", "r": "hand"}


def test_a_region_in_two_networks_is_an_error(tmp_path):
    """Nodes of one region can't stand in different networks; the message names region and both."""
    (tmp_path / "mine.csv").write_text(TWO_REGIONS.replace("56,6,Hand\nV", "56,6,Foot\nV"))
    with pytest.raises(InputError, match="'motor' belong to the networks 'hand' and 'foot'"):
        coordinates(tmp_path / "mine.csv")
    assert coordinates(tmp_path / "mine.csv", level="node").networks == {"l": "hand", "r": "foot"}


def test_a_table_that_nobody_has_is_an_error_with_the_choices(tmp_path):
    """A misspelt name gets the bundled names and the nearest of them."""
    with pytest.raises(UnknownName, match=r"dosenbach160, seitzman300 or the path.*Did you mean 'dosenbach160'"):
        coordinates("dosenbach")
    with pytest.raises(UnknownName, match="there is no file"):
        coordinates(tmp_path)


@pytest.mark.parametrize("radius_mm", [0, -2.0, float("nan"), float("inf")])
def test_a_radius_must_be_above_zero(radius_mm):
    """Zero, negative and non-finite radii are refused before anything is read."""
    with pytest.raises(ConfigError, match=r"^atlas\.radius_mm: wanted more than 0 and finite"):
        Registry([plugin]).make("atlas", "coordinates", radius_mm=radius_mm)


def test_a_region_without_a_voxel_of_its_own_is_named(tmp_path):
    """A point outside the brain has no place in the label image."""
    (tmp_path / "mine.csv").write_text("name,x,y,z\nin,0,0,20\nout,100,100,100\n")
    atlas = coordinates(tmp_path / "mine.csv")
    with pytest.raises(EmotopyError, match="got none for out;"):
        _ = atlas.label_image
