"""BOLD images to series: files that belong together, the TR, confounds, censoring; an atlas of one's own reads them."""

from __future__ import annotations

import contextlib
import gzip
import importlib.util
import json
from pathlib import Path

import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotopy.errors import ConfigError, InputError, PluginError
from emotopy.readers.bold import find_fmriprep, find_runs, read_bold, tr_of
from emotopy.readers.column_names import CONFOUND, MOTION
from emotopy.readers.confounds import read_confounds
from emotopy.records import Node
from emotopy.records.brain import Ratings

pytestmark = pytest.mark.usefixtures("flags")

_SPEC = importlib.util.spec_from_file_location("fmriprep_files", Path(__file__).with_name("fmriprep_files.py"))
fmriprep = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(fmriprep)

SHAPE = (3, 4, 5)
N_VOLUMES = 29


class Slabs:
    """An atlas of three slabs along the first axis, its own reader."""

    regions = ("low", "middle", "high")
    nodes = tuple(Node(name, name, 0, 0, i) for i, name in enumerate(regions))

    def extract(self, image):
        return np.asarray(nibabel.load(image).dataobj).mean(axis=(1, 2)).T


@pytest.fixture
def write(tmp_path, rng):
    """Write a BOLD image of noise with a TR in its header, and return its data."""

    def write(name, tr_s=2.0, unit="sec", n_volumes=N_VOLUMES, values=None):
        data = 900 + rng.standard_normal((*SHAPE, n_volumes)) if values is None else values
        fmriprep.write_bold(tmp_path / name, data.astype(np.float32), np.diag([3.0, 3, 3, 1]), tr_s, unit)
        return data

    return write


@pytest.fixture
def table(tmp_path, rng):
    """Write a confounds table as fMRIPrep has it and return its columns."""

    def table(name, n_volumes=N_VOLUMES, moved=()):
        columns = fmriprep.confounds_columns(rng, n_volumes, moved)
        fmriprep.write_confounds(tmp_path / name, columns)
        return columns

    return table


def test_images_become_series_by_subject_and_run(tmp_path, write):
    """The atlas's columns and names, the header's TR; sorted by subject and run, from any depth of folders."""
    second = write("b/sub-2_task-story_bold.nii.gz")
    first = write("a/x/sub-1_task-story_run-1_bold.nii")
    found = read_bold(find_runs(f"{tmp_path}/**/*_bold.nii*"), Slabs())
    assert [(each.subject, each.run) for each in found.series] == [("sub-1", "run-1"), ("sub-2", "")]
    assert {each.regions for each in found.series} == {Slabs.regions}
    assert {each.tr_s for each in found.series} == {2.0}
    for each, data in zip(found.series, (first, second), strict=True):
        np.testing.assert_allclose(each.values, data.mean(axis=(1, 2)).T, rtol=1e-6)
    assert found.confounds == (None, None)


def test_confounds_go_with_their_image(tmp_path, write, table):
    """By subject and run; motion, CSF and white matter of fMRIPrep's columns; jerks are rows of NaN."""
    for subject in ("sub-1", "sub-2"):
        write(f"{subject}_bold.nii.gz")
    one, two = table("sub-1_confounds.tsv"), table("sub-2_confounds.tsv", moved=[4, 5])
    found = read_bold(find_runs(f"{tmp_path}/*_bold.nii.gz", f"{tmp_path}/*_confounds.tsv"), Slabs())
    names = ("csf", "white_matter", "trans_x", "trans_y", "trans_z", "rot_x", "rot_y", "rot_z")
    assert found.confound_names == names
    for confounds, columns in zip(found.confounds, (one, two), strict=True):
        np.testing.assert_array_equal(confounds, np.stack([columns[name] for name in names], axis=1))
    assert found.series[0].keep is None
    assert np.flatnonzero(~found.series[1].keep).tolist() == [4, 5]
    np.testing.assert_array_equal(np.isnan(found.series[1].values).all(axis=1), ~found.series[1].keep)


def test_a_run_knows_its_files(tmp_path, write, table):
    """The image, its sidecar where there is one, the table that was named."""
    for subject in ("sub-1", "sub-2"):
        write(f"{subject}_bold.nii.gz")
        table(f"{subject}_confounds.tsv")
    (tmp_path / "sub-2_bold.json").write_text("{}")
    runs = find_runs(f"{tmp_path}/*_bold.nii.gz", f"{tmp_path}/*_confounds.tsv")
    assert [[path.name for path in run.files] for run in runs] == [
        ["sub-1_bold.nii.gz", "sub-1_confounds.tsv"],
        ["sub-2_bold.nii.gz", "sub-2_bold.json", "sub-2_confounds.tsv"],
    ]
    assert find_runs(f"{tmp_path}/sub-1_bold.nii.gz")[0].files == [tmp_path / "sub-1_bold.nii.gz"]


def test_columns_can_be_chosen(tmp_path, table):
    """By name or pattern, in the order asked for; what isn't there is an error that lists what is."""
    columns = table("sub-1.tsv", moved=[3])
    found = read_confounds(tmp_path / "sub-1.tsv", ["rot_?", "global_signal"], fd_limit_mm=None)
    assert found.names == ("rot_x", "rot_y", "rot_z", "global_signal")
    assert found.keep is None
    np.testing.assert_array_equal(found.values[:, 3], columns["global_signal"])
    with pytest.raises(InputError) as caught:
        read_confounds(tmp_path / "sub-1.tsv", ["a_comp_*"])
    assert (caught.value.file, caught.value.column) == ("sub-1.tsv", "a_comp_*")
    assert "csf, white_matter, " in caught.value.got


def test_a_derivatives_first_value_is_its_second(tmp_path, table):
    """n/a at the first volume is filled, further down it is an error."""
    columns = table("sub-1.tsv")
    found = read_confounds(tmp_path / "sub-1.tsv", ["csf_derivative1"])
    assert found.values[0, 0] == found.values[1, 0] == columns["csf_derivative1"][1]
    (tmp_path / "sub-2.tsv").write_text("a\tb\n1\t2\n3\t4\nn/a\t5\n")
    with pytest.raises(InputError) as caught:
        read_confounds(tmp_path / "sub-2.tsv", ["a"])
    assert (caught.value.file, caught.value.row, caught.value.column) == ("sub-2.tsv", 3, "a")


def test_a_table_of_ones_own_is_used_as_it_is_said(tmp_path, rng):
    """Without names that are known nothing is taken unasked: what was looked for is said, and how to ask for all."""
    values = rng.standard_normal((N_VOLUMES, 3))
    np.savetxt(tmp_path / "s1.txt", values, fmt="%.17g")
    np.savetxt(tmp_path / "s2.txt", values, fmt="%.17g", header="ICA_00 ICA_01 ICA_02", comments="")
    for name in ("s1.txt", "s2.txt"):
        with pytest.raises(InputError) as caught:
            read_confounds(tmp_path / name)
        assert caught.value.file == name
        assert "trans_x" in caught.value.wanted
        assert "--confound-columns" in caught.value.advice
    found = read_confounds(tmp_path / "s1.txt", ["*"])
    assert found.names == ("column 1", "column 2", "column 3")
    np.testing.assert_array_equal(found.values, values)
    assert read_confounds(tmp_path / "s2.txt", ["ICA_*2"]).names == ("ICA_02",)


OLD = {
    "csf": "CSF",
    "white_matter": "WhiteMatter",
    "framewise_displacement": "FramewiseDisplacement",
    **{f"trans_{axis}": axis.upper() for axis in "xyz"},
    **{f"rot_{axis}": f"Rot{axis.upper()}" for axis in "xyz"},
}


def test_confounds_of_every_fmriprep_are_the_same(tmp_path, rng):
    """Old names or new, in any order, among components and cosines: the same eight columns, the same volumes."""
    columns = fmriprep.confounds_columns(rng, N_VOLUMES, moved=[7])
    columns = {name: columns[name] for name in [*OLD, "global_signal", "std_dvars"]}
    more = {f"{name}{i:02d}": rng.standard_normal(N_VOLUMES) for name in ("tCompCor", "Cosine") for i in range(3)}
    fmriprep.write_confounds(tmp_path / "sub-1_desc-confounds_timeseries.tsv", columns)
    found = [read_confounds(tmp_path / "sub-1_desc-confounds_timeseries.tsv")]
    old = {OLD.get(name, name): values for name, values in columns.items()} | more
    for i in range(3):
        order = rng.permutation(list(old))
        fmriprep.write_confounds(tmp_path / f"sub-{i}_bold_confounds.tsv", {name: old[name] for name in order})
        found.append(read_confounds(tmp_path / f"sub-{i}_bold_confounds.tsv"))
    for one in found:
        assert one.names == found[0].names
        assert set(one.names) == set(OLD) - {"framewise_displacement"}
        np.testing.assert_array_equal(one.values, found[0].values)
        assert np.flatnonzero(~one.keep).tolist() == [7]


@pytest.mark.parametrize("usual", [*MOTION, *CONFOUND])
def test_every_name_of_a_confound_is_known(tmp_path, rng, usual):
    """Renamed as each program has it, a column stays what it is."""
    columns = fmriprep.confounds_columns(rng, N_VOLUMES, moved=[7])
    columns = {name: columns[name] for name in OLD}
    fmriprep.write_confounds(tmp_path / "sub-1.tsv", columns)
    wanted = read_confounds(tmp_path / "sub-1.tsv")
    for synonym in (MOTION | CONFOUND)[usual]:
        renamed = {synonym if name == usual else name: values for name, values in columns.items()}
        fmriprep.write_confounds(tmp_path / "sub-1.tsv", renamed)
        found = read_confounds(tmp_path / "sub-1.tsv")
        assert found.names == wanted.names
        np.testing.assert_array_equal(found.values, wanted.values)
        np.testing.assert_array_equal(found.keep, wanted.keep)


def test_displacement_is_computed_where_the_table_has_none(tmp_path, rng):
    """From the six parameters, and told; without motion no volume is censored, which is told too."""
    six = rng.normal(0, [0.01, 0.01, 0.01, 2e-4, 2e-4, 2e-4], (N_VOLUMES, 6)).cumsum(axis=0)
    six[11:, 2] += 0.8
    names = [name for name in OLD if name.startswith(("trans", "rot"))]
    columns = {"csf": rng.random(N_VOLUMES), "white_matter": rng.random(N_VOLUMES)}
    told = []
    fmriprep.write_confounds(tmp_path / "sub-1.tsv", columns | dict(zip(names, six.T, strict=True)))
    assert np.flatnonzero(~read_confounds(tmp_path / "sub-1.tsv", notify=told.append).keep).tolist() == [11]
    fmriprep.write_confounds(tmp_path / "sub-2.tsv", columns)
    found = read_confounds(tmp_path / "sub-2.tsv", notify=told.append)
    assert (found.names, found.keep) == (("csf", "white_matter"), None)
    assert len(told) == 3  # without motion, and so without displacement


def test_images_and_tables_must_pair_up(tmp_path, write, table):
    """No match, an image without a table and the reverse, two images of one run: named with what to do."""
    with pytest.raises(InputError) as caught:
        find_runs(f"{tmp_path}/*.nii.gz")
    assert (caught.value.wanted, caught.value.got) == ("BOLD images", "no file")
    write("sub-1_bold.nii.gz")
    write("sub-2_bold.nii.gz")
    table("sub-1_confounds.tsv")
    with pytest.raises(InputError) as caught:
        find_runs(f"{tmp_path}/*.nii.gz", f"{tmp_path}/*.tsv")
    assert caught.value.file == "sub-2_bold.nii.gz"
    assert "confounds table of subject sub-2" in caught.value.wanted
    table("sub-2_confounds.tsv")
    table("sub-3_confounds.tsv")
    with pytest.raises(InputError) as caught:
        find_runs(f"{tmp_path}/*.nii.gz", f"{tmp_path}/*.tsv")
    assert caught.value.file == "sub-3_confounds.tsv"
    assert "BOLD image of subject sub-3" in caught.value.wanted
    write("sub-1_space-T1w_bold.nii.gz")
    with pytest.raises(InputError) as caught:
        find_runs(f"{tmp_path}/*.nii.gz")
    assert {caught.value.file, caught.value.got} == {"sub-1_space-T1w_bold.nii.gz", "sub-1_bold.nii.gz too"}


def test_confounds_of_other_length_are_an_error(tmp_path, write, table):
    """Image and table with their numbers."""
    write("sub-1_bold.nii.gz")
    table("sub-1_confounds.tsv", n_volumes=N_VOLUMES - 1)
    with pytest.raises(InputError) as caught:
        read_bold(find_runs(f"{tmp_path}/*.nii.gz", f"{tmp_path}/*.tsv"), Slabs())
    assert (caught.value.file, caught.value.got) == ("sub-1_bold.nii.gz", "28")
    assert "29 rows of confounds of subject sub-1" in caught.value.wanted


@pytest.mark.parametrize(
    ("tr", "unit", "wanted"),
    [(0.72, "sec", 0.72), (2000.0, "msec", 2.0), (1.5e6, "usec", 1.5), (2.5, "unknown", 2.5), (1001.0, "msec", 1.001)],
)
def test_the_header_says_the_tr(tmp_path, write, tr, unit, wanted):
    """In seconds, whatever its unit; a TR that is given must agree."""
    write("sub-1_bold.nii", tr, unit)
    assert tr_of(tmp_path / "sub-1_bold.nii") == pytest.approx(wanted, abs=1e-6)
    assert tr_of(tmp_path / "sub-1_bold.nii", wanted) == wanted
    with pytest.raises(InputError) as caught:
        tr_of(tmp_path / "sub-1_bold.nii", 3.0)
    assert f"its header gives a TR of {wanted:g} s" in caught.value.wanted
    assert caught.value.got == "--tr 3 s"


def test_a_header_that_does_not_say_needs_a_tr(tmp_path, write):
    """0, and 1 without a unit, say nothing: --tr is needed, and then taken; a sidecar says it too."""
    for name, tr in (("sub-1_bold.nii", 0.0), ("sub-2_bold.nii", 1.0)):
        write(name, tr, "unknown")
        with pytest.raises(ConfigError, match=rf"{name} has no repetition time; give it: --tr"):
            tr_of(tmp_path / name)
        assert tr_of(tmp_path / name, 2.2) == 2.2
        (tmp_path / name.replace(".nii", ".json")).write_text(json.dumps({"RepetitionTime": 1.9}))
        assert tr_of(tmp_path / name) == 1.9
        with pytest.raises(InputError) as caught:
            tr_of(tmp_path / name, 2.2)
        assert "its sidecar gives a TR of 1.9 s" in caught.value.wanted
        assert caught.value.got == "--tr 2.2 s"


@pytest.mark.parametrize("unit", ["sec", "msec"])
def test_a_header_of_one_second_gives_way(tmp_path, write, unit):
    """Programs write it over any other TR: what the sidecar or --tr says is taken, and told; alone it is taken."""
    told = []
    write("sub-1_bold.nii", 1.0 if unit == "sec" else 1000.0, unit)
    assert tr_of(tmp_path / "sub-1_bold.nii", notify=told.append) == 1
    assert tr_of(tmp_path / "sub-1_bold.nii", 1.0, notify=told.append) == 1
    assert told == []
    assert tr_of(tmp_path / "sub-1_bold.nii", 2.2, notify=told.append) == 2.2
    (tmp_path / "sub-1_bold.json").write_text(json.dumps({"RepetitionTime": 1.9}))
    assert tr_of(tmp_path / "sub-1_bold.nii", notify=told.append) == 1.9
    assert len(told) == 2
    with pytest.raises(InputError):
        tr_of(tmp_path / "sub-1_bold.nii", 2.2)


@pytest.mark.parametrize(("story_s", "fits"), [(N_VOLUMES * 1.0, True), (N_VOLUMES * 2.0, False), (9.0, False)])
def test_a_header_of_one_second_is_questioned_by_the_story(tmp_path, write, story_s, fits):
    """Without --tr it is told always, and an error where the scan would be far shorter or longer than the story."""
    told = []
    write("sub-1_bold.nii", 1.0)
    story = Ratings(("joy",), np.array([0.0]), np.array([story_s]), np.ones((1, 1)), story_s)
    found = read_bold(find_runs(f"{tmp_path}/*.nii"), Slabs())
    if fits:
        found.check_tr(story, notify=told.append)
    else:
        with pytest.raises(InputError) as caught:
            found.check_tr(story, notify=told.append)
        assert "--tr" in caught.value.advice
    assert len(told) == 1
    read_bold(find_runs(f"{tmp_path}/*.nii"), Slabs(), 1.0).check_tr(story)
    (tmp_path / "sub-1_bold.json").write_text(json.dumps({"RepetitionTime": 1}))
    read_bold(find_runs(f"{tmp_path}/*.nii"), Slabs()).check_tr(story)


def test_the_sidecar_says_when_volumes_show_the_brain(tmp_path, write):
    """fMRIPrep's StartTime is kept with the series, and told; outside of the TR it can't be."""
    told = []
    write("sub-1_bold.nii", 2.0)
    sidecar = tmp_path / "sub-1_bold.json"
    assert read_bold(find_runs(f"{tmp_path}/*.nii"), Slabs()).series[0].sampled_s is None
    sidecar.write_text(json.dumps({"RepetitionTime": 2.0, "StartTime": 0.3, "SliceTimingCorrected": True}))
    found = read_bold(find_runs(f"{tmp_path}/*.nii"), Slabs(), notify=told.append)
    assert found.series[0].sampled_s == 0.3
    assert len(told) == 1
    sidecar.write_text(json.dumps({"StartTime": 2.3}))
    with pytest.raises(InputError) as caught:
        read_bold(find_runs(f"{tmp_path}/*.nii"), Slabs())
    assert (caught.value.file, caught.value.column) == ("sub-1_bold.json", "StartTime")


@pytest.mark.parametrize(
    "content",
    ["[2.0]", "2.0", "{", "{'RepetitionTime': 2}", '{"RepetitionTime": NaN}', '{"RepetitionTime": "2"}',
     '{"RepetitionTime": true}', '{"RepetitionTime": [2]}', '{"RepetitionTime": 1' + "0" * 400 + "}",
     '{"RepetitionTime": 1' + "0" * 5000 + "}", '{"RepetitionTime": 1e999}', "[" * 100_000, b"\xff\xfe{"],
)  # fmt: skip
def test_sidecars_that_cannot_be_are_errors(tmp_path, write, content):
    """No object, no JSON, no number of seconds: the sidecar's name, never a foreign exception."""
    write("sub-1_bold.nii", 2.0)
    (tmp_path / "sub-1_bold.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as caught:
        tr_of(tmp_path / "sub-1_bold.nii")
    assert caught.value.file == "sub-1_bold.json"
    assert caught.value.wanted


@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_a_header_that_promises_more_than_the_file_holds_is_an_error(tmp_path, write, ending):
    """Before anything is allocated: a shape of terabytes in a file of kilobytes, or a file that was cut off."""
    write("sub-1_bold.nii")
    data = (tmp_path / "sub-1_bold.nii").read_bytes()
    huge = bytearray(data)
    huge[40:56] = np.array([4, 30000, 30000, 30000, 30000, 1, 1, 1], "<i2").tobytes()
    (tmp_path / "sub-1_bold.nii").unlink()
    for content in (bytes(huge), data[:600] if ending == ".nii" else bytes(huge)):
        (tmp_path / f"sub-1_bold{ending}").write_bytes(gzip.compress(content) if ending.endswith("gz") else content)
        with pytest.raises(InputError) as caught:
            read_bold(find_runs(f"{tmp_path}/*{ending}"), Slabs())
        assert caught.value.file == f"sub-1_bold{ending}"


@given(place=st.integers(0, 347), byte=st.integers(0, 255))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_a_damaged_header_is_an_error_of_ours(tmp_path_factory, place, byte):
    """One byte of a header is another: a TR, or an error that names the file."""
    path = tmp_path_factory.mktemp("header") / "sub-1_bold.nii"
    fmriprep.write_bold(path, np.zeros((*SHAPE, 6), np.float32), np.diag([3.0, 3, 3, 1]), 2.0, "sec")
    data = bytearray(path.read_bytes())
    data[place] = byte
    path.write_bytes(bytes(data))
    with contextlib.suppress(InputError, ConfigError):
        assert tr_of(path, 2.0) == 2.0


@given(content=st.binary(max_size=600))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_random_bytes_are_errors_of_ours(tmp_path_factory, content):
    """As an image, a sidecar, a table of confounds."""
    folder = tmp_path_factory.mktemp("bytes")
    for name in ("sub-1_bold.nii", "sub-1_bold.nii.gz"):
        (folder / name).write_bytes(content)
        with pytest.raises(InputError):
            tr_of(folder / name)
    fmriprep.write_bold(folder / "sub-1_bold.nii", np.zeros((*SHAPE, 6), np.float32), np.diag([3.0, 3, 3, 1]), 2.0)
    (folder / "sub-1_bold.json").write_bytes(content)
    (folder / "sub-1.tsv").write_bytes(content)
    for read in (lambda: tr_of(folder / "sub-1_bold.nii"), lambda: read_confounds(folder / "sub-1.tsv", ["*"])):
        with contextlib.suppress(InputError):
            read()


def test_sources_of_the_tr_must_agree(tmp_path, write):
    """Header against sidecar, run against run, and milliseconds that pass for seconds."""
    write("sub-1_bold.nii", 2.0)
    (tmp_path / "sub-1_bold.json").write_text(json.dumps({"RepetitionTime": 2.5}))
    with pytest.raises(InputError) as caught:
        tr_of(tmp_path / "sub-1_bold.nii")
    assert "its header gives a TR of 2 s" in caught.value.wanted
    assert caught.value.got == "its sidecar 2.5 s"
    (tmp_path / "sub-1_bold.json").unlink()
    write("sub-2_bold.nii", 2.2)
    with pytest.raises(InputError) as caught:
        read_bold(find_runs(f"{tmp_path}/*.nii"), Slabs())
    assert (caught.value.file, caught.value.got) == ("sub-2_bold.nii", "2.2 s")
    assert "sub-1_bold.nii, 2 s" in caught.value.wanted
    write("sub-2_bold.nii", 2000.0)
    with pytest.raises(ConfigError, match="milliseconds"):
        tr_of(tmp_path / "sub-2_bold.nii")


def test_empty_and_bad_recordings_are_treated_as_in_folders(tmp_path, write):
    """An image of zeros is left out and listed; a flat region is an error, or dropped from all; lengths agree."""
    write("sub-1_bold.nii")
    write("sub-2_bold.nii", values=np.zeros((*SHAPE, N_VOLUMES)))
    flat = write("sub-3_bold.nii").copy()
    flat[1] = 900
    write("sub-3_bold.nii", values=flat)
    runs = find_runs(f"{tmp_path}/*.nii")
    with pytest.raises(InputError, match=r"sub-3_bold\.nii, subject sub-3: middle is constant \(900\)"):
        read_bold(runs, Slabs())
    found = read_bold(runs, Slabs(), on_bad="drop-regions")
    assert [each.subject for each in found.series] == ["sub-1", "sub-3"]
    assert {each.regions for each in found.series} == {("low", "high")}
    assert [each.subject for each in found.exclusions] == ["sub-2"]
    write("sub-3_bold.nii", n_volumes=31)
    with pytest.raises(InputError, match=r"sub-3_bold\.nii has 31 volumes, sub-1_bold\.nii has 29"):
        read_bold(runs, Slabs())


def test_images_that_are_none_are_errors(tmp_path, write):
    """A single volume, a broken file, and an atlas that answers with another shape."""
    (tmp_path / "sub-1_bold.nii.gz").write_bytes(b"\x1f\x8b broken")
    with pytest.raises(InputError, match=r"sub-1_bold\.nii\.gz: wanted an image that nibabel reads"):
        read_bold(find_runs(f"{tmp_path}/*.nii.gz"), Slabs())
    (tmp_path / "sub-1_bold.nii.gz").unlink()
    nibabel.save(nibabel.Nifti1Image(np.zeros(SHAPE, np.float32), np.eye(4)), tmp_path / "sub-1_bold.nii.gz")
    with pytest.raises(InputError, match=r"wanted a run of volumes \(4-D\), got an image of 3 axes"):
        read_bold(find_runs(f"{tmp_path}/*.nii.gz"), Slabs())
    write("sub-1_bold.nii.gz")

    class Transposed(Slabs):
        def extract(self, image):
            return super().extract(image).T

    with pytest.raises(PluginError, match=r"shape \(3, 29\), wanted \(n_volumes, 3\)"):
        read_bold(find_runs(f"{tmp_path}/*.nii.gz"), Transposed())


def test_an_atlas_must_know_fmriprep_to_read_it(tmp_path):
    """An atlas without the capability says how else; a folder that isn't there is an error."""
    with pytest.raises(ConfigError, match=r"no `fmriprep_runs`.*--bold GLOB --confounds GLOB"):
        find_fmriprep(tmp_path, "story", Slabs())
    with pytest.raises(InputError, match="check the path"):
        find_fmriprep(tmp_path / "absent", "story", Slabs())


def test_confounds_of_another_task_are_refused(tmp_path):
    """Both patterns match one file a subject, of two recordings."""
    import nibabel as nib

    image = nib.nifti1.Nifti1Image(np.zeros((2, 2, 2, 3), dtype=np.float32), np.eye(4))
    nib.loadsave.save(image, tmp_path / "sub-01_task-story_bold.nii.gz")
    for task in ("rest", "story"):
        table = tmp_path / f"sub-01_task-{task}_confounds.tsv"
        table.write_text("csf\twhite_matter\n1\t2\n2\t1\n3\t4\n")
    bold = str(tmp_path / "*_bold.nii.gz")
    (run,) = find_runs(bold, str(tmp_path / "*task-story_confounds.tsv"))
    assert run.table is not None
    assert run.table.name == "sub-01_task-story_confounds.tsv"
    with pytest.raises(InputError) as raised:
        find_runs(bold, str(tmp_path / "*task-rest_confounds.tsv"))
    assert raised.value.file == "sub-01_task-rest_confounds.tsv"
