"""scikit-learn's regressors as neural decoders."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Lasso, LinearRegression, Ridge
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from emotopy import Registry
from emotopy.errors import OutOfBounds
from emotopy.inference.crossval import RefitCrossValidator
from emotopy.inference.splits import SampleIndex, Split
from emotopy_plugins.neural_decoders import scikit
from emotopy_plugins.neural_decoders.scikit import (
    lasso,
    least_squares,
    linear_svr,
    random_forest,
    register_neural_decoders,
    ridge,
    svr_rbf,
)

NAMES = ["least-squares", "ridge", "lasso", "linear-svr", "svr-rbf", "random-forest"]
N_ROWS, N_EDGES, N_TARGETS = 60, 5, 3


@pytest.fixture
def listening(rng):
    X = rng.standard_normal((N_ROWS, N_EDGES)) * [1, 10, 0.1, 1, 1] + 3
    return X, 100 * X[:, [0]] + rng.standard_normal((N_ROWS, N_TARGETS))


@pytest.mark.parametrize("name", NAMES)
def test_every_offer_learns_several_targets(listening, name):
    """Read from the features that carry them, in a split of the pathway."""
    X, Y = listening
    start = np.tile(np.arange(20) * 8.0, 3)
    layout = SampleIndex(np.repeat(np.arange(3), 20), np.zeros(N_ROWS, int), start, start + 4, 8.0)
    decoder = register_neural_decoders()[name]()
    found = RefitCrossValidator(decoder, X, Split("subject").plan(layout), np.arange(N_ROWS)).predict(Y)
    assert found.predictions.shape == (N_ROWS, N_TARGETS)
    for target in range(N_TARGETS):
        assert np.corrcoef(found.predictions[:, target], Y[:, target])[0, 1] > 0.7


@pytest.mark.parametrize("name", NAMES)
def test_one_emotion_is_a_column_and_no_warning(listening, name):
    """The pathway gives (n_rows, 1) for a single emotion, in every fold; scikit-learn would rather have a row."""
    X, Y = listening
    decoder = register_neural_decoders()[name]()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.asarray(decoder.fit(X, Y[:, :1]).predict(X[:4])).size == 4


def test_ridge_standardises_features_in_its_training_rows(listening):
    """Equal to scaling by hand."""
    X, Y = listening
    scaler = StandardScaler().fit(X[:40])
    wanted = Ridge(7.0).fit(scaler.transform(X[:40]), Y[:40]).predict(scaler.transform(X[40:]))
    np.testing.assert_allclose(ridge(7.0).fit(X[:40], Y[:40]).predict(X[40:]), wanted)


@pytest.mark.parametrize(
    ("decoder", "one"),
    [
        (lambda: lasso(0.2), lambda: Lasso(0.2, max_iter=10_000)),
        (lambda: svr_rbf(3.0, 0.2, 0.1), lambda: SVR(C=3.0, epsilon=0.2, gamma=0.1)),
    ],
)
def test_targets_are_standardised_and_learnt_alone(listening, decoder, one):
    """So `alpha` and `epsilon` mean the same for every emotion, whatever its unit."""
    X, Y = listening
    features, targets = StandardScaler().fit(X[:40]), StandardScaler().fit(Y[:40])
    train, test, scaled = features.transform(X[:40]), features.transform(X[40:]), targets.transform(Y[:40])
    alone = np.stack([one().fit(train, scaled[:, k]).predict(test) for k in range(N_TARGETS)], axis=1)
    found = decoder().fit(X[:40], Y[:40]).predict(X[40:])
    np.testing.assert_allclose(found, targets.inverse_transform(alone), rtol=1e-6)


@pytest.mark.parametrize("factory", [linear_svr, random_forest])
def test_the_seed_repeats_a_fit(listening, factory):
    """What is drawn at random comes from `random_state`."""
    X, Y = listening
    one, other = (factory(random_state=3).fit(X, Y).predict(X) for _ in range(2))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("ridge", {"alpha": -1.0}),
        ("lasso", {"alpha": -1.0}),
        ("lasso", {"max_iter": 0}),
        ("linear-svr", {"C": 0.0}),
        ("linear-svr", {"epsilon": -0.1}),
        ("svr-rbf", {"gamma": 0.0}),
        ("random-forest", {"n_estimators": 0}),
        ("random-forest", {"max_depth": 0}),
        ("random-forest", {"max_features": 1.5}),
    ],
)
def test_options_out_of_range_are_refused(name, options):
    """The error says the key."""
    with pytest.raises(OutOfBounds) as caught:
        Registry([scikit]).make("neural_decoder", name, **options)
    assert caught.value.path == f"neural_decoder.{next(iter(options))}"


@pytest.mark.parametrize(
    ("decoder", "one"),
    [
        (least_squares, LinearRegression),
        (lambda: ridge(3237.457), lambda: Ridge(3237.457)),
        (lambda: lasso(6.551e-4, standardise_targets=False), lambda: Lasso(6.551e-4, max_iter=10_000)),
        (
            lambda: linear_svr(0.01, 0.01, solver="libsvm", standardise_targets=False),
            lambda: SVR(kernel="linear", C=0.01, epsilon=0.01),
        ),
        (lambda: svr_rbf(10, 0.01, standardise_targets=False), lambda: SVR(C=10, epsilon=0.01)),
    ],
    ids=["least-squares", "ridge", "lasso", "linear-svr", "svr-rbf"],
)
def test_the_published_models_are_scikit_learns_on_raw_targets(listening, decoder, one):
    """Features standardised in the training rows, targets as they are, one model per target."""
    X, Y = listening
    Y = Y / 500  # as small as ratings are: epsilon and alpha are in the targets' unit
    features = StandardScaler().fit(X[:40])
    train, test = features.transform(X[:40]), features.transform(X[40:])
    wanted = np.stack([one().fit(train, Y[:40, k]).predict(test) for k in range(N_TARGETS)], axis=1)
    found = decoder().fit(X[:40], Y[:40]).predict(X[40:])
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-9)


def test_the_published_forest_is_scikit_learns(listening):
    """Depth, split, leaf and the square root of the features reach it; trees don't mind the features' scale."""
    X, Y = listening
    options = {"max_depth": 30, "min_samples_split": 5, "min_samples_leaf": 2, "max_features": "sqrt"}
    wanted = RandomForestRegressor(20, random_state=1, **options).fit(X[:40], Y[:40]).predict(X[40:])
    decoder = Registry([scikit]).make("neural_decoder", "random-forest", n_estimators=20, random_state=1, **options)
    np.testing.assert_allclose(decoder.fit(X[:40], Y[:40]).predict(X[40:]), wanted)


@pytest.mark.parametrize("kernel", ["rbf", "linear"])
def test_a_kernel_too_large_to_hold_gives_the_same(listening, kernel, monkeypatch):
    """libsvm then computes it itself."""
    X, Y = listening
    make = svr_rbf if kernel == "rbf" else lambda: linear_svr(solver="libsvm")
    held = make().fit(X[:40], Y[:40]).predict(X[40:])
    monkeypatch.setattr(scikit, "MOST_KERNEL_BYTES", 0)
    np.testing.assert_allclose(make().fit(X[:40], Y[:40]).predict(X[40:]), held, rtol=1e-6)
