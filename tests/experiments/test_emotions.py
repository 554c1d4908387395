"""The experiment on emotions: distances, classification, intensity, agreement with the evidence."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from tests.experiments.conftest import POOLS, quick, run

from emotopy.experiments.definition import Classification, Splits
from emotopy.inference.distances import squared_distance

pytestmark = pytest.mark.slow


def test_distances_are_of_all_pairs_of_profiles(emotions):
    """Ten pairs of five emotions, each the unbiased distance of its comments' profiles."""
    table = emotions.tables["distances"]
    assert len(table) == 10
    result = emotions.parts["recommended"]
    groups = np.array(result.mapped.text_groups)
    for row in table.to_dict("records"):
        a, b = (result.mapped.mapping.profile[groups == row[name]] for name in ("emotion_a", "emotion_b"))
        assert row["distance"] == pytest.approx(squared_distance(a, b), rel=1e-9)
        assert row["low"] < row["distance"] < row["high"]
    assert (table["p_family"] < 0.05).sum() >= 8


def test_emotions_are_told_apart_beyond_chance(emotions):
    """Accuracy, balanced accuracy and a recall per emotion, beside what permuted labels reach."""
    table = emotions.tables["classification"]
    assert list(table["measure"]) == ["accuracy", "balanced accuracy", *["recall"] * 5]
    assert list(table["emotion"][2:]) == sorted(POOLS)
    assert (table["n"][2:] == 25).all()
    assert table["value"][0] > table["null_95"][0]
    assert table["p"][0] == pytest.approx(0.05)
    assert table["null_mean"][1] == pytest.approx(0.2, abs=0.05)
    assert table["value"][1] == pytest.approx(table["value"][2:].mean())


def test_intensities_have_intervals(emotions):
    """Mean intensity of each emotion's comments; plain ones are the least intense."""
    table = emotions.tables["intensity"].set_index("emotion")
    texts = emotions.parts["recommended"].texts
    expected = texts.groupby("group")["intensity"].mean()
    np.testing.assert_allclose(table["intensity"], expected[table.index], rtol=1e-6)
    assert table["intensity"].idxmin() == "neutral"
    assert (table["low"] <= table["intensity"]).all()
    assert (table["intensity"] <= table["high"]).all()
    assert table["n_texts"]["fear"] == 30


def test_agreement_is_the_correlation_with_the_terms_own_row(emotions):
    """r of fear's mean profile, minus that of all comments, with the row of fear in the table that ships."""
    from emotopy.evidence.table import read_table
    from emotopy_plugins.region_mappers.evidence import SHIPPED_TABLE

    table = emotions.tables["agreement"].set_index("emotion")
    evidence = read_table(SHIPPED_TABLE)
    rows = evidence.at_regions - evidence.at_regions.mean(axis=0)
    result = emotions.parts["recommended"]
    groups = np.array([group or "" for group in result.mapped.text_groups])
    mean = result.mapped.mapping.profile[groups == "fear"].mean(axis=0) - result.mapped.mapping.profile.mean(axis=0)
    expected = [np.corrcoef(mean, row)[0, 1] for row in rows]
    own = evidence.terms.index("fear")
    assert table["r"]["fear"] == pytest.approx(expected[own])
    assert table["r_others"]["fear"] == pytest.approx(np.mean(np.delete(expected, own)))
    assert table["rank"]["fear"] == 1 + sum(r > expected[own] for r in expected)
    assert table["low"]["fear"] <= table["r"]["fear"] <= table["high"]["fear"]
    assert "neutral" not in table.index


def test_a_constant_profile_agrees_with_nothing(rng):
    """No r, no interval, no rank: empty cells, and the terms that have an r are counted."""
    from emotopy.evidence.table import EvidenceTable
    from emotopy.experiments.emotions import UnitProfiles, agreement_table

    at = rng.standard_normal((4, 5))
    at[3] = at[:3].mean(axis=0)  # centred over terms, it is 0 in every region
    evidence = EvidenceTable(
        ["fear", "joy", "awe", "calm"], tuple("abcde"), (), [[]] * 4, [[]] * 4, np.ones(4, dtype=int), np.ones(4), at,
        np.empty((4, 0)),
    )  # fmt: skip
    values = np.vstack([np.tile(at[0], (6, 1)) + rng.standard_normal((6, 5)), np.ones((6, 5))])
    profiles = UnitProfiles(("fear", "joy"), np.repeat([0, 1], 6), values, np.ones(12), np.array([6, 6]))
    table = agreement_table(profiles, np.zeros(5), evidence, rng).set_index("emotion")
    assert table.loc["joy", ["r", "low", "high", "r_others", "rank"]].isna().all()
    assert table.loc["fear", ["r", "low", "high", "r_others", "rank"]].notna().all()
    assert table["n_terms"].tolist() == [3, 0]


def test_the_page_says_what_agreement_was_allowed_to_see(emotions, tmp_path):
    """Report and notes say that it validates no region."""
    page = emotions.report(tmp_path / "report.html").read_text("utf-8")
    assert "It validates no region" in page
    assert any("doesn't validate the regions" in note for note in emotions.notes)


def test_what_cannot_be_made_is_left_out_and_told(comments):
    """Too few comments for the folds: no classification, and a note; a mapper without evidence: no agreement."""
    definition = quick("emotions", classification=Classification(n_folds=31))
    definition = attrs.evolve(definition, comparison=attrs.evolve(definition.comparison, pairs=(("fear", "joy"),)))
    nearest = {"region_mapper": {"use": "nearest", "matching": "greedy"}, "reducer": {"use": "pca", "n_components": 3}}
    found = run(definition, comments, sets=nearest)
    assert "classification" not in found.details
    assert "agreement" not in found.details
    assert "Emotions weren't classified, because an emotion has fewer than 31 texts." in found.notes
    assert any(note.startswith("Agreement with the evidence wasn't computed") for note in found.notes)


def test_people_are_counted_once_where_they_are_known(comments, tmp_path):
    """A table with authors: an author's comments of an emotion are one unit of distances and classification."""
    from emotopy_plugins.datasets.goemotions import GoEmotionsDataset

    frame = GoEmotionsDataset().load(comments).drop(columns="labels")
    frame["author"] = [f"author {i % 15}/{label}" for i, label in enumerate(frame["label"])]
    path = tmp_path / "authors.csv"
    frame.to_csv(path, index=False)
    definition = quick("emotions", columns=attrs.evolve(quick("emotions").columns, unit="author"))
    definition = attrs.evolve(definition, comparison=attrs.evolve(definition.comparison, pairs=(("fear", "joy"),)))
    found = run(definition, path)
    assert (found.tables["classification"]["n"][2:] == 15).all()
    assert found.parts["comparison"].n_units == {"fear": 15, "joy": 15}
    assert found.tables["intensity"]["n_texts"].tolist() == [30] * 5


@pytest.mark.real_data
def test_random_splits_of_real_comments_show_what_is_wrong(shared_data, tmp_path):
    """GoEmotions, all comments of fear and of joy, six splits: the published procedure calls over 20 % of the nodes
    significant, ours has an uncorrected p below 0.05 in under 15 % of the regions."""
    from emotopy.experiments.summary import summarise
    from emotopy_plugins.datasets.goemotions import GoEmotionsDataset

    frame = GoEmotionsDataset().load(shared_data / "goemotions").drop(columns="labels")
    path = tmp_path / "two.parquet"
    frame[frame["label"].isin(["fear", "joy"])].to_parquet(path, index=False)
    definition = quick("emotions", splits=Splits(n=6, n_permutations=199))
    definition = attrs.evolve(definition, comparison=attrs.evolve(definition.comparison, pairs=(("fear", "joy"),)))
    theirs, profile, _ = summarise(run(definition, path))[0].verdicts
    assert theirs.false_rate > 0.2
    assert profile.false_rate < 0.15
