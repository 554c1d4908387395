"""Several stories in one study: sorted, checked against each other, decoded within and across."""

from __future__ import annotations

from typing import ClassVar

import attrs
import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr
from sklearn.kernel_ridge import KernelRidge

from emotopy.errors import ConfigError, InputError, ShapeError
from emotopy.inference.nulls import detrend
from emotopy.inference.rating_courses import volume_course
from emotopy.pathways.brain import features
from emotopy.pathways.brain.analysis import draw_surrogates
from emotopy.pathways.brain.features import feature_sets, time_grid
from emotopy.pathways.brain.pathway import BrainPathway, decode
from emotopy.pathways.brain.rows import StudyTargets, TimeGrid
from emotopy.pathways.brain.study import Study
from emotopy.readers.motion import Motion
from emotopy.readers.regressors import Regressors
from emotopy.records.brain import Windowing
from emotopy.registry import Registry
from emotopy.running.stages import StageRunner
from emotopy.simulate import simulate_bold, simulate_stories
from emotopy.storage.provenance import versions
from emotopy_plugins.connectivity.sliding_window import SlidingWindow

QUICK = {"reporter": [], "null": {"n": 9}, "compare": {"features": [], "remove_evoked": False, "baselines": False}}
N_VOLUMES = {"pie": 260, "sea": 200}


@pytest.fixture(scope="module")
def registry():
    return Registry.load()


@pytest.fixture(scope="module")
def told():
    """Two simulated stories by name: four listeners of `pie`, three of them of `sea`, too; the same regions."""
    found = {}
    for seed, (name, n_volumes) in enumerate(N_VOLUMES.items()):
        made = simulate_bold(
            "coupling", n_subjects=4 - seed, n_volumes=n_volumes, n_regions=5, n_carriers=3, emotions=("fear", "joy"),
            planted=("fear",), seed=seed + 7,
        )  # fmt: skip
        found[name] = attrs.evolve(made, series=tuple(attrs.evolve(one, story=name) for one in made.series))
    return found


@pytest.fixture(scope="module")
def series(told):
    return [one for made in told.values() for one in made.series]


@pytest.fixture(scope="module")
def ratings(told):
    return {name: made.ratings for name, made in told.items()}


@pytest.fixture(scope="module")
def study(series, ratings):
    return Study.of(series, ratings)


def grids_of(study, windowing=None):
    return [TimeGrid(one.tr_s, one.n_volumes, windowing or Windowing()) for one in study.stories]


# The record -----------------------------------------------------------------------------------------------------------


def test_stories_hold_their_own_subjects_ratings_and_start(series, ratings):
    """In the order of the ratings; subjects of the study are those of any story."""
    made = Study.of(series, dict(reversed(ratings.items())), start_s={"sea": 3.0})
    assert made.story_names == ("sea", "pie")
    assert [story.start_s for story in made.stories] == [3.0, 0.0]
    assert [story.n_volumes for story in made.stories] == [200, 260]
    assert [len(story.subjects) for story in made.stories] == [3, 4]
    assert made.names == ("sub-01", "sub-02", "sub-03", "sub-04")
    assert [one.story for one in (each.series for each in made.recordings)] == ["sea"] * 3 + ["pie"] * 4


def test_what_stands_beside_a_series_goes_to_its_story(told, series, ratings):
    """Motion, confounds, regressors are given one per series, whatever their order."""
    order = [3, 0, 6, 4, 1, 5, 2]
    mixed = [series[i] for i in order]
    confounds = [np.full((one.n_volumes, 1), i, dtype=float) for i, one in enumerate(mixed)]
    tone = [Regressors(one.subject, ("tone",), one.values[:, :1]) for one in mixed]
    moved = [motion for made in told.values() for motion in made.motion]
    motion = [Motion(moved[i].parameters, moved[i].fd_mm) for i in order]
    made = Study.of(mixed, ratings, confounds=confounds, regressors=tone, motion=motion)
    for one in made.recordings:
        place = next(i for i, other in enumerate(mixed) if other is one.series)
        assert one.confounds is confounds[place]
        assert one.regressors is tone[place]
        assert one.motion is motion[place]


def test_a_single_table_of_ratings_serves_the_one_story_that_has_a_name(told):
    """The label changes no number."""
    pie = told["pie"]
    named = decode(pie.series, {"pie": pie.ratings}, config=QUICK)
    plain = decode([attrs.evolve(one, story="") for one in pie.series], pie.ratings, config=QUICK)
    pd.testing.assert_frame_equal(named.scores, plain.scores)
    pd.testing.assert_frame_equal(named.predictions, plain.predictions)
    assert named.stories is None
    assert "stories" not in named.tables
    assert list(named.provenance["input"]["stories"]) == ["pie"]
    assert "stories" not in plain.provenance["input"]


def test_tables_by_story_decode_as_records_do(told, series, ratings):
    """Story to subject to DataFrame."""
    tables = {
        name: {one.subject: pd.DataFrame(one.values, columns=list(one.regions)) for one in made.series}
        for name, made in told.items()
    }
    found, wanted = decode(tables, ratings, tr_s=2.0, config=QUICK), decode(series, ratings, config=QUICK)
    pd.testing.assert_frame_equal(found.scores, wanted.scores)
    pd.testing.assert_frame_equal(found.stories, wanted.stories)


def test_runs_do_not_tell_stories_apart_where_labels_do(series, ratings):
    """Subjects may hear the stories in any order, as run-1 or run-2."""
    runs = ["run-1", "run-2", "ses-b_run-1", "run-2", "run-2", "run-1", "ses-a_run-2"]
    made = Study.of([attrs.evolve(one, run=run) for one, run in zip(series, runs, strict=True)], ratings)
    assert [story.label for story in made.stories] == ["pie", "sea"]


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ("no ratings", ["sea", "sub-01"]),
        ("nobody heard", ["ode"]),
        ("one table", ["pie", "sea"]),
        ("no story", ["sub-03"]),
        ("other TR", ["sea", "pie", "3 s", "2 s"]),
        ("other regions", ["sea", "region_5"]),
        ("other order", ["sea", "order"]),
        ("twice", ["sea", "sub-02"]),
        ("copy", ["sea", "pie", "sub-01"]),
        ("other length", ["sea", "sub-02"]),
        ("unknown start", ["ode"]),
        ("no common emotion", ["fear", "calm"]),
        ("motion of one", ["motion", "sea"]),
        ("flat", ["sea", "joy"]),
        ("no start", ["start"]),
        ("no ratings at all", ["ratings"]),
    ],
)
def test_what_does_not_fit_is_named(told, series, ratings, change, wanted):
    """Story, subject, region, emotion: whatever is wrong."""
    pie, sea = (list(made.series) for made in told.values())
    given, rated, more = [*pie, *sea], dict(ratings), {}
    if change == "no ratings":
        del rated["sea"]
    elif change == "nobody heard":
        rated["ode"] = rated["sea"]
    elif change == "one table":
        rated = rated["pie"]
    elif change == "no story":
        given[2] = attrs.evolve(pie[2], story="")
    elif change == "other TR":
        given = [*pie, *(attrs.evolve(one, tr_s=3.0) for one in sea)]
    elif change == "other regions":
        given = [*pie, *(attrs.evolve(one, regions=one.regions[:4], values=one.values[:, :4]) for one in sea)]
    elif change == "other order":
        given = [*pie, *(attrs.evolve(one, regions=one.regions[::-1]) for one in sea)]
    elif change == "twice":
        given.append(attrs.evolve(sea[1], values=sea[1].values + 1))
    elif change == "copy":
        given = [*pie, *(attrs.evolve(one, story="sea") for one in pie)]
    elif change == "other length":
        given = [*pie, sea[0], attrs.evolve(sea[1], values=sea[1].values[:-1]), sea[2]]
    elif change == "unknown start":
        more = {"start_s": {"ode": 1.0}}
    elif change == "no common emotion":
        rated["sea"] = attrs.evolve(rated["sea"], emotions=("calm", "awe"))
    elif change == "motion of one":
        motion = [Motion(one.parameters, one.fd_mm) for one in told["pie"].motion]
        more = {"motion": [*motion, None, None, None]}
    elif change == "flat":
        values = rated["sea"].values.copy()
        values[:, 1] = 0.5
        rated["sea"] = attrs.evolve(rated["sea"], values=values)
    elif change == "no start":
        given, rated, more = [attrs.evolve(one, story="") for one in pie], ratings["pie"], {"start_s": {"pie": 1.0}}
    elif change == "no ratings at all":
        rated = {}
    with pytest.raises((InputError, ShapeError)) as caught:
        decode(given, rated, config=QUICK, **more)
    assert all(part in str(caught.value) for part in wanted), str(caught.value)


def test_emotions_are_those_of_all_stories_and_the_others_are_told(told, series, ratings):
    """In the order of the first story; an emotion that one story lacks isn't decoded."""
    sea = ratings["sea"]
    swapped = attrs.evolve(sea, emotions=("joy", "awe"), values=sea.values[:, ::-1])
    made = Study.of(series, {**ratings, "sea": swapped})
    assert [story.ratings.emotions for story in made.stories] == [("joy",), ("joy",)]
    np.testing.assert_array_equal(made.stories[1].ratings.values[:, 0], sea.values[:, 1])
    assert any("awe" in note and "fear" in note for note in made.notes)


def test_who_heard_what_is_told_where_it_differs(study, told):
    """Nothing is said where all heard all."""
    (note,) = study.notes
    assert "pie by 4" in note
    assert "sea by 3" in note
    same = [one for made in told.values() for one in made.series[:3]]
    assert Study.of(same, {name: made.ratings for name, made in told.items()}).notes == ()


# A story in several runs ----------------------------------------------------------------------------------------------


@pytest.fixture
def parts(told):
    """The story `pie` scanned in two runs per subject, of 130 volumes each, beside `sea`."""
    halves = [
        attrs.evolve(one, values=one.values[130 * i : 130 * (i + 1)], run=f"run-{i + 1}")
        for one in told["pie"].series
        for i in range(2)
    ]
    return [*halves, *told["sea"].series]


def test_a_story_may_be_scanned_in_several_runs(parts, ratings):
    """Each run has a start on the story's clock; together they are one story, cut into blocks over both."""
    made = Study.of(parts, ratings, start_s={"pie_run-2": 260.0})
    assert [story.label for story in made.stories] == ["pie_run-1", "pie_run-2", "sea"]
    assert made.story_names == ("pie", "sea")
    targets = StudyTargets.of(made, grids_of(made))
    wanted = volume_course(ratings["pie"], 2.0, 130, 260.0).values
    np.testing.assert_allclose(targets.courses[1].courses[0], detrend(wanted), atol=1e-9)
    rows = targets.rows(made)
    assert np.unique(np.stack([rows.layout.run, rows.layout.story], axis=1), axis=0).tolist() == [
        [0, 0], [1, 0], [2, 1],
    ]  # fmt: skip
    assert rows.layout.start_s[rows.layout.run == 1].min() == 0
    found = decode(parts, ratings, start_s={"pie_run-2": 260.0}, config={**QUICK, "split": {"kind": "story"}})
    assert found.stories["story"].tolist() == ["pie", "pie", "sea", "sea"]
    assert sorted(set(found.predictions["run"])) == [0, 1, 2]


def test_runs_of_a_story_that_hold_the_same_minutes_are_refused(parts, ratings):
    """A story heard twice, or parts without a start of their own."""
    for starts in (0.0, {"pie_run-2": 200.0}):
        with pytest.raises(InputError) as caught:
            Study.of(parts, ratings, start_s=starts)
        assert "pie_run-2" in caught.value.advice


# Rows, targets, features ----------------------------------------------------------------------------------------------


def test_rows_are_those_of_each_story_one_below_the_other(study, told):
    """Time starts anew in each; subjects are numbered over the study; targets are each story's own."""
    targets = StudyTargets.of(study, grids_of(study))
    rows, values = targets.rows(study), targets.values()
    for number, (name, made) in enumerate(told.items()):
        alone = Study.of(made.series, {name: made.ratings})
        own = StudyTargets.of(alone, grids_of(alone))
        own_rows, mine = own.rows(alone), rows.layout.story == number
        for field in ("subject", "start_s", "centre_s"):
            np.testing.assert_array_equal(getattr(rows.layout, field)[mine], getattr(own_rows.layout, field))
        np.testing.assert_array_equal(rows.window[mine], own_rows.window)
        np.testing.assert_allclose(values[rows.target_row[mine]], own.values()[own_rows.target_row])
    features = [np.full((len(grid.start_s), 1), i) for i, (grid, _) in enumerate(recordings(study))]
    assert [set(part[:, 0]) for part in rows.pick(features, "any")] == [{i} for i in range(7)]


def recordings(study):
    return [(grid, one) for story, grid in zip(study.stories, grids_of(study), strict=True) for one in story.subjects]


def runner_of(registry, config):
    pathway = BrainPathway.from_config(config, registry=registry)
    return StageRunner(pathway.config, pathway.registry, pathway.cache, versions(), pathway.host)


def test_features_are_measured_story_by_story(study, told, registry):
    """What others evoke is what the listeners of the same story evoke; time starts anew."""
    runner = runner_of(registry, {})
    stage = runner.make("connectivity")

    def made(one):
        grids = [time_grid(stage, story, Windowing()) for story in one.stories]
        return {each.name: list(each.make()) for each in feature_sets(runner, stage, one, grids)}

    together = made(study)
    apart = [made(Study.of(part.series, {name: part.ratings})) for name, part in told.items()]
    assert list(together) == list(apart[0])
    for name, arrays in together.items():
        for found, wanted in zip(arrays, [one for each in apart for one in each[name]], strict=True):
            np.testing.assert_array_equal(found, wanted)


class CountsCleaning(SlidingWindow):
    """The sliding window, which counts the series that it cleaned."""

    n_cleaned: ClassVar[int] = 0

    def clean(self, series, tr_s, confounds=None):
        type(self).n_cleaned += 1
        return super().clean(series, tr_s, confounds)


@pytest.mark.parametrize("kept_bytes", [features.KEPT_BYTES, 0], ids=["kept", "too large to keep"])
def test_series_are_cleaned_once(study, registry, kept_bytes, monkeypatch):
    """For two feature sets, made three times; where they are too many to keep, anew each time, and to the same."""
    CountsCleaning.n_cleaned = 0
    monkeypatch.setattr(features, "KEPT_BYTES", kept_bytes)
    runner = runner_of(registry, {"connectivity": CountsCleaning()})
    stage = runner.make("connectivity")
    grids = [time_grid(stage, story, Windowing()) for story in study.stories]
    main, evoked, *_ = feature_sets(runner, stage, study, grids)
    first, again, without = list(main.make()), list(main.make()), list(evoked.make())
    assert CountsCleaning.n_cleaned == (7 if kept_bytes else 21)
    for one, other, residual in zip(first, again, without, strict=True):
        np.testing.assert_array_equal(one, other)
        assert not np.array_equal(one, residual)


def test_surrogates_have_phases_of_their_own_in_each_story(study, told, registry):
    """The first story's are those that it has alone; the second's have its own power, and other phases."""
    config = BrainPathway.from_config({"null": {"n": 50}}, registry=registry).config
    single = TimeGrid(2.0, 260, None), TimeGrid(2.0, 200, None)
    targets = StudyTargets.of(study, single)
    rows = targets.rows(study)
    drawn = draw_surrogates(config, targets, rows, "phase")
    pie = Study.of(told["pie"].series, {"pie": told["pie"].ratings})
    alone = StudyTargets.of(pie, single[:1])
    np.testing.assert_array_equal(drawn[:, :260], draw_surrogates(config, alone, alone.rows(pie), "phase"))
    sea, observed = drawn[:, 260:], targets.courses[1].courses[0]
    np.testing.assert_allclose(
        np.abs(np.fft.rfft(sea, axis=1)), np.abs(np.fft.rfft(observed, axis=0))[None].repeat(50, axis=0), atol=1e-8
    )
    turned = [
        np.angle(np.fft.rfft(part, axis=1)[:, 1:9, 0] / np.fft.rfft(course[:, 0])[None, 1:9])
        for part, course in ((drawn[:, :260], targets.courses[0].courses[0]), (sea, observed))
    ]
    together = np.abs(np.exp(1j * (turned[0] - turned[1])).mean())
    assert together < 4 / np.sqrt(turned[0].size)


# Decoding -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["story", "subject-and-story"])
def test_scores_over_stories_are_those_of_a_plain_reimplementation(study, series, ratings, registry, kind):
    """Windows, targets, training rows and blocks made anew here; scikit-learn's ridge; r within blocks."""
    config = {**QUICK, "split": {"kind": kind, "n_blocks": 3}, "neural_decoder": {"use": "kernel-ridge"}}
    config["neural_decoder"]["penalties"] = [3.0]
    found = decode(series, ratings, config=config, registry=registry)
    runner = runner_of(registry, config)
    stage, windowing = runner.make("connectivity"), Windowing()
    grids = [time_grid(stage, story, windowing) for story in study.stories]
    (main, *_) = feature_sets(runner, stage, study, grids)
    parts = list(main.make())
    who = [(story.name, one.name) for story in study.stories for one in story.subjects]
    weights = windowing.weights(2.0)
    wanted = {}
    for story in study.stories:
        course = detrend(volume_course(story.ratings, 2.0, story.n_volumes).values)
        wanted[story.name] = np.stack([weights @ course[i : i + 22] for i in windowing.starts(2.0, story.n_volumes)])
    whole = np.concatenate(parts) - np.concatenate(parts).mean(axis=0)
    penalty = 3.0 * (whole**2).sum() / len(whole)
    cells = {}
    for number, (name, subject) in enumerate(who):
        train = [i for i, (other, one) in enumerate(who) if other != name and (kind == "story" or one != subject)]
        x = np.concatenate([parts[i] for i in train]).astype(np.float64)
        y = np.concatenate([wanted[who[i][0]] for i in train])
        model = KernelRidge(alpha=penalty, kernel="linear").fit(x - x.mean(axis=0), y - y.mean(axis=0))
        predicted = model.predict(parts[number] - x.mean(axis=0)) + y.mean(axis=0)
        centre = windowing.centres_s(2.0, N_VOLUMES[name])
        block = np.minimum(((centre - centre[0]) / np.ptp(centre) * 3 + 1e-6).astype(int), 2)
        for b in range(3):
            mine = block == b
            cells[name, subject, b] = [
                pearsonr(predicted[mine, k], wanted[name][mine, k])[0] for k in range(2) if mine.sum() >= 8
            ]
    scored = {key: value for key, value in cells.items() if value}
    np.testing.assert_allclose(found.scores["r"], np.mean(list(scored.values()), axis=0), atol=1e-6)
    for name in study.story_names:
        of_story = found.stories[found.stories["story"] == name]
        mine = np.array([value for key, value in scored.items() if key[0] == name])
        np.testing.assert_allclose(of_story["r"], mine.mean(axis=0), atol=1e-6)
        assert of_story["n_subjects"].tolist() == [len({key[1] for key in scored if key[0] == name})] * 2


def test_the_order_of_stories_and_subjects_changes_no_score(series, ratings, registry):
    """Whatever comes first: r over stories and within each, to rounding."""
    config = {**QUICK, "split": {"kind": "subject-and-story", "n_blocks": 3}}
    order = [5, 1, 3, 6, 0, 2, 4]
    one = decode(series, ratings, config=config, registry=registry)
    other = decode([series[i] for i in order], dict(reversed(ratings.items())), config=config, registry=registry)
    np.testing.assert_allclose(other.scores["r"], one.scores["r"], atol=1e-6)
    key = ["story", "emotion"]
    pd.testing.assert_series_equal(
        other.stories.set_index(key)["r"].sort_index(), one.stories.set_index(key)["r"].sort_index(), atol=1e-6
    )


@pytest.mark.slow
@pytest.mark.parametrize("carriers", ["shared", "own"])
def test_what_stories_share_is_decoded_across_them_and_nothing_else_is(registry, carriers):
    """Strong coupling in three stories: above the null's 95 % in each where carriers are shared, below it where not."""
    made = simulate_stories(carriers, n_subjects=4, n_regions=9, n_carriers=3, coupling=0.4, n_volumes=240, seed=3)
    config = {**QUICK, "null": {"n": 39}, "split": {"kind": "subject-and-story", "n_blocks": 3}}
    found = decode(made.series, made.ratings, config=config, registry=registry)
    within = decode(made.series, made.ratings, config={**config, "split": "subject"}, registry=registry)
    assert within.scores["r"][0] > 0.35
    assert (found.stories["r"] > found.stories["null_95"]).all() == (carriers == "shared")
    assert (found.scores["p"][0] < 0.05) == (carriers == "shared")


def test_tables_of_several_stories(series, ratings, registry):
    """`stories` beside the others, whose columns stay; predictions say which story."""
    found = decode(series, ratings, config={**QUICK, "null": {"n": 39}}, registry=registry)
    assert list(found.stories.columns) == [
        "emotion", "features", "story", "r", "null_mean", "null_95", "p", "p_family", "n_subjects",
    ]  # fmt: skip
    assert found.stories[["emotion", "story"]].to_numpy().tolist() == [
        ["fear", "pie"], ["joy", "pie"], ["fear", "sea"], ["joy", "sea"],
    ]  # fmt: skip
    assert (found.stories["p_family"] >= found.stories["p"]).all()
    assert found.tables["stories"] is found.stories
    assert "stories" not in found.scores
    predicted = found.predictions
    assert list(predicted.columns[:3]) == ["subject", "story", "onset_s"]
    assert predicted.groupby("story")["subject"].nunique().to_dict() == {"pie": 4, "sea": 3}
    assert not predicted.duplicated(["subject", "story", "onset_s", "emotion", "features"]).any()
    entries = found.provenance["input"]["stories"]
    assert {name: len(one["subjects"]) for name, one in entries.items()} == {"pie": 4, "sea": 3}


def test_the_check_describes_each_story(study, registry):
    """Who heard it, how long it is, how many of its rows can be decoded; one story is described as before."""
    found = BrainPathway.from_config({**QUICK, "split": "subject-and-story"}, registry=registry).check(study)
    assert [(one.name, len(one.subjects), one.n_volumes) for one in found.stories] == [("pie", 4, 260), ("sea", 3, 200)]
    assert sum(one.n_rows for one in found.stories) == found.n_rows
    assert found.n_volumes == 460
    assert [one["name"] for one in found.to_dict()["stories"]] == ["pie", "sea"]


def test_one_story_cannot_be_split_over_stories(told, registry):
    """The error is one of the split."""
    pie = told["pie"]
    with pytest.raises(ConfigError) as caught:
        decode(pie.series, {"pie": pie.ratings}, config={**QUICK, "split": "story"}, registry=registry)
    assert caught.value.path == "split.kind"


@pytest.mark.parametrize("kind", ["subject-and-block", "subject-and-story"])
def test_a_decoder_is_kept_of_several_stories(series, ratings, registry, kind):
    """Refitted to all of them, with penalties chosen as the split says; it predicts each recording, named by story."""
    found = decode(series, ratings, config={**QUICK, "split": {"kind": kind, "n_blocks": 3}}, registry=registry)
    decoder = found.refit()
    courses = decoder.predict(series)
    assert [(one.subject, one.story) for one in courses] == [(one.subject, one.story) for one in series]
    assert all(np.isfinite(one.values).all() for one in courses)


def cut(one, n_volumes):
    return attrs.evolve(one, values=one.values[:n_volumes])


def test_a_story_too_short_for_a_score_is_no_test_and_the_notes_say_so():
    """It trains, and is predicted, but none of its blocks holds enough windows."""
    made = simulate_stories(n_subjects=3, n_volumes=160, n_regions=4, n_carriers=3)
    short = [cut(one, 60) if one.story == "story3" else one for one in made.series]
    config = {**QUICK, "windowing": {"width_s": 24.0, "step_s": 6.0}, "split": {"kind": "story", "n_blocks": 3}}
    found = decode(short, made.ratings, config=config)
    assert found.stories["n_subjects"].tolist() == [3, 3, 0]
    assert found.stories["r"].isna().tolist() == [False, False, True]
    (claim,) = [note for note in found.notes if "generalises" in note]
    assert "Each of the 2 stories (story1, story2)" in claim
    assert "there are 2" in claim
    assert "No block of story3" in claim


def test_who_alone_heard_a_story_is_tested_by_training_that_did_not_and_the_notes_say_so(ratings, series):
    """Of a split within stories, too."""
    alone = [one for one in series if one.story == "pie" or one.subject == "sub-01"]
    found = decode(alone, ratings, config={**QUICK, "split": "subject"})
    (claim,) = [note for note in found.notes if "Conclusions apply only to" in note]
    assert "where the only listeners of a story (sea)" in claim
    everybody = decode(series, ratings, config={**QUICK, "split": "subject"})
    assert not any("alone" in note for note in everybody.notes)
