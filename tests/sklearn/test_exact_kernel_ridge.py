"""`ExactKernelRidge` is an estimator of scikit-learn's, and its numbers are those of refitting."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    LeaveOneGroupOut,
    LeaveOneOut,
    ShuffleSplit,
    TimeSeriesSplit,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import sklearn
from emotopy.errors import ConfigError
from emotopy.sklearn import ExactKernelRidge, exact_kernel_ridge

ALPHAS = np.logspace(-2, 4, 13)


@parametrize_with_checks([ExactKernelRidge(), ExactKernelRidge("rbf"), ExactKernelRidge(cv=3, alpha_scale=1.0)])
def test_scikit_learn_s_own_checks_pass(estimator, check):
    """Every check that scikit-learn has for a regressor; no exception is needed."""
    check(estimator)


@pytest.fixture
def data(rng):
    """Rows of 8 groups of unequal sizes, more features than rows; three targets of different noise."""
    groups = np.repeat(np.arange(8), [3, 5, 4, 6, 5, 4, 7, 6])
    X = rng.standard_normal((len(groups), 61)) + rng.standard_normal(61) * 3
    Y = X[:, :3] @ np.diag([1.0, 0.4, 0.0]) + rng.standard_normal((len(groups), 3)) + 5
    order = rng.permutation(len(groups))
    return X[order], Y[order], groups[order]


def folds_of(cv, X, y, groups):
    """Return the folds of a splitter, which is told of groups only where it asks for them."""
    takes_groups = isinstance(cv, (GroupKFold, LeaveOneGroupOut))
    return cv.split(X, y, groups) if takes_groups else cv.split(X, y)


def searched(X, y, groups, cv, alphas=ALPHAS):
    """Return the penalty that a search with scikit-learn's Ridge finds, refitting for each fold."""
    search = GridSearchCV(
        Ridge(), {"alpha": alphas}, cv=list(folds_of(cv, X, y, groups)), scoring="neg_mean_squared_error"
    )
    return search.fit(X, y).best_params_["alpha"]


@pytest.mark.parametrize(
    ("cv", "grouped", "splitter"),
    [
        (None, True, LeaveOneGroupOut()),
        (None, False, LeaveOneOut()),
        (4, False, KFold(4)),
        (4, True, GroupKFold(4)),
        (KFold(5, shuffle=True, random_state=3), False, KFold(5, shuffle=True, random_state=3)),
    ],
    ids=["groups", "rows", "blocks", "sets of groups", "splitter"],
)
@pytest.mark.parametrize("n_features", [7, 61])
def test_penalties_are_those_of_a_search_that_refits(data, cv, grouped, splitter, n_features):
    """Each target has the penalty that GridSearchCV finds with Ridge, and then Ridge's coefficients."""
    X, Y, groups = data
    X = X[:, :n_features]
    model = ExactKernelRidge(alphas=ALPHAS, alpha_scale=1.0, cv=cv).fit(X, Y, groups if grouped else None)
    wanted = [searched(X, y, groups, splitter) for y in Y.T]
    np.testing.assert_allclose(model.alpha_, wanted)
    assert len(set(wanted)) > 1, "targets that agree would show less"
    for column, alpha in enumerate(wanted):
        ridge = Ridge(alpha).fit(X, Y[:, column])
        np.testing.assert_allclose(model.coef_[column], ridge.coef_, atol=1e-8)
        np.testing.assert_allclose(model.intercept_[column], ridge.intercept_, atol=1e-7)
        np.testing.assert_allclose(model.predict(X)[:, column], ridge.predict(X), atol=1e-8)


def test_rows_left_out_alone_are_ridge_cv(data):
    """Without groups it is scikit-learn's RidgeCV with a penalty per target."""
    X, Y, _ = data
    ours = ExactKernelRidge(alphas=ALPHAS, alpha_scale=1.0).fit(X, Y)
    theirs = RidgeCV(ALPHAS, alpha_per_target=True).fit(X, Y)
    np.testing.assert_allclose(ours.alpha_, theirs.alpha_)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), atol=1e-7)


def test_nested_predictions_are_those_of_refitting(data):
    """`cv_predictions_`: each group by a model fitted without it, whose penalty was searched without it."""
    X, Y, groups = data
    few = ALPHAS[::4]
    model = ExactKernelRidge(alphas=few, alpha_scale=1.0, store_cv_predictions=True).fit(X, Y, groups)
    wanted = np.empty_like(Y)
    for train, test in LeaveOneGroupOut().split(X, Y, groups):
        for column, y in enumerate(Y.T):
            alpha = searched(X[train], y[train], groups[train], LeaveOneGroupOut(), few)
            wanted[test, column] = Ridge(alpha).fit(X[train], y[train]).predict(X[test])
    np.testing.assert_allclose(model.cv_predictions_, wanted, atol=1e-7)
    alone = ExactKernelRidge(alphas=few, alpha_scale=1.0, store_cv_predictions=True).fit(X, Y[:, 1], groups)
    np.testing.assert_allclose(alone.cv_predictions_, wanted[:, 1], atol=1e-7)


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_both_ways_to_leave_folds_out_agree(data, monkeypatch, kernel):
    """Out of one factorisation, or factorised fold by fold, whichever is shorter: penalties and nested predictions."""
    X, Y, groups = data
    found = []
    for by_fold in (True, False):
        monkeypatch.setattr(exact_kernel_ridge, "_is_shorter_by_fold", lambda *sizes, by_fold=by_fold: by_fold)
        gamma = 0.01 if kernel == "rbf" else None
        found.append(ExactKernelRidge(kernel, gamma=gamma, store_cv_predictions=True).fit(X, Y, groups))
    np.testing.assert_allclose(found[0].alpha_, found[1].alpha_)
    np.testing.assert_allclose(found[0].cv_predictions_, found[1].cv_predictions_, atol=1e-8)


def test_the_shorter_way_is_taken():
    """Few large folds of many rows and few features are factorised one by one, many small ones are left out of one."""
    shorter = exact_kernel_ridge._is_shorter_by_fold
    assert shorter(np.repeat(np.arange(3), 3000), 2, 15)
    assert not shorter(np.arange(500), 500, 15)
    assert not shorter(np.repeat(np.arange(20), 25), 500, 15)


def test_rbf_is_ridge_in_the_kernel_s_space(data):
    """Predictions equal Ridge on features whose inner products are the kernel; gamma is given, or the median's."""
    X, Y, groups = data
    given = ExactKernelRidge("rbf", gamma=0.01, alphas=0.5, alpha_scale=1.0).fit(X, Y, groups)
    values, vectors = np.linalg.eigh(rbf_kernel(X, gamma=0.01))
    features = vectors * np.sqrt(np.maximum(values, 0))
    np.testing.assert_allclose(given.predict(X), Ridge(0.5).fit(features, Y).predict(features), atol=1e-6)
    distances = ((X[:, None] - X[None]) ** 2).sum(axis=2)[np.triu_indices(len(X), k=1)]
    assert ExactKernelRidge("rbf").fit(X, Y).gamma_ == pytest.approx(1 / np.median(distances))
    assert not hasattr(given, "coef_")
    refitted = given.set_params(kernel="linear", gamma=None).fit(X, Y)
    assert refitted.coef_.shape == (3, 61)
    assert not hasattr(refitted, "gamma_")


def test_scaling_the_features_changes_nothing_by_default(data):
    """Penalties are relative to the features' variance unless `alpha_scale` is a number."""
    X, Y, groups = data
    one, other = ExactKernelRidge().fit(X, Y, groups), ExactKernelRidge().fit(1000 * X, Y, groups)
    np.testing.assert_allclose(other.predict(1000 * X), one.predict(X), atol=1e-7)
    np.testing.assert_allclose(other.alpha_, one.alpha_ * 1e6)
    assert len(one.alphas_) == 15


def test_shapes_follow_y(data):
    """A 1-D y gives 1-D predictions and numbers; a column stays a column."""
    X, Y, _ = data
    flat, column = ExactKernelRidge().fit(X, Y[:, 0]), ExactKernelRidge().fit(X, Y[:, :1])
    assert flat.predict(X).shape == (len(X),)
    assert flat.coef_.shape == (61,)
    assert isinstance(flat.alpha_, float)
    assert isinstance(flat.intercept_, float)
    assert column.predict(X).shape == (len(X), 1)
    assert column.coef_.shape == (1, 61)
    np.testing.assert_array_equal(column.predict(X)[:, 0], flat.predict(X))


def test_groups_are_routed(data):
    """Through a pipeline and cross-validation, to the model and to the folds; without a request they are refused."""
    X, Y, groups = data
    with sklearn.config_context(enable_metadata_routing=True):
        model = ExactKernelRidge(alphas=ALPHAS, alpha_scale=1.0).set_fit_request(groups=True)
        found = cross_validate(
            make_pipeline(StandardScaler(), model),
            X,
            Y,
            cv=GroupKFold(4),
            params={"groups": groups},
            return_estimator=True,
            return_indices=True,
            error_score="raise",
        )
        train = found["indices"]["train"][0]
        scaled = StandardScaler().fit_transform(X[train])
        wanted = clone(model).fit(scaled, Y[train], groups[train]).alpha_
        np.testing.assert_array_equal(found["estimator"][0][-1].alpha_, wanted)
        with pytest.raises(sklearn.exceptions.UnsetMetadataPassedError):
            cross_validate(ExactKernelRidge(), X, Y, cv=GroupKFold(4), params={"groups": groups})


def test_it_works_inside_other_estimators(data):
    """TransformedTargetRegressor, and a grid over its own parameters."""
    X, Y, _ = data
    inner = TransformedTargetRegressor(ExactKernelRidge(), transformer=StandardScaler()).fit(X, Y)
    assert inner.predict(X).shape == Y.shape
    grid = {"kernel": ["linear", "rbf"], "cv": [None, np.int64(3)], "alpha_scale": ["variance", np.float64(2)]}
    search = GridSearchCV(ExactKernelRidge(), grid, cv=3, error_score="raise").fit(X, Y)
    assert search.best_estimator_.predict(X).shape == Y.shape


def test_a_fitted_one_survives_pickle(data):
    """Predictions are equal to the last bit; a clone has learnt nothing."""
    X, Y, groups = data
    for model in (ExactKernelRidge().fit(X, Y, groups), ExactKernelRidge("rbf").fit(X, Y, groups)):
        again = pickle.loads(pickle.dumps(model))
        np.testing.assert_array_equal(again.predict(X), model.predict(X))
        with pytest.raises(NotFittedError):
            clone(model).predict(X)


@pytest.mark.parametrize(
    ("parameters", "path"),
    [
        ({"kernel": "cubic"}, "kernel"),
        ({"kernel": "linear", "gamma": 1.0}, "gamma"),
        ({"kernel": "rbf", "gamma": -1.0}, "gamma"),
        ({"alphas": [1.0, -1.0]}, "alphas"),
        ({"alphas": []}, "alphas"),
        ({"alpha_scale": 0.0}, "alpha_scale"),
        ({"alpha_scale": "sd"}, "alpha_scale"),
        ({"kernel": "rbf", "store_cv_predictions": True}, "gamma"),
    ],
    ids=str,
)
def test_parameters_are_checked_by_fit_under_their_own_names(data, parameters, path):
    """The error names the parameter as it is called here."""
    X, Y, _ = data
    with pytest.raises(ConfigError) as caught:
        ExactKernelRidge(**parameters).fit(X, Y)
    assert caught.value.path.partition("[")[0] == path
    assert "neural_decoder" not in str(caught.value)


def test_folds_that_test_no_row_once_are_refused(data):
    """A splitter that leaves rows out, or doesn't train on all others; a single group; groups of another length."""
    X, Y, groups = data
    for cv in (ShuffleSplit(3, random_state=0), TimeSeriesSplit(3)):
        with pytest.raises(ValueError, match="cv"):
            ExactKernelRidge(cv=cv).fit(X, Y)
    with pytest.raises(ValueError, match="groups"):
        ExactKernelRidge().fit(X, Y, np.zeros(len(X)))
    two = np.arange(len(X)) % 2
    assert np.isfinite(ExactKernelRidge().fit(X, Y, two).predict(X)).all()
    with pytest.raises(ConfigError) as caught:  # one group of two is left to choose a penalty by
        ExactKernelRidge(store_cv_predictions=True).fit(X, Y, two)
    assert caught.value.path == "store_cv_predictions"
    one_penalty = ExactKernelRidge(alphas=1.0, store_cv_predictions=True).fit(X, Y, two)
    assert one_penalty.cv_predictions_.shape == Y.shape
    for unusable in (np.array([None, *["a"] * (len(X) - 1)], dtype=object), np.column_stack([two, two])):
        with pytest.raises(ValueError, match=r"None|1d"):
            ExactKernelRidge().fit(X, Y, unusable)
    with pytest.raises(ValueError, match="inconsistent"):
        ExactKernelRidge().fit(X, Y, groups[:-1])
    with pytest.raises(TypeError, match="sample_weight"):
        ExactKernelRidge().fit(X, Y, sample_weight=np.ones(len(X)))


def test_rows_that_are_too_many_to_leave_out_alone_are_refused(rng):
    """The error asks for folds; with folds it works."""
    X = rng.standard_normal((10_001, 2))
    with pytest.raises(ConfigError) as caught:
        ExactKernelRidge().fit(X, X)
    assert caught.value.path == "cv"
    np.testing.assert_allclose(ExactKernelRidge(cv=3).fit(X, X).predict(X), X, atol=1e-3)


def test_a_parameter_that_is_not_there_is_refused():
    """A parameter that isn't there is scikit-learn's error."""
    with pytest.raises(ValueError, match="Invalid parameter"):
        ExactKernelRidge().set_params(penalty=1)
