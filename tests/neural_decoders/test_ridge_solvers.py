"""The identities behind the exact cross-validation, against solving the bordered system or refitting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy.errors import ConfigError
from emotopy_plugins.neural_decoders.leave_subject_out import LeaveSubjectOut, RowsBySubject
from emotopy_plugins.neural_decoders.ridge_solvers import (
    Projected,
    check_penalties,
    dual_spectrum,
    extrapolated,
    extrapolator,
    left_out_residuals,
    primal_spectrum,
    residual_maker,
    residuals,
)

N_ROWS, N_EDGES, N_TARGETS = 19, 7, 3


def data(seed=3, n_edges=N_EDGES):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((N_ROWS, n_edges)), rng.standard_normal((N_ROWS, N_TARGETS)) + 5


def test_residual_maker_is_the_bordered_inverse_times_the_penalty():
    """I − H = λ A, with A the top-left block of the inverse of [[K + λI, 1], [1ᵀ, 0]]."""
    features, _ = data()
    kernel = features @ features.T
    bordered = np.block(
        [[kernel + 0.7 * np.eye(N_ROWS), np.ones((N_ROWS, 1))], [np.ones((1, N_ROWS)), np.zeros((1, 1))]]
    )
    wanted = 0.7 * np.linalg.inv(bordered)[:N_ROWS, :N_ROWS]
    found = residual_maker(dual_spectrum(kernel, np.arange(N_ROWS)), 0.7)
    np.testing.assert_allclose(found, wanted, atol=1e-12)


@given(
    left_out=st.sets(st.integers(0, N_ROWS - 1), min_size=1, max_size=N_ROWS - 3),
    exponent=st.floats(-3, 4),
    kind=st.sampled_from(["dual", "primal", "rbf"]),
)
def test_any_left_out_set_equals_refitting(sklearn_predictions_at_module, left_out, exponent, kind):
    """Residuals of any set of rows, by one solve, equal those of a model refitted without it."""
    features, targets = data()
    kernel = features @ features.T
    if kind == "rbf":
        lengths = kernel.diagonal()
        kernel = np.exp(-0.1 * (lengths[:, None] + lengths - 2 * kernel))
    everyone, out = np.arange(N_ROWS), np.array(sorted(left_out))
    kept = np.setdiff1d(everyone, out)
    spectrum = primal_spectrum(features, everyone) if kind == "primal" else dual_spectrum(kernel, everyone)
    penalty = 10**exponent
    found = left_out_residuals(
        residual_maker(spectrum, penalty), residuals(spectrum, penalty, Projected.on(spectrum, targets)), out
    )
    wanted = targets[out] - sklearn_predictions_at_module(kernel, targets, kept, out, penalty)
    np.testing.assert_allclose(found, wanted, atol=1e-8)


@pytest.fixture(scope="module")
def sklearn_predictions_at_module():
    """The reference, in a scope that hypothesis may share between examples."""
    from sklearn.kernel_ridge import KernelRidge
    from sklearn.preprocessing import KernelCenterer

    def predict(kernel, targets, train, test, penalty):
        centerer = KernelCenterer()
        inner = centerer.fit_transform(kernel[np.ix_(train, train)])
        mean = targets[train].mean(axis=0)
        model = KernelRidge(alpha=penalty, kernel="precomputed").fit(inner, targets[train] - mean)
        return model.predict(centerer.transform(kernel[np.ix_(test, train)])) + mean

    return predict


@pytest.mark.parametrize("penalty", [0.01, 1.0, 1e5])
def test_primal_equals_dual(penalty):
    """Both spectra give the same hat matrix, residuals and extrapolation."""
    features, targets = data()
    train, test = np.arange(14), np.arange(14, N_ROWS)
    dual = dual_spectrum(features @ features.T, train, test)
    primal = primal_spectrum(features, train, test)
    on = lambda spectrum: Projected.on(spectrum, targets[train])
    assert dual.train.shape == (14, 14)
    assert primal.train.shape == (14, N_EDGES)
    for one, other in (
        (residual_maker(dual, penalty), residual_maker(primal, penalty)),
        (residuals(dual, penalty, on(dual)), residuals(primal, penalty, on(primal))),
        (extrapolator(dual, penalty), extrapolator(primal, penalty)),
        (extrapolated(dual, penalty, on(dual)), extrapolated(primal, penalty, on(primal))),
    ):
        np.testing.assert_allclose(one, other, atol=1e-9)


def test_extrapolation_is_the_extrapolator_times_the_targets():
    """f(T) = M y, without forming M."""
    features, targets = data()
    spectrum = dual_spectrum(features @ features.T, np.arange(14), np.arange(14, N_ROWS))
    found = extrapolated(spectrum, 0.3, Projected.on(spectrum, targets[:14]))
    np.testing.assert_allclose(found, extrapolator(spectrum, 0.3) @ targets[:14], atol=1e-11)


def test_every_target_could_have_its_own_penalty():
    """Solving three targets together equals solving each alone."""
    features, targets = data()
    spectrum = dual_spectrum(features @ features.T, np.arange(N_ROWS))
    together = residuals(spectrum, 0.3, Projected.on(spectrum, targets))
    alone = [residuals(spectrum, 0.3, Projected.on(spectrum, targets[:, [k]])) for k in range(N_TARGETS)]
    np.testing.assert_allclose(together, np.hstack(alone), atol=1e-12)


@pytest.mark.parametrize("same_rows", [True, False])
def test_leaving_one_or_two_subjects_out_equals_refitting(sklearn_predictions_at_module, same_rows):
    """Stacked subjects of unequal length, one of them without training rows, one without test rows."""
    rng = np.random.default_rng(4)
    train_subject = np.repeat([0, 1, 2, 4], [5, 3, 6, 4])
    test_subject = train_subject if same_rows else np.repeat([0, 1, 2, 3], [2, 4, 1, 3])
    n_train = len(train_subject)
    features = rng.standard_normal((n_train + len(test_subject), 4))
    targets = rng.standard_normal((n_train, 2))
    kernel = features @ features.T
    train = np.arange(n_train)
    test = train if same_rows else np.arange(n_train, len(features))
    spectrum = dual_spectrum(kernel, train, None if same_rows else test)
    stacks = RowsBySubject.of(train_subject, 5), None if same_rows else RowsBySubject.of(test_subject, 5)
    leave_out = LeaveSubjectOut.of(spectrum, *stacks)
    basis = Projected.on(spectrum, targets)
    one, two = leave_out.one(0.5, basis), leave_out.two(0.5, basis)
    padded = np.vstack([targets, np.full((len(features) - n_train, 2), np.nan)])

    for subject in range(5):
        rows = test[test_subject == subject]
        kept = train[train_subject != subject]
        if len(rows):
            wanted = sklearn_predictions_at_module(kernel, padded, kept, rows, 0.5)
            np.testing.assert_allclose(one[subject, : len(rows)], wanted, atol=1e-10)
        for other in {0, 1, 2, 3, 4} - {subject}:
            kept = train[(train_subject != subject) & (train_subject != other)]
            if len(rows):
                wanted = sklearn_predictions_at_module(kernel, padded, kept, rows, 0.5)
                np.testing.assert_allclose(two[other, subject, : len(rows)], wanted, atol=1e-10)


def test_penalties_that_rounding_outweighs_are_refused():
    """Below 1e-6 of the largest eigenvalue, with the smallest that is allowed; just above it is fine."""
    largest = lambda: 80.0
    check_penalties(np.array([8.1e-5, 1.0]), trace=100.0, n_rows=10, largest=largest)
    with pytest.raises(ConfigError, match=r"penalties: 7.9e-06 .* at least 8e-06"):
        check_penalties(np.array([7.9e-5, 1.0]), trace=100.0, n_rows=10, largest=largest)


def test_clear_penalties_need_no_eigenvalue():
    """The trace decides where it can."""

    def never():
        raise AssertionError

    check_penalties(np.array([1.1e-4]), trace=100.0, n_rows=10, largest=never)
