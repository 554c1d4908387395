"""`WindowedConnectivity` is a transformer of scikit-learn's, with the numbers of the brain pathway."""

from __future__ import annotations

import pickle

import attrs
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.model_selection import GridSearchCV, GroupKFold, LeaveOneGroupOut, cross_validate
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import sklearn
from emotopy.errors import ConfigError, InputError, PluginError, UnknownName
from emotopy.pathways.brain.features import measured, time_grid
from emotopy.pathways.brain.pathway import BrainPathway
from emotopy.pathways.brain.study import Study
from emotopy.simulate import simulate_bold
from emotopy.sklearn import ExactKernelRidge, WindowedConnectivity

BY_TIME = {
    # A row is a volume of a recording, and what is computed is how the regions go together around that moment. Volumes
    # in another order, or some of them without those between, are another recording.
    "check_methods_sample_order_invariance": "rows are volumes in time: in another order they are another recording",
    "check_methods_subset_invariance": "a window needs the volumes around it: parts of a recording have others",
}


@parametrize_with_checks(
    [
        WindowedConnectivity(tr_s=2.0, width_s=8.0, step_s=4.0, measure={"use": "sliding-window", "high_pass_hz": 0.0}),
        WindowedConnectivity(tr_s=2.0, width_s=8.0),
        WindowedConnectivity(tr_s=2.0, width_s=8.0, measure="amplitude"),
    ],
    expected_failed_checks=lambda estimator: BY_TIME,
)
@pytest.mark.filterwarnings("ignore:Windows of:UserWarning")
def test_scikit_learn_s_own_checks_pass(estimator, check):
    """Every check for a transformer but the two of rows that know nothing of each other."""
    check(estimator)


@pytest.fixture(scope="module")
def bold():
    """Three people, 5 regions, 150 volumes of 2 s, with the ratings of the story."""
    return simulate_bold("nothing", n_subjects=3, n_volumes=150, n_regions=5, n_carriers=3, seed=4)


def frame_of(series):
    return pd.DataFrame(series.values, columns=list(series.regions))


@pytest.mark.parametrize("tr_s", [2.0, 1.5])
@pytest.mark.parametrize(
    "windowing",
    [{}, {"width_s": 30.0, "step_s": 4.0, "sigma_s": 3.0}, {"width_s": 26.0, "step_s": 2.0, "taper": "rectangular"}],
    ids=["default", "narrow", "rectangular"],
)
@pytest.mark.parametrize(
    "measure", ["sliding-window", {"use": "sliding-window", "fisher": False}, "amplitude"], ids=str
)
def test_the_numbers_are_those_of_the_brain_pathway(bold, windowing, measure, tr_s):
    """In the rows of `window_volumes` stands, bit by bit, what a decoding computes for each subject."""
    series = [attrs.evolve(one, tr_s=tr_s) for one in bold.series]
    pathway = BrainPathway.from_config({"connectivity": measure, "windowing": windowing})
    stage = pathway.stage("connectivity")
    story = Study.of(series, bold.ratings, start_s=0.0).stories[0]
    wanted = list(measured(stage, story, time_grid(stage, story, pathway.config.windowing)))
    model = WindowedConnectivity(tr_s, measure=measure, **windowing)
    rows = model.window_volumes(len(series[0].values))
    for one, features in zip(series, wanted, strict=True):
        found = model.fit_transform(one.values)
        assert len(rows) == len(features)
        np.testing.assert_array_equal(found[rows], features.astype(np.float32))


def test_each_volume_has_the_window_nearest_to_it(bold):
    """Against a search over the distances of centres; the earlier of two."""
    X = bold.series[0].values
    for width_s, step_s in [(30.0, 8.0), (30.0, 2.0), (22.0, 6.0), (20.0, 4.0)]:
        model = WindowedConnectivity(2.0, width_s=width_s, step_s=step_s)
        found, rows = model.fit_transform(X), model.window_volumes(len(X))
        starts = np.arange(0, len(X) - round(width_s / 2) + 1, round(step_s / 2))
        centres = starts * 2.0 + round(width_s / 2)
        nearest = [int(np.argmin(np.abs(centres - (2.0 * volume + 1.0)))) for volume in range(len(X))]
        np.testing.assert_array_equal(found, found[rows][nearest])
        assert set(nearest) == set(range(len(starts))), "every window stands somewhere"


def test_windows_never_cross_runs(bold):
    """Runs below each other give what each gives alone; a run that comes twice is refused, a short one named."""
    series = [one.values[: 100 + 20 * i] for i, one in enumerate(bold.series)]
    runs = np.repeat(["b", "a", "c"], [len(one) for one in series])
    model = WindowedConnectivity(2.0).fit(series[0])
    wanted = np.vstack([model.transform(one) for one in series])
    np.testing.assert_array_equal(model.transform(np.vstack(series), runs=runs), wanted)
    with pytest.raises(InputError) as caught:
        model.transform(np.vstack([series[0], series[1], series[0]]), runs=np.repeat([1, 2, 1], [100, 120, 100]))
    assert caught.value.row == 221
    with pytest.raises(InputError) as caught:  # before a run of one volume is called too short
        model.transform(series[0], runs=np.arange(len(series[0])) % 2)
    assert caught.value.row == 3
    with pytest.raises(ValueError, match="1d"):  # two columns of names, read as one, would stand for other rows
        model.transform(series[0], runs=np.repeat([[1, 1], [2, 2]], 50, axis=0))
    with pytest.raises(ConfigError, match="run late"):
        model.transform(series[0], runs=["early"] * 90 + ["late"] * 10)
    with pytest.raises(ValueError, match="inconsistent"):
        model.transform(series[0], runs=["early"] * 90)


def test_confounds_are_regressed_out_of_each_run(bold, rng):
    """As the pathway's measure does it; what a confound explains is gone."""
    X = bold.series[0].values
    confound = rng.standard_normal((len(X), 1))
    model = WindowedConnectivity(2.0).fit(X)
    stage = BrainPathway.from_config({}).stage("connectivity")
    wanted = stage.object.features(stage.object.clean(X, 2.0, confound), 2.0)
    found = model.transform(X + 5 * confound, confounds=confound)
    rows = model.window_volumes(len(X))
    np.testing.assert_allclose(found[rows], wanted, atol=1e-4)
    assert np.abs(model.transform(X + 5 * confound)[rows] - wanted).max() > 0.5
    with pytest.raises(ValueError, match="inconsistent"):
        model.transform(X, confounds=confound[:-1])


def test_censored_volumes_are_rows_of_nan(bold):
    """A window that lost too many is NaN, others are as the measure has them; a single NaN is refused."""
    X = bold.series[0].values.copy()
    X[40:60] = np.nan
    model = WindowedConnectivity(2.0)
    found = model.fit_transform(X)
    stage = BrainPathway.from_config({}).stage("connectivity")
    wanted = stage.object.features(stage.object.clean(X, 2.0), 2.0)
    np.testing.assert_array_equal(found[model.window_volumes(len(X))], wanted)
    assert 0 < np.isnan(found).all(axis=1).sum() < len(X)
    X[3, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        model.fit(X)
    with pytest.raises(ValueError, match="NaN"):
        model.fit(np.full_like(X, np.nan))


def test_features_have_names_and_frames(bold):
    """Pairs of regions in the order of the features; with `set_output` a table with the rows' index."""
    frame = frame_of(bold.series[0]).set_index(pd.RangeIndex(7, 157))
    model = WindowedConnectivity(2.0).set_output(transform="pandas")
    found = model.fit_transform(frame)
    a, b, c = frame.columns[:3]
    assert list(found.columns[:2]) == [f"{a}--{b}", f"{a}--{c}"]
    assert found.shape == (150, 10)
    assert list(found.index) == list(frame.index)
    one = found[f"{a}--{c}"].iloc[model.window_volumes(150)].to_numpy()
    alone = WindowedConnectivity(2.0).fit_transform(frame[[a, c]])[model.window_volumes(150), 0]
    np.testing.assert_allclose(one, alone, atol=1e-5)
    assert list(WindowedConnectivity(2.0).fit(frame.to_numpy()).get_feature_names_out()[:1]) == ["x0--x1"]
    assert list(WindowedConnectivity(2.0, measure="amplitude").fit(frame).get_feature_names_out()) == list(
        frame.columns
    )
    three = WindowedConnectivity(2.0, measure="amplitude").fit(frame[[a, b, c]])
    assert list(three.get_feature_names_out()) == [a, b, c], "three levels, not three pairs"
    with pytest.raises(ValueError, match="input_features"):
        model.get_feature_names_out(["x"] * 5)


def test_a_measure_with_lags_has_its_own_rows(bold):
    """A row per volume comes from the measure itself, NaN at the ends, without names of regions."""
    X = bold.series[0].values
    model = WindowedConnectivity(2.0, measure={"use": "amplitude", "mode": "lags"}).fit(X)
    found = model.transform(X)
    assert found.shape == (150, 15)
    assert np.isnan(found[[0, -1]]).any()
    assert np.isfinite(found[1:-1]).all()
    assert model.get_feature_names_out()[0] == "windowedconnectivity0"


class Spread:
    """Somebody's own measure: the standard deviation of each region in each window; it wants three regions."""

    def __init__(self, n_rows=None):
        self.n_rows = n_rows

    def features(self, series, tr_s):
        assert series.shape[1] > 2
        starts = range(0, len(series) - 21, 4)
        return np.array([series[start : start + 22].std(axis=0) for start in starts])[: self.n_rows]


def test_an_object_of_ones_own_is_a_measure(bold):
    """It is called as it is, its rows are checked; confounds need a measure that cleans."""
    X = bold.series[0].values
    model = WindowedConnectivity(2.0, measure=Spread())
    found = model.fit_transform(X)
    assert list(model.get_feature_names_out()) == ["x0", "x1", "x2", "x3", "x4"]
    np.testing.assert_allclose(found[11], X[:22].std(axis=0), rtol=1e-6)
    with pytest.raises(PluginError):
        WindowedConnectivity(2.0, measure=Spread(n_rows=0)).fit(X)
    with pytest.raises(ConfigError) as caught:
        WindowedConnectivity(2.0, measure=Spread()).fit(X).transform(X, confounds=X[:, :1])
    assert caught.value.path == "confounds"


@pytest.mark.parametrize(
    ("parameters", "error", "path"),
    [
        ({"tr_s": None}, ConfigError, "tr_s"),
        ({"tr_s": 0.0}, ConfigError, "tr_s"),
        ({"tr_s": "2"}, ConfigError, "tr_s"),
        ({"width_s": -1.0}, ConfigError, "windowing.width_s"),
        ({"taper": "hann"}, ConfigError, "windowing.taper"),
        ({"measure": "sliding"}, UnknownName, "connectivity"),
        ({"measure": {"use": "sliding-window", "fischer": True}}, UnknownName, "connectivity.fischer"),
        ({"measure": "static"}, ConfigError, "measure"),
        ({"measure": 3}, ConfigError, "connectivity"),
    ],
    ids=str,
)
def test_parameters_are_checked_by_fit(bold, parameters, error, path):
    """Making and cloning check nothing; `fit` names what is wrong."""
    model = clone(WindowedConnectivity(**{"tr_s": 2.0, **parameters}))
    with pytest.raises(error) as caught:
        model.fit(bold.series[0].values)
    assert caught.value.path == path


def test_options_of_the_measure_are_parameters(bold):
    """Set and searched as `measure__option`, kept by clone; the estimator that they were set on first stays itself."""
    X = bold.series[0].values
    first = WindowedConnectivity(2.0)
    second = clone(first).set_params(measure__fisher=False, width_s=30)
    assert first.measure == "sliding-window"
    assert second.get_params()["measure__fisher"] is False
    third = clone(second)
    assert third.measure == {"use": "sliding-window", "fisher": False}
    third.set_params(measure__fisher=True)
    assert second.measure["fisher"] is False
    np.testing.assert_allclose(np.tanh(third.fit_transform(X)), second.fit_transform(X), atol=1e-6)
    assert clone(WindowedConnectivity(2.0, measure=None)).set_params(measure__fisher=False).measure == {"fisher": False}


def test_it_decodes_in_a_pipeline_over_subjects(bold):
    """Runs and groups are routed to windows, penalties and folds: each fold is what its own training runs give."""
    X = np.vstack([one.values for one in bold.series])
    subject = np.repeat([one.subject for one in bold.series], 150)
    y = np.tile(np.random.default_rng(0).standard_normal(150).cumsum(), 3)
    with sklearn.config_context(enable_metadata_routing=True):
        windows = WindowedConnectivity(2.0).set_transform_request(runs=True)
        ridge = ExactKernelRidge().set_fit_request(groups=True)
        pipeline = make_pipeline(windows, StandardScaler(), ridge)
        told = {"runs": subject, "groups": subject}
        found = cross_validate(
            pipeline, X, y, cv=LeaveOneGroupOut(), params=told, return_estimator=True, return_indices=True,
            error_score="raise",
        )  # fmt: skip
        train, test = found["indices"]["train"][0], found["indices"]["test"][0]
        alone = np.vstack(
            [WindowedConnectivity(2.0).fit_transform(X[subject == one]) for one in np.unique(subject)[1:]]
        )
        scaler = StandardScaler().fit(alone)
        wanted = ExactKernelRidge().fit(scaler.transform(alone), y[train], subject[train])
        held_out = scaler.transform(WindowedConnectivity(2.0).fit_transform(X[test]))
        np.testing.assert_allclose(found["test_score"][0], wanted.score(held_out, y[test]))
        grid = {"windowedconnectivity__width_s": [30.0, 44.0], "windowedconnectivity__measure__fisher": [True, False]}
        search = GridSearchCV(pipeline, grid, cv=GroupKFold(3), error_score="raise").fit(X, y, **told)
        assert search.best_estimator_.predict(X, runs=subject).shape == y.shape
        assert len(search.cv_results_["params"]) == 4


def test_it_joins_other_transformers(bold):
    """Beside amplitudes in a FeatureUnion, on chosen columns in a ColumnTransformer."""
    frame = frame_of(bold.series[0])
    both = FeatureUnion(
        [("pairs", WindowedConnectivity(2.0)), ("levels", WindowedConnectivity(2.0, measure="amplitude"))]
    )
    assert both.fit_transform(frame).shape == (150, 10 + 5)
    chosen = ColumnTransformer([("three", WindowedConnectivity(2.0), list(frame.columns[:3]))], remainder="drop")
    assert chosen.fit_transform(frame).shape == (150, 3)
    assert len(both.get_feature_names_out()) == 15


def test_a_fitted_one_survives_pickle(bold):
    """Equal to the last bit."""
    X = bold.series[0].values
    model = WindowedConnectivity(2.0, measure={"use": "sliding-window", "fisher": False}).fit(X)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).transform(X), model.transform(X))


def test_what_the_measure_says_is_a_warning(bold):
    """A high-pass too slow for the windows."""
    with pytest.warns(UserWarning, match="high-pass"):
        WindowedConnectivity(2.0, measure={"use": "sliding-window", "high_pass_hz": 0.01}).fit_transform(
            bold.series[0].values
        )
