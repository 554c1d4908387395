"""The files of the reporter `tables`, read back by other people's readers."""

from __future__ import annotations

import json

import attrs
import nibabel
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from nilearn.datasets import load_mni152_brain_mask

from emotopy import Registry
from emotopy.errors import ConfigError
from emotopy.roles import Reporter
from emotopy_plugins.reporters import tables
from emotopy_plugins.reporters.tables import TablesReporter, register_reporters

NAMES = ["regions.csv", "texts.parquet", "clusters.csv", "regions.nii.gz", "regions.json"]


def at_mm(image: nibabel.Nifti1Image, x: float, y: float, z: float) -> np.ndarray:
    """Return the values of all volumes at a place."""
    i, j, k = np.rint(np.linalg.inv(image.affine) @ [x, y, z, 1])[:3].astype(int)
    return np.asarray(image.dataobj)[i, j, k]


def test_the_hook_offers_a_reporter():
    """The factory makes an object that keeps the role's protocol."""
    assert isinstance(register_reporters()["tables"](), Reporter)


@pytest.mark.parametrize("digits", [0, 18])
def test_digits_out_of_range_are_refused(digits):
    """Fewer than 1 and more than 17 significant digits mean nothing."""
    with pytest.raises(ConfigError) as caught:
        Registry([tables]).make("reporter", "tables", digits=digits)
    assert caught.value.path == "reporter.digits"


def test_the_same_result_gives_the_same_bytes(make_result, tmp_path):
    """Two results built alike, written to two directories, give files equal byte for byte."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        paths = TablesReporter().write(make_result(), tmp_path / name)
        assert [path.name for path in paths] == NAMES
    for name in NAMES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_image_is_left_out_on_request(result, tmp_path):
    """Without the image there are three files."""
    assert [path.name for path in TablesReporter(image=False).write(result, tmp_path)] == NAMES[:3]


def test_regions_come_back(result, tmp_path):
    """pandas reads the regions table back, to six digits."""
    TablesReporter(image=False).write(result, tmp_path)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "regions.csv"), result.regions, rtol=1e-5, check_dtype=False)


def test_a_group_name_is_no_formula(make_result, tmp_path):
    """A group named like a formula is disarmed in the CSV, and stays what it is in Parquet and JSON."""
    name = '=HYPERLINK("x")'
    TablesReporter().write(make_result(texts_per_group={name: ["a", "b"], "plain": ["c"]}), tmp_path)
    assert f"'{name}" in set(pd.read_csv(tmp_path / "regions.csv")["group"])
    assert name in set(pd.read_parquet(tmp_path / "texts.parquet")["group"])
    assert name in json.loads((tmp_path / "regions.json").read_text("utf-8"))["Groups"]


def test_texts_come_back_with_nullable_clusters(result, tmp_path):
    """pandas reads every column back; a text without a cluster is missing, not −1, 0 or a float."""
    TablesReporter(image=False).write(result, tmp_path)
    read = pd.read_parquet(tmp_path / "texts.parquet")
    assert read["cluster"].dtype == "Int64"
    assert read["cluster"].isna().sum() == result.texts["cluster"].isna().sum() > 0
    pd.testing.assert_frame_equal(read, result.texts, check_dtype=False, check_index_type=False)


def test_parquet_tells_no_version_of_pandas(result, tmp_path):
    """The metadata is ours: it doesn't change when pandas does."""
    TablesReporter(image=False).write(result, tmp_path)
    told = json.loads(pq.read_schema(tmp_path / "texts.parquet").metadata[b"pandas"])
    assert told["pandas_version"] == "2.0.0"
    assert told["index_columns"] == []


def test_every_group_is_a_volume(result, tmp_path):
    """At a node's centre, volume g holds `relative` of group g, in the order the sidecar tells; elsewhere 0."""
    TablesReporter().write(result, tmp_path)
    image, told = nibabel.load(tmp_path / "regions.nii.gz"), json.loads((tmp_path / "regions.json").read_text("utf-8"))
    mask = load_mni152_brain_mask(resolution=2)
    assert image.shape == (*mask.shape, 2)
    assert image.get_data_dtype() == np.float32
    np.testing.assert_allclose(image.affine, mask.affine)
    assert told["Values"] == "relative"
    assert told["Groups"] == ["exams", "holidays"]
    assert told["TargetsWithoutVoxels"] == []
    table = result.regions.set_index(["group", "region"])["relative"]
    for node in result.axis.nodes:
        wanted = [table[group, node.region] for group in told["Groups"]]
        np.testing.assert_allclose(at_mm(image, *node.xyz_mm), wanted, rtol=1e-6)
    assert (at_mm(image, -20, -80, 10) == 0).all()
    assert (np.asarray(image.dataobj)[~np.asarray(mask.dataobj).astype(bool)] == 0).all()


def test_nodes_have_their_own_values(make_result, tmp_path):
    """On the level of nodes left and right differ."""
    result = make_result(level="node")
    TablesReporter().write(result, tmp_path)
    image = nibabel.load(tmp_path / "regions.nii.gz")
    table = result.regions.set_index(["group", "node"])["relative"]
    for node in result.axis.nodes:
        np.testing.assert_allclose(at_mm(image, *node.xyz_mm)[1], table["holidays", node.name], rtol=1e-6)


def test_a_single_group_shows_evidence(single, tmp_path):
    """Where there is nothing to compare with, the one volume holds the evidence, and the sidecar says so."""
    TablesReporter().write(single, tmp_path)
    image, told = nibabel.load(tmp_path / "regions.nii.gz"), json.loads((tmp_path / "regions.json").read_text("utf-8"))
    assert image.shape[3] == 1
    assert (told["Values"], told["Groups"]) == ("evidence", ["all"])
    wanted = single.regions.set_index("region")["evidence"]["insula"]
    np.testing.assert_allclose(at_mm(image, -40, 8, 0), [wanted], rtol=1e-6)


def test_a_mapper_without_evidence_shows_the_profile(make_result, tmp_path):
    """A single group without evidence falls back to `relative`."""
    TablesReporter().write(make_result(texts_per_group={None: ["a", "b", "c"]}, evidence=False), tmp_path)
    assert json.loads((tmp_path / "regions.json").read_text("utf-8"))["Values"] == "relative"


def test_a_region_without_a_value_is_nan(result, tmp_path):
    """Missing is not zero: zero would claim the mean of the reference."""
    regions = result.regions.copy()
    regions.loc[(regions["group"] == "exams") & (regions["region"] == "insula"), "relative"] = np.nan
    TablesReporter().write(attrs.evolve(result, regions=regions), tmp_path)
    values = at_mm(nibabel.load(tmp_path / "regions.nii.gz"), 40, 8, 0)
    assert np.isnan(values[0])
    assert np.isfinite(values[1])


def test_the_gzip_header_knows_no_time_and_no_name(result, tmp_path):
    """Flags, and the four bytes of the time, are zero (RFC 1952, §2.3)."""
    TablesReporter().write(result, tmp_path)
    header = (tmp_path / "regions.nii.gz").read_bytes()[:8]
    assert header == b"\x1f\x8b\x08\x00\x00\x00\x00\x00"


def test_no_text_is_written_where_none_may_be(result, tmp_path):
    """With `no_texts` the exemplars stay out, even if the table at hand still has them."""
    TablesReporter(image=False).write(attrs.evolve(result, no_texts=True), tmp_path)
    assert not [name for name in pd.read_csv(tmp_path / "clusters.csv") if name.startswith("exemplar")]
    cells = pd.read_parquet(tmp_path / "texts.parquet").astype(str).to_numpy().ravel()
    assert not set(cells) & set(result.mapped.corpus.text)
    assert "exam text" not in (tmp_path / "clusters.csv").read_text("utf-8")
