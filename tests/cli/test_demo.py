"""`emotopy demo`: the recommended preset, as it is, on made-up diaries and on a simulated study; what was planted."""

from __future__ import annotations

import html
import json
import re
import shlex
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emotopy.cli.demo import (
    CARRIERS,
    FOLDERS,
    N_LISTENERS,
    bridge_answer,
    chance_note,
    comparison_answer,
    decoding_answer,
    fear_of,
    reading_order,
    simulate_listeners,
    unplanted,
)
from emotopy.evidence.table import read_table
from emotopy.registry import Registry
from emotopy_plugins.region_mappers.evidence import SHIPPED_TABLE

SILENT = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)
"""What Python shows no user."""
README = Path(__file__).parents[2] / "README.md"
FEAR = np.array([0.0, 0.0, 0.0, 0.1, 0.3, 0.2, 0.05, 0.0, 0.4, 0.1] * 12)


@pytest.fixture
def made(once, call, tmp_path):
    """What the demo writes where it writes by default; stdout and stderr beside it."""

    def a_demo():
        with warnings.catch_warnings(record=True) as shown:
            warnings.simplefilter("default")
            for kind in SILENT:
                warnings.simplefilter("ignore", kind)
            run = call("demo")
        assert [str(warning.message) for warning in shown] == []
        assert run.code == 0, run.err
        assert "Warning" not in run.err
        (tmp_path / "out.txt").write_text(run.out, "utf-8")

    return once(tmp_path, a_demo)


def scores(**p):
    """Scores of a decoding, p by `emotion_features`; family-wise twice that."""
    names = [key.split("_", 1) for key in p]
    return pd.DataFrame(
        {
            "emotion": [one for one, _ in names],
            "features": [one.replace("window", "sliding-window") for _, one in names],
            "r": 0.1,
            "p": list(p.values()),
            "p_family": [min(1.0, 2 * value) for value in p.values()],
        }
    )


def compared(**effects):
    """A comparison over three regions, g and family-wise p by region; intensities don't differ."""
    rows = [
        {
            "measure": measure,
            "region": region,
            "n_a": 12,
            "n_b": 12,
            "g": g,
            "p_family": p if measure != "intensity" else 1,
        }
        for measure in ("relative", "intensity", "share")
        for region, (g, p) in effects.items()
    ]
    return pd.DataFrame(rows)


@pytest.mark.slow
def test_the_demo_runs_the_recommended_preset_and_reports_four_times(made):
    """UMAP and HDBSCAN on 120 diaries, without a warning; texts, comparison, brain and bridge have a report each."""
    folder = made / "emotopy-demo"
    assert {one.name for one in folder.iterdir()} == set(FOLDERS)
    told = {name: json.loads((folder / name / "provenance.json").read_text("utf-8")) for name in FOLDERS}
    stages = told["texts"]["stages"]
    assert (stages["reducer"]["use"], stages["clusterer"]["use"]) == ("umap", "hdbscan")
    assert len(pd.read_parquet(folder / "texts" / "texts.parquet")) == 120
    assert all((folder / name / "report.html").stat().st_size > 20_000 for name in FOLDERS)
    for name in FOLDERS[1:]:
        notes, page = told[name]["notes"], html.unescape((folder / name / "report.html").read_text("utf-8"))
        assert any("made up" in note or "made-up" in note for note in notes[:2])
        assert all(note.split(":")[0] in page for note in notes[:2])


@pytest.mark.slow
def test_planted_differences_are_found_in_their_direction_and_no_other_is_claimed(made):
    """Fear's regions are higher in worry, those of gratitude in gratitude; music and talk, planted in both, aren't.

    Directions are those of the evidence table, which was made from studies, not from the diaries.
    """
    table = pd.read_csv(made / "emotopy-demo" / "comparison" / "comparison.csv")
    relative = table[table["measure"] == "relative"].set_index("region")
    evidence = read_table(SHIPPED_TABLE)
    rows = dict(zip(evidence.terms, evidence.at_regions, strict=True))
    regions = Registry.load().make("atlas", "affect18").regions
    expected = dict(zip(regions, np.sign(rows["fear"] - rows["gratitude"]), strict=True))
    for region, sign in {"amygdala": 1, "hippocampus": 1, "caudate": -1, "posterior_cingulate": -1}.items():
        assert expected[region] == sign
        assert np.sign(relative.loc[region, "g"]) == sign
        assert relative.loc[region, "p_family"] < 0.05
    assert relative.loc["superior_temporal", "p_family"] > 0.5
    assert table.loc[table["measure"] == "intensity", "p_family"].min() > 0.05
    said = (made / "out.txt").read_text("utf-8")
    n = int((relative["p_family"] < 0.05).sum())
    assert f"of {len(relative)} regions, {n} differ" in said
    assert re.search(r"Higher in worry:[^\n]*[Aa]mygdala", said)
    assert re.search(r"Higher in gratitude:[^\n]*[Cc]audate", said)


@pytest.mark.slow
def test_planted_coupling_is_decoded_and_its_control_is_not(made):
    """Fear is found; the same ratings in another order, and what else wasn't planted, aren't."""
    found = pd.read_csv(made / "emotopy-demo" / "brain" / "scores.csv")
    rows = found.set_index(["emotion", "features"])
    assert rows.loc[("fear", "sliding-window"), "p"] < 0.05
    assert unplanted(found)["p_family"].min() > 0.05
    assert unplanted(found)["emotion"].value_counts().to_dict() == {"control": 5, "fear": 3}


@pytest.mark.slow
def test_the_bridge_runs_on_the_demos_folders_by_the_readmes_line(made, call):
    """The README's command, word for word, makes what the demo made; planted regions are found."""
    (line,) = re.findall(r"`(emotopy bridge [^`]*)`", README.read_text("utf-8"))
    words = shlex.split(line)[1:]
    assert call(*words).code == 0
    out = Path(words[words.index("--out") + 1])
    table = pd.read_csv(made / out / "bridge.csv")
    pd.testing.assert_frame_equal(table, pd.read_csv(made / "emotopy-demo" / "bridge" / "bridge.csv"))
    fear = table[(table["emotion"] == "fear") & (table["weights"] == "absolute")].iloc[0]
    assert fear["n_regions"] == 18
    assert fear["r"] > 0
    assert fear["p"] < 0.05


@pytest.mark.slow
def test_a_folder_in_use_stops_the_demo_before_any_work(call, tmp_path):
    """The last of the four is occupied: nothing is written to the first."""
    (tmp_path / "d" / "bridge").mkdir(parents=True)
    (tmp_path / "d" / "bridge" / "mine.txt").write_text("mine")
    assert call("demo", "--out", "d").code == 1
    assert [one.name for one in (tmp_path / "d").iterdir()] == ["bridge"]


def test_every_entry_is_read_once_in_either_order():
    """Both ratings are permutations of the entries' fear; neighbours resemble each other; orders are unrelated."""
    ratings = reading_order(FEAR)
    assert ratings.emotions == ("fear", "control")
    for column in ratings.values.T:
        np.testing.assert_array_equal(np.sort(column), np.sort(FEAR))
        assert np.corrcoef(column[1:], column[:-1])[0, 1] > 0.5
    related = [abs(np.corrcoef(reading_order(FEAR, seed).values.T)[0, 1]) for seed in range(20)]
    assert np.mean(related) < 0.15
    np.testing.assert_array_equal(ratings.onset_s[1:], ratings.onset_s[:-1] + ratings.duration_s[:-1])


def test_listeners_lie_on_the_atlas_and_carriers_are_its_regions():
    """Regions are those of the texts, so that the bridge can join them; the run lasts as long as the reading."""
    regions = tuple(Registry.load().make("atlas", "affect18").regions)
    study = simulate_listeners(FEAR, regions)
    (story,) = study.stories
    assert len(story.series) == N_LISTENERS
    assert all(one.regions == regions for one in story.series)
    assert set(CARRIERS) < set(regions)
    assert len(story.series[0].values) * story.series[0].tr_s == len(FEAR) * 9.0


def test_only_scored_entries_are_read(tmp_path):
    """Entries without a value of fear would leave a hole in the ratings."""
    table = pd.DataFrame({"status": ["scored", "empty", "scored"], "emotion_fear": [0.1, np.nan, 0.3]})
    table.to_parquet(tmp_path / "texts.parquet")
    np.testing.assert_array_equal(fear_of(tmp_path), [0.1, 0.3])


def test_chance_is_counted_over_what_was_not_planted():
    """Planted rows and empty ones don't count; those below 0.05 are named."""
    table = scores(fear_window=0.01, control_window=0.6, fear_motion=0.3, control_motion=0.02, control_mean=np.nan)
    assert unplanted(table)["p"].tolist() == [0.6, 0.3, 0.02]
    assert re.match(r"1 of the 3 tests .*\(control from motion\), by chance", chance_note(table))
    assert chance_note(scores(fear_window=0.01, control_window=0.6)).startswith("None of the 1 tests")


def test_answers_say_no_more_than_the_numbers():
    """Regions above the family-wise threshold aren't named; where nothing differs, that is the answer."""
    some = comparison_answer(compared(amygdala=(2.0, 0.001), caudate=(-1.0, 0.2), superior_temporal=(0.1, 0.9)))
    assert "of 3 regions, 1 differs" in some[0]
    assert "amygdala (+2.0)" in some[1].lower()
    assert not any("caudate" in line.lower() for line in some)
    none = comparison_answer(compared(amygdala=(2.0, 0.3), superior_temporal=(0.1, 0.9)))
    assert "of 2 regions, none differ" in none[0]
    assert len(none) == 2
    assert "doesn't differ" in none[-1]
    odd = comparison_answer(compared(amygdala=(2.0, 0.3), superior_temporal=(0.9, 0.01)))
    assert "doesn't differ" not in odd[-1]
    assert "fear is not decoded" in decoding_answer(scores(fear_window=0.2, control_window=0.6))
    bridged = pd.DataFrame({"emotion": ["fear"], "weights": "absolute", "n_regions": 18, "r": 0.3, "p_family": 0.2})
    assert "don't agree more" in bridge_answer(bridged)
    assert "don't" not in bridge_answer(bridged.assign(p_family=0.01))
