"""`emotopy decode`: from files to the results directory, and what it refuses."""

from __future__ import annotations

import json

import nibabel
import numpy as np
import pandas as pd
import pytest

from emotopy.inference.rating_courses import volume_course
from emotopy.readers.ratings import table_text
from emotopy.simulate import simulate_bold

pytestmark = pytest.mark.slow

N_VOLUMES = 300
QUICK = ("--set", "null.n=19", "--set", "split=subject", "--no-cache")
TABLES = ("--set", "reporter=tables")
FILES = {
    *("scores.csv", "subjects.csv", "paired.csv", "sensitivity.csv", "predictions.parquet", "edges.csv", "graph.csv"),
    "weights.csv",
    *("provenance.json", "report.html"),
}


@pytest.fixture(scope="module")
def study():
    """Four listeners, six regions, one planted emotion."""
    return simulate_bold("coupling", n_subjects=4, n_volumes=N_VOLUMES, n_regions=6, n_carriers=3, seed=1)


@pytest.fixture
def files(study, tmp_path):
    """Write the study as files: `series/`, `ratings.tsv`, `motion/` with two rows too many, `tone/`, `targets/`."""
    course = volume_course(study.ratings, 2.0, N_VOLUMES).values[:, 0]
    for folder in ("series", "motion", "tone", "targets"):
        (tmp_path / folder).mkdir()
    (tmp_path / "ratings.tsv").write_text(table_text(study.ratings))
    for i, one in enumerate(study.series):
        pd.DataFrame(one.values, columns=list(one.regions)).to_csv(tmp_path / f"series/{one.subject}.csv", index=False)
        parameters = study.motion[i].parameters
        np.savetxt(tmp_path / f"motion/{one.subject}-motion.txt", np.vstack([parameters[:2], parameters]))
        np.savetxt(tmp_path / f"tone/{one.subject}-tone.txt", np.sin(np.arange(N_VOLUMES) / 7 + i))
        np.savetxt(tmp_path / f"targets/{one.subject}-fear.txt", course)
    return tmp_path


@pytest.fixture
def decode(call, files):
    """Decode the files quickly into `out`; returns the run and the folder of results."""

    def run(*words, source=("--series", "series", "--tr", "2"), target=("--ratings", "ratings.tsv"), out="out"):
        return call("decode", *source, *target, "--out", out, *QUICK, *words), files / out

    return run


def columns(path):
    """The columns of a CSV."""
    return list(pd.read_csv(path).columns)


def test_a_study_is_decoded_into_the_files_of_the_contract(decode):
    """Every file, with exactly the columns that others build on; the scores on stdout."""
    run, out = decode("--motion", "motion", "--motion-skip", "2", "--regressors", "tone")
    assert run.code == 0, run.err
    assert {path.name for path in out.iterdir()} == FILES
    assert columns(out / "scores.csv") == [
        *("emotion", "features", "r", "null_mean", "null_95", "r2", "mse", "p", "p_family", "n_subjects")
    ]
    assert columns(out / "subjects.csv") == ["emotion", "features", "subject", "r", "r2", "mse"]
    assert columns(out / "paired.csv") == [
        *("emotion", "features_a", "features_b", "difference", "null_mean", "null_95", "p", "p_family")
    ]
    assert columns(out / "weights.csv")[:3] == ["emotion", "region", "weight"]
    assert columns(out / "edges.csv") == ["emotion", "region_a", "region_b", "pattern", "sign_consistency"]
    assert columns(out / "graph.csv")[:2] == ["emotion", "graph"]
    predictions = pd.read_parquet(out / "predictions.parquet")
    assert list(predictions.columns) == [
        *("subject", "onset_s", "centre_s", "block", "emotion", "features", "rating", "prediction")
    ]
    scores = pd.read_csv(out / "scores.csv")
    assert list(scores["features"]) == [
        *("sliding-window", "sliding-window+remove-evoked", "amplitude", "motion", "time", "mean", "tone")
    ]
    assert scores["r"][0] > scores["null_95"][0]
    assert scores["p"][0] == 0.05
    assert run.out.splitlines()[0].split() == ["emotion", "features", "r", "null", "95", "%", "p", "p", "family"]
    assert run.out.splitlines()[1].split()[:3] == ["fear", "sliding-window", f"{scores['r'][0]:.3f}"]
    assert run.out.endswith("Results are in out\n")
    assert "note: The story has about 13 independent windows" in run.err


def test_a_start_of_zero_is_told(decode):
    """A wrong start shifts all ratings: the note stands in the result unless another start was given."""
    notes = {}
    for start in ((), ("--start", "4")):
        run, out = decode(*start, *TABLES, out="-".join(("start", *start[1:])))
        assert run.code == 0, run.err
        notes[start] = json.loads((out / "provenance.json").read_text("utf-8"))["notes"]
    assert [any(note.startswith("start: ") for note in one) for one in notes.values()] == [True, False]


def test_the_provenance_names_files_and_no_path(decode, files):
    """Name of the folder and the ratings, hashes, and what was told."""
    run, out = decode("--start", "0", *TABLES)
    assert run.code == 0, run.err
    text = (out / "provenance.json").read_text("utf-8")
    said = json.loads(text)
    assert said["input"]["files"] == {"signal": "series", "ratings": "ratings.tsv"}
    assert said["input"]["subjects"] == ["sub-01", "sub-02", "sub-03", "sub-04"]
    assert str(files) not in text
    assert not (out / "report.html").exists()


def test_two_runs_give_the_same_bytes(decode, files_in):
    """The report too, and whether the cache was used or not."""
    runs = [decode(out=name, *words) for name, words in (("one", ()), ("two", ("--quiet",)))]  # noqa: B026
    assert [run.code for run, _ in runs] == [0, 0]
    assert runs[1][0].err == ""
    assert files_in(runs[0][1]) == files_in(runs[1][1])


def test_the_cache_serves_the_next_run(call, files, files_in):
    """It says what it reused, and gives the same files."""
    words = ("--series", "series", "--tr", "2", "--ratings", "ratings.tsv", "--cache", "cache", *QUICK[:-1], *TABLES)
    first, second = (call("decode", *words, "--out", name) for name in ("one", "two"))
    assert (first.code, second.code) == (0, 0), first.err + second.err
    assert "reused" not in first.err
    assert second.err.count("reused from the cache") == 5
    assert files_in(files / "one") == files_in(files / "two")


def test_measures_to_compare_with_are_named(decode):
    """`--compare` replaces those of the preset."""
    run, out = decode("--compare", "amplitude", "--set", "connectivity=sliding-window", *TABLES)
    assert run.code == 0, run.err
    assert "amplitude" in set(pd.read_csv(out / "paired.csv")["features_b"])
    assert json.loads((out / "provenance.json").read_text("utf-8"))["config"]["compare"]["features"] == ["amplitude"]


def test_targets_per_volume_stand_in_for_ratings(decode):
    """The course under the HRF in files gives what the ratings give, but for the digits of the table."""
    by_ratings, out = decode(*TABLES)
    by_targets, other = decode(*TABLES, target=("--targets", "targets"), out="other")
    assert (by_ratings.code, by_targets.code) == (0, 0), by_targets.err
    assert "contain the same numbers" in by_targets.err
    one, two = pd.read_csv(out / "scores.csv"), pd.read_csv(other / "scores.csv")
    np.testing.assert_allclose(one["r"], two["r"], atol=1e-3)
    said = json.loads((other / "provenance.json").read_text("utf-8"))
    assert said["input"]["files"] == {"signal": "series", "targets": "targets"}


SERIES, RATINGS, ROOT = ("--series", "series"), ("--ratings", "ratings.tsv"), ("--out", "out", "--tr", "2")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (RATINGS, "exactly one of --series, --bold, --fmriprep, got none"),
        ((*SERIES, "--bold", "*.nii", *RATINGS), "got --series and --bold"),
        (SERIES, "exactly one of --ratings, --targets, --story, got none"),
        ((*SERIES, *RATINGS, "--targets", "targets"), "got --ratings and --targets"),
        (("--fmriprep", "deriv", *RATINGS), "--fmriprep needs the name of the task"),
        (("--bold", "*.nii", *RATINGS, "--task", "story"), "--fmriprep or --series, which wasn't given"),
        (("--bold", "*.nii", *RATINGS, "--header", "no"), "--series, which wasn't given"),
        ((*SERIES, *RATINGS, "--header", "maybe"), "wanted yes or no, got maybe"),
        ((*SERIES, *RATINGS, "--motion-order", "fsl"), "--motion, which wasn't given"),
        ((*SERIES, *RATINGS, "--motion-units", "mm-deg"), "--motion, which wasn't given"),
        ((*SERIES, *RATINGS, "--motion", "motion", "--motion-order", "ants"), "wanted auto or spm or fsl or afni"),
        ((*SERIES, *RATINGS, "--motion", "motion", "--motion-units", "deg"), "wanted auto or mm-rad or mm-deg"),
        (("--bold", "*.nii", *RATINGS, "--confound-columns", "a"), "--confounds, which wasn't given"),
        ((*SERIES, *RATINGS, "--start", "nan"), "wanted a finite number of seconds"),
        ((*SERIES, *RATINGS, "--confounds", "*.tsv"), "--bold, which wasn't given"),
        ((*SERIES, *RATINGS, "--motion-skip", "3"), "--motion, which wasn't given"),
        ((*SERIES, *RATINGS, "--drop", "all"), "wanted subjects or regions, got all"),
        ((*SERIES, *RATINGS, "--cache", "c", "--no-cache"), "--no-cache turns the cache off"),
    ],
)
def test_flags_that_do_not_go_together_are_usage_errors(call, files, monkeypatch, words, message):
    """Exit 2, nothing written, the flag named."""
    monkeypatch.setenv("COLUMNS", "300")
    run = call("decode", *words, *ROOT)
    assert run.code == 2
    assert message in run.err
    assert not (files / "out").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((*SERIES, *RATINGS), "tr: wanted the repetition time in seconds, got none; give it: --tr 2.0"),
        ((*SERIES, *RATINGS, "--tr", "2000"), "then --tr 2"),
        (("--series", "nowhere", *RATINGS, "--tr", "2"), "nowhere"),
        ((*SERIES, "--ratings", "none.tsv", "--tr", "2"), "none.tsv"),
        ((*SERIES, *RATINGS, "--tr", "2", "--compare", "amplitud"), "Did you mean 'amplitude'?"),
        ((*SERIES, *RATINGS, "--tr", "2", "--set", "connectivity=static"), "returns one row per run"),
        ((*SERIES, *RATINGS, "--tr", "2", "--start", "9000"), "start: wanted volumes during the story"),
        ((*SERIES, *RATINGS, "--tr", "2", "--motion", "motion"), "set --motion-skip 2"),
        ((*SERIES, *RATINGS, "--tr", "2", "--regressors", "motion"), "wanted one column"),
        (("--bold", "*.nii.gz", *RATINGS), "wanted BOLD images, got no file"),
        ((*SERIES, *RATINGS, "--tr", "2", "--motion", "motion", "--motion-skip", str(10**30)), "are skipped"),
        ((*SERIES, *RATINGS, "--tr", "2", "--task", "x"), "wanted region series of task-x"),
    ],
)
def test_what_cannot_be_decoded_is_one_plain_error(call, files, words, message):
    """Exit 1, one line, no results directory."""
    run = call("decode", *words, "--out", "out", *QUICK)
    assert run.code == 1
    assert message in run.error
    assert not (files / "out").exists()


def test_bad_regions_are_an_error_until_told_what_to_do(decode, files):
    """`--drop regions` leaves the column out of all subjects, `--drop subjects` the subject; both are told."""
    path = files / "series/sub-02.csv"
    table = pd.read_csv(path)
    table["region_3"] = 1.0
    table.to_csv(path, index=False)
    assert decode()[0].code == 1
    regions, out = decode("--drop", "regions", *TABLES, out="regions")
    assert regions.code == 0, regions.err
    assert set(pd.read_csv(out / "weights.csv")["region"]) == {f"region_{i}" for i in (1, 2, 4, 5, 6)}
    subjects, out = decode("--drop", "subjects", *TABLES, out="subjects")
    assert subjects.code == 0, subjects.err
    assert set(pd.read_csv(out / "subjects.csv")["subject"]) == {"sub-01", "sub-03", "sub-04"}
    notes = json.loads((out / "provenance.json").read_text("utf-8"))["notes"]
    assert any("Left out:" in note and "sub-02" in note for note in notes)


def test_longer_recordings_are_cut_where_asked(decode, files):
    """Unequal lengths are an error; `--trim` cuts the end."""
    path = files / "series/sub-02.csv"
    table = pd.read_csv(path)
    pd.concat([table, table[:5]]).to_csv(path, index=False)
    assert decode()[0].code == 1
    run, _ = decode("--trim", *TABLES)
    assert run.code == 0, run.err


def test_a_preset_that_reproduces_warns(decode):
    """zhang2026 on stderr and in the notes."""
    run, out = decode("--preset", "zhang2026", "--set", "windowing.step_s=8", "--set", "null.kind=circular", *TABLES)
    assert run.code == 0, run.err
    assert "note: Preset zhang2026 reproduces the published procedure" in run.err
    assert any(
        note.startswith("Preset zhang2026") for note in json.loads((out / "provenance.json").read_text())["notes"]
    )


def test_an_existing_directory_is_left_alone_unless_forced(decode):
    """Said before anything is read."""
    assert decode(*TABLES)[0].code == 0
    again, out = decode(*TABLES)
    assert again.code == 1
    assert "out exists" in again.error
    assert decode(*TABLES, "--force")[0].code == 0
    assert (out / "scores.csv").is_file()


@pytest.fixture
def images(study, files):
    """The study as BOLD images of 6 × 2 × 1 voxels, a slab per region, with confounds tables and a label atlas."""
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    affine[:3, 3] = (-12, -8, 20)
    labels = np.repeat(np.arange(1, 7, dtype=np.int16)[:, None, None], 2, axis=1)
    nibabel.save(nibabel.Nifti1Image(labels, affine), files / "slabs.nii.gz")
    names = "\n".join(f"{i}\tslab {i}" for i in range(1, 7))
    (files / "slabs.tsv").write_text(f"index\tname\n{names}\n")
    for i, one in enumerate(study.series):
        drift = np.random.default_rng(i).standard_normal(N_VOLUMES)
        values = 1000 + one.values + 30 * drift[:, None]
        data = np.repeat(values.T[:, None, None, :], 2, axis=1).astype(np.float32)
        image = nibabel.Nifti1Image(data, affine)
        image.header.set_zooms((4, 4, 4, 2.0))
        image.header.set_xyzt_units("mm", "sec")
        nibabel.save(image, files / f"{one.subject}_task-story_bold.nii.gz")
        pd.DataFrame({"csf": drift}).to_csv(files / f"{one.subject}_confounds.tsv", sep="\t", index=False)
    return files


def test_images_are_read_at_an_atlas_and_confounds_taken_out(decode, images):
    """BOLD with confounds, TR from the header, decodes as the series that it was made of."""
    atlas = ("--atlas", "labels", "--set", "atlas.image=slabs.nii.gz")
    bold = ("--bold", "*_bold.nii.gz")
    by_series, out = decode(*TABLES)
    by_bold, other = decode(*atlas, *TABLES, source=(*bold, "--confounds", "*_confounds.tsv"), out="other")
    dirty, without = decode(*atlas, *TABLES, source=bold, out="without")
    assert (by_series.code, by_bold.code, dirty.code) == (0, 0, 0), by_bold.err + dirty.err
    r, mended, noisy = (pd.read_csv(folder / "scores.csv")["r"][0] for folder in (out, other, without))
    assert abs(mended - r) < 0.05
    assert abs(noisy - r) > 2 * abs(mended - r)
    assert set(pd.read_csv(other / "weights.csv")["region"]) == {f"slab_{i}" for i in range(1, 7)}
    said = json.loads((other / "provenance.json").read_text("utf-8"))
    assert said["input"]["files"]["signal"] == "*_bold.nii.gz"
    assert str(images) not in json.dumps(said)


def test_columns_of_confounds_are_chosen_and_recorded(decode, images):
    """`--confound-columns`: only these are regressed out, as the provenance says; what isn't there is an error."""
    for path in images.glob("*_confounds.tsv"):
        table = pd.read_csv(path, sep="\t")
        table.rename(columns={"csf": "mine"}).to_csv(path, sep="\t", index=False)
    atlas = ("--atlas", "labels", "--set", "atlas.image=slabs.nii.gz", *TABLES)
    source = ("--bold", "*_bold.nii.gz", "--confounds", "*_confounds.tsv")
    unknown, _ = decode(*atlas, source=source)
    assert unknown.code == 1
    assert "--confound-columns" in unknown.error
    run, out = decode(*atlas, "--confound-columns", "mi*", source=source)
    assert run.code == 0, run.err
    said = json.loads((out / "provenance.json").read_text("utf-8"))["input"]
    assert (said["confounds"], said["arguments"]["confound_columns"]) == (["mine"], "mi*")


def test_a_tr_of_one_second_that_misses_the_story_is_questioned(decode, images):
    """A header that a program wrote anew: an error without --tr, told with it; a sidecar's StartTime is told, too."""
    for path in images.glob("*_bold.nii.gz"):
        image = nibabel.load(path)
        data = np.asarray(image.dataobj)
        image.header.set_zooms((4, 4, 4, 1.0))
        nibabel.save(nibabel.Nifti1Image(data, image.affine, image.header), path)
        path.with_name(path.name.replace(".nii.gz", ".json")).write_text(json.dumps({"StartTime": 0.3}))
    atlas = ("--atlas", "labels", "--set", "atlas.image=slabs.nii.gz", *TABLES)
    alone, _ = decode(*atlas, source=("--bold", "*_bold.nii.gz"))
    assert alone.code == 1
    assert "--tr" in alone.error
    run, out = decode(*atlas, source=("--bold", "*_bold.nii.gz", "--tr", "2"))
    assert run.code == 0, run.err
    said = json.loads((out / "provenance.json").read_text("utf-8"))
    assert said["input"]["sampled_s"] == 0.3
    assert any("TR of 1 s" in note for note in said["notes"])
    assert any("StartTime" in note for note in said["notes"])


def test_an_atlas_with_networks_gives_a_table_of_them(decode, images):
    """A column `network` in the table of labels becomes `networks.csv`; without one there is no such file."""
    atlas = ("--atlas", "labels", "--set", "atlas.image=slabs.nii.gz")
    source = ("--bold", "*_bold.nii.gz", "--confounds", "*_confounds.tsv")
    without, out = decode(*atlas, *TABLES, source=source)
    assert without.code == 0, without.err
    assert not (out / "networks.csv").exists()
    rows = "\n".join(f"{i}\tslab {i}\t{'front' if i < 3 else 'back'}" for i in range(1, 7))
    (images / "slabs.tsv").write_text(f"index\tname\tnetwork\n{rows}\n")
    run, out = decode(*atlas, *TABLES, source=source, out="other")
    assert run.code == 0, run.err
    table = pd.read_csv(out / "networks.csv")
    assert list(table.columns) == [
        *("emotion", "network_a", "network_b", "n_edges", "weight", "signed_weight"),
        *("null_mean", "null_95", "p", "p_family"),
    ]
    assert table[["network_a", "network_b", "n_edges"]].to_numpy().tolist() == [
        ["back", "back", 6],
        ["back", "front", 8],
        ["front", "front", 1],
    ]
    assert table["p"].between(0.05, 1).all()


def test_the_provenance_names_the_atlas_and_what_was_read(decode, images):
    """Name, owner and options of the atlas; one digest of all files, of their names and contents, wherever they lie."""

    def said(out):
        return json.loads((out / "provenance.json").read_text("utf-8"))["input"]

    by_series = said(decode(*TABLES)[1])
    assert "atlas" not in by_series
    source = ("--bold", "*_bold.nii.gz", "--confounds", "*_confounds.tsv")
    words = ("--atlas", "labels", "--set", "atlas.image=slabs.nii.gz", *TABLES)
    found = said(decode(*words, source=source, out="bold")[1])
    assert (found["atlas"]["use"], found["atlas"]["owner"]) == ("labels", "emotopy")
    assert found["atlas"]["options"]["image"] == "slabs.nii.gz"
    assert found["confounds"] == ["csf"]

    (images / "elsewhere").mkdir()
    for path in [*images.glob("*_bold.nii.gz"), *images.glob("*_confounds.tsv")]:
        path.rename(images / "elsewhere" / path.name)
    source = ("--bold", "elsewhere/*_bold.nii.gz", "--confounds", "elsewhere/*_confounds.tsv")
    assert said(decode(*words, source=source, out="moved")[1])["files_sha256"] == found["files_sha256"]
    table = images / "elsewhere/sub-02_confounds.tsv"
    table.write_text(table.read_text() + "\n")
    changed = said(decode(*words, source=source, out="changed")[1])
    assert changed["files_sha256"] != found["files_sha256"]
    assert changed["confounds_sha256"] == found["confounds_sha256"]
    assert by_series["files_sha256"] != found["files_sha256"]


def test_a_tr_that_contradicts_the_header_is_an_error(call, images):
    """Both are named."""
    atlas = ("--atlas", "labels", "--set", "atlas.image=slabs.nii.gz")
    run = call("decode", "--bold", "*_bold.nii.gz", "--tr", "1.5", "--ratings", "ratings.tsv", "--out", "out", *atlas)
    assert run.code == 1
    assert "its header gives a TR of 2 s" in run.error
    assert "--tr 1.5 s" in run.error


def test_ratings_may_be_sampled_or_in_milliseconds_or_of_chosen_columns(call, decode, files):
    """`--sampling`, `--time-unit`, `--emotions` give the scores of the plain table; so does a repeated run."""
    run, out = decode(*TABLES)
    assert run.code == 0, run.err
    plain = (out / "scores.csv").read_bytes()
    table = pd.read_csv(files / "ratings.tsv", sep="\t")
    emotions = [name for name in table.columns if name not in ("onset", "duration")]
    steps = np.diff(table["onset"])
    assert np.ptp(steps) < 1e-9
    table[emotions].assign(index=1.0).to_csv(files / "sampled.csv", index=False)
    milliseconds = table.assign(onset=table["onset"] * 1000, duration=table["duration"] * 1000)
    milliseconds.to_csv(files / "ms.tsv", sep="\t", index=False)
    rate = str(1 / steps[0])
    for name, words in (
        ("sampled.csv", ("--sampling", rate)),
        ("sampled.csv", ("--sampling", rate, "--emotions", ",".join(emotions))),
        ("ms.tsv", ("--time-unit", "ms")),
    ):
        out = f"out-{len(words)}-{name}"
        run, folder = decode(*words, *TABLES, target=("--ratings", name), out=out)
        assert run.code == 0, run.err
        assert (folder / "scores.csv").read_bytes() == plain
    given = ("--series", "series", "--ratings", "ms.tsv", "--no-cache")
    run = call("decode", *given, "--from", folder, "--out", "again")
    assert run.code == 0, run.err
    assert (files / "again" / "scores.csv").read_bytes() == plain
    run, _ = decode("--time-unit", "minutes", out="x")
    assert run.code == 2
    run, _ = decode("--sampling", "1", target=("--targets", "targets"), out="x")
    assert run.code == 2
