"""`emotopy experiment`: real runs on small data, what it prints, writes and refuses."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from tests.cli.conftest import FAST

from emotopy.simulate import simulate_noise

pytestmark = pytest.mark.slow

WORDS = {
    "fear": ["terror", "panic", "scared", "danger", "threat", "afraid", "horror", "alarm"],
    "joy": ["friends", "sunshine", "party", "laughing", "happy", "music", "holiday", "delight"],
}


@pytest.fixture
def comments(tmp_path):
    """A GoEmotions folder of 24 comments, and an experiment of its own with few permutations."""
    folder, rng = tmp_path / "goemotions", np.random.default_rng(1)
    folder.mkdir()
    lines = [
        f"{' '.join(rng.choice(words, 7))}\t{ {'fear': 14, 'joy': 17}[name] }\t{name}{i}"
        for name, words in WORDS.items()
        for i in range(12)
    ]
    (folder / "train.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


@pytest.fixture
def mine(call, tmp_path):
    """An experiment file made from the one that ships, with few permutations."""
    text = call("experiment", "emotions", "--show").out
    for old, new in (("10000", "99"), ("999", "49"), ("n = 10\n", "n = 2\n"), ("199", "9"), ("1000", "100")):
        text = text.replace(old, new)
    text = text.replace('[["fear", "joy"], ["anger", "sadness"], ["love", "disgust"]]', '[["fear", "joy"]]')
    path = tmp_path / "mine.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_file_of_ones_own_runs_in_a_process(process, mine, comments, tmp_path):
    """Exit 0, results whole, a summary of both procedures on stdout."""
    run = process("experiment", mine, "--data", comments, "--out", "out", "--no-cache", "--seed", "3", *FAST)
    assert run.code == 0, run.err
    lines = run.out.splitlines()
    assert lines[0].split() == ["groups", "procedure", "finds", "in", "random", "splits", "splits", "with", "any"]
    assert [line.split("  ")[1].strip() for line in lines[1:4]] == ["published", "ours, profile", "ours, intensity"]
    assert lines[-1] == "Results are in out"
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {
        *("side_by_side.csv", "splits.csv", "distances.csv", "classification.csv", "report.html", "provenance.json"),
        *("recommended", "vos2025", "comparison"),
    }
    assert len(pd.read_csv(tmp_path / "out" / "side_by_side.csv")) == 29


def test_quiet_says_nothing_and_the_cache_is_used(call, mine, comments, tmp_path):
    """--quiet leaves stderr empty; a second run reuses what the first kept and writes the same bytes."""
    words = ("experiment", mine, "--data", comments, "--cache", tmp_path / "cache", *FAST)
    assert call(*words, "--out", "one", "--quiet").err == ""
    again = call(*words, "--out", "two")
    assert "reused" in again.err
    for name in ("side_by_side.csv", "splits.csv", "distances.csv", "report.html", "provenance.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_shipped_experiments_can_be_printed(call):
    """--show prints the TOML of a name, and runs nothing."""
    for name in ("depression", "emotions", "human-vs-llm"):
        run = call("experiment", name, "--show")
        assert run.code == 0
        assert f'experiment = "{name}"' in run.out


def test_people_and_models_from_a_table(call, tmp_path):
    """Flags name the columns; the table of models has a row each."""
    rng = np.random.default_rng(2)
    rows = ["question,people,bot"] + [
        f"q{i},{' '.join(rng.choice(WORDS['fear'], 8))},{' '.join(rng.choice(WORDS['joy'], 8))}" for i in range(12)
    ]
    (tmp_path / "answers.csv").write_text("\n".join(rows) + "\n", "utf-8")
    run = call(
        *("experiment", "human-vs-llm", "--data", "answers.csv", "--human", "people", "--model", "bot"),
        *("--question", "question", "--out", "out", "--no-cache", "--limit", "10", *FAST),
    )
    assert run.code == 0, run.err
    table = pd.read_csv(tmp_path / "out" / "models.csv")
    assert list(table["model"]) == ["bot", "human, random halves"]
    assert list(table["n_questions"]) == [10, 10]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("emotion", "--data", ".", "--out", "out"), 1, "Did you mean 'emotions'?"),
        (("emotions", "--out", "out"), 2, "'--data'"),
        (("emotions", "--data", "."), 2, "'--out'"),
        (("emotions", "--data", ".", "--out", "out", "--human", "x"), 2, "only human-vs-llm has it"),
        (("emotions", "--data", ".", "--out", "out", "--model", "x"), 2, "'--model'"),
        (("emotions", "--data", ".", "--out", "."), 1, "exists"),
        (("emotions", "--data", "nowhere", "--out", "out"), 1, "nowhere isn't a folder"),
        (("depression", "--data", "nowhere", "--out", "out"), 1, "nowhere isn't a folder"),
        (("human-vs-llm", "--data", "nowhere.csv", "--out", "out"), 1, "--model COL"),
        (("human-vs-llm", "--data", "x.csv", "--out", "out", "--max-length-ratio", "0.5"), 1, "wanted 1 or more"),
        (("emotions", "--data", ".", "--out", "out", "--set", "embedder=sttic"), 1, "Did you mean 'static'?"),
        (("emotions", "--data", ".", "--out", "out", "--cache", "c", "--no-cache"), 2, "'--cache'"),
        (("emotions", "--data", ".", "--out", "out", "--limit", "0"), 2, "'--limit'"),
    ],
)
def test_wrong_words_are_one_message(call, words, code, message, tmp_path):
    """Exit 1 for an error, 2 for usage; nothing is written."""
    run = call("experiment", *words)
    assert run.code == code
    assert message in run.err
    assert run.out == ""
    assert list(tmp_path.glob("out")) == []


# decoding -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def scans(tmp_path):
    """Series of noise, a file per subject, and ratings of 60 segments of 8 s."""
    (tmp_path / "series").mkdir()
    for one in simulate_noise(n_subjects=4, n_volumes=260, n_regions=6, rank=None, ar=0.3, seed=1):
        pd.DataFrame(one.values, columns=list(one.regions)).to_csv(tmp_path / f"series/{one.subject}.csv", index=False)
    rng = np.random.default_rng(3)
    values = rng.random((60, 2)).round(2)
    table = pd.DataFrame({"onset": np.arange(60) * 8.0, "duration": 8.0, "fear": values[:, 0], "joy": values[:, 1]})
    table.to_csv(tmp_path / "ratings.tsv", sep="\t", index=False)
    return tmp_path


DECODING = ("experiment", "decoding", "--series", "series", "--ratings", "ratings.tsv", "--tr", "2")


@pytest.fixture
def quick(call, tmp_path):
    """An experiment file with windows and splits that suit a short story."""
    text = call("experiment", "decoding", "--show").out
    text = text.replace("test_fraction = 0.1", "test_fraction = 0.2")
    (tmp_path / "quick.toml").write_text(text, "utf-8")
    return "quick.toml"


def test_decoding_runs_on_ones_own_files(call, scans, quick):
    """Exit 0, the scores of each procedure on stdout, tables, page and provenance in the directory."""
    words = ("--surrogates", "3", "--start", "0", "--set", "split.n_blocks=4", "--set", "windowing.width_s=30")
    run = call("experiment", quick, *DECODING[2:], "--out", "out", *words)
    assert run.code == 0, run.err
    lines = run.out.splitlines()
    assert [line.split()[:2] for line in lines[1:4]] == [
        ["zhang2026", "random"],
        ["zhang2026", "chronological"],
        ["recommended", "subject-and-block"],
    ]
    assert {path.name for path in (scans / "out").iterdir()} >= {
        *("procedures.csv", "surrogates.csv", "report.html", "provenance.json")
    }
    assert set(pd.read_csv(scans / "out" / "surrogates.csv")["surrogate"]) == {1, 2, 3}
    provenance = json.loads((scans / "out" / "provenance.json").read_text())
    assert provenance["input"]["files"] == {"signal": "series", "ratings": "ratings.tsv"}
    assert str(scans) not in json.dumps(provenance)


def test_a_recording_of_zeros_is_left_out_and_told(call, scans, quick):
    """In the notes, and on stderr; a region that is constant in one is an error until told what to do."""
    zeros = pd.read_csv(scans / "series/sub-01.csv") * 0
    zeros.to_csv(scans / "series/sub-09.csv", index=False)
    flat = pd.read_csv(scans / "series/sub-01.csv").assign(region_3=1.0)
    words = ("--surrogates", "2", "--set", "split.n_blocks=4", "--set", "windowing.width_s=30")
    run = call("experiment", quick, *DECODING[2:], "--out", "out", *words)
    assert run.code == 0, run.err
    notes = json.loads((scans / "out" / "provenance.json").read_text())["notes"]
    assert any("sub-09" in note and note in run.err for note in notes)
    flat.to_csv(scans / "series/sub-02.csv", index=False)
    assert call("experiment", quick, *DECODING[2:], "--out", "two", *words).code == 1
    assert not (scans / "two").exists()
    assert call("experiment", quick, *DECODING[2:], "--out", "two", *words, "--drop", "regions").code == 0


def test_decoding_tells_what_it_leaves_out_and_what_the_preset_is(call, scans, quick):
    """An empty recording, windows beyond the run, the preset's warning: on stderr and in the notes of the page."""
    table = pd.read_csv(scans / "series/sub-01.csv")
    pd.DataFrame(0.0, index=table.index, columns=table.columns).to_csv(scans / "series/x.csv", index=False)
    words = ("--surrogates", "1", "--set", "split.n_blocks=4", "--set", "windowing.width_s=30")
    run = call("experiment", quick, *DECODING[2:], "--out", "out", *words)
    assert run.code == 0, run.err
    notes = json.loads((scans / "out" / "provenance.json").read_text())["notes"]
    for said in ("Left out: x.csv", "Preset zhang2026 reproduces", "windows of the segments were left out"):
        assert said in run.err
        assert any(said in note for note in notes), said
    assert not any("Null rows" in note for note in notes)


def test_decoding_checks_every_procedure_before_it_scores_the_first(call, scans, quick):
    """More blocks than the story holds for the recommended one: nothing was scored until that was said."""
    run = call("experiment", quick, *DECODING[2:], "--out", "out", "--set", "split.n_blocks=90")
    assert run.code == 1
    assert "split.n_blocks" in run.error
    assert "procedures: 1" not in run.err


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        (("experiment", "decoding", "--ratings", "ratings.tsv", "--out", "out"), "--series"),
        (("experiment", "decoding", "--series", "series", "--out", "out"), "--ratings"),
        (DECODING, "--out"),
        ((*DECODING, "--out", "out", "--data", "series"), "--data"),
        ((*DECODING, "--out", "out", "--limit", "3"), "--limit"),
        ((*DECODING, "--out", "out", "--start", "inf"), "--start"),
        (("experiment", "emotions", "--data", "series", "--out", "out", "--tr", "2"), "--tr"),
        (("experiment", "emotions", "--data", "series", "--out", "out", "--surrogates", "2"), "--surrogates"),
    ],
)
def test_flags_that_are_missing_or_of_another_experiment_are_named(call, scans, words, flag):
    """Usage, exit 2; nothing is written."""
    run = call(*words)
    assert run.code == 2
    assert f"'{flag}'" in run.err
    assert not (scans / "out").exists()


def test_a_story_too_short_for_the_published_split_is_one_plain_error(call, scans):
    """Exit 1, nothing half-written."""
    table = pd.read_csv(scans / "ratings.tsv", sep="\t")
    table.head(12).to_csv(scans / "ratings.tsv", sep="\t", index=False)
    run = call(*DECODING, "--out", "out", "--surrogates", "2")
    assert run.code == 1
    assert "split" in run.error
    assert not (scans / "out").exists()
