"""`--from provenance.json`: the same run again, its files the same, or what differs said before any work."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from emotopy.readers.ratings import table_text
from emotopy.simulate import simulate_bold

pytestmark = pytest.mark.slow

FAST = ("--set", "reducer=pca", "--set", "clusterer=kmeans")
QUICK = ("--set", "null.n=9", "--set", "split=subject", "--set", "split.n_blocks=3")
MAPPED = ("--group", "group", "--unit", "writer", "--time", "day", "--id", "id", "--level", "node", "--seed", "7")


def provenance(folder):
    return json.loads((folder / "provenance.json").read_text("utf-8"))


@pytest.fixture
def mapped(once, call, diaries, tmp_path):
    """A run of `map` in the folder `first`."""

    def a_mapping():
        run = call("map", diaries, "--out", "first", "--no-cache", "--no-texts", *MAPPED, *FAST, "--quiet")
        assert run.code == 0, run.err

    return once(tmp_path, a_mapping) / "first"


def test_a_mapping_repeats_itself(call, mapped, diaries, tmp_path, files_in):
    """Columns, level, seed, stages and --no-texts come from the provenance; every file is the same, byte by byte."""
    run = call("map", diaries, "--from", "first", "--out", "second", "--no-cache")
    assert run.code == 0, run.err
    assert run.out.endswith("9 of 9 files are identical to those in first.\n")
    assert "differs" not in run.err
    assert files_in(mapped) == files_in(tmp_path / "second")
    told = provenance(mapped)["input"]
    assert told["command"] == "map"
    assert told["arguments"] == {
        "columns": {"group": "group", "id": "id", "keep": [], "text": None, "time": "day", "unit": "writer"},
        "texts": False,
        "bandwidth": None,
    }


def test_a_repetition_of_a_repetition_is_the_run(call, mapped, diaries, tmp_path, files_in):
    """What a repetition writes can be repeated just as well, from the file or its folder."""
    assert call("map", diaries, "--from", "first/provenance.json", "--out", "second").code == 0
    assert call("map", diaries, "--from", "second", "--out", "third").code == 0
    assert files_in(mapped) == files_in(tmp_path / "third")


def test_another_input_is_refused_before_any_work(call, mapped, diaries, write, tmp_path):
    """One more line is another input; nothing is written."""
    other = write("other.csv", diaries.read_text("utf-8") + "\n")
    run = call("map", other, "--from", "first", "--out", "second")
    assert run.code == 1
    assert run.error.startswith("the input differs from that of first/provenance.json: wanted SHA-256 ")
    assert not (tmp_path / "second").exists()


@pytest.mark.parametrize(
    "words", [("--seed", "3"), ("--preset", "vos2025"), ("--group", "group"), ("--level", "region"), ("--texts",)]
)
def test_flags_that_the_provenance_decides_are_refused(call, mapped, diaries, words):
    """Beside --from they'd make it another run."""
    run = call("map", diaries, "--from", "first", "--out", "second", *words)
    assert run.code == 2
    assert f"{words[0]}" in run.err
    assert "is taken from the provenance; leave it out" in run.err


def test_what_differs_is_named_on_stderr(call, mapped, diaries, tmp_path):
    """Other versions are named before the work, and the files compared after it."""
    told = provenance(mapped)
    told["versions"]["scipy"] = "0.1"
    told["stages"]["reducer"]["version"] = "0.0.1"
    (mapped / "provenance.json").write_text(json.dumps(told), "utf-8")
    run = call("map", diaries, "--from", "first", "--out", "second")
    assert run.code == 0, run.err
    assert "note: this run differs from the run it repeats: scipy was 0.1, is " in run.err
    assert "reducer emotopy:pca was version 0.0.1, is " in run.err
    assert "8 of 9 files are identical to those in first.\nDiffers: provenance.json.\n" in run.out


def test_a_stage_of_somebody_who_is_gone_is_named(call, mapped, diaries):
    """Owner and version; what a file says is quoted, never made into a command."""
    told = provenance(mapped)
    told["stages"]["embedder"].update(owner="gone", version="3.1")
    (mapped / "provenance.json").write_text(json.dumps(told), "utf-8")
    run = call("map", diaries, "--from", "first", "--out", "second")
    assert run.code == 1
    assert all(part in run.error for part in ("'static'", "'gone'", "'3.1'", "emotopy:static is another stage"))
    assert "pip" not in run.error


def test_a_file_that_an_option_named_is_named_anew(call, diaries, write, tmp_path, files_in):
    """Where it lies is in no provenance; its content has to be the same."""
    tiers = write("deep/my tiers.csv".replace("deep/", ""), "keyword,emotion,tier\nhappy,joy,very\nafraid,fear,plain\n")
    option = f"intensity_scorer.tiers={tiers.as_posix()}"
    words = ("--text", "text", "--set", "intensity_scorer=lexical", "--set", option, *FAST, "--set", "reporter=tables")
    assert call("map", diaries, "--out", "first", *words).code == 0
    tiers.rename(tmp_path / "tiers moved.csv")
    missing = call("map", diaries, "--from", "first", "--out", "second")
    assert missing.error.startswith(
        "intensity_scorer.tiers: the run read a file 'my tiers.csv', which wasn't found; give its path with"
    )
    (tmp_path / "kept").mkdir()
    moved = (tmp_path / "tiers moved.csv").rename(tmp_path / "kept" / "my tiers.csv")
    again = f"intensity_scorer.tiers={moved.as_posix()}"
    run = call("map", diaries, "--from", "first", "--out", "second", "--set", again)
    assert run.code == 0, run.err
    assert files_in(tmp_path / "first") == files_in(tmp_path / "second")
    other = call("map", diaries, "--from", "first", "--out", "third", "--set", "clusterer.n_clusters=3")
    assert "clusterer.n_clusters: is taken from provenance.json and can't be changed with --from" in other.error


@pytest.fixture
def decoded(once, call, tmp_path):
    """A run of `decode` in the folder `first`."""

    def a_decoding():
        study = simulate_bold("coupling", n_subjects=3, n_volumes=300, n_regions=5, n_carriers=3, seed=1)
        for folder in ("series", "motion"):
            (tmp_path / folder).mkdir()
        (tmp_path / "ratings.tsv").write_text(table_text(study.ratings))
        for one, motion in zip(study.series, study.motion, strict=True):
            series = pd.DataFrame(one.values, columns=list(one.regions))
            series.to_csv(tmp_path / f"series/{one.subject}.csv", index=False)
            rows = np.vstack([motion.parameters[:2], motion.parameters])
            np.savetxt(tmp_path / f"motion/{one.subject}-motion.txt", rows)
        words = ("--tr", "2", "--start", "0.5", "--motion-skip", "2", *QUICK, "--seed", "5", "--no-cache")
        words += ("--header", "yes", "--motion-order", "spm", "--motion-units", "mm-rad")
        run = call("decode", *SOURCE, "--motion", "motion", "--out", "first", *words)
        assert run.code == 0, run.err

    return once(tmp_path, a_decoding) / "first"


SOURCE = ("--series", "series", "--ratings", "ratings.tsv")


def test_a_decoding_repeats_itself(call, decoded, tmp_path, files_in):
    """TR, start, how files are read, seed and configuration come from the provenance; every file is the same."""
    arguments = json.loads((decoded / "provenance.json").read_text("utf-8"))["input"]["arguments"]
    assert [arguments[name] for name in ("header", "motion_order", "motion_units")] == ["yes", "spm", "mm-rad"]
    run = call("decode", *SOURCE, "--motion", "motion", "--from", "first", "--out", "second", "--no-cache")
    assert run.code == 0, run.err
    n_files = len(files_in(decoded))
    assert run.out.endswith(f"{n_files} of {n_files} files are identical to those in first.\n")
    assert files_in(decoded) == files_in(tmp_path / "second")


def test_a_decoding_wants_the_whole_input_again(call, decoded, tmp_path):
    """Without the motion that the run had, or with other ratings, it is another run; so it is with another TR."""
    without = call("decode", *SOURCE, "--from", "first", "--out", "second")
    assert (without.code, without.out) == (1 if "differs from that of" in without.err else 2, "")
    (tmp_path / "ratings.tsv").write_text((tmp_path / "ratings.tsv").read_text().replace("0.5", "0.6"))
    other = call("decode", *SOURCE, "--motion", "motion", "--from", "first", "--out", "second")
    assert other.error.startswith("the input differs from that of first/provenance.json")
    for flag, value in (("--tr", "3"), ("--header", "no"), ("--motion-order", "fsl"), ("--motion-units", "mm-deg")):
        assert call("decode", *SOURCE, flag, value, "--from", "first", "--out", "second").code == 2
    assert not (tmp_path / "second").exists()


def test_each_command_repeats_its_own(call, decoded, diaries):
    """A decoding isn't repeated by `map`."""
    run = call("map", diaries, "--from", "first", "--out", "second")
    assert run.error.startswith("first/provenance.json: this run was made by the command decode")
