"""A small listening experiment, and an independent reference: scikit-learn's KernelRidge, centred inside the fold."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from sklearn.kernel_ridge import KernelRidge
from sklearn.preprocessing import KernelCenterer

from emotopy.inference.splits import Fold, Plan, SampleIndex


def make_layout(n_subjects: int, n_windows: int, *, step_s: float = 8.0, width_s: float = 20.0) -> SampleIndex:
    """Every subject has every window."""
    start = np.tile(np.arange(n_windows) * step_s, n_subjects)
    subject = np.repeat(np.arange(n_subjects), n_windows)
    return SampleIndex(subject, np.zeros_like(subject), start, start + width_s / 2, width_s)


def make_stories(
    heard: Sequence[Sequence[int]], n_windows: Sequence[int], *, step_s: float = 8.0, width_s: float = 20.0
) -> SampleIndex:
    """Story by story, subject by subject: `heard` lists the stories of each subject, `n_windows` their lengths."""
    rows = [
        (subject, story, window)
        for story, n in enumerate(n_windows)
        for subject, stories in enumerate(heard)
        if story in stories
        for window in range(n)
    ]
    subject, story, window = np.array(rows).T
    start = window * step_s
    return SampleIndex(subject, story, start, start + width_s / 2, width_s, story)


@pytest.fixture
def stories_of() -> Callable[..., SampleIndex]:
    return make_stories


@pytest.fixture
def layout_of() -> Callable[..., SampleIndex]:
    return make_layout


def predict_by_sklearn(kernel, targets, train, test, penalty):
    """Fit KernelRidge on the training rows, kernel and targets centred there; predict the test rows."""
    centerer = KernelCenterer()
    inner = centerer.fit_transform(kernel[np.ix_(train, train)])
    mean = targets[train].mean(axis=0)
    model = KernelRidge(alpha=penalty, kernel="precomputed").fit(inner, targets[train] - mean)
    return model.predict(centerer.transform(kernel[np.ix_(test, train)])) + mean


def refit_nested(kernel, targets, plan: Plan, penalties):
    """Choose every penalty by refitting every inner fold, then refit every fold; return predictions and choices."""
    predictions = np.full(targets.shape, np.nan)
    chosen = []
    for fold in plan.folds():
        rows = np.flatnonzero(fold.test)
        train = np.flatnonzero(fold.train)
        choice = np.zeros(targets.shape[1], dtype=int)
        if len(penalties) > 1:
            choice = inner_errors(kernel, targets, plan.folds(within=fold.train), penalties).argmin(axis=0)
        chosen.append(choice)
        for column, number in enumerate(choice):
            predictions[rows, column] = predict_by_sklearn(kernel, targets, train, rows, penalties[number])[:, column]
    return predictions, np.array(chosen)


def inner_errors(kernel, targets, folds: list[Fold], penalties):
    """Mean over folds of the mean squared error, (n_penalties, n_targets)."""
    errors = np.zeros((len(penalties), targets.shape[1]))
    for fold in folds:
        train, test = np.flatnonzero(fold.train), np.flatnonzero(fold.test)
        for number, penalty in enumerate(penalties):
            away = predict_by_sklearn(kernel, targets, train, test, penalty) - targets[test]
            errors[number] += (away**2).mean(axis=0) / len(folds)
    return errors


@pytest.fixture
def sklearn_predictions() -> Callable:
    return predict_by_sklearn


@pytest.fixture
def sklearn_nested() -> Callable:
    return refit_nested


@pytest.fixture
def sklearn_errors() -> Callable:
    return inner_errors
