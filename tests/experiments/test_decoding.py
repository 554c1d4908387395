"""The experiment `decoding`: the published procedure and ours on one study, on real and on surrogate ratings."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from emotopy.errors import ConfigError
from emotopy.experiments.decoding import ALL, run_decoding, score_procedure
from emotopy.experiments.definition import KINDS, changed, read_definition
from emotopy.inference.splits import Fold, Plan, unsound
from emotopy.pathways.brain.pathway import BrainPathway
from emotopy.pathways.brain.study import Study
from emotopy.records.brain import Ratings
from emotopy.registry import Registry
from emotopy.simulate import simulate_noise

N_SUBJECTS, N_VOLUMES, N_SEGMENTS = 6, 320, 76
COLUMNS = [
    *("procedure", "split", "emotion", "n_folds", "n_train", "n_test"),
    *("r2", "r2_surrogate_mean", "r2_surrogate_best_95", "r2_p"),
    *("mse", "mse_surrogate_mean", "mse_surrogate_best_95", "mse_p"),
    *("r", "r_surrogate_mean", "r_surrogate_best_95", "r_p"),
]


@pytest.fixture(scope="module")
def registry():
    """What is installed, loaded once."""
    return Registry.load()


@pytest.fixture(scope="module")
def ratings():
    """Two slow emotions over 76 segments of 8 s."""
    rng = np.random.default_rng(2)
    values = np.cumsum(rng.standard_normal((N_SEGMENTS, 2)), axis=0)
    values = (values - values.min(axis=0)) / np.ptp(values, axis=0)
    return Ratings(("fear", "joy"), np.arange(N_SEGMENTS) * 8.0, np.full(N_SEGMENTS, 8.0), values)


@pytest.fixture(scope="module")
def noise(ratings):
    """A study of noise: nothing in the scans follows the ratings."""
    series = simulate_noise(n_subjects=N_SUBJECTS, n_volumes=N_VOLUMES, n_regions=16, rank=None, ar=0.3, seed=4)
    return Study.of(series, ratings)


@pytest.fixture(scope="module")
def found(noise, registry):
    """The experiment on it."""
    definition = changed(read_definition("decoding"), "decoding", n_surrogates=9, test_fraction=0.15)
    return run_decoding(definition, noise, registry=registry)


def test_every_procedure_has_a_row_per_emotion_and_one_of_their_means(found):
    """The published windows and model under each split of the definition, then the recommended procedure."""
    assert found.procedures.columns.tolist() == COLUMNS
    names = list(found.procedures[["procedure", "split"]].drop_duplicates().itertuples(index=False, name=None))
    assert names == [("zhang2026", "random"), ("zhang2026", "chronological"), ("recommended", "subject-and-block")]
    assert found.procedures["emotion"].tolist() == ["fear", "joy", ALL] * 3
    assert len(found.surrogates) == 3 * 9


def test_noise_scores_under_the_random_split_and_under_no_other(found):
    """As well on surrogates as on the real ratings; the same windows and model fail at the story's end."""
    scores = found.procedures[found.procedures["emotion"] == ALL].set_index("split")
    assert scores.loc["random", "r2"] > 0.3
    assert scores.loc["random", "r2_surrogate_mean"] > 0.3
    assert scores.loc["chronological", "r2"] < 0
    assert scores.loc["subject-and-block", "r2"] < 0.05
    assert abs(scores.loc["subject-and-block", "r"]) < 0.2


def test_means_and_p_are_those_of_the_surrogates(found):
    """The row of the means is the mean of the rows; p counts the surrogates that reach the score."""
    for split, rows in found.procedures.groupby("split"):
        scores = rows.set_index("emotion")
        drawn = found.surrogates[found.surrogates["split"] == split]
        assert scores.loc[ALL, "r2"] == pytest.approx(scores.loc[["fear", "joy"], "r2"].mean())
        assert scores.loc[ALL, "r2_surrogate_mean"] == pytest.approx(drawn["r2"].mean())
        assert scores.loc[ALL, "r2_p"] == (1 + (drawn["r2"] >= scores.loc[ALL, "r2"]).sum()) / 10
        assert scores.loc[ALL, "mse_p"] == (1 + (drawn["mse"] <= scores.loc[ALL, "mse"]).sum()) / 10
        assert scores.loc[ALL, "mse_surrogate_best_95"] == pytest.approx(np.quantile(drawn["mse"], 0.05))


def test_what_is_wrong_with_the_split_is_told(found):
    """In the notes and in the provenance."""
    assert unsound() in found.notes
    assert unsound() in found.provenance["notes"]
    assert found.provenance["procedures"][0]["split"]["kind"] == "random"


def test_scores_are_those_of_the_decoding(noise, registry):
    """R², squared error and r of `BrainPathway.decode` with the same configuration."""
    config = {"reporter": [], "null": {"n": 2}, "split": {"test_fraction": 0.15}, "neural_decoder": "ridge"}
    pathway = BrainPathway.from_config(config, preset="zhang2026", registry=registry)
    scores = pathway.decode(noise).scores
    ours = score_procedure(pathway, noise)
    for name in ("r2", "mse", "r"):
        np.testing.assert_allclose(getattr(ours, name)[0], scores[name], rtol=1e-5)  # features are single precision
    np.testing.assert_allclose(ours.r[1:].mean(axis=0), scores["null_mean"], rtol=1e-5)
    shuffled = score_procedure(pathway, noise, null="rows")
    np.testing.assert_allclose(shuffled.r2[0], scores["r2"], rtol=1e-5)
    assert (shuffled.mean_r2[1:] < 0.1).all()


def test_another_plan_divides_the_rows(noise, registry):
    """Two listeners out: others train, and noise no longer scores."""
    config = {"reporter": [], "null": {"n": 1}, "neural_decoder": "ridge"}
    pathway = BrainPathway.from_config(config, preset="zhang2026", registry=registry)

    class LeaveTwoOut(Plan):
        def folds(self, within=None):
            test = self.index.subject >= N_SUBJECTS - 2
            return [Fold(~test, test, -1, 0)]

    def plan(index):
        made = pathway.config.split.plan(index)
        return LeaveTwoOut(made.split, made.index, np.zeros(len(made.block), dtype=int), made.story)

    ours = score_procedure(pathway, noise, plan=plan)
    assert ours.n_folds == 1
    assert ours.n_test == 2 * ours.n_train / (N_SUBJECTS - 2)
    assert ours.mean_r2[0] < score_procedure(pathway, noise).mean_r2[0] - 0.2


def test_it_writes_tables_page_and_provenance_and_repeats_itself(found, noise, registry, tmp_path):
    """The same files, byte for byte."""
    definition = changed(read_definition("decoding"), "decoding", n_surrogates=9, test_fraction=0.15)
    again = run_decoding(definition, noise, registry=registry)
    for name, result in (("one", found), ("two", again)):
        result.write(tmp_path / name, registry)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert {"procedures.csv", "surrogates.csv", "report.html", "provenance.json"} <= set(files)
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert pd.read_csv(tmp_path / "one" / "procedures.csv").columns.tolist() == COLUMNS


def test_sets_change_ours_and_the_file_changes_the_published_model(noise, registry):
    """`--set` goes to `recommended`, but for the seed and the reporters; [stages.zhang2026] to the other."""
    definition = changed(
        read_definition("decoding"), "decoding", n_surrogates=2, splits=("random",), test_fraction=0.15
    )
    definition = type(definition)(
        definition.experiment,
        definition.title,
        decoding=definition.decoding,
        stages={"zhang2026": {"neural_decoder": "ridge"}},
    )
    sets = {"seed": 7, "neural_decoder": "least-squares", "split": {"kind": "block", "n_blocks": 3}}
    found = run_decoding(definition, noise, sets=sets, registry=registry)
    theirs, ours = found.provenance["procedures"]
    assert (theirs["neural_decoder"], ours["neural_decoder"]) == ("ridge", "least-squares")
    assert (theirs["seed"], ours["seed"]) == (7, 7)
    assert (theirs["split"]["kind"], ours["split"]["kind"]) == ("random", "block")


def test_the_definition_is_one_that_ships_and_bad_values_are_refused():
    """A split that isn't one, and no surrogates."""
    assert "decoding" in KINDS
    for wrong in ({"splits": ("randm",)}, {"n_surrogates": 0}):
        with pytest.raises(ConfigError):
            changed(read_definition("decoding"), "decoding", **wrong)
