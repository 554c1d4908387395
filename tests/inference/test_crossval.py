"""Honest refitting of any regressor, and scores under surrogates."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor

from emotopy.inference.crossval import CrossValidated, RefitCrossValidator, null_scores, score_surrogates
from emotopy.inference.scores import score_blocks
from emotopy.inference.splits import SampleIndex, Split
from emotopy_plugins.neural_decoders.kernel_ridge import ExactKernelRidge

N_SUBJECTS, N_WINDOWS, N_EDGES, N_TARGETS = 4, 45, 6, 2


@pytest.fixture
def listening(rng):
    """Layout, features and the ratings of the story's moments."""
    start = np.tile(np.arange(N_WINDOWS) * 8.0, N_SUBJECTS)
    subject = np.repeat(np.arange(N_SUBJECTS), N_WINDOWS)
    layout = SampleIndex(subject, np.zeros_like(subject), start, start + 10.0, 20.0)
    values = np.cumsum(rng.standard_normal((N_WINDOWS, N_TARGETS)), axis=0)
    features = rng.standard_normal((len(subject), N_EDGES))
    features[:, :N_TARGETS] += values[layout.target_rows()[0]]
    return layout, features, values


class Remembers:
    """A regressor without scikit-learn's parameters; notes what it was given."""

    def __init__(self) -> None:
        self.rows: list[int] = []

    def fit(self, X, Y):
        assert not self.rows, "a fold must get a fresh copy"
        self.rows = sorted(X[:, 0].astype(int))
        self.mean = Y.mean(axis=0)
        return self

    def predict(self, X):
        assert not set(X[:, 0].astype(int)) & set(self.rows)
        return np.tile(self.mean, (len(X), 1))


class Plans(Remembers):
    """A regressor that wants the inner plan."""

    def fit_plan(self, X, Y, plan):
        assert len(plan.block) == len(X)
        assert len(plan.folds()) == 3 * 2
        self.penalties_, self.chosen_ = np.array([0.1, 1.0]), np.array([0, 1])
        return self.fit(X, Y)


def test_every_fold_is_fitted_afresh_on_its_training_rows(listening):
    """Predictions equal a plain loop over folds."""
    layout, features, values = listening
    target_row, _ = layout.target_rows()
    plan = Split(n_blocks=3).plan(layout)
    found = RefitCrossValidator(LinearRegression(), features, plan, target_row).predict(values)
    targets = values[target_row]
    assert len(found.folds) == 12
    for fold in plan.folds():
        model = LinearRegression().fit(features[fold.train], targets[fold.train])
        np.testing.assert_allclose(found.predictions[fold.test], model.predict(features[fold.test]))


def test_rows_that_no_fold_tests_are_nan(listening):
    """`chronological` predicts the end alone."""
    layout, features, values = listening
    plan = Split("chronological", test_fraction=0.2).plan(layout)
    found = RefitCrossValidator(LinearRegression(), features, plan, layout.target_rows()[0]).predict(values)
    np.testing.assert_array_equal(np.isnan(found.predictions).all(axis=1), ~plan.folds()[0].test)


def test_a_decoder_without_parameters_is_copied(listening):
    """Any object with fit and predict will do, and stays unfitted itself."""
    layout, features, values = listening
    features[:, 0] = np.arange(len(features))
    decoder = Remembers()
    found = RefitCrossValidator(
        decoder, list(np.split(features, 4)), Split("subject").plan(layout), layout.target_rows()[0]
    )
    predictions = found.predict(values).predictions
    assert not decoder.rows
    np.testing.assert_allclose(predictions, np.tile(values.mean(axis=0), (len(features), 1)))


def test_a_decoder_that_plans_gets_the_inner_plan(listening):
    """Its choices are kept, per fold and target."""
    layout, features, values = listening
    features[:, 0] = np.arange(len(features))
    plan = Split(n_blocks=3).plan(layout)
    found = RefitCrossValidator(Plans(), features, plan, layout.target_rows()[0]).predict(values)
    assert found.penalties.tolist() == [0.1, 1.0]
    assert found.chosen.tolist() == [[0, 1]] * 12
    assert [ends.tolist() for ends in found.hits] == [[12, 0], [0, 12]]


def test_one_target_may_come_back_flat(listening):
    """scikit-learn's single-target answers are (n_rows,)."""
    layout, features, values = listening
    plan = Split("subject").plan(layout)

    class Flat(Remembers):
        def fit(self, X, Y):
            self.mean = Y.mean()
            return self

        def predict(self, X):
            return np.full(len(X), self.mean)

    found = RefitCrossValidator(Flat(), features, plan, layout.target_rows()[0]).predict(values[:, :1])
    assert isinstance(found, CrossValidated)
    assert found.predictions.shape == (len(features), 1)


@pytest.mark.parametrize("n_columns", [1, 5, 1000])
def test_null_scores_redo_the_analysis_for_every_surrogate(rng, listening, n_columns):
    """Whatever fits into memory at once, each surrogate's score is that of its own analysis."""
    layout, features, _ = listening
    target_row, _ = layout.target_rows()
    plan = Split("subject", n_blocks=3).plan(layout)
    validator = RefitCrossValidator(KNeighborsRegressor(3), features, plan, target_row)
    surrogates = np.cumsum(rng.standard_normal((7, N_WINDOWS, N_TARGETS)), axis=1)
    found = null_scores(validator, plan, target_row, surrogates, n_columns=n_columns)
    assert found.shape == (7, N_TARGETS)
    for one, scores in zip(surrogates, found, strict=True):
        predictions = validator.predict(one).predictions
        np.testing.assert_allclose(scores, score_blocks(predictions, one[target_row], layout.subject, plan.block).mean)


def test_surrogates_are_counted_as_they_are_scored(rng, listening):
    """Some at a time, all in the end; whoever refits tells of each fold. Penalties stand surrogate by surrogate."""
    layout, features, _ = listening
    target_row, _ = layout.target_rows()
    plan = Split("subject", n_blocks=3).plan(layout)
    surrogates = np.cumsum(rng.standard_normal((7, N_WINDOWS, N_TARGETS)), axis=1)
    advanced, refitted = [], []
    refit = RefitCrossValidator(KNeighborsRegressor(3), features, plan, target_row, advance=refitted.append)
    found = score_surrogates(refit, plan, target_row, surrogates, n_columns=3 * N_TARGETS, advance=advanced.append)
    assert advanced == [3, 3, 1]
    assert sum(refitted) == 7 * N_TARGETS * len(plan.folds())
    assert len(refitted) == 3 * len(plan.folds())
    np.testing.assert_array_equal(found.scores, null_scores(refit, plan, target_row, surrogates))
    assert found.by_story.shape == (1, 7, N_TARGETS)
    np.testing.assert_allclose(found.by_story[0], found.scores)
    exact = ExactKernelRidge("linear", penalties=(0.1, 10.0, 1000.0)).cross_validator(features, plan, target_row)
    scored = score_surrogates(exact, plan, target_row, surrogates, n_columns=3 * N_TARGETS)
    for number, one in enumerate(surrogates):
        columns = slice(number * N_TARGETS, (number + 1) * N_TARGETS)
        np.testing.assert_array_equal(scored.chosen[:, columns], exact.predict(one).chosen)


def test_surrogates_that_were_drawn_twice_are_worked_off_once(rng, listening):
    """Scores, choices and what is told of them are those of all."""
    layout, features, _ = listening
    target_row, _ = layout.target_rows()
    plan = Split("subject", n_blocks=3).plan(layout)
    different = np.cumsum(rng.standard_normal((3, N_WINDOWS, N_TARGETS)), axis=1)
    surrogates = different[[1, 0, 1, 2, 0, 1]]
    asked, advanced = [], []

    class Counting:
        def __init__(self):
            penalties = (0.1, 10.0, 1000.0)
            self.own = ExactKernelRidge("linear", penalties=penalties).cross_validator(features, plan, target_row)

        def predict(self, values):
            asked.append(values.shape[1])
            return self.own.predict(values)

    wanted = score_surrogates(Counting(), plan, target_row, surrogates)
    found = score_surrogates(Counting(), plan, target_row, surrogates, distinct=True, advance=advanced.append)
    assert asked == [6 * N_TARGETS, 3 * N_TARGETS]
    assert sum(advanced) == 6
    np.testing.assert_array_equal(found.chosen, wanted.chosen)
    np.testing.assert_allclose(found.scores, wanted.scores, rtol=1e-9)
    np.testing.assert_allclose(found.by_story, wanted.by_story, rtol=1e-9)
