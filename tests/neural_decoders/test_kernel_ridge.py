"""The regressor `kernel-ridge` on its own, as scikit-learn uses it, and its options."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone, is_regressor
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score

from emotopy.errors import ConfigError, ShapeError
from emotopy.inference.splits import Split
from emotopy.registry import Registry
from emotopy.roles import Host
from emotopy_plugins.neural_decoders import kernel_ridge as plugin
from emotopy_plugins.neural_decoders.kernel_ridge import PENALTIES, KernelRidgeRegressor, kernel_ridge

pytestmark = pytest.mark.fast_path

N_ROWS, N_TARGETS = 40, 3


def data(rng, n_edges):
    X = rng.standard_normal((N_ROWS, n_edges)) + 3
    return X, X[:, :N_TARGETS] * [1.0, 0.3, 0.0] + rng.standard_normal((N_ROWS, N_TARGETS)) + 10


@pytest.mark.parametrize("n_edges", [7, 61])
def test_linear_is_ridge_with_an_intercept(rng, n_edges):
    """Coefficients, intercept and predictions equal scikit-learn's Ridge, with more edges than rows or fewer."""
    X, Y = data(rng, n_edges)
    ours = KernelRidgeRegressor(penalties=(2.5,), scale=1.0).fit(X[:30], Y[:30])
    theirs = Ridge(alpha=2.5).fit(X[:30], Y[:30])
    np.testing.assert_allclose(ours.coef_, theirs.coef_.T, atol=1e-9)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-8)
    np.testing.assert_allclose(ours.predict(X[30:]), theirs.predict(X[30:]), atol=1e-9)
    assert ours.score(X[30:], Y[30:]) == pytest.approx(r2_score(Y[30:], theirs.predict(X[30:])))


def test_rbf_is_kernel_ridge_centred_inside(rng, sklearn_predictions):
    """With the gamma given, or the median of the training rows."""
    from sklearn.metrics.pairwise import euclidean_distances, rbf_kernel

    X, Y = data(rng, 7)
    median = 1 / np.median(euclidean_distances(X[:30], squared=True)[np.triu_indices(30, k=1)])
    for gamma in (0.05, None):
        ours = KernelRidgeRegressor("rbf", gamma=gamma, penalties=(0.3,), scale=1.0).fit(X[:30], Y[:30])
        kernel = rbf_kernel(X, gamma=gamma or median)
        wanted = sklearn_predictions(kernel, Y, np.arange(30), np.arange(30, N_ROWS), 0.3)
        np.testing.assert_allclose(ours.predict(X[30:]), wanted, atol=1e-9)
        assert ours.gamma_ == pytest.approx(gamma or median)


def test_penalties_are_relative_to_the_features_variance(rng):
    """Scaling the features scales the penalty along, so that predictions stay."""
    X, Y = data(rng, 7)
    one, other = (KernelRidgeRegressor(penalties=PENALTIES).fit(c * X, Y) for c in (1.0, 1000.0))
    np.testing.assert_allclose(other.predict(1000 * X), one.predict(X), atol=1e-8)
    centred = X - X.mean(axis=0)
    np.testing.assert_allclose(one.penalties_, np.logspace(-2, 5, 15) * (centred**2).sum() / N_ROWS)


def test_fit_chooses_by_five_blocks_of_rows(rng):
    """Without a plan, as GridSearchCV chooses with unshuffled folds, for each target by itself."""
    X, Y = data(rng, 7)
    grid = np.logspace(-2, 4, 13)
    ours = KernelRidgeRegressor(penalties=tuple(grid), scale=1.0).fit(X, Y)
    for target in range(N_TARGETS):
        search = GridSearchCV(Ridge(), {"alpha": grid}, scoring="neg_mean_squared_error", cv=KFold(5))
        search.fit(X, Y[:, target])
        assert ours.penalties_[ours.chosen_[target]] == pytest.approx(search.best_params_["alpha"])
        np.testing.assert_allclose(ours.predict(X)[:, target], search.predict(X), atol=1e-8)
    assert len(set(ours.chosen_)) > 1


def test_one_target_may_be_flat(rng):
    """As scikit-learn has it: y of (n_rows,) gives predictions of (n_rows,)."""
    X, Y = data(rng, 7)
    flat = KernelRidgeRegressor().fit(X, Y[:, 0]).predict(X)
    assert flat.shape == (N_ROWS,)
    np.testing.assert_allclose(flat, KernelRidgeRegressor().fit(X, Y[:, :1]).predict(X)[:, 0])


def test_scikit_learn_takes_it_as_a_regressor(rng):
    """Cloned, searched and cross-validated."""
    X, Y = data(rng, 7)
    model = KernelRidgeRegressor(penalties=(0.5,), scale=1.0)
    assert is_regressor(model)
    assert clone(model).get_params() == model.get_params()
    ours = cross_val_score(model, X, Y, cv=KFold(4))
    np.testing.assert_allclose(ours, cross_val_score(Ridge(0.5), X, Y, cv=KFold(4)), atol=1e-9)
    model.set_params(kernel="rbf", gamma=0.1)
    assert (model.kernel, model.gamma) == ("rbf", 0.1)
    with pytest.raises(ValueError, match="no parameter 'alpha'"):
        model.set_params(alpha=1.0)


def test_rows_must_fit_the_plan(rng, layout_of):
    """The message names all three numbers."""
    X, Y = data(rng, 7)
    plan = Split("subject").plan(layout_of(3, 13))
    with pytest.raises(ShapeError, match="X has 40 rows, Y 40 and the plan 39"):
        KernelRidgeRegressor().fit_plan(X, Y, plan)


@pytest.mark.parametrize("n_edges", [7, 61])
def test_a_penalty_that_rounding_outweighs_is_refused(rng, n_edges):
    """With few edges and with many."""
    X, Y = data(rng, n_edges)
    with pytest.raises(ConfigError, match=r"neural_decoder\.penalties: 1e-09"):
        KernelRidgeRegressor(penalties=(1e-9, 1.0)).fit(X, Y)


def test_features_that_are_all_equal_predict_the_mean(rng):
    """Nothing to learn from is not an error."""
    _, Y = data(rng, 7)
    found = KernelRidgeRegressor(penalties=(0.1, 1.0)).fit(np.ones((N_ROWS, 7)), Y).predict(np.ones((2, 7)))
    np.testing.assert_allclose(found, np.tile(Y.mean(axis=0), (2, 1)))


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"penalties": (0.0, 1.0)}, "penalties[0]"),
        ({"penalties": ()}, "penalties"),
        ({"kernel": "rbf", "gamma": -1.0}, "gamma"),
        ({"gamma": 1.0}, "gamma"),
    ],
)
def test_options_out_of_range_are_refused(options, named):
    """The error says the key."""
    with pytest.raises(ConfigError) as caught:
        Registry([plugin]).make("neural_decoder", "kernel-ridge", **options)
    assert caught.value.path == f"neural_decoder.{named}"


def test_a_median_gamma_is_said():
    """The user learns why it takes long, and what to do."""
    said = []
    kernel_ridge("rbf", host=Host(notify=said.append))
    assert len(said) == 1
    assert "refitted for every fold" in said[0]
    kernel_ridge("rbf", gamma=0.2, host=Host(notify=said.append))
    assert len(said) == 1


def test_the_registry_offers_it():
    """Under its name, with the grid of the documentation."""
    stage = Registry.load().make("neural_decoder", "kernel-ridge")
    np.testing.assert_allclose(stage.get_params()["penalties"], np.logspace(-2, 5, 15))
    assert stage.get_params()["kernel"] == "linear"


def test_a_scale_makes_penalties_absolute(rng):
    """The option `scale` is what penalties are multiplied by: 1 gives scikit-learn's Ridge."""
    X, Y = data(rng, 7)
    np.testing.assert_allclose(
        kernel_ridge(penalties=[2.5], scale=1.0).fit(X, Y).coef_, Ridge(alpha=2.5).fit(X, Y).coef_.T, atol=1e-9
    )
    np.testing.assert_allclose(
        kernel_ridge(penalties=[2.5], scale=3.0).fit(X, Y).predict(X), Ridge(alpha=7.5).fit(X, Y).predict(X), atol=1e-9
    )
