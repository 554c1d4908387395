"""`emotopy decode --story`: several stories from files, told apart by the task of their names or by folders."""

from __future__ import annotations

import json
import shutil

import attrs
import nibabel
import numpy as np
import pandas as pd
import pytest

from emotopy.pathways.brain.pathway import decode as decode_in_memory
from emotopy.readers.motion import Motion
from emotopy.readers.ratings import read_ratings, table_text
from emotopy.simulate import simulate_bold

pytestmark = pytest.mark.slow

STORIES = {"pie": (4, 240), "sea": (3, 200)}
"""How many listeners, and for how many volumes."""
QUICK = ("--set", "null.n=9", "--set", "split=subject-and-story", "--set", "reporter=tables", "--no-cache")
ASKED = ("--story", "pie=pie.tsv", "--story", "sea=sea.tsv")


@pytest.fixture(scope="module")
def told():
    """Two simulated stories by name, of the same six regions."""
    return {
        name: simulate_bold("coupling", n_subjects=n, n_volumes=n_volumes, n_regions=6, n_carriers=3, seed=n)
        for name, (n, n_volumes) in STORIES.items()
    }


@pytest.fixture
def files(told, tmp_path):
    """Write `series/` and `motion/` by task of the names, `folders/` and `moved/` by folder, and the ratings."""
    for folder in ("series", "motion", *(f"{name}/{story}" for name in ("folders", "moved") for story in told)):
        (tmp_path / folder).mkdir(parents=True)
    for name, made in told.items():
        (tmp_path / f"{name}.tsv").write_text(table_text(made.ratings))
        for one, motion in zip(made.series, made.motion, strict=True):
            table = pd.DataFrame(one.values, columns=list(one.regions))
            table.to_csv(tmp_path / f"series/{one.subject}_task-{name}.csv", index=False)
            table.to_csv(tmp_path / f"folders/{name}/{one.subject}.csv", index=False)
            np.savetxt(tmp_path / f"motion/{one.subject}_task-{name}_motion.txt", motion.parameters)
            np.savetxt(tmp_path / f"moved/{name}/{one.subject}-motion.txt", motion.parameters)
    return tmp_path


@pytest.fixture
def decode(call, files):
    """Decode the files quickly; returns the run and the folder of results."""

    def run(*words, out="out", source=("--series", "series", "--tr", "2"), asked=ASKED):
        return call("decode", *source, *asked, "--out", out, *QUICK, *words), files / out

    return run


def scores(out, name="scores"):
    return pd.read_csv(out / f"{name}.csv")


def test_stories_are_told_apart_by_task_or_by_folder(decode, files, told):
    """Both give what the same study gives in memory, motion and starts included."""
    starts = ("--start", "1", "--start", "sea=3")
    by_task, one = decode("--motion", "motion", *starts)
    by_folder, two = decode("--motion", "moved", *starts, out="two", source=("--series", "folders", "--tr", "2"))
    assert (by_task.code, by_folder.code) == (0, 0), by_task.err + by_folder.err
    series = [attrs.evolve(each, story=name) for name, made in told.items() for each in made.series]
    wanted = decode_in_memory(
        series,
        {name: read_ratings(files / f"{name}.tsv") for name in told},
        start_s={"pie": 1.0, "sea": 3.0},
        motion=[Motion(each.parameters, each.fd_mm) for made in told.values() for each in made.motion],
        config={"null": {"n": 9}, "split": "subject-and-story", "reporter": []},
    )
    for out in (one, two):
        np.testing.assert_allclose(scores(out)["r"], wanted.scores["r"], atol=1e-6)
        np.testing.assert_allclose(scores(out, "stories")["r"], wanted.stories["r"], atol=1e-6)
    assert set(pd.read_parquet(one / "predictions.parquet")["story"]) == {"pie", "sea"}
    said = json.loads((one / "provenance.json").read_text("utf-8"))["input"]
    assert said["files"] == {"signal": "series", "ratings": {"pie": "pie.tsv", "sea": "sea.tsv"}}
    assert {name: story["start_s"] for name, story in said["stories"].items()} == {"pie": 1.0, "sea": 3.0}
    assert "sea" in by_task.out


def test_a_run_over_stories_repeats_itself(call, decode, files, files_in):
    """Stories and starts come from the provenance; the ratings are named anew, all of them and by the same names."""
    run, out = decode("--motion", "motion", "--start", "sea=3", "--seed", "4")
    assert run.code == 0, run.err
    source = ("--series", "series", "--motion", "motion", "--from", "out", "--no-cache")
    again = call("decode", *source, *ASKED, "--out", "two")
    assert again.code == 0, again.err
    assert files_in(out) == files_in(files / "two")
    assert call("decode", *source, *ASKED, "--start", "2", "--out", "three").code == 2
    assert call("decode", *source, *ASKED[:2], "--out", "three").code == 1
    assert not (files / "three").exists()


def test_a_dry_run_prints_the_design_of_each_story(call, files):
    """A row for each: listeners, volumes, windows; nothing is written."""
    run = call("decode", "--series", "series", "--tr", "2", *ASKED, *QUICK, "--dry-run")
    assert run.code == 0, run.err
    rows = {line.split("  ")[0].strip(): line for line in run.out.splitlines()}
    for name, (n, n_volumes) in STORIES.items():
        assert f"{n} subjects" in rows[f"story {name}"]
        assert f"{n_volumes} volumes" in rows[f"story {name}"]
    assert "Subjects heard different stories" in run.err
    assert not (files / "out").exists()


def test_images_of_several_tasks_are_stories(call, files, told):
    """BOLD and confounds by the task of their names; those of another task are left alone, and that is told."""
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    affine[:3, 3] = (-12, -8, 20)
    labels = np.repeat(np.arange(1, 7, dtype=np.int16)[:, None, None], 2, axis=1)
    nibabel.save(nibabel.Nifti1Image(labels, affine), files / "slabs.nii.gz")
    names = "\n".join(f"{i}\tslab {i}" for i in range(1, 7))
    (files / "slabs.tsv").write_text(f"index\tname\n{names}\n")
    for name, made in {**told, "rest": told["sea"]}.items():
        for i, one in enumerate(made.series):
            drift = np.random.default_rng(i).standard_normal(one.n_volumes)
            values = 1000 + one.values + 30 * drift[:, None]
            image = nibabel.Nifti1Image(np.repeat(values.T[:, None, None, :], 2, axis=1).astype(np.float32), affine)
            image.header.set_zooms((4, 4, 4, 2.0))
            image.header.set_xyzt_units("mm", "sec")
            nibabel.save(image, files / f"{one.subject}_task-{name}_bold.nii.gz")
            table = pd.DataFrame({"csf": drift})
            table.to_csv(files / f"{one.subject}_task-{name}_confounds.tsv", sep="\t", index=False)
    atlas = ("--atlas", "labels", "--set", "atlas.image=slabs.nii.gz")
    source = ("--bold", "*_bold.nii.gz", "--confounds", "*_confounds.tsv")
    run = call("decode", *source, *ASKED, *atlas, *QUICK, "--out", "images")
    by_series = call("decode", "--series", "series", "--tr", "2", *ASKED, *QUICK, "--out", "out")
    assert (run.code, by_series.code) == (0, 0), run.err + by_series.err
    assert "task rest" in run.err
    one, two = scores(files / "images", "stories"), scores(files / "out", "stories")
    assert np.abs(one["r"] - two["r"])[:2].max() < 0.1
    assert json.loads((files / "images/provenance.json").read_text("utf-8"))["input"]["confounds"] == ["csf"]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--story", "pie"), 2, "NAME=FILE"),
        (("--story", "../pie=pie.tsv"), 2, "../pie"),
        (("--story", "pie=pie.tsv", "--story", "pie=sea.tsv"), 2, "pie is given twice"),
        ((*ASKED, "--ratings", "pie.tsv"), 2, "--ratings"),
        ((*ASKED, "--task", "pie"), 2, "--task"),
        ((*ASKED, "--start", "ode=2"), 1, "ode"),
        ((*ASKED, "--start", "sea=2", "--start", "sea=3"), 2, "sea is given twice"),
        ((*ASKED, "--start", "soon"), 2, "soon"),
        (("--ratings", "pie.tsv", "--start", "pie=2"), 2, "--story"),
        ((*ASKED, "--story", "ode=sea.tsv"), 1, "task-ode"),
        (("--story", "pie=pie.tsv", "--story", "sea=none.tsv"), 1, "none.tsv"),
        (("--story", "pie=pie.tsv"), 1, "split.kind"),
        ((*ASKED, "--motion", "few"), 1, "motion"),
    ],
)
def test_what_cannot_be_told_apart_is_refused(call, files, monkeypatch, words, code, message):
    """Usage errors exit with 2, bad input with 1; nothing is written."""
    monkeypatch.setenv("COLUMNS", "300")
    (files / "few").mkdir()
    shutil.copy(files / "motion/sub-01_task-pie_motion.txt", files / "few")
    run = call("decode", "--series", "series", "--tr", "2", "--out", "out", *QUICK, *words)
    assert (run.code, message in run.err) == (code, True), run.err
    assert not (files / "out").exists()


def test_a_file_that_could_be_any_storys_is_refused(decode, files):
    """Motion without a task in its name, of as many rows as either story."""
    (files / "motion/sub-01_task-sea_motion.txt").rename(files / "motion/sub-01_motion.txt")
    run, out = decode("--motion", "motion")
    assert run.code == 1
    assert "sub-01_motion.txt" in run.error
    assert not out.exists()


def test_a_story_without_a_folder_among_folders_is_named(call, files):
    """A misspelt name: the error says which folders there are, not that series are missing."""
    asked = ("--story", "pie=pie.tsv", "--story", "see=sea.tsv")
    run = call("decode", "--series", "folders", "--tr", "2", *asked, *QUICK, "--dry-run")
    assert run.code == 1
    assert "a folder see" in run.error
    assert "the folders pie, sea" in run.error
    assert "Did you mean 'sea'?" in run.error


@pytest.mark.parametrize("kind", ["chronological", "subject-and-story"])
def test_a_dry_run_counts_blocks_where_they_are_left_out_or_scored(call, files, kind):
    """At the end of a story there is one test, not a block among several."""
    run = call("decode", "--series", "series", "--tr", "2", *ASKED, "--set", f"split={kind}", "--dry-run")
    assert run.code == 0, run.err
    (line,) = [line for line in run.out.splitlines() if line.startswith("split ")]
    assert ("blocks" in line) == (kind != "chronological")


def test_a_region_that_one_story_lacks_is_left_out_of_all_where_asked(decode, files):
    """`--drop regions` in one story leaves the region out of the other, too, and says so."""
    path = files / "series/sub-02_task-sea.csv"
    table = pd.read_csv(path)
    table["region_3"] = 1.0
    table.to_csv(path, index=False)
    assert decode()[0].code == 1
    run, out = decode("--drop", "regions")
    assert run.code == 0, run.err
    assert "region_3" not in set(scores(out, "weights")["region"])
    assert "Regions left out of all stories" in run.err


def test_a_story_in_several_runs_needs_a_start_for_each(decode, files):
    """Parts of a story by `<story>_<run>`; without, the runs would hold the same minutes."""
    for path in sorted((files / "series").glob("*_task-pie.csv")):
        table = pd.read_csv(path)
        stem = path.name.removesuffix(".csv")
        table[:120].to_csv(path.with_name(f"{stem}_run-1.csv"), index=False)
        table[120:].to_csv(path.with_name(f"{stem}_run-2.csv"), index=False)
        path.unlink()
    run, out = decode()
    assert (run.code, "pie_run-2" in run.err) == (1, True)
    assert not out.exists()
    run, out = decode("--start", "pie_run-2=240")
    assert run.code == 0, run.err
    predictions = pd.read_parquet(out / "predictions.parquet")
    assert set(predictions["run"]) == {0, 1, 2}
    assert set(scores(out, "stories")["story"]) == {"pie", "sea"}
