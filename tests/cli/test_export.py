"""`emotopy export bids`: datasets that the validator of BIDS takes, from real results; no text in them."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys

import nibabel
import numpy as np
import pandas as pd
import pytest

from emotopy.errors import InputError, OutputError
from emotopy.export import export_bids
from emotopy.export.bids import IGNORED
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
HOSTILE = ("=HYPERLINK(A1)", "a\tb\nc", "../../etc", "<script>", "n/a", "Ärger 愤怒", "x" * 300, "A", "a", "  ", "a-b", "ab")
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


@pytest.fixture(scope="module")
def stories():
    """A decoding of two simulated stories, written; its subjects have labels that BIDS doesn't take."""
    made = {name: simulate_bold("coupling", n_subjects=3, n_volumes=160, n_regions=5, n_carriers=2, seed=n) for n, name in enumerate(("pie man", "sea"))}
    return made


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
    wanted = {f"/{name}" for name in content(out) if name == "provenance.json" or "statmap" in name or name.startswith("group/")}
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
    assert {"NOT_INCLUDED", "TSV_COLUMN_MISSING"} <= {one["code"] for one in validate(out) if one["severity"] == "error"}


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


@pytest.fixture(scope="module")
def decoded(tmp_path_factory):
    """A written decoding of three simulated listeners whose labels BIDS doesn't take."""
    made = simulate_bold("coupling", n_subjects=3, n_volumes=160, n_regions=5, n_carriers=2, seed=3)
    import attrs

    labels = dict(zip(made.subjects if hasattr(made, "subjects") else (one.subject for one in made.series), ("Anna_B", "anna b", "03"), strict=True))
    series = [attrs.evolve(one, subject=labels[one.subject]) for one in made.series]
    result = decode(series, made.ratings, set=["null.n=9", "compare.baselines=false", "reporter=tables"])
    return result.write(tmp_path_factory.mktemp("decoded") / "results")
