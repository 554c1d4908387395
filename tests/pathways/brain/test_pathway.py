"""The brain pathway as a whole: what it computes, what it recovers, what it says, and that it repeats itself."""

from __future__ import annotations

import contextlib
import copy
import json
import pickle
import pickletools
from pathlib import Path

import attrs
import numpy as np
import pytest
from scipy.stats import pearsonr
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from emotopy.errors import ConfigError, InputError, UnknownName
from emotopy.inference.rating_courses import volume_course
from emotopy.pathways.brain.pathway import BrainPathway, decode
from emotopy.pathways.brain.study import Study
from emotopy.readers.motion import Motion
from emotopy.readers.regressors import Regressors
from emotopy.records.brain import Ratings, Windowing
from emotopy.registry import Registry
from emotopy.roles import Host
from emotopy.simulate import simulate_bold

pytestmark = pytest.mark.usefixtures("flags")

QUICK = {"reporter": [], "null": {"n": 9}, "compare": {"features": [], "remove_evoked": False, "baselines": False}}
SCORES = ["emotion", "features", "r", "null_mean", "null_95", "r2", "mse", "p", "p_family", "n_subjects"]
TABLES = ("scores", "subjects", "paired", "predictions", "edges", "graph", "weights_table", "sensitivity")


@pytest.fixture(scope="module")
def registry():
    """What is installed, loaded once."""
    return Registry.load()


@pytest.fixture(scope="module")
def study():
    """Four listeners, six regions, of which three couple as fear rises; joy is nowhere."""
    return simulate_bold(
        "coupling",
        n_subjects=4,
        n_volumes=362,
        n_regions=6,
        n_carriers=3,
        coupling=0.45,
        emotions=("fear", "joy"),
        planted=("fear",),
        seed=1,
    )


@pytest.fixture(scope="module")
def motion(study):
    """The study's motion: as it was simulated, and of the last listener as a file of motion gives it."""
    *others, last = study.motion
    return [*others, Motion(last.parameters, last.fd_mm)]


@pytest.fixture(scope="module")
def whole(study, motion, registry):
    """A decoding with everything that it can stand beside."""
    time_s = np.arange(362.0)
    tone = [Regressors(one.subject, ("tone",), np.sin(time_s / 9 + i)[:, None]) for i, one in enumerate(study.series)]
    config = {"reporter": [], "null": {"n": 39}, "compare": {"features": ["amplitude"]}}
    return decode(study.series, study.ratings, motion=motion, regressors=tone, config=config, registry=registry)


@pytest.fixture
def quick(study, registry):
    """Decode the study quickly: the measure alone, few surrogates; returns the decoding."""

    def run(series=study.series, ratings=study.ratings, config=None, **more):
        return decode(series, ratings, config={**QUICK, **(config or {})}, registry=registry, **more)

    return run


def same_tables(one, other):
    """Whether two decodings are equal to the last bit."""
    return all(getattr(one, name).equals(getattr(other, name)) for name in TABLES)


# What is computed ---------------------------------------------------------------------------------------------------


def slow_predictions(study, alpha, windowing):
    """Predict by hand: correlations with np.cov, targets from the course, a fresh model for every fold."""
    tr_s, n_volumes = study.tr_s, study.series[0].n_volumes
    width, weights = windowing.width(tr_s), windowing.weights(tr_s)
    starts = np.arange(0, n_volumes - width + 1, windowing.step(tr_s))
    course = volume_course(study.ratings, tr_s, n_volumes).values
    volumes = np.arange(n_volumes)
    course = np.stack([y - np.polyval(np.polyfit(volumes, y, 1), volumes) + y.mean() for y in course.T], axis=1)
    targets = np.stack([weights @ course[start : start + width] for start in starts])
    features = []
    for one in study.series:
        rows = []
        for start in starts:
            covariance = np.cov(one.values[start : start + width], rowvar=False, aweights=weights)
            r = covariance / np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
            rows.append(np.arctanh(r[np.triu_indices(len(r), 1)]))
        features.append(np.array(rows))

    start_s = starts * tr_s
    span = start_s - start_s[0]
    block = np.minimum((span / span[-1] * 5 + 1e-9).astype(int), 4)
    predictions = np.full((len(features), *targets.shape), np.nan)
    for tested in range(5):
        test = block == tested
        gap_s = np.abs(start_s[:, None] - start_s[test][None, :]).min(axis=1)
        train = ~test & (gap_s >= width * tr_s + 32 - 1e-6)
        for subject in range(len(features)):
            others = np.concatenate([features[i][train] for i in range(len(features)) if i != subject])
            scaler = StandardScaler().fit(others)
            model = Ridge(alpha).fit(scaler.transform(others), np.tile(targets[train], (len(features) - 1, 1)))
            predictions[subject, test] = model.predict(scaler.transform(features[subject][test]))
    return predictions, targets, block


class Plain:
    """Windowed correlations of series as they come, neither filtered nor standardised."""

    def __init__(self, windowing):
        self.windowing = windowing

    def features(self, series, tr_s):
        from emotopy.inference.windows import windowed_correlations

        starts = self.windowing.starts(tr_s, len(series))
        return windowed_correlations(series, starts, self.windowing.weights(tr_s))


def test_predictions_and_scores_are_those_of_a_plain_reimplementation(study, quick):
    """Windows, taper, targets, leave-subject-and-block with purge, r within blocks: by hand with scikit-learn."""
    config = {"connectivity": Plain(Windowing()), "neural_decoder": {"use": "ridge", "alpha": 30.0}, "null": {"n": 1}}
    found = quick(config=config)
    predictions, targets, block = slow_predictions(study, 30.0, Windowing())
    for column, emotion in enumerate(("fear", "joy")):
        table = found.predictions[found.predictions["emotion"] == emotion]
        np.testing.assert_allclose(table["prediction"], predictions[:, :, column].ravel(), rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(table["rating"], np.tile(targets[:, column], 4), rtol=1e-9)
        np.testing.assert_array_equal(table["block"], np.tile(block, 4))
        r = [
            pearsonr(predictions[s, block == b, column], targets[block == b, column])[0]
            for s in range(4)
            for b in range(5)
        ]
        row = found.scores.set_index("emotion").loc[emotion]
        np.testing.assert_allclose(row["r"], np.mean(r), atol=1e-4)
        away = predictions[:, :, column] - targets[:, column]
        np.testing.assert_allclose(row["mse"], (away**2).mean(), rtol=1e-4)
        mine = found.subjects[found.subjects["emotion"] == emotion]
        np.testing.assert_allclose(mine["r"], np.reshape(r, (4, 5)).mean(axis=1), atol=1e-4)
        np.testing.assert_allclose(mine["mse"], (away**2).mean(axis=1), rtol=1e-4)


def test_one_penalty_of_kernel_ridge_is_ridge_with_an_intercept(study, quick):
    """The exact way gives scikit-learn's numbers: the penalty is relative to the features' variance per row."""
    config = {"connectivity": Plain(Windowing()), "neural_decoder": {"use": "kernel-ridge", "penalties": [3.0]}}
    found = quick(config={**config, "split": "subject", "null": {"n": 1}})
    starts = Windowing().starts(2.0, 362)
    features = [Plain(Windowing()).features(one.values, 2.0).astype(float) for one in study.series]
    rating = found.predictions.query("emotion == 'fear'")["rating"].to_numpy().reshape(4, len(starts))
    everything = np.concatenate(features)
    predicted = []
    for subject in range(4):
        x = np.concatenate([features[i] for i in range(4) if i != subject])
        scale = (everything - everything.mean(axis=0)).var(axis=0).sum()
        model = Ridge(3.0 * scale).fit(x, np.tile(rating[0], 3))
        predicted.append(model.predict(features[subject]))
    got = found.predictions.query("emotion == 'fear'")["prediction"].to_numpy().reshape(4, -1)
    assert np.corrcoef(got.ravel(), np.ravel(predicted))[0, 1] > 0.999
    np.testing.assert_allclose(got, predicted, atol=0.02 * np.std(predicted))


# What is recovered --------------------------------------------------------------------------------------------------


def test_a_planted_coupling_is_decoded_and_nothing_else_is(whole):
    """Fear is found, by connectivity and not by amplitude; joy, which is nowhere, is not."""
    scores = whole.scores.set_index(["emotion", "features"])
    fear = scores.loc[("fear", "sliding-window")]
    assert fear["r"] > 0.3
    assert (fear["p"], fear["p_family"]) == (1 / 40, 1 / 40)
    assert fear["r"] > fear["null_95"] > fear["null_mean"]
    assert scores.loc[("joy", "sliding-window"), "p"] > 0.05
    assert scores.loc[("fear", "amplitude"), "r"] < fear["r"] - 0.2


def test_carriers_weigh_more_than_other_regions(study, whole):
    """The explanation points at the regions that were planted."""
    weights = whole.explain("fear").regions.set_index("region")["weight"]
    carriers = np.array(study.series[0].regions)[study.truth.carriers[0]]
    assert set(weights.sort_values().index[-3:]) == set(carriers)


def test_where_nothing_is_planted_nothing_is_found(registry):
    """Over several studies of noise, p isn't small more often than it may be."""
    p = []
    for seed in range(5):
        noise = simulate_bold("nothing", n_subjects=3, n_volumes=300, n_regions=5, n_carriers=2, seed=seed)
        config = {**QUICK, "null": {"n": 19}, "split": "block"}
        p.append(decode(noise.series, noise.ratings, config=config, registry=registry).scores["p"][0])
    assert np.mean(np.array(p) <= 0.05) <= 0.4
    assert np.median(p) > 0.1


# Tables -------------------------------------------------------------------------------------------------------------


def test_tables_have_the_columns_and_rows_of_the_contract(whole):
    """A row per emotion and feature set, in a fixed order; others follow from it."""
    names = ["sliding-window", "sliding-window+remove-evoked", "amplitude", "motion", "time", "mean", "tone"]
    assert list(whole.scores.columns) == SCORES
    assert list(whole.scores["features"]) == [name for name in names for _ in range(2)]
    assert list(whole.scores["emotion"]) == ["fear", "joy"] * 7
    assert set(whole.scores["n_subjects"]) == {4}
    assert list(whole.subjects.columns) == ["emotion", "features", "subject", "r", "r2", "mse"]
    assert len(whole.subjects) == 2 * 7 * 4
    assert list(whole.paired.columns) == [
        *("emotion", "features_a", "features_b", "difference", "null_mean", "null_95", "p", "p_family")
    ]
    assert list(whole.paired["features_b"]) == [name for name in names[1:] for _ in range(2)]
    assert set(whole.paired["features_a"]) == {"sliding-window"}
    assert list(whole.predictions.columns) == [
        *("subject", "onset_s", "centre_s", "block", "emotion", "features", "rating", "prediction")
    ]
    n_windows = len(Windowing().starts(2.0, 362))
    assert len(whole.predictions) == 2 * 7 * 4 * n_windows
    np.testing.assert_allclose(whole.predictions["centre_s"] - whole.predictions["onset_s"], 22.0)
    assert list(whole.sensitivity.columns) == ["emotion", "features", "p_sensitivity", "sensitivity_null"]
    assert len(whole.sensitivity) == 14
    scored = whole.sensitivity["features"] != "mean"  # a constant prediction has no r, and so no p
    assert whole.sensitivity["p_sensitivity"][scored].between(1 / 40, 1).all()
    assert whole.sensitivity["p_sensitivity"][~scored].isna().all()
    assert set(whole.sensitivity["sensitivity_null"]) == {"circular"}
    assert whole.emotions == ("fear", "joy")


def test_a_score_is_the_mean_of_its_subjects(whole):
    """Where every subject has every block."""
    of_subjects = whole.subjects.groupby(["emotion", "features"])["r"].mean()
    scores = whole.scores.set_index(["emotion", "features"])["r"]
    np.testing.assert_allclose(of_subjects.loc[scores.index], scores, atol=1e-12)


def test_paired_differences_are_those_of_the_scores(whole):
    """First minus second, and p counts distances from the null's mean."""
    scores = whole.scores.set_index(["emotion", "features"])["r"]
    for row in whole.paired.itertuples():
        wanted = scores[row.emotion, row.features_a] - scores[row.emotion, row.features_b]
        assert row.difference == pytest.approx(wanted, nan_ok=True)
    fear = whole.paired.query("emotion == 'fear' and features_b == 'time'").iloc[0]
    assert fear["p"] == 1 / 40


def test_the_mean_has_no_r(whole):
    """Predicting the training mean: no r under any rating, so no p and no difference; R² is below 0."""
    mean = whole.scores[whole.scores["features"] == "mean"]
    assert mean[["r", "null_mean", "null_95", "p", "p_family"]].isna().all(axis=None)
    paired = whole.paired[whole.paired["features_b"] == "mean"]
    assert paired[["difference", "null_mean", "null_95", "p", "p_family"]].isna().all(axis=None)
    assert (mean["r2"] < 0).all()


def test_the_explanation_has_a_row_per_region_and_edge(whole):
    """15 edges of 6 regions; weights, their null, and graphs, for one emotion."""
    fear = whole.explain("fear")
    assert (len(fear.regions), len(fear.edges)) == (6, 15)
    assert list(fear.edges.columns) == ["region_a", "region_b", "pattern", "sign_consistency"]
    assert list(fear.regions.columns[:2]) == ["region", "weight"]
    assert list(fear.graph.columns) == ["graph", "metric", "value", "null_mean", "null_95", "p"]
    assert np.isfinite(fear.regions[["null_mean", "null_95", "p"]]).all(axis=None)
    assert whole.weights.values.shape == (2, 6)
    np.testing.assert_array_equal(whole.weights.values[0], fear.regions["weight"])


def test_an_unknown_emotion_has_no_explanation(whole):
    """The message names the nearest."""
    with pytest.raises(UnknownName, match=r"no emotion 'feer'\. Did you mean 'fear'\? There are: fear, joy"):
        whole.explain("feer")


@pytest.mark.parametrize(
    ("connectivity", "n_regions"),
    [("amplitude", 3), ({"use": "amplitude", "mode": "lags", "n_lags": 1}, 7), ("sliding-window", 2)],
)
@pytest.mark.slow
def test_levels_are_not_edges_however_many_they_are(study, quick, connectivity, n_regions):
    """Three regions have three levels and three edges; only edges are explained, and two regions are no network."""
    wide = [
        attrs.evolve(
            one,
            regions=tuple("abcdefg"[:n_regions]),
            values=np.hstack([one.values, one.values[:, :1] + np.roll(one.values[:, :1], 50)])[:, :n_regions],
        )
        for one in study.series
    ]
    found = quick(wide, config={"connectivity": connectivity, "split": "subject"})
    assert found.weights is None
    assert (len(found.edges), len(found.graph), len(found.weights_table)) == (0, 0, 0)
    with_patterns = ["emotion", "region", "weight", "signed_weight", "null_mean", "null_95", "p", "p_family"]
    assert list(found.weights_table.columns) == with_patterns
    with pytest.raises(InputError, match="provides no explanation"):
        found.explain("fear")


def test_a_decoding_pickles_and_copies(whole):
    """It holds tables and records, nothing of the run that made it; a copy has the same tables, its repr is short."""
    data = pickle.dumps(whole)
    held = {word for _, word, _ in pickletools.genops(data) if isinstance(word, str)}
    ours = {word for word in held if word.startswith(("emotopy.", "emotopy_plugins"))}
    assert ours == {"emotopy.pathways.brain.result", "emotopy.records.regions"}
    for other in (pickle.loads(data), copy.deepcopy(whole)):
        assert same_tables(whole, other)
        assert (other.notes, other.provenance, other.reporters) == (whole.notes, whole.provenance, whole.reporters)
    assert repr(whole).startswith("Decoding(emotions: fear, joy; features: sliding-window, sliding-window+remove-evok")
    assert len(repr(whole)) < 200


def test_the_main_null_decides_which_is_the_second(quick):
    """Under circular shifts the second null is that of random phases, and each has the p-value that it has as main."""
    nulls = [{"n": 19, "kind": kind} for kind in ("phase", "circular")]
    phase, circular = (quick(config={"split": "subject", "null": null}) for null in nulls)
    for one, other, second in ((phase, circular, "circular"), (circular, phase, "phase")):
        assert set(one.sensitivity["sensitivity_null"]) == {second}
        assert one.sensitivity["p_sensitivity"].tolist() == other.scores["p"].tolist()
    assert list(phase.tables) == [
        *("scores", "subjects", "paired", "sensitivity", "predictions", "edges", "graph", "weights")
    ]


# Provenance, cache, files -------------------------------------------------------------------------------------------


def test_the_provenance_is_json_and_holds_no_path(study, quick, tmp_path):
    """Configuration, versions, stages, seed, hashes of the input."""
    found = quick(config={"split": "subject"}, seed=5, cache=tmp_path / "cache")
    text = json.dumps(dict(found.provenance))
    for path in (tmp_path, Path.cwd(), Path.home()):
        assert str(path) not in text
    said = json.loads(text)
    assert said["seed"] == 5
    assert said["input"]["subjects"] == ["sub-01", "sub-02", "sub-03", "sub-04"]
    assert said["regions"] == list(study.series[0].regions)
    assert said["notes"] == list(found.notes)


def test_the_cache_gives_the_same_tables(quick, tmp_path):
    """A second run computes nothing, says the same, and gives the same numbers to the last bit."""
    logs = []
    runs = []
    for _ in range(2):
        logs.append([])
        runs.append(quick(cache=tmp_path, config={"split": "subject"}, host=Host(log=logs[-1].append)))
    assert not any("reused" in line for line in logs[0])
    assert [line for line in logs[1] if "reused from the cache" in line] == logs[1]
    assert same_tables(*runs)
    assert runs[0].notes == runs[1].notes
    assert same_tables(runs[0], quick(config={"split": "subject"}))


def test_the_cache_knows_censored_volumes_apart(study, quick, tmp_path):
    """A mask beside the same values is another input, although no window is lost to it."""
    keep = np.ones(362, dtype=bool)
    keep[100] = False
    masked = [attrs.evolve(study.series[0], keep=keep), *study.series[1:]]
    config = {"split": "subject"}
    first = quick(cache=tmp_path, config=config)
    again = quick(masked, cache=tmp_path, config=config)
    assert same_tables(again, quick(masked, config=config))
    assert not first.scores.equals(again.scores)
    assert first.provenance["input"]["series_sha256"] != again.provenance["input"]["series_sha256"]


def test_a_measure_that_nobody_can_tell_apart_is_not_cached(study, quick, tmp_path):
    """Two objects of one class with different parameters don't share their work."""

    class Powered:
        def __init__(self, power):
            self.power = power

        def features(self, series, tr_s):
            return Plain(Windowing()).features(series, tr_s) ** self.power

    both = [quick(config={"connectivity": Powered(p), "split": "subject"}, cache=tmp_path) for p in (1, 2)]
    assert not both[0].scores["r"].equals(both[1].scores["r"])


def test_work_before_a_fault_is_kept(study, motion, registry, tmp_path):
    """A rival that fails late costs nothing of what came before it."""
    config = {**QUICK, "split": "subject", "compare": {"features": ["static"], "remove_evoked": False}}
    with pytest.raises(ConfigError, match="static returns one row per run"):
        decode(study.series, study.ratings, config=config, registry=registry, cache=tmp_path)
    log = []
    config["compare"] = {"features": [], "remove_evoked": False}
    decode(study.series, study.ratings, config=config, registry=registry, cache=tmp_path, host=Host(log=log.append))
    assert ["reused" in line for line in log] == [True, False, False]


def test_two_runs_write_the_same_bytes(study, motion, registry, tmp_path):
    """All files, the report too."""
    config = {"null": {"n": 19}, "split": "subject", "compare": {"features": []}, "reporter": ["tables", "html"]}
    for name in ("one", "two"):
        found = decode(study.series, study.ratings, motion=motion, config=config, registry=registry)
        found.write(tmp_path / name)
    first, second = (
        {path.name: path.read_bytes() for path in sorted((tmp_path / name).iterdir())} for name in ("one", "two")
    )
    assert first == second
    assert set(first) == {
        *(
            "scores.csv",
            "subjects.csv",
            "paired.csv",
            "sensitivity.csv",
            "predictions.parquet",
            "edges.csv",
            "graph.csv",
        ),
        "weights.csv",
        *("provenance.json", "report.html"),
    }


def test_another_seed_draws_other_surrogates_of_the_same_analysis(quick):
    """Scores stay, their null moves."""
    one, two = (quick(seed=seed, config={"split": "subject"}).scores for seed in (1, 2))
    assert one["r"].equals(two["r"])
    assert not one["null_mean"].equals(two["null_mean"])


# Decoders and measures ----------------------------------------------------------------------------------------------


def test_a_scikit_learn_regressor_is_accepted_as_it_is(quick):
    """An object given in Python does what the stage of the same parameters does; it is refitted for each fold."""
    from sklearn.pipeline import make_pipeline

    config = {"split": "subject", "null": {"n": 2}}
    given = quick(config={**config, "neural_decoder": make_pipeline(StandardScaler(), Ridge(2.0))})
    named = quick(config={**config, "neural_decoder": {"use": "ridge", "alpha": 2.0}})
    for name in TABLES:
        assert getattr(given, name).equals(getattr(named, name)), name
    assert given.weights is None
    json.dumps(dict(given.provenance))


@pytest.mark.parametrize("decoder", ["kernel-ridge", "ridge"])
def test_folds_and_surrogates_are_counted(quick, decoder):
    """Solved together or refitted one by one: each feature set tells of all of them, and all are done in the end."""
    told: list[tuple[str, int]] = []
    done: list[int] = []

    @contextlib.contextmanager
    def progress(what, total):
        told.append((what, total))
        own = len(done)
        done.append(0)
        yield lambda n: done.__setitem__(own, done[own] + n)

    config = {"neural_decoder": decoder, "split": "subject", "null": {"n": 3}, "compare": {"baselines": True}}
    quick(config={**QUICK, **config}, host=Host(progress=progress))
    sets = [(what, total) for what, total in told if "folds ×" in what]
    assert {"sliding-window", "time", "mean"} <= {what.partition(":")[0] for what, _ in sets}
    assert [total for _, total in sets] == [4 * (1 + 2 * 3 * (not what.startswith("mean"))) for what, _ in sets]
    assert [n for (what, _), n in zip(told, done, strict=True) if "folds ×" in what] == [total for _, total in sets]


@pytest.mark.slow
def test_lags_decode_volumes(study, quick):
    """A row per volume but the run's ends; rivals in windows don't stand beside it."""
    found = quick(
        config={
            "connectivity": {"use": "amplitude", "mode": "lags", "n_lags": 2},
            "split": "subject",
            "compare": {"features": ["sliding-window"]},
        }
    )
    assert list(dict.fromkeys(found.scores["features"])) == ["amplitude", "time", "mean"]
    mine = found.predictions.query("subject == 'sub-02' and emotion == 'joy' and features == 'amplitude'")
    np.testing.assert_allclose(mine["centre_s"], (np.arange(2, 360) + 0.5) * 2.0)
    course = volume_course(study.ratings, 2.0, 362).values[:, 1]
    volumes = np.arange(362)
    course = course - np.polyval(np.polyfit(volumes, course, 1), volumes) + course.mean()
    np.testing.assert_allclose(mine["rating"], course[2:360])


def test_nothing_is_decoded_from_one_row_per_run(quick):
    """`static` describes a run and can't follow a story."""
    with pytest.raises(ConfigError, match=r"static returns one row per run.*--set connectivity=sliding-window"):
        quick(config={"connectivity": "static"})


def test_windows_of_an_object_must_be_those_of_the_ratings(quick):
    """An object brings its own windows; rows would mean other moments."""
    with pytest.raises(ConfigError, match="has windows of 60 s every 8 s, but the ratings 44 s every 8 s"):
        quick(config={"connectivity": Plain(Windowing(width_s=60.0))})


def test_an_unknown_rival_is_named_before_any_work(study, registry):
    """Before the first measure is analysed."""
    log = []
    with pytest.raises(UnknownName, match="amplitud"):
        decode(
            study.series,
            study.ratings,
            config={**QUICK, "compare": {"features": ["amplitud"]}},
            registry=registry,
            host=Host(log=log.append),
        )
    assert log == []


def test_a_preset_with_a_warning_puts_it_into_the_notes(study, registry):
    """And decodes with its own split."""
    config = {**QUICK, "null": {"n": 1}, "split": {"kind": "chronological", "test_fraction": 0.2}}
    found = decode(study.series, study.ratings, config=config, preset="zhang2026", registry=registry)
    assert found.notes[0].startswith("Preset zhang2026 reproduces the published procedure")
    assert set(found.predictions["block"]) == {1}


# Input --------------------------------------------------------------------------------------------------------------


def test_targets_of_each_subject_that_are_equal_are_the_shared_ratings(study, quick):
    """The same course, given per subject and volume."""
    course = volume_course(study.ratings, 2.0, 362).values
    targets = [Regressors(one.subject, ("fear", "joy"), course) for one in study.series]
    assert same_tables(quick(), quick(ratings=None, targets=targets))


def test_targets_of_each_subject_may_differ(study, quick):
    """Each is tested on its own course; shifting one subject's changes that subject's ratings alone."""
    course = volume_course(study.ratings, 2.0, 362).values
    targets = [
        Regressors(one.subject, ("fear", "joy"), np.roll(course, 40 * (i == 2), axis=0))
        for i, one in enumerate(study.series)
    ]
    found = quick(ratings=None, targets=targets, config={"split": "subject"}).predictions
    shared = quick(config={"split": "subject"}).predictions
    differs = (found["rating"] - shared["rating"]).abs().groupby(found["subject"]).max() > 1e-6
    assert differs.to_dict() == {"sub-01": False, "sub-02": False, "sub-03": True, "sub-04": False}


def test_windows_behind_the_known_story_are_left_out(study, quick):
    """Ratings that are known for 500 s of a scan of 724 s: unknown isn't silent, and it is told how much is."""
    found = quick(ratings=attrs.evolve(study.ratings, known_until_s=500.0), config={"split": "subject"})
    ends = found.predictions["onset_s"] + 44.0
    assert ends.max() <= 502.0
    assert ends.max() > 502.0 - 8.0 - 2.0
    n_windows = len(Windowing().starts(2.0, 362))
    n_left = found.predictions.query("emotion == 'fear' and subject == 'sub-01'")["onset_s"].nunique()
    assert found.notes[0] == (
        "The rating of 112 of 362 volumes (224 s of the scan) is unknown, not zero: "
        f"{n_windows - n_left} of {n_windows} windows that include one of them were left out."
    )


def test_windows_that_lost_too_much_are_left_out(study, quick):
    """Twenty volumes in a row are lost in one subject: its windows there go, the others' stay."""
    keep = np.ones(362, dtype=bool)
    keep[150:170] = False
    masked = [study.series[0], attrs.evolve(study.series[1], keep=keep), *study.series[2:]]
    decoding = quick(masked, config={"split": "subject"})
    found = decoding.predictions.query("emotion == 'fear'")
    starts = Windowing().starts(2.0, 362)
    lost = np.array([(~keep[start : start + 22]).sum() for start in starts])
    good = starts[(22 - lost) / 22 >= 0.8]
    assert len(good) < len(starts)
    np.testing.assert_allclose(found.query("subject == 'sub-02'")["onset_s"], good * 2.0)
    assert len(found.query("subject == 'sub-01'")) == len(starts)
    assert decoding.notes[0] == (
        f"Some of the {len(starts)} windows were left out because too many of their volumes are censored: "
        f"sub-02 {len(starts) - len(good)}."
    )


def test_a_rating_is_that_of_the_volumes_which_the_signal_kept(study, quick):
    """Censored volumes weigh nothing in a window's rating, as in its connectivity; others' ratings stay as they are."""
    keep = np.ones(362, dtype=bool)
    keep[[40, 41, 200]] = False
    masked = [study.series[0], attrs.evolve(study.series[1], keep=keep), *study.series[2:]]
    plain, found = (
        quick(series, config={"split": "subject"}).predictions.query("emotion == 'fear'")
        for series in (study.series, masked)
    )
    course = volume_course(study.ratings, 2.0, 362).values[:, 0]
    volumes = np.arange(362)
    course = course - np.polyval(np.polyfit(volumes, course, 1), volumes) + course.mean()
    weights = Windowing().weights(2.0)
    wanted = [
        np.average(course[start : start + 22], weights=weights * keep[start : start + 22])
        for start in Windowing().starts(2.0, 362)
    ]
    np.testing.assert_allclose(found.query("subject == 'sub-02'")["rating"], wanted)
    same = "subject != 'sub-02'"
    np.testing.assert_array_equal(found.query(same)["rating"], plain.query(same)["rating"])
    differs = found.query("subject == 'sub-02'")["rating"].to_numpy() != plain.query("subject == 'sub-02'")["rating"]
    lost = np.array([(~keep[start : start + 22]).any() for start in Windowing().starts(2.0, 362)])
    np.testing.assert_array_equal(differs, lost)


def test_one_subject_needs_a_split_by_blocks(study, quick):
    """The error says so, and following it works."""
    with pytest.raises(ConfigError, match="only one subject; set --set split=block"):
        quick(study.series[:1])
    found = quick(study.series[:1], config={"split": "block"})
    assert set(found.scores["n_subjects"]) == {1}
    assert np.isfinite(found.scores["r"]).all()


@pytest.mark.parametrize("level", [0.0, 0.3])
def test_a_constant_rating_is_named(study, quick, level):
    """And the one that varies isn't."""
    values = study.ratings.values.copy()
    values[:, 1] = level
    with pytest.raises(InputError, match=r"ratings: joy does not vary during the scan.*leave out these columns"):
        quick(ratings=attrs.evolve(study.ratings, values=values))


def test_a_decoder_that_selects_nothing_has_no_score(quick, tmp_path):
    """A lasso that keeps no edge predicts a constant: no r, no p, all blocks counted in a note, files written."""
    found = quick(config={"neural_decoder": {"use": "lasso", "alpha": 5.0}})
    assert found.scores[["r", "null_mean", "null_95", "p", "p_family"]].isna().all(axis=None)
    assert found.subjects["r"].isna().all()
    assert found.scores["mse"].notna().all()
    n_blocks = found.predictions.groupby(["subject", "block"]).ngroups
    (note,) = [note for note in found.notes if "no r for that block" in note]
    assert (
        f"Number of the {n_blocks} blocks that were left out for this reason: fear {n_blocks}, joy {n_blocks}." in note
    )
    found.write(tmp_path / "out")


def test_a_window_longer_than_the_run_is_named(quick):
    """With both lengths."""
    with pytest.raises(ConfigError, match=r"a window of 900 s \(450 volumes\) is longer than the run"):
        quick(config={"windowing": {"width_s": 900.0}})


def test_more_blocks_than_independent_windows_are_refused(quick):
    """The message says how many fit."""
    with pytest.raises(ConfigError, match="wanted 20 blocks, but only 16 non-overlapping windows of 44 s fit"):
        quick(config={"split": {"n_blocks": 20}})


def test_blocks_too_short_to_be_scored_are_refused(quick):
    """Fewer than eight windows in each: every score would be missing."""
    with pytest.raises(ConfigError, match=r"at least 8 windows in a block to score it, but the largest block has \d"):
        quick(config={"windowing": {"step_s": 30.0}, "split": {"kind": "subject"}})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"values": lambda v: v[:300]}, "subject sub-03 has 300 volumes of 2 s, but subject sub-01 has 362 of 2 s"),
        ({"tr_s": lambda t: 1.5}, "subject sub-03 has 362 volumes of 1.5 s"),
        ({"regions": lambda r: (*r[:-1], "odd")}, "subject sub-03: its regions differ from those of subject sub-01"),
        ({"subject": lambda s: "sub-01"}, "subject sub-01 has two runs, one and another; wanted one run per subject"),
        ({"run": lambda s: "run-2"}, "subject sub-03 has run-2, subject sub-01 has a run without a name"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,  # no addresses of functions
)
def test_series_that_do_not_go_together_are_named(study, quick, change, message):
    """Length, pace, regions, and the same subject twice."""
    ((field, how),) = change.items()
    odd = attrs.evolve(study.series[2], **{field: how(getattr(study.series[2], field))})
    with pytest.raises(Exception, match=message):
        quick([*study.series[:2], odd, study.series[3]])


def test_a_story_may_be_heard_on_any_visit(study, quick):
    """Sessions may differ between subjects, as long as each brings one."""
    visits = [attrs.evolve(one, run=f"ses-{1 + i // 2}") for i, one in enumerate(study.series)]
    assert same_tables(quick(), quick(visits))


def test_no_series_is_an_error(quick):
    """Said in plain words."""
    with pytest.raises(InputError, match="at least one subject"):
        quick([])


def test_ratings_and_targets_exclude_each_other(study, quick):
    """One of them, not none and not both."""
    targets = [Regressors(one.subject, ("fear",), one.values[:, :1]) for one in study.series]
    for ratings, given in ((None, None), (study.ratings, targets)):
        with pytest.raises(InputError, match="exactly one of ratings and targets"):
            quick(ratings=ratings, targets=given)


@pytest.mark.parametrize("what", ["confounds", "motion", "regressors", "targets"])
def test_what_stands_beside_the_series_is_one_each(quick, what):
    """Two for four subjects is an error that names it."""
    ratings = {"ratings": None} if what == "targets" else {}
    with pytest.raises(InputError, match=f"{what}: wanted one per series, 4, got 2"):
        quick(**{what: [None, None]}, **ratings)


def test_courses_of_other_rows_names_or_subjects_are_refused(study, motion, quick):
    """A longer table would pass for an earlier story; another order for another subject."""
    courses = [Regressors(one.subject, ("tone",), one.values[:, :1]) for one in study.series]
    long = attrs.evolve(courses[1], values=np.zeros((400, 1)))
    for odd, message in (
        (
            [courses[0], long, *courses[2:]],
            "regressors of subject sub-02: wanted tone with 362 rows, got tone with 400",
        ),
        ([courses[0], attrs.evolve(courses[1], names=("x",)), *courses[2:]], "wanted tone with 362 rows, got x"),
        (courses[::-1], "wanted subject sub-01, got subject sub-04"),
    ):
        with pytest.raises(InputError, match=message):
            quick(regressors=odd)
    moved = [*motion[:3], Motion(motion[3].parameters[4:], motion[3].displacement_mm[4:])]
    with pytest.raises(InputError, match="motion of subject sub-04: wanted a row for each of 362 volumes, got 358"):
        quick(motion=moved)


def test_a_regressor_may_not_be_called_like_a_feature_set(study, registry):
    """`mean` is the baseline that predicts the mean."""
    courses = [Regressors(one.subject, ("mean",), one.values[:, :1]) for one in study.series]
    config = {**QUICK, "compare": {"features": []}}
    with pytest.raises(InputError, match="regressors: 'mean' is the name of another feature set"):
        decode(study.series, study.ratings, regressors=courses, config=config, registry=registry)


def test_confounds_are_regressed_out(study, quick):
    """A shared noise that is given as confound leaves the scores where they were without it."""
    rng = np.random.default_rng(3)
    noise = [rng.standard_normal((362, 1)) for _ in study.series]
    noisy = [attrs.evolve(one, values=one.values + 5 * each) for one, each in zip(study.series, noise, strict=True)]
    config = {"split": "subject"}
    clean, dirty, mended = (
        quick(config=config),
        quick(noisy, config=config),
        quick(noisy, confounds=noise, config=config),
    )
    away = [abs(each.scores["r"][0] - clean.scores["r"][0]) for each in (dirty, mended)]
    assert away[1] < 0.1
    assert away[1] < away[0] / 2


def test_a_subject_without_a_usable_window_is_named(study, quick):
    """All of it censored but a few volumes."""
    keep = np.zeros(362, dtype=bool)
    keep[::3] = True
    with pytest.raises(
        InputError, match="subject sub-01: no window has both a known rating and enough uncensored volumes"
    ):
        quick([attrs.evolve(study.series[0], keep=keep), *study.series[1:]])


def test_ratings_that_lie_elsewhere_are_an_error(study, quick):
    """`start_s` behind the story: said with both spans."""
    with pytest.raises(ConfigError, match=r"start: wanted volumes during the story"):
        quick(ratings=attrs.evolve(study.ratings, known_until_s=724.0), start_s=5000.0)


def test_start_moves_the_story_against_the_scan(study, quick):
    """Ratings of a story that began 60 s before the scan give what ratings on the scan's clock give."""
    shifted = attrs.evolve(study.ratings, onset_s=study.ratings.onset_s + 60.0)
    one, two = quick(config={"split": "subject"}), quick(ratings=shifted, start_s=60.0, config={"split": "subject"})
    np.testing.assert_allclose(one.predictions["rating"], two.predictions["rating"], atol=1e-9)


def test_a_pathway_is_used_again(study, registry):
    """Notes of one decoding don't come into the next."""
    pathway = BrainPathway.from_config({**QUICK, "split": "subject"}, registry=registry)
    first = pathway.decode(Study.of(study.series, study.ratings, notes=["only the first"]))
    second = pathway.decode(Study.of(study.series, study.ratings))
    assert "only the first" in first.notes
    assert "only the first" not in second.notes
    assert same_tables(first, second)
    assert isinstance(study.ratings, Ratings)


def test_the_design_is_described_without_decoding(study, motion, registry):
    """The counts that a run has; a decoder that must not be asked isn't; data and blocks are checked."""

    class Unasked:
        def fit(self, X, Y):
            raise AssertionError

        def predict(self, X):
            raise AssertionError

    keep = np.ones(362, dtype=bool)
    keep[[5, 50, 51]] = False
    series = [attrs.evolve(study.series[0], keep=keep), *study.series[1:]]
    config = {**QUICK, "neural_decoder": Unasked()}
    pathway = BrainPathway.from_config(config, registry=registry)
    found = pathway.check(Study.of(series, study.ratings, motion=motion))
    assert (found.n_volumes, found.n_regions, found.subjects) == (362, 6, tuple(one.subject for one in study.series))
    assert found.n_censored == {study.series[0].subject: 3}
    assert found.emotions == ("fear", "joy")
    assert found.n_independent >= found.n_blocks > 1
    assert 0 < found.n_rows <= 4 * found.n_windows
    assert found.feature_sets[0] == "sliding-window"
    assert found.to_dict()["subjects"] == list(found.subjects)
    many = BrainPathway.from_config({**config, "split": {"kind": "block", "n_blocks": 90}}, registry=registry)
    with pytest.raises(ConfigError):
        many.check(Study.of(series, study.ratings))


def test_training_sets_that_cannot_be_split_are_found_by_the_check(study, registry):
    """Five blocks of a story of 400 s: each leaves training rows, of which none can be tested inside."""
    series = [
        attrs.evolve(one, values=one.values[:200], keep=None if one.keep is None else one.keep[:200])
        for one in study.series
    ]
    split = {"kind": "subject-and-block", "n_blocks": 5}
    windowing = {"width_s": 44.0, "step_s": 8.0, "taper": "gaussian", "sigma_s": 6.0}
    config = {"split": split, "windowing": windowing}
    found = BrainPathway.from_config(config, registry=registry).check(Study.of(series, study.ratings))
    assert sum("split.n_blocks" in note for note in found.notes) == 1
    with pytest.raises(ConfigError):
        BrainPathway.from_config(config, registry=registry).decode(Study.of(series, study.ratings))
    config["neural_decoder"] = {"use": "kernel-ridge", "penalties": [1.0]}
    found = BrainPathway.from_config(config, registry=registry).check(Study.of(series, study.ratings))
    assert not any("split.n_blocks" in note for note in found.notes)
