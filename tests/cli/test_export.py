"""`emotopy export bids`: datasets that the validator of BIDS takes, from real results; no text in them."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys

import attrs
import nibabel
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy.errors import InputError, OutputError
from emotopy.export import export_bids
from emotopy.export.bids import IGNORED
from emotopy.export.bids_labels import labels_of
from emotopy.pathways.brain.pathway import decode
from emotopy.simulate import simulate_bold

FAST = ("--set", "reducer=pca", "--set", "clusterer=kmeans", "--set", "reporter=tables", "--no-cache", "--quiet")
SECRETS = ("my sister", "the ferry", "Zwetschge")
SENTENCES = (
    "I was so happy with my sister today.",
    "I am afraid of the ferry and of the storm.",
    "We laughed about the old Zwetschge tree.",
    "He was angry and shouted at us.",
)
HOSTILE = (
    "=HYPERLINK(A1)",
    "a\tb\nc",
    "../../etc",
    "<script>",
    "n/a",
    "Ärger 愤怒",
    "x" * 300,
    "A",
    "a",
    "  ",
    "a-b",
    "ab",
)
EXTRA = pytest.mark.skipif(
    importlib.util.find_spec("bids_validator_deno") is None, reason="needs the package bids-validator-deno"
)
KNOWN_WARNINGS = {
    "SUBJECT_FOLDERS",  # results of texts have no participants whose brain was looked at
    "TOO_FEW_AUTHORS",  # we know none; --author names them
}


def validate(folder):
    """Run the real validator; returns its issues, and the files that it saw."""
    words = ["-c", "from bids_validator_deno import cli; cli()", str(folder), "--format", "json", "--max-rows", "-1"]
    env = {**os.environ, "DENO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1"}
    run = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False, timeout=120, env=env)
    return json.loads(run.stdout)["issues"]["issues"]


def problems(folder):
    """What the validator finds but the warnings that are known."""
    found = validate(folder)
    return [one for one in found if one["severity"] == "error" or one["code"] not in KNOWN_WARNINGS]


def content(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def table(path):
    return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, quoting=3)


def rewrite(folder, name, change):
    """Change a file of results, and its hash in the list."""
    (folder / name).write_bytes(change((folder / name).read_bytes()))
    held = json.loads((folder / "provenance.json").read_bytes())
    held["manifest"]["files"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "provenance.json").write_text(json.dumps(held))


@pytest.fixture
def texts(call, write):
    """Map texts of these groups, two of each sentence in each; returns the folder of the results."""

    def run(groups=("one", "two"), *words, out="results"):
        rows = [
            {"id": f"{i}-{j}-{k}", "text": text, "group": group, "person": f"Person {i}-{k}"}
            for i, group in enumerate(groups)
            for j, text in enumerate(SENTENCES)
            for k in range(2)
        ]
        path = write("texts.csv", pd.DataFrame(rows).to_csv(index=False))
        done = call("map", path, "--group", "group", "--unit", "person", "--out", out, *FAST, *words)
        assert done.code == 0, done.err
        return path.parent / out

    return run


# What the validator says -------------------------------------------------------------------------------------------


@EXTRA
@pytest.mark.extra
@pytest.mark.slow
@pytest.mark.parametrize("words", [(), ("--level", "node"), ("--no-texts",)])
def test_results_of_texts_are_a_dataset_without_errors(texts, tmp_path, words):
    """By region and by node, with and without words in the tables; two authors leave no warning but one."""
    export_bids(texts(("one", "two"), *words), tmp_path / "bids", authors=("A B", "C D"), licence="CC0")
    assert {one["code"] for one in validate(tmp_path / "bids")} == {"SUBJECT_FOLDERS"}


@EXTRA
@pytest.mark.extra
@pytest.mark.slow
def test_sixty_groups_and_hostile_names_are_a_dataset_without_errors(texts, tmp_path):
    """Every group has a map of its own; the file that lists labels gives the name back, but for line breaks."""
    groups = (*HOSTILE, *(f"group {i}" for i in range(60)))
    results = texts(groups)
    export_bids(results, tmp_path / "bids")
    assert problems(tmp_path / "bids") == []
    maps = list((tmp_path / "bids").rglob("*_statmap.nii.gz"))
    listed = table(tmp_path / "bids" / "descriptions.tsv")
    shown = json.loads((results / "regions.json").read_bytes())["Groups"]
    assert len(maps) == len(listed) == len(shown) >= 70
    assert len({path.name.lower() for path in maps}) == len(maps)
    of_maps = {json.loads(path.read_bytes())["Group"] for path in (tmp_path / "bids").rglob("*_statmap.json")}
    assert of_maps == set(shown)


@EXTRA
@pytest.mark.extra
@pytest.mark.slow
def test_what_is_hidden_from_the_validator_is_what_bids_has_no_name_for(texts, tmp_path):
    """Without .bidsignore it complains of just these files, and of nothing else."""
    out = export_bids(texts(), tmp_path / "bids", authors=("A B", "C D"))
    (out / ".bidsignore").unlink()
    errors = [one for one in validate(out) if one["severity"] == "error"]
    assert {one["code"] for one in errors} <= {"NOT_INCLUDED", "SIDECAR_WITHOUT_DATAFILE"}
    hidden = {one["location"] for one in errors}
    wanted = {
        f"/{name}"
        for name in content(out)
        if name == "provenance.json" or "statmap" in name or name.startswith("group/")
    }
    assert hidden <= wanted | {"/group/"}
    assert {name for name in wanted if not name.endswith(".json")} <= hidden
    assert "/group" in IGNORED


@EXTRA
@pytest.mark.extra
@pytest.mark.slow
def test_the_validator_does_find_faults(texts, tmp_path):
    """A dataset with a segmentation table that lacks its numbers, and a stray file, isn't valid."""
    out = export_bids(texts(), tmp_path / "bids")
    (lookup,) = out.rglob("*_dseg.tsv")
    lookup.write_text("name\namygdala\n")
    (out / "stray.csv").write_text("a\n")
    assert {"NOT_INCLUDED", "TSV_COLUMN_MISSING"} <= {
        one["code"] for one in validate(out) if one["severity"] == "error"
    }


# What is in it -----------------------------------------------------------------------------------------------------


def test_maps_and_segmentation_hold_the_values_of_the_table(texts, tmp_path):
    """Each region's voxels have its value in each group's map; both lie on the grid of regions.nii.gz."""
    results = texts(("one", "two", "three"))
    out = export_bids(results, tmp_path / "bids")
    (segmentation,) = out.rglob("*_dseg.nii.gz")
    image, source = nibabel.load(segmentation), nibabel.load(results / "regions.nii.gz")
    labels = np.asarray(image.dataobj)
    np.testing.assert_array_equal(image.affine, source.affine)
    names = table(segmentation.with_name(segmentation.name.replace(".nii.gz", ".tsv"))).set_index("index")["name"]
    values = pd.read_csv(results / "regions.csv").set_index(["group", "region"])["relative"]
    assert set(np.unique(labels)) == {0, *range(1, 19)}
    for group in ("one", "two", "three"):
        (path,) = out.rglob(f"*_desc-{group}_statmap.nii.gz")
        shown = np.asarray(nibabel.load(path).dataobj)
        assert shown.dtype == np.float32
        for number, name in names.items():
            np.testing.assert_allclose(shown[labels == int(number)], values[group, name], rtol=1e-5)
        assert not shown[labels == 0].any()


@pytest.mark.parametrize("level", ["region", "node"])
def test_regions_of_equal_values_are_told_apart_by_their_places(call, texts, tmp_path, level):
    """The published mapper counts texts, so values repeat; the segmentation is that of values which differ."""
    one = export_bids(texts(("one", "two"), "--level", level), tmp_path / "one")
    nearest = ("--set", "region_mapper=nearest", "--set", "segment=none", "--level", level)
    two = export_bids(texts(("one", "two"), *nearest, out="counted"), tmp_path / "two")
    values = pd.read_csv(tmp_path / "counted" / "regions.csv").query("group != 'all'")
    of_places = values.pivot_table(index=level, columns="group", values="relative", dropna=False)
    assert of_places.duplicated().any()
    first, second = (np.asarray(nibabel.load(next(out.rglob("*_dseg.nii.gz"))).dataobj) for out in (one, two))
    np.testing.assert_array_equal(first[second > 0], second[second > 0])
    assert (second > 0).any()


def test_nodes_name_their_regions(texts, tmp_path):
    """With node level the segmentation numbers nodes."""
    out = export_bids(texts(("one", "two"), "--level", "node"), tmp_path / "bids")
    (lookup,) = out.rglob("*_seg-node_*_dseg.tsv")
    listed = table(lookup).set_index("name")["region"]
    assert listed["amygdala_left"] == listed["amygdala_right"] == "amygdala"


def test_cells_of_the_region_table_are_those_of_the_results(texts, tmp_path):
    """Number for number as text; what is missing is n/a; the sidecar describes every column."""
    results = texts()
    out = export_bids(results, tmp_path / "bids")
    (path,) = (out / "group").glob("*_regions.tsv")
    mine = table(path)
    source = pd.read_csv(results / "regions.csv", dtype=str, keep_default_na=False).replace("", "n/a")
    pd.testing.assert_frame_equal(mine, source)
    sidecar = json.loads(path.with_suffix(".json").read_bytes())
    assert set(mine.columns) <= set(sidecar)
    assert sidecar["relative"]["Units"]


@pytest.mark.parametrize("words", [(), ("--no-texts",)])
def test_no_text_and_no_person_goes_out(texts, tmp_path, words):
    """Neither texts, words of clusters, exemplars, ids nor persons; values of single texts neither."""
    results = texts(("one", "two"), *words)
    out = export_bids(results, tmp_path / "bids")
    for name, data in content(out).items():
        readable = (gzip.decompress(data) if name.endswith(".gz") else data).decode("utf-8", "replace")
        for secret in (*SECRETS, "Person", "0-0-0", "sister", str(tmp_path)):
            assert secret not in readable, name
    (clusters,) = (out / "group").glob("*_clusters.tsv")
    assert not {"top_words", "exemplar_1"} & set(table(clusters).columns)
    assert not list(out.rglob("*texts*"))


def test_the_same_results_give_the_same_bytes(texts, tmp_path):
    """Twice, in folders of other names; results are left as they were."""
    results = texts()
    before = content(results)
    one, two = (export_bids(results, tmp_path / name) for name in ("one", "other/two"))
    assert content(one) == content(two)
    assert content(results) == before


def test_comparisons_have_their_tables_without_persons(call, texts, tmp_path):
    """The table that names who was left out stays."""
    results = texts()
    assert call("compare", results, "one", "two", "--out", tmp_path / "compared", "--quiet").code == 0
    out = export_bids(tmp_path / "compared", tmp_path / "bids")
    (path,) = (out / "group").glob("*.tsv")
    assert len(table(path)) == len(pd.read_csv(tmp_path / "compared" / "comparison.csv"))
    if importlib.util.find_spec("bids_validator_deno"):
        assert problems(out) == []


# Decodings ---------------------------------------------------------------------------------------------------------

SUBJECTS = ("Anna_B", "anna b", "sub-03")
QUICK = {"null": {"n": 9}, "reporter": "tables"}


def listeners(n_volumes, seed, **fields):
    """Simulated listeners whose labels BIDS doesn't take, but for the last; with ratings."""
    made = simulate_bold("coupling", n_subjects=3, n_volumes=n_volumes, n_regions=5, n_carriers=2, seed=seed)
    series = [attrs.evolve(one, subject=name, **fields) for one, name in zip(made.series, SUBJECTS, strict=True)]
    return series, made.ratings


@pytest.fixture(scope="module")
def decoded(tmp_path_factory):
    """Results of one story, written."""
    result = decode(*listeners(200, 3), config={**QUICK, "split": "subject"})
    return result.write(tmp_path_factory.mktemp("decoded") / "results")


@pytest.fixture(scope="module")
def of_stories(tmp_path_factory):
    """Results of two stories, written."""
    told = {"the pie man": listeners(200, 1, story="the pie man"), "sea": listeners(180, 2, story="sea")}
    series = [one for each, _ in told.values() for one in each]
    ratings = {name: one for name, (_, one) in told.items()}
    result = decode(series, ratings, config={**QUICK, "split": "subject-and-story"})
    return result.write(tmp_path_factory.mktemp("stories") / "results")


def test_a_participant_has_scores_and_predictions(decoded, tmp_path):
    """Labels are valid, differ even without case, and the list gives the old ones back; numbers are the results'."""
    out = export_bids(decoded, tmp_path / "bids")
    listed = table(out / "participants.tsv")
    assert set(listed["source_label"]) == set(SUBJECTS)
    labels = dict(zip(listed["source_label"], listed["participant_id"], strict=True))
    assert labels["sub-03"] == "sub-03"
    assert all(re.fullmatch("sub-[0-9A-Za-z]+", label) for label in labels.values())
    assert len({label.lower() for label in labels.values()}) == len(SUBJECTS)
    assert {path.name for path in out.glob("sub-*")} == set(labels.values())
    whole = pd.read_parquet(decoded / "predictions.parquet")
    for name, label in labels.items():
        (path,) = (out / label).rglob("*_desc-predictions_beh.tsv")
        mine = pd.read_csv(path, sep="\t", na_values=["n/a"], keep_default_na=False)
        source = whole[whole["subject"] == name].drop(columns="subject").reset_index(drop=True)
        pd.testing.assert_frame_equal(mine, source, check_dtype=False, rtol=1e-8)
        (path,) = (out / label).rglob("*_desc-scores_beh.tsv")
        scores = pd.read_csv(decoded / "subjects.csv")
        assert len(table(path)) == (scores["subject"] == name).sum()
        sidecar = json.loads(path.with_suffix(".json").read_bytes())
        assert set(table(path).columns) <= set(sidecar)
    weights = table(out / "group" / "weights.tsv")
    assert len(weights) == len(pd.read_csv(decoded / "weights.csv"))


@EXTRA
@pytest.mark.extra
@pytest.mark.slow
def test_decodings_are_datasets_without_errors(decoded, of_stories, tmp_path):
    """One story and several; with two authors the validator has nothing to say at all."""
    for number, results in enumerate((decoded, of_stories)):
        assert validate(export_bids(results, tmp_path / str(number), authors=("A B", "C D"))) == []


def test_stories_are_tasks(of_stories, tmp_path):
    """A participant has a file of predictions for each story; the sidecar holds the story's name."""
    out = export_bids(of_stories, tmp_path / "bids")
    for folder in out.glob("sub-*"):
        sidecars = [json.loads(path.read_bytes()) for path in folder.rglob("*_desc-predictions_beh.json")]
        assert {one["TaskName"] for one in sidecars} == {"the pie man", "sea"}
    assert (out / "group" / "stories.tsv").is_file()
    for name, data in content(out).items():
        assert str(tmp_path).encode() not in data, name


def test_runs_have_files_of_their_own(tmp_path):
    """A story in two runs: seconds count from each run's first volume, so each has its file, counted by story."""
    (pie, pie_ratings), (sea, sea_ratings) = listeners(260, 1, story="pie"), listeners(180, 2, story="sea")
    halves = [
        attrs.evolve(one, values=one.values[130 * i : 130 * (i + 1)], run=f"run-{i + 1}") for one in pie for i in (0, 1)
    ]
    result = decode(
        [*halves, *sea],
        {"pie": pie_ratings, "sea": sea_ratings},
        start_s={"pie_run-2": 260.0},
        config={**QUICK, "split": "story"},
    )
    out = export_bids(result.write(tmp_path / "results"), tmp_path / "bids")
    for folder in out.glob("sub-*"):
        found = {path.name.split("_", 1)[1] for path in folder.rglob("*_desc-predictions_beh.tsv")}
        tasks = ("task-pie_run-1", "task-pie_run-2", "task-sea_run-1")
        assert found == {f"{task}_desc-predictions_beh.tsv" for task in tasks}
        for path in folder.rglob("*_desc-predictions_beh.tsv"):
            assert float(table(path)["onset_s"].iloc[0]) < 60
    if importlib.util.find_spec("bids_validator_deno"):
        assert problems(out) == []


# Input and output that won't do ------------------------------------------------------------------------------------


def test_what_is_no_results_directory_is_refused(tmp_path, decoded):
    """A file, an empty folder, one that holds results in folders, a list that is damaged, a newer format."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    shutil.copytree(decoded, tmp_path / "outer" / "brain")
    for name in ("absent", "file", "empty", "outer"):
        with pytest.raises(InputError) as caught:
            export_bids(tmp_path / name, tmp_path / "bids")
        assert caught.value.file == name
        assert str(tmp_path) not in str(caught.value)
    assert "brain" in caught.value.advice
    for key, change in (
        ("older", None),
        ("damaged", {"files": 3}),
        ("newer", {"format": "emotopy results 2", "files": {}}),
    ):
        place = shutil.copytree(decoded, tmp_path / key)
        held = json.loads((place / "provenance.json").read_bytes())
        held.pop("manifest")
        (place / "provenance.json").write_text(json.dumps({**held, **({"manifest": change} if change else {})}))
        with pytest.raises(InputError) as caught:
            export_bids(place, tmp_path / "bids")
        assert caught.value.file == "provenance.json"
    assert not (tmp_path / "bids").exists()


def test_a_table_that_is_missing_changed_a_link_or_broken_is_named(tmp_path, decoded):
    """And nothing is written."""

    def gone(path):
        path.unlink()

    def changed(path):
        path.write_bytes(path.read_bytes() + b"\n")

    def linked(path):
        path.rename(path.with_name("elsewhere"))
        path.symlink_to("elsewhere")

    for name in ("subjects.csv", "predictions.parquet", "weights.csv"):
        for number, damage in enumerate((gone, changed, linked)):
            place = shutil.copytree(decoded, tmp_path / f"{name}-{number}")
            damage(place / name)
            with pytest.raises(InputError) as caught:
                export_bids(place, tmp_path / "bids")
            assert caught.value.file == name
            assert not (tmp_path / "bids").exists()
    for name, data in (("subjects.csv", b"a,a\n1,2\n"), ("subjects.csv", b"\xff\n"), ("predictions.parquet", b"PAR1")):
        place = shutil.copytree(decoded, tmp_path / f"broken-{name}-{len(data)}")
        rewrite(place, name, lambda _, data=data: data)
        with pytest.raises(InputError) as caught:
            export_bids(place, tmp_path / "bids")
        assert caught.value.file == name
    assert {path.name for path in tmp_path.iterdir() if path.name.startswith(".")} == set()


def test_images_that_are_damaged_are_named(texts, tmp_path):
    """Cut short, of another shape, no image at all, a sidecar that names other groups."""
    results = texts()
    image = (results / "regions.nii.gz").read_bytes()
    whole = gzip.decompress(image)
    header = bytearray(whole)
    header[48:50] = (5).to_bytes(2, "little")
    cases = [
        ("regions.nii.gz", image[: len(image) // 2]),
        ("regions.nii.gz", b"x"),
        ("regions.nii.gz", gzip.compress(bytes(header))),
        ("regions.nii.gz", gzip.compress(whole[:200])),
        ("regions.json", b"[]"),
        ("regions.json", b"{"),
    ]
    for number, (name, data) in enumerate(cases):
        place = shutil.copytree(results, tmp_path / str(number))
        rewrite(place, name, lambda _, data=data: data)
        with pytest.raises(InputError) as caught:
            export_bids(place, tmp_path / "bids")
        assert caught.value.file == name
        assert not (tmp_path / "bids").exists()


def test_results_without_an_image_have_no_maps_and_say_so(call, texts, tmp_path):
    """The tables are exported; a note tells."""
    results = texts(("one", "two"), "--set", "reporter.image=false")
    said = []
    out = export_bids(results, tmp_path / "bids", notify=said.append)
    assert len(said) == 1
    assert not list(out.rglob("*.nii.gz"))
    assert list((out / "group").glob("*_regions.tsv"))


def test_regions_that_values_do_not_tell_apart_leave_the_segmentation_out(texts, tmp_path):
    """A table of one digit doesn't say which region a voxel is of: maps are there, a note tells."""
    results = texts(("one", "two"), "--set", "reporter.digits=1")
    said = []
    out = export_bids(results, tmp_path / "bids", notify=said.append)
    assert len(said) == 1
    assert list(out.rglob("*_statmap.nii.gz"))
    assert not list(out.rglob("*_dseg.*"))


def test_what_stands_there_is_replaced_on_request_alone(decoded, tmp_path):
    """Only a dataset of ours; files of others in it stay."""
    out = export_bids(decoded, tmp_path / "bids")
    before = content(out)
    with pytest.raises(OutputError):
        export_bids(decoded, out)
    (out / "mine.txt").write_text("mine")
    said = []
    export_bids(decoded, out, force=True, notify=said.append)
    assert content(out) == {**before, "mine.txt": b"mine"}
    assert len(said) == 1
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "x").write_text("x")
    with pytest.raises(OutputError):
        export_bids(decoded, tmp_path / "other", force=True)
    for place in (decoded, decoded / "bids", decoded.parent):
        with pytest.raises(OutputError):
            export_bids(decoded, place, force=True)


def test_output_that_cannot_be_written_leaves_nothing(decoded, tmp_path):
    """A file in the way of the path."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError):
        export_bids(decoded, tmp_path / "file" / "bids")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_private_results_stay_private(decoded, tmp_path):
    """A folder that its owner alone can read gives such a dataset."""
    place = shutil.copytree(decoded, tmp_path / "results")
    place.chmod(0o700)
    out = export_bids(place, tmp_path / "bids")
    assert {path.stat().st_mode & 0o077 for path in [out, *out.rglob("*")]} == {0}


def test_the_command_exports_and_says_where(call, decoded, tmp_path):
    """Exit code 0; an error is one line, with exit code 1."""
    run = call("export", "bids", decoded, "--out", "bids", "--name", "Mine", "--author", "A B", "--license", "CC0")
    assert (run.code, run.err) == (0, "")
    description = json.loads((tmp_path / "bids" / "dataset_description.json").read_bytes())
    assert (description["Name"], description["Authors"], description["License"]) == ("Mine", ["A B"], "CC0")
    assert call("export", "bids", decoded, "--out", "bids").code == 1
    assert call("export", "bids", decoded, "--out", "bids", "--force").code == 0
    assert call("export", "bids", tmp_path, "--out", "more").error


# Labels ------------------------------------------------------------------------------------------------------------


@given(st.lists(st.text(max_size=40) | st.sampled_from(["a", "A", "sub-a", "01", "sub-01"]), max_size=12))
def test_labels_are_valid_and_differ_whatever_the_names(names):
    """Also where a file system takes no notice of case."""
    found = labels_of(names, prefix="sub-")
    assert set(found) == set(names)
    assert all(re.fullmatch("[0-9A-Za-z]+", label) for label in found.values())
    assert len({label.lower() for label in found.values()}) == len(found)
