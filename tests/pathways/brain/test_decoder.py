"""The decoder of a whole study: scikit-learn's numbers, new scans, volumes one by one, saved and read."""

from __future__ import annotations

import copy
import hashlib
import json
import pickle

import attrs
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

import emotopy
from emotopy.errors import ConfigError, ContainerError, InputError, OutputError, PluginError
from emotopy.inference.nulls import detrend
from emotopy.inference.rating_courses import volume_course
from emotopy.inference.windows import windowed_means
from emotopy.pathways.brain.pathway import decode
from emotopy.records.brain import RegionSeries, Windowing
from emotopy.registry import Registry
from emotopy.roles import Host
from emotopy.simulate import simulate_bold
from emotopy_plugins.connectivity.sliding_window import SlidingWindow

TR_S, N_VOLUMES, N_REGIONS, N_SUBJECTS = 2.0, 290, 5, 4
WINDOWS = Windowing(width_s=30.0, step_s=6.0)
WIDTH = WINDOWS.width(TR_S)
CONFIG = {
    "reporter": [],
    "null": {"n": 19},
    "windowing": {"width_s": 30.0, "step_s": 6.0},
    "split": {"n_blocks": 3},
    "compare": {"features": [], "remove_evoked": False, "baselines": False},
}


@pytest.fixture(scope="module")
def registry():
    """What is installed, loaded once."""
    return Registry.load()


@pytest.fixture(scope="module")
def study():
    """Four listeners, five regions, of which three couple as fear rises; joy is nowhere."""
    return simulate_bold(
        "coupling",
        n_subjects=N_SUBJECTS,
        n_volumes=N_VOLUMES,
        n_regions=N_REGIONS,
        n_carriers=3,
        coupling=0.45,
        emotions=("fear", "joy"),
        planted=("fear",),
        seed=3,
    )


@pytest.fixture(scope="module")
def decoding(study, registry):
    return decode(study.series, study.ratings, config=CONFIG, registry=registry)


@pytest.fixture(scope="module")
def decoder(decoding, registry):
    """The one that needs the whole run."""
    return decoding.refit(registry=registry)


@pytest.fixture(scope="module")
def causal(decoding, registry):
    """The one that follows a scan."""
    return decoding.refit(causal=True, registry=registry)


@pytest.fixture
def listening(causal):
    """The causal decoder with somebody who listens, and what was said."""
    said = []
    return attrs.evolve(causal, host=Host(notify=said.append)), said


def measured(series, *, is_causal=False, step_s=6.0):
    measure = SlidingWindow(attrs.evolve(WINDOWS, step_s=step_s), causal=is_causal)
    return measure.features(measure.clean(np.asarray(series.values, dtype=float), TR_S), TR_S).astype(float)


def volumes(seed, n_volumes=60):
    """A run of a person who wasn't there."""
    rng = np.random.default_rng(seed)
    return 500 + rng.standard_normal((n_volumes, N_REGIONS)) + rng.standard_normal((n_volumes, 1))


# What is learnt -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_causal", [False, True])
def test_coefficients_are_those_of_scikit_learn(study, decoder, causal, is_causal):
    """Ridge with the chosen penalties on every window of every subject, put together from the parts."""
    made = causal if is_causal else decoder
    X = np.concatenate([measured(one, is_causal=is_causal) for one in study.series])
    course = detrend(volume_course(study.ratings, TR_S, N_VOLUMES).values)
    Y = np.tile(windowed_means(course, WINDOWS.starts(TR_S, N_VOLUMES), WINDOWS.weights(TR_S)), (N_SUBJECTS, 1))
    model = Ridge(alpha=made.penalties).fit(X, Y)
    np.testing.assert_allclose(made.coefficients, model.coef_.T, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(made.intercept, model.intercept_, rtol=1e-6)
    assert (made.n_rows, made.n_subjects) == (len(X), N_SUBJECTS)


def test_penalties_are_chosen_by_the_decodings_folds(study, decoding, decoder):
    """Refitted by scikit-learn in every fold of the split, the least mean squared error wins."""
    X = np.concatenate([measured(one) for one in study.series])
    course = detrend(volume_course(study.ratings, TR_S, N_VOLUMES).values)
    windows = windowed_means(course, WINDOWS.starts(TR_S, N_VOLUMES), WINDOWS.weights(TR_S))
    n_windows = len(windows)
    subject, window = np.repeat(np.arange(N_SUBJECTS), n_windows), np.tile(np.arange(n_windows), N_SUBJECTS)
    start_s = window * WINDOWS.step_s
    # a block is a third of the story, by the windows' centres
    table = decoding.predictions.query("emotion == 'fear'")
    block = table["block"].to_numpy()
    assert (table["subject"].to_numpy() == np.array([one.subject for one in study.series])[subject]).all()
    relative = 10 ** np.linspace(-2, 5, 15)
    penalties = relative * ((X - X.mean(axis=0)) ** 2).sum() / len(X)
    errors = np.zeros((15, 2))
    for who in range(N_SUBJECTS):
        for number in np.unique(block):
            test = (subject == who) & (block == number)
            far = np.abs(start_s[:, None] - start_s[block == number][None]).min(axis=1) >= 30 + 32
            train = (subject != who) & far
            for i, penalty in enumerate(penalties):
                model = Ridge(alpha=penalty).fit(X[train], windows[window[train]])
                errors[i] += ((model.predict(X[test]) - windows[window[test]]) ** 2).mean(axis=0)
    np.testing.assert_allclose(decoder.penalties, penalties[errors.argmin(axis=0)], rtol=1e-6)


def test_scores_are_those_of_cross_validation(study, decoding, decoder, causal, registry):
    """The decoding's own; a causal decoder has beside them those of a decoding with the causal measure."""
    ours, theirs = decoder.scores, decoding.scores
    assert ours["causal"].tolist() == [False, False]
    again = decode(
        study.series,
        study.ratings,
        config={**CONFIG, "connectivity": {"use": "sliding-window", "causal": True}},
        registry=registry,
    )
    for table, wanted in (
        (ours, theirs),
        (causal.scores[~causal.scores["causal"]], theirs),
        (causal.scores[causal.scores["causal"]], again.scores),
    ):
        for column in ("emotion", "r", "null_mean", "null_95", "p", "p_family"):
            assert table[column].tolist() == wanted[column].tolist()
    direct = again.refit(registry=registry)
    assert direct.is_causal
    assert direct.scores["causal"].tolist() == [True, True]
    np.testing.assert_array_equal(direct.coefficients, causal.coefficients)
    assert again.refit(causal=True, registry=registry).scores.equals(direct.scores)


# What is predicted --------------------------------------------------------------------------------------------------


def test_a_prediction_is_features_times_coefficients(study, decoder):
    """A course per run, on the windows' centres, with the run's name."""
    courses = decoder.predict(study.series)
    assert [course.subject for course in courses] == [one.subject for one in study.series]
    for one, course in zip(study.series, courses, strict=True):
        wanted = measured(one) @ decoder.coefficients + decoder.intercept
        np.testing.assert_allclose(course.values, wanted, atol=1e-12)
        np.testing.assert_allclose(course.centres_s, WINDOWS.centres_s(TR_S, N_VOLUMES))
        assert course.emotions == ("fear", "joy")


def test_new_people_are_predicted(study, decoder, causal):
    """Somebody else who heard the planted story: above 0.3, joy nowhere near."""
    others = simulate_bold(
        "coupling",
        n_subjects=6,
        n_volumes=N_VOLUMES,
        n_regions=N_REGIONS,
        n_carriers=3,
        coupling=0.45,
        emotions=("fear", "joy"),
        planted=("fear",),
        seed=3,
    ).series[N_SUBJECTS:]
    course = detrend(volume_course(study.ratings, TR_S, N_VOLUMES).values)
    wanted = windowed_means(course, WINDOWS.starts(TR_S, N_VOLUMES), WINDOWS.weights(TR_S))
    for made in (decoder, causal):
        r = [np.corrcoef(found.values[:, 0], wanted[:, 0])[0, 1] for found in made.predict(others)]
        assert min(r) > 0.3


def test_a_run_may_be_one_record_or_a_dataframe(study, decoder):
    """The same course."""
    one = study.series[0]
    frame = pd.DataFrame(one.values, columns=list(one.regions))
    (alone,), (framed,) = decoder.predict(one), decoder.predict({one.subject: frame}, tr_s=TR_S)
    np.testing.assert_array_equal(alone.values, framed.values)
    assert framed.subject == one.subject


def test_regions_are_found_by_name(study, decoder):
    """In another order they are put in order, and this is told; more of them too; a missing one is named."""
    said = []
    made = attrs.evolve(decoder, host=Host(notify=said.append))
    one = study.series[0]
    order = [3, 0, 4, 2, 1]
    other = attrs.evolve(one, regions=[one.regions[i] for i in order], values=one.values[:, order])
    (wanted,) = made.predict(one)
    assert said == []
    (found,) = made.predict(other)
    np.testing.assert_array_equal(found.values, wanted.values)
    assert len(said) == 1
    more = attrs.evolve(one, regions=[*one.regions, "more"], values=np.hstack([one.values, one.values[:, :1]]))
    (found,) = made.predict(more)
    np.testing.assert_array_equal(found.values, wanted.values)
    assert len(said) == 2
    fewer = attrs.evolve(one, regions=one.regions[1:], values=one.values[:, 1:])
    with pytest.raises(InputError, match=one.subject) as caught:
        made.predict(fewer)
    assert caught.value.column == one.regions[0]


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (lambda one: attrs.evolve(one, tr_s=1.5), "2 s"),
        (lambda one: attrs.evolve(one, values=one.values[:14]), "at least 15 volumes"),
    ],
    ids=["another TR", "a run shorter than a window"],
)
def test_what_does_not_fit_is_refused(study, decoder, change, wanted):
    """The subject is named."""
    with pytest.raises(InputError, match=study.series[1].subject) as caught:
        decoder.predict([study.series[0], change(study.series[1])])
    assert caught.value.wanted == wanted


def test_censored_volumes_leave_windows_and_are_nan_where_too_many_are(study, decoder):
    """By `keep`, or as rows of NaN: the same course; windows that keep under 80 % are NaN."""
    one = study.series[0]
    keep = np.ones(N_VOLUMES, dtype=bool)
    keep[100:104] = False
    by_keep = attrs.evolve(one, keep=keep)
    by_nan = attrs.evolve(one, values=np.where(keep[:, None], one.values, np.nan))
    (first,), (second,) = decoder.predict(by_keep), decoder.predict(by_nan)
    np.testing.assert_array_equal(first.values, second.values)
    starts = WINDOWS.starts(TR_S, N_VOLUMES)
    lost = np.array([(~keep[start : start + WIDTH]).sum() for start in starts])
    np.testing.assert_array_equal(np.isnan(first.values).any(axis=1), lost > 3)


def test_a_constant_region_is_named(study, decoder):
    """With the subject."""
    values = study.series[0].values.copy()
    values[:, 2] = 1
    with pytest.raises(InputError, match=study.series[0].subject):
        decoder.predict(attrs.evolve(study.series[0], values=values))


def test_confounds_on_one_side_only_are_told(study, registry):
    """They are regressed out where they are given."""
    confounds = [np.cos(np.arange(N_VOLUMES) / (3 + i))[:, None] for i in range(N_SUBJECTS)]
    found = decode(study.series, study.ratings, confounds=confounds, config=CONFIG, registry=registry)
    said = []
    made = found.refit(registry=registry, host=Host(notify=said.append))
    assert made.has_confounds
    (given,) = made.predict(study.series[:1], confounds=confounds[:1])
    assert said == []
    (without,) = made.predict(study.series[:1])
    assert len(said) == 1
    assert not np.allclose(given.values, without.values)
    with pytest.raises(InputError):
        made.predict(study.series[:2], confounds=confounds[:1])
    with pytest.raises(InputError, match=study.series[0].subject):
        made.predict(study.series[:1], confounds=[confounds[0][:-1]])
    with pytest.raises(ConfigError) as caught:
        found.refit(causal=True, registry=registry)
    assert caught.value.path == "connectivity.causal"


# Volumes one by one -------------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(data=st.data())
def test_the_stream_is_the_batch(data, causal):
    """For runs of any length, volumes missing as NaN or by number: `predict` at every volume, to 1e-6."""
    n_volumes = data.draw(st.integers(WIDTH, 80))
    values = volumes(data.draw(st.integers(0, 2**16)), n_volumes)
    missing = data.draw(st.sets(st.integers(1, n_volumes - 2), max_size=n_volumes // 4))
    values[sorted(missing)] = np.nan
    by_number = data.draw(st.booleans())
    (wanted,) = causal.predict(RegionSeries("new", causal.regions, values, TR_S), step_s=TR_S)
    stream = causal.stream(TR_S)
    found = np.full((n_volumes, 2), np.nan)
    for number, volume in enumerate(values):
        if by_number and number in missing:
            continue
        found[number] = stream.update(volume, number if by_number else None)
    assert np.isnan(found[: WIDTH - 1]).all()
    given_ = [n for n in range(WIDTH - 1, n_volumes) if not (by_number and n in missing)]
    np.testing.assert_allclose(found[given_], wanted.values[np.array(given_) - WIDTH + 1], atol=1e-6, rtol=0)
    assert stream.n_volumes == n_volumes
    assert stream.centre_s == pytest.approx(wanted.centres_s[-1])


def test_regions_of_a_stream_are_found_by_name(listening):
    """Another order and further regions are told and give the same numbers; a missing one is named."""
    made, said = listening
    values = volumes(1)
    usual = made.stream(TR_S)
    other = made.stream(TR_S, regions=[*reversed(made.regions), "more"])
    assert len(said) == 2
    for volume in values:
        np.testing.assert_array_equal(other.update([*volume[::-1], 7.0]), usual.update(volume))
    with pytest.raises(InputError) as caught:
        made.stream(TR_S, regions=made.regions[:-1])
    assert caught.value.column == made.regions[-1]


def test_a_stream_starts_with_nothing(causal):
    """Not a window yet: NaN, and no centre."""
    stream = causal.stream(TR_S)
    assert np.isnan(stream.centre_s)
    answers = [stream.update(volume) for volume in volumes(2, WIDTH)]
    assert np.isnan(answers[:-1]).all()
    assert np.isfinite(answers[-1]).all()
    assert stream.centre_s == pytest.approx(WIDTH * TR_S / 2)


@pytest.mark.parametrize(
    ("volume", "number", "column"),
    [
        (lambda one: one[:3], None, None),
        (lambda one: np.where(np.arange(N_REGIONS) == 1, np.nan, one), None, "region_2"),
        (lambda one: np.where(np.arange(N_REGIONS) == 3, np.inf, one), None, "region_4"),
        (lambda one: np.full(N_REGIONS, np.inf), None, "region_1"),
        (lambda one: one, 4, None),
        (lambda one: one, 19, None),
        (lambda one: one, 10**9, None),
    ],
    ids=["too few", "NaN in part", "infinite", "all infinite", "an old number", "the last again", "far away"],
)
def test_a_volume_that_does_not_fit_leaves_the_stream_as_it_was(causal, volume, number, column):
    """The error names the volume, and the region where one is at fault; the run can go on."""
    values = volumes(3)
    usual, stream = causal.stream(TR_S), causal.stream(TR_S)
    for one in values[:20]:
        usual.update(one)
        stream.update(one)
    with pytest.raises(InputError) as caught:
        stream.update(volume(values[20]), number)
    assert caught.value.row == 20
    assert caught.value.column == column
    for one in values[20:]:
        np.testing.assert_array_equal(stream.update(one), usual.update(one))


def test_a_dead_region_is_named(causal):
    """When the first window is full."""
    stream, values = causal.stream(TR_S), volumes(4)
    values[:, 3] = 812.5
    for volume in values[: WIDTH - 1]:
        stream.update(volume)
    with pytest.raises(InputError) as caught:
        stream.update(values[WIDTH - 1])
    assert (caught.value.row, caught.value.column) == (WIDTH - 1, causal.regions[3])


def test_only_a_causal_decoder_streams_and_at_its_own_pace(decoder, causal):
    """Errors say what to do."""
    with pytest.raises(InputError):
        decoder.stream(TR_S)
    with pytest.raises(InputError) as caught:
        causal.stream(1.0)
    assert caught.value.wanted == "2 s"


# What can't be learnt -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("neural_decoder", "name"),
    [("ridge", "ridge"), ({"use": "kernel-ridge", "kernel": "rbf", "gamma": 0.1}, "kernel-ridge")],
)
def test_other_decoders_are_named(study, registry, neural_decoder, name):
    """Only a linear kernel ridge is kept."""
    found = decode(study.series, study.ratings, config={**CONFIG, "neural_decoder": neural_decoder}, registry=registry)
    with pytest.raises(ConfigError) as caught:
        found.refit(registry=registry)
    assert (caught.value.path, caught.value.got) == ("neural_decoder", name)


def test_other_measures_learn_but_not_causally(study, registry, tmp_path):
    """Windowed amplitude predicts, and is saved and read."""
    found = decode(study.series, study.ratings, config={**CONFIG, "connectivity": "amplitude"}, registry=registry)
    made = found.refit(registry=registry)
    assert made.coefficients.shape == (N_REGIONS, 2)
    again = emotopy.load(made.save(tmp_path / "model"), registry=registry)
    (one,), (other,) = made.predict(study.series[0]), again.predict(study.series[0])
    np.testing.assert_array_equal(one.values, other.values)
    with pytest.raises(ConfigError) as caught:
        found.refit(causal=True, registry=registry)
    assert caught.value.path == "connectivity"


def test_levels_of_single_volumes_learn(study, registry, tmp_path):
    """Rows are volumes with their neighbours; the run's ends are NaN."""
    lags = {"use": "amplitude", "mode": "lags"}
    found = decode(study.series, study.ratings, config={**CONFIG, "connectivity": lags}, registry=registry)
    made = emotopy.load(found.refit(registry=registry).save(tmp_path / "model"), registry=registry)
    (course,) = made.predict(study.series[0])
    assert np.isnan(course.values[[0, -1]]).all()
    assert np.isfinite(course.values[1:-1]).all()
    assert len(course.values) == N_VOLUMES


def test_a_measure_given_as_an_object_predicts_but_is_not_saved(study, registry, tmp_path):
    """A folder can't hold it."""
    config = {**CONFIG, "connectivity": SlidingWindow(WINDOWS)}
    made = decode(study.series, study.ratings, config=config, registry=registry).refit(registry=registry)
    assert np.isfinite(made.predict(study.series[0])[0].values).all()
    with pytest.raises(ConfigError) as caught:
        made.save(tmp_path / "model")
    assert caught.value.path == "connectivity"
    assert not (tmp_path / "model").exists()


def test_several_stories_make_one_decoder(study, registry):
    """Every window of every story is learnt from; a course names its story."""
    other = simulate_bold("coupling", n_subjects=N_SUBJECTS, n_volumes=260, n_regions=N_REGIONS, n_carriers=2,
                          emotions=("fear", "joy"), seed=4)  # fmt: skip
    both = {"pie": study, "sea": other}
    series = [attrs.evolve(one, story=name) for name, each in both.items() for one in each.series]
    ratings = {name: each.ratings for name, each in both.items()}
    made = decode(series, ratings, config=CONFIG, registry=registry).refit(registry=registry)
    n_windows = [len(WINDOWS.starts(TR_S, n_volumes)) for n_volumes in (N_VOLUMES, 260)]
    assert (made.n_rows, made.n_subjects) == (N_SUBJECTS * sum(n_windows), N_SUBJECTS)
    courses = made.predict(series)
    assert [course.story for course in courses] == ["pie"] * N_SUBJECTS + ["sea"] * N_SUBJECTS
    assert [len(course.values) for course in courses] == np.repeat(n_windows, N_SUBJECTS).tolist()


class Failing(SlidingWindow):
    """A measure of somebody else's, whose stream fails."""

    def stream(self, n_regions, tr_s):
        inner = super().stream(n_regions, tr_s)

        class Stream:
            n_seen = 0

            def update(self, volume):
                self.n_seen += 1
                if self.n_seen > WIDTH:
                    raise ZeroDivisionError
                return inner.update(volume)

        return Stream()


def test_a_foreign_measure_streams_under_guard(study, registry):
    """Its failure names it; windows of an object are its own."""
    config = {**CONFIG, "connectivity": Failing(WINDOWS, causal=True)}
    made = decode(study.series, study.ratings, config=config, registry=registry).refit(causal=True, registry=registry)
    assert made.is_causal
    assert made.scores["causal"].tolist() == [True, True]
    stream = made.stream(TR_S)
    for volume in volumes(5, WIDTH):
        found = stream.update(volume)
    assert np.isfinite(found).all()
    with pytest.raises(PluginError, match="Failing"):
        stream.update(volumes(5)[0])
    with pytest.raises(InputError):
        made.predict(study.series[0], step_s=TR_S)


def test_a_decoding_without_scans_can_not_refit(decoding, registry):
    """A pickle has none; a copy shares them. Neither holds them twice, and no repr shows them."""
    data = pickle.dumps(decoding)
    with pytest.raises(InputError):
        pickle.loads(data).refit(registry=registry)
    assert len(data) < 1_000_000
    for other in (copy.copy(decoding), copy.deepcopy(decoding)):
        assert other.origin is decoding.origin
    assert "origin" not in repr(decoding)


# Saved and read -----------------------------------------------------------------------------------------------------


def test_a_decoder_is_read_as_it_was(study, decoder, causal, registry, tmp_path):
    """It predicts the same numbers; the same decoder gives the same bytes."""
    for name, made in (("usual", decoder), ("causal", causal)):
        again = emotopy.load(made.save(tmp_path / name), registry=registry)
        for field in ("emotions", "regions", "tr_s", "has_confounds", "n_subjects", "n_rows", "notes", "is_causal"):
            assert getattr(again, field) == getattr(made, field)
        pd.testing.assert_frame_equal(again.scores, made.scores)
        assert json.dumps(again.provenance, sort_keys=True) == json.dumps(made.provenance, sort_keys=True)
        (one,), (other,) = made.predict(study.series[0]), again.predict(study.series[0])
        np.testing.assert_array_equal(one.values, other.values)
        again.save(tmp_path / f"{name} again")
        for file in ("container.json", "arrays.npz", "provenance.json"):
            assert (tmp_path / name / file).read_bytes() == (tmp_path / f"{name} again" / file).read_bytes()


def test_a_folder_that_is_there_stays_unless_forced(decoder, causal, registry, tmp_path):
    """As results do."""
    place = decoder.save(tmp_path / "model")
    with pytest.raises(OutputError):
        causal.save(place)
    causal.save(place, force=True)
    assert emotopy.load(place, registry=registry).is_causal


def test_no_scans_are_saved(study, decoder, tmp_path):
    """A model holds coefficients; signals stay where they are."""
    place = decoder.save(tmp_path / "model")
    assert sum(path.stat().st_size for path in place.iterdir()) < 30_000


def changed(place, change):
    """Change the state of a saved decoder, checksums made right again."""
    head = json.loads((place / "container.json").read_text("utf-8"))
    change(head["state"])
    (place / "container.json").write_text(json.dumps(head))
    provenance = json.loads((place / "provenance.json").read_text("utf-8"))
    digest = hashlib.sha256((place / "container.json").read_bytes()).hexdigest()
    provenance["manifest"]["files"]["container.json"] = digest
    (place / "provenance.json").write_text(json.dumps(provenance))
    return place


@pytest.mark.parametrize(
    "change",
    [
        {"emotions": ["fear"]},
        {"emotions": ["fear", "fear"]},
        {"emotions": []},
        {"regions": ["a", "b"]},
        {"regions": 5},
        {"tr_s": 0},
        {"tr_s": -2.0},
        {"tr_s": "2"},
        {"tr_s": True},
        {"tr_s": 1e9},
        {"has_confounds": 1},
        {"n_subjects": 0},
        {"n_rows": 1.5},
        {"scores": {}},
        {"scores": [{"emotion": "anger"}]},
        {"scores": [1]},
        {"notes": "none"},
        {"notes": [1]},
        {"connectivity": "sliding-window"},
        {"connectivity": {"use": ["a"], "version": "1", "options": {}}},
        {"connectivity": {"use": "emotopy:sliding-window", "version": 1, "options": {}}},
        {"connectivity": {"use": "emotopy:amplitude", "version": "1", "options": {}}},
        {"connectivity": {"use": "emotopy:sliding-window", "version": "1", "options": {"fisher": False}}},
        {"connectivity": {"use": "emotopy:sliding-window", "version": "1", "options": {"high_pass_hz": 0.2}}},
        {"windowing": []},
    ],
    ids=str,
)
def test_a_state_that_was_changed_is_refused(decoder, registry, tmp_path, change):
    """Though its checksums are right: wrong types, names that don't fit, a measure that gives other features."""
    place = changed(decoder.save(tmp_path / "model"), lambda state: state.update(change))
    with pytest.raises(ContainerError) as caught:
        emotopy.load(place, registry=registry)
    assert caught.value.member
    assert caught.value.member.startswith("state.")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"connectivity": {"use": "other:measure", "version": "1", "options": {}}}, "connectivity"),
        ({"connectivity": {"use": "emotopy:sliding-window", "version": "1", "options": {"x": 1}}}, "connectivity.x"),
        ({"windowing": {"width_s": -1.0}}, "windowing.width_s"),
    ],
    ids=["not installed", "no such option", "out of bounds"],
)
def test_a_measure_that_can_not_be_made_is_named(decoder, registry, tmp_path, change, path):
    """By the key, as in any configuration."""
    place = changed(decoder.save(tmp_path / "model"), lambda state: state.update(change))
    with pytest.raises(ConfigError) as caught:
        emotopy.load(place, registry=registry)
    assert caught.value.path == path


@pytest.mark.parametrize(
    "change",
    [
        {"windowing": {"width_s": 1e6}},
        {"windowing": {"width_s": 1e300}},
        {"windowing": {"sigma_s": 1e300}},
        {"windowing": {"step_s": 1e300}},
        {"tr_s": 1e-9},
        {"tr_s": 1e-300, "windowing": {"width_s": 1e300}},
    ],
    ids=str,
)
def test_windows_that_would_fill_the_memory_are_refused_before_they_are_made(decoder, registry, tmp_path, change):
    """However few bytes the folder has."""
    place = changed(decoder.save(tmp_path / "model"), lambda state: state.update(change))
    with pytest.raises(ContainerError) as caught:
        emotopy.load(place, registry=registry)
    assert caught.value.member == "state.connectivity"


def test_another_version_of_the_measure_is_told(decoder, registry, tmp_path):
    """It gives the same features, so the decoder is read."""
    place = changed(decoder.save(tmp_path / "model"), lambda state: state["connectivity"].update(version="0.0.1"))
    said = []
    emotopy.load(place, registry=registry, host=Host(notify=said.append))
    assert len(said) == 1


def test_a_results_directory_is_no_decoder(decoding, registry, tmp_path):
    """The error says what is wanted."""
    decoding.write(tmp_path / "results", registry, reporters="tables")
    with pytest.raises(ContainerError):
        emotopy.load(tmp_path / "results", registry=registry)
