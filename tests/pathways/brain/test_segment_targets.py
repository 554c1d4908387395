"""Windows that segments choose, as published code has them: which volumes, which labels, which rows."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from emotopy.config import build
from emotopy.errors import ConfigError, InputError
from emotopy.inference.splits import unsound
from emotopy.pathways.brain.pathway import BrainPathway, decode
from emotopy.pathways.brain.rows import TimeGrid
from emotopy.pathways.brain.segment_targets import SegmentTargets
from emotopy.pathways.brain.story import Story, Subject
from emotopy.pathways.brain.study import Study
from emotopy.records.brain import Ratings, RegionSeries, Windowing
from emotopy.registry import Registry
from emotopy.simulate import ar1

TR_S, N_VOLUMES, N_REGIONS, START_S, WIDTH = 2.0, 120, 5, 20.0, 13
PAGE = (Path(__file__).parents[3] / "docs" / "published-decoding.md").read_text("utf-8")
MODELS = tomllib.loads(re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[0])
FORWARD = Windowing(width_s=26.0, taper="rectangular", align="forward")
QUICK = {"reporter": [], "null": {"kind": "phase", "n": 9, "sensitivity": "rows"}, "neural_decoder": "ridge"}


@pytest.fixture
def ratings(rng):
    """30 segments of unequal length from second 18 on, two emotions, labels in steps of 0.1."""
    lasts_s = rng.choice([6.0, 8.0, 10.0], 30)
    onset_s = 18.0 + np.concatenate([[0], np.cumsum(lasts_s)[:-1]])
    return Ratings(("fear", "joy"), onset_s, lasts_s, rng.integers(0, 10, (30, 2)) / 10)


@pytest.fixture
def series(rng):
    """Runs of six subjects of smooth noise."""
    regions = tuple("abcde")
    return [RegionSeries(f"sub-{i}", regions, ar1(N_VOLUMES, N_REGIONS, 0.8, rng), TR_S) for i in range(6)]


def story_of(series, ratings):
    return Story(tuple(Subject(one) for one in series), ratings, START_S)


def first_volumes(ratings: Ratings) -> list[int]:
    """As that code counts them: volume `fix(t / 2)`, counted from 1, of each segment's end."""
    ends = ratings.onset_s + ratings.duration_s - START_S
    return [int(end / 2) - 1 for end in ends]


def test_a_window_runs_forward_from_its_segments_end(ratings):
    """13 volumes, from the last of the segment on; with three a segment, one a volume earlier and one later."""
    ends = ratings.onset_s + ratings.duration_s - START_S
    assert FORWARD.forward(ends, TR_S)[:, 0].tolist() == first_volumes(ratings)
    three = Windowing(width_s=26.0, align="forward", per_segment=3).forward(ends, TR_S)
    np.testing.assert_array_equal(three, np.array(first_volumes(ratings))[:, None] + [-1, 0, 1])
    assert FORWARD.spans(TR_S, N_VOLUMES)[7] == slice(7, 7 + WIDTH)


@pytest.mark.parametrize("per_segment", [1, 3])
def test_targets_are_means_of_three_segments(series, ratings, per_segment):
    """The rolling mean of the labels as they are: no response, no detrending, no window; pandas is the reference."""
    windowing = Windowing(width_s=26.0, align="forward", per_segment=per_segment)
    targets = SegmentTargets.of(story_of(series, ratings), windowing, smooth=3)
    grid = TimeGrid(TR_S, N_VOLUMES, windowing)
    rolled = pd.DataFrame(ratings.values).rolling(3).mean().dropna().to_numpy()
    wanted = np.repeat(np.vstack([rolled, np.full((2, 2), np.nan)]), per_segment, axis=0)
    np.testing.assert_allclose(targets.values_at(grid), wanted)
    assert targets.n_values(grid) == 30 * per_segment


def test_rows_are_the_segments_whose_windows_lie_in_the_run(series, ratings):
    """And that have a label; each row's window begins where it should, and its target is its segment's."""
    story = story_of(series, ratings)
    targets = SegmentTargets.of(story, FORWARD, smooth=3)
    grid = TimeGrid(TR_S, N_VOLUMES, FORWARD)
    rows = targets.rows(story, grid)
    wanted = [k for k, first in enumerate(first_volumes(ratings)[:28]) if 0 <= first <= N_VOLUMES - WIDTH]
    assert 10 < len(wanted) < 28
    np.testing.assert_array_equal(rows.target_row, np.tile(wanted, len(series)))
    np.testing.assert_array_equal(rows.window, np.tile(np.array(first_volumes(ratings))[wanted], len(series)))
    np.testing.assert_allclose(rows.layout.start_s, rows.window * TR_S)
    assert rows.layout.width_s == 26.0


def test_a_censored_subject_lacks_its_windows_alone(series, ratings):
    """Those that lose more than a fifth of their volumes."""
    keep = np.ones(N_VOLUMES, dtype=bool)
    keep[50:53] = False
    one = series[1]
    spoilt = RegionSeries(one.subject, one.regions, one.values, TR_S, keep=keep)
    story = story_of([series[0], spoilt], ratings)
    rows = SegmentTargets.of(story, FORWARD, 3).rows(story, TimeGrid(TR_S, N_VOLUMES, FORWARD))
    lost = set(rows.window[rows.recording == 0]) - set(rows.window[rows.recording == 1])
    assert lost == {w for w in rows.window if keep[w : w + WIDTH].sum() < 0.8 * WIDTH} != set()


def test_surrogates_keep_the_mean_and_trend_of_the_labels(series, ratings):
    """They replace what is left of the labels without their trend, segment by segment."""
    targets = SegmentTargets.of(story_of(series, ratings), FORWARD, smooth=1)
    grid = TimeGrid(TR_S, N_VOLUMES, FORWARD)
    np.testing.assert_allclose(targets.courses.mean(axis=1), ratings.values.mean(axis=0)[None])
    flat = np.broadcast_to(ratings.values.mean(axis=0), (1, 30, 2))
    time = np.arange(30)
    for emotion, line in enumerate(targets.values_at(grid, flat).T):
        np.testing.assert_allclose(line, np.polyval(np.polyfit(time, ratings.values[:, emotion], 1), time))


@pytest.mark.parametrize("kind", ["phase", "circular", "rows"])
def test_each_null_serves_segments(series, ratings, kind):
    """Scores under it exist for both emotions."""
    beside = "circular" if kind == "phase" else "phase"
    config = QUICK | {"null": {"kind": kind, "n": 9, "sensitivity": beside}, "split": {"test_fraction": 0.4}}
    found = decode(series, ratings, start_s=START_S, config=config, preset="zhang2026")
    assert np.isfinite(found.scores[["null_mean", "null_95", "p"]]).all(axis=None)
    assert set(found.sensitivity["sensitivity_null"]) == {beside}
    assert np.isfinite(found.sensitivity["p_sensitivity"]).all()


def test_the_preset_is_the_published_procedure_by_hand(series, ratings):
    """Scikit-learn on numpy's correlations: R² and squared error of each emotion, and every prediction."""
    config = {"reporter": [], "null": {"n": 1}, "split": {"test_fraction": 0.4}}
    found = decode(series, ratings, start_s=START_S, config=config, preset="zhang2026")
    first = np.array(first_volumes(ratings)[:28])
    kept = np.flatnonzero((first >= 0) & (first <= N_VOLUMES - WIDTH))
    labels = np.stack([ratings.values[k : k + 3].mean(axis=0) for k in kept])
    upper = np.triu_indices(N_REGIONS, 1)
    X, subject, order = [], [], []
    centre = first[kept] * TR_S
    place = np.minimum(((centre - centre.min()) / np.ptp(centre) * 5 + 1e-9).astype(int), 4)
    for number, one in enumerate(series):
        time = np.arange(N_VOLUMES)
        cleaned = one.values - np.stack([np.polyval(np.polyfit(time, y, 1), time) for y in one.values.T], axis=1)
        X += [np.arctanh(np.corrcoef(cleaned[start : start + WIDTH].T)[upper]) for start in first[kept]]
        subject += [number] * len(kept)
        order += place.tolist()
    X, Y = np.array(X), np.tile(labels, (len(series), 1))
    strata = [f"{a}_{b}" for a, b in zip(subject, order, strict=True)]
    train, test = train_test_split(np.arange(len(X)), test_size=0.4, random_state=42, stratify=strata)
    scaler = StandardScaler().fit(X[train])
    model = [SVR(C=10, epsilon=0.01).fit(scaler.transform(X[train]), Y[train, k]) for k in range(2)]
    predicted = np.stack([one.predict(scaler.transform(X[test])) for one in model], axis=1)
    scores = found.scores.set_index("emotion").loc[["fear", "joy"]]
    np.testing.assert_allclose(scores["r2"], r2_score(Y[test], predicted, multioutput="raw_values"), atol=2e-3)
    np.testing.assert_allclose(scores["mse"], ((Y[test] - predicted) ** 2).mean(axis=0), rtol=2e-3)
    fear = found.predictions[found.predictions["emotion"] == "fear"]
    assert len(fear) == len(test)
    np.testing.assert_allclose(np.sort(fear["rating"]), np.sort(Y[test, 0]))


def test_a_check_counts_the_segments_windows(series, ratings):
    """90 of them, not every volume's; they have no step."""
    config = {"split": {"test_fraction": 0.4}, "windowing": {"per_segment": 3}}
    pathway = BrainPathway.from_config(config, preset="zhang2026")
    found = pathway.check(Study.of(series, ratings, start_s=START_S))
    assert (found.n_windows, found.step_s, found.width_s) == (90, None, 26.0)


def test_what_tests_nothing_is_told_in_every_result(series, ratings):
    """The random split, the shuffled rows, and the preset's warning, in the notes; a check tells them, too."""
    config = build(
        {**QUICK, "split": {"test_fraction": 0.4}}, preset="zhang2026", registry=(registry := Registry.load())
    )
    study = Study.of(series, ratings, start_s=START_S)
    pathway = BrainPathway.from_config(config, registry=registry)
    for notes in (pathway.decode(study).notes, pathway.check(study).notes):
        assert unsound() in notes
        assert config.warning in notes
        assert any("shuffled" in note for note in notes)
    sound_config = {"split": {"kind": "subject", "n_blocks": 2}, "null": {"n": 3}, "reporter": []}
    sound = decode(series, ratings, start_s=START_S, config=sound_config)
    assert unsound() not in sound.notes


@pytest.mark.parametrize("name", sorted(MODELS))
def test_each_of_the_six_models_of_the_page_decodes(series, ratings, name):
    """As docs/published-decoding.md says how to pick it; the forest with fewer trees, for the sake of time."""
    decoder = MODELS[name]["neural_decoder"]
    assert decoder["use"] == name
    if name == "random-forest":
        decoder = {**decoder, "n_estimators": 10}
    config = {"reporter": [], "null": {"n": 1}, "split": {"test_fraction": 0.4}, "neural_decoder": decoder}
    found = decode(series, ratings, start_s=START_S, config=config, preset="zhang2026")
    assert np.isfinite(found.scores["r2"]).all()


def test_the_page_s_headline_is_the_preset_s_model():
    """What the page shows of it is what the preset holds."""
    preset = build({}, preset="zhang2026").stages["neural_decoder"].to_dict()
    assert preset == MODELS["svr-rbf"]["neural_decoder"]
    assert len(MODELS) == 6


# Bad input ------------------------------------------------------------------------------------------------------------


def test_ratings_with_gaps_and_targets_without_segments_are_refused(series, ratings):
    """Segments choose windows, so they must be there, rated on everything."""
    values = ratings.values.copy()
    values[4, 1] = np.nan
    gappy = Ratings(ratings.emotions, ratings.onset_s, ratings.duration_s, values)
    with pytest.raises(InputError, match="joy is unknown in segment 5"):
        SegmentTargets.of(story_of(series, gappy), FORWARD, 3)
    with pytest.raises(InputError):
        SegmentTargets.of(story_of(series, None), FORWARD, 3)
    with pytest.raises(InputError):
        SegmentTargets.of(story_of(series, ratings), FORWARD, 31)


def test_samples_denser_than_volumes_are_no_segments(series):
    """Ten a second: twenty rows would be one window, and stand on both sides of any split of rows."""
    onset_s = np.arange(20.0, 220.0, 0.1)
    dense = Ratings(("fear",), onset_s, np.full(len(onset_s), 0.1), np.sin(onset_s / 9)[:, None])
    with pytest.raises(InputError, match="share a window"):
        SegmentTargets.of(story_of(series, dense), FORWARD, 3)
    sentences = Ratings(("fear",), onset_s[::30], np.full(67, 3.0), np.sin(onset_s[::30] / 9)[:, None])
    assert len(SegmentTargets.of(story_of(series, sentences), FORWARD, 3).starts) == 67


def test_ratings_that_the_scan_misses_are_refused(series, ratings):
    """The subject is named."""
    late = Ratings(ratings.emotions, ratings.onset_s + 900, ratings.duration_s, ratings.values)
    story = story_of(series, late)
    with pytest.raises(InputError, match="subject sub-0"):
        SegmentTargets.of(story, FORWARD, 3).rows(story, TimeGrid(TR_S, N_VOLUMES, FORWARD))


def test_an_emotion_that_never_varies_is_refused(series, ratings):
    """By its name."""
    flat = Ratings(ratings.emotions, ratings.onset_s, ratings.duration_s, ratings.values * [1, 0])
    with pytest.raises(InputError, match="joy does not vary"):
        SegmentTargets.of(story_of(series, flat), FORWARD, 1)


@pytest.mark.parametrize(
    ("layer", "path"),
    [
        ({"targets": {"smooth": 3}}, "targets.smooth"),
        ({"windowing": {"per_segment": 3}}, "windowing.per_segment"),
        ({"null": {"kind": "rows", "sensitivity": "rows"}}, "null.sensitivity"),
    ],
)
def test_options_that_need_another_are_refused_by_their_key(layer, path):
    """Before any work."""
    with pytest.raises(ConfigError) as caught:
        build(layer)
    assert caught.value.path == path


def test_single_volumes_have_no_windows_to_choose(series, ratings):
    """`amplitude` with lags and forward windows exclude each other."""
    config = QUICK | {"connectivity": {"use": "amplitude", "mode": "lags"}}
    with pytest.raises(ConfigError) as caught:
        decode(series, ratings, start_s=START_S, config=config, preset="zhang2026")
    assert caught.value.path == "windowing.align"
