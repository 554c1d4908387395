"""The exact cross-validation gives what refitting scikit-learn's KernelRidge for every fold gives."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics.pairwise import rbf_kernel

from emotopy.errors import ConfigError, InputError, ShapeError
from emotopy.inference.crossval import CrossValidated, RefitCrossValidator
from emotopy.inference.splits import Split
from emotopy.roles import ExactCrossValidation
from emotopy_plugins.neural_decoders.kernel_ridge import ExactKernelRidge, KernelRidgeRegressor

pytestmark = pytest.mark.fast_path

PENALTIES = (0.01, 1.0, 30.0, 1000.0)
N_TARGETS = 3


def story(rng, layout, n_edges, *, n_columns=N_TARGETS):
    """Features that carry the ratings of the story, and the ratings, smooth over its moments."""
    moment, first = layout.target_rows()
    values = np.cumsum(rng.standard_normal((len(first), n_columns)), axis=0)
    features = rng.standard_normal((len(moment), n_edges))
    # the emotions differ in how well they can be read, so they want different penalties
    features[:, :n_columns] += np.linspace(0.02, 0.6, n_columns) * values[moment]
    return features, values, moment


def ragged(rng, layout, share=0.85):
    """Drop windows at random, others for every subject: unknown ratings, censored volumes."""
    return layout.take(rng.random(len(layout.subject)) < share)


def kernel_of(features, kernel):
    return features @ features.T if kernel == "linear" else rbf_kernel(features, gamma=0.02)


def decoder_of(kernel, penalties=PENALTIES):
    return ExactKernelRidge(kernel, gamma=0.02 if kernel == "rbf" else None, penalties=penalties, scale=1.0)


def split_of(kind):
    """Four blocks; a random split of so few rows has fewer strata."""
    if kind == "random":
        return Split(kind, n_blocks=2, test_fraction=0.3)
    return Split(kind, n_blocks=4, apart_s=24.0)


@pytest.mark.parametrize("kind", ["subject", "block", "subject-and-block", "chronological", "random"])
@pytest.mark.parametrize(("kernel", "n_edges"), [("linear", 11), ("linear", 137), ("rbf", 11)])
@pytest.mark.parametrize("complete", [True, False])
def test_nested_predictions_equal_refitting_scikit_learn(
    rng, layout_of, sklearn_nested, kind, kernel, n_edges, complete
):
    """Every split, kernel and shape: the same penalties are chosen, the same predictions made, to 1e-8."""
    layout = layout_of(4, 23)
    layout = layout if complete else ragged(rng, layout)
    plan = split_of(kind).plan(layout)
    features, values, moment = story(rng, layout, n_edges)
    found = decoder_of(kernel).cross_validator(features, plan, moment).predict(values)
    wanted, chosen = sklearn_nested(kernel_of(features, kernel), values[moment], plan, PENALTIES)
    np.testing.assert_array_equal(found.chosen, chosen)
    np.testing.assert_allclose(found.predictions, wanted, atol=1e-8)


ALL = [[0, 1, 2]] * 4
SOME = [[0, 1, 2], [0, 1], [0, 2], [1, 2], [0, 1, 2], [2, 1]]
HEARD = {
    "three stories, all heard by all": (ALL, (17, 23, 12)),
    "three stories, some heard by some": (SOME, (17, 23, 12)),
    "two stories": ([[0, 1]] * 4, (31, 23)),
    "two stories, some heard by some": ([[0, 1], [0, 1], [0, 1], [0], [1], [1, 0]], (31, 23)),
}


@pytest.mark.parametrize("kind", ["story", "subject-and-story", "subject", "block", "subject-and-block"])
@pytest.mark.parametrize("heard", HEARD)
@pytest.mark.parametrize(("shared", "n_edges"), [(True, 137), (True, 7), (False, 137), (False, 5)])
def test_stories_left_out_equal_refitting_scikit_learn(rng, stories_of, sklearn_nested, kind, heard, shared, n_edges):
    """Of unequal lengths, heard by different subjects, rated once or by each: penalties and predictions to 1e-8."""
    layout = ragged(rng, stories_of(*HEARD[heard]))
    plan = Split(kind, n_blocks=3, apart_s=24.0).plan(layout)
    features, values, moment = story(rng, layout, n_edges)
    if not shared:
        values = values[moment] + rng.standard_normal((len(moment), N_TARGETS))
        moment = np.arange(len(moment))
    found = decoder_of("linear").cross_validator(features, plan, moment).predict(values)
    wanted, chosen = sklearn_nested(features @ features.T, values[moment], plan, PENALTIES)
    np.testing.assert_array_equal(found.chosen, chosen)
    assert len(np.unique(chosen)) > 1 or kind == "subject"
    np.testing.assert_allclose(found.predictions, wanted, atol=1e-8)
    assert np.isfinite(found.predictions).all()


@pytest.mark.parametrize("n_edges", [5, 31])
def test_a_subject_without_a_block_is_an_inner_fold_less(rng, layout_of, sklearn_nested, n_edges):
    """Two subjects lost a block each: penalties are those of the folds that exist, each counting once."""
    layout = layout_of(5, 40)
    lost = ((layout.subject == 1) & (layout.start_s > 230)) | ((layout.subject == 3) & (layout.start_s < 90))
    layout = layout.take(~lost)
    plan = Split(n_blocks=4, apart_s=24.0).plan(layout)
    assert len(plan.folds()) == 18
    features, values, moment = story(rng, layout, n_edges)
    found = decoder_of("linear").cross_validator(features, plan, moment).predict(values)
    wanted, chosen = sklearn_nested(features @ features.T, values[moment], plan, PENALTIES)
    np.testing.assert_array_equal(found.chosen, chosen)
    np.testing.assert_allclose(found.predictions, wanted, atol=1e-8)


@pytest.mark.parametrize("kind", ["story", "subject-and-story"])
@pytest.mark.parametrize("heard", HEARD)
def test_surrogates_of_stories_equal_an_analysis_of_their_own(rng, stories_of, sklearn_nested, kind, heard):
    """Further columns, penalties chosen anew, whichever stories the subjects heard."""
    layout = ragged(rng, stories_of(*HEARD[heard]))
    plan = Split(kind, n_blocks=3, apart_s=24.0).plan(layout)
    features, values, moment = story(rng, layout, 17)
    validator = decoder_of("linear").cross_validator(features, plan, moment)
    validator.predict(values)
    surrogates = np.cumsum(rng.standard_normal((len(values), 4)), axis=0)
    found = validator.predict(surrogates)
    wanted, chosen = sklearn_nested(features @ features.T, surrogates[moment], plan, PENALTIES)
    np.testing.assert_array_equal(found.chosen, chosen)
    np.testing.assert_allclose(found.predictions, wanted, atol=1e-8)


@pytest.mark.parametrize("kind", ["story", "subject-and-story"])
def test_refitting_over_stories_gives_the_same(rng, stories_of, kind):
    """The generic way, which hands each training set its own plan, agrees to 1e-8; with two stories, too."""
    for heard in HEARD.values():
        layout = ragged(rng, stories_of(*heard))
        plan = Split(kind, n_blocks=3, apart_s=24.0).plan(layout)
        features, values, moment = story(rng, layout, 17)
        exact = decoder_of("linear").cross_validator(features, plan, moment).predict(values)
        honest = RefitCrossValidator(decoder_of("linear"), features, plan, moment).predict(values)
        np.testing.assert_array_equal(exact.chosen, honest.chosen)
        np.testing.assert_allclose(exact.predictions, honest.predictions, atol=1e-8)


@pytest.mark.parametrize("kind", ["subject", "block", "subject-and-block", "chronological", "random"])
@pytest.mark.parametrize("n_edges", [9, 31], ids=["by features", "by rows"])
def test_targets_that_subjects_do_not_share_are_solved_alike(rng, layout_of, sklearn_nested, kind, n_edges):
    """With ratings of every subject's own, predictions equal refitting too."""
    layout = ragged(rng, layout_of(4, 23))
    plan = split_of(kind).plan(layout)
    features = rng.standard_normal((len(layout.subject), n_edges))
    targets = features[:, :N_TARGETS] + rng.standard_normal((len(features), N_TARGETS))
    found = decoder_of("linear").cross_validator(features, plan, np.arange(len(features))).predict(targets)
    wanted, chosen = sklearn_nested(features @ features.T, targets, plan, PENALTIES)
    np.testing.assert_array_equal(found.chosen, chosen)
    np.testing.assert_allclose(found.predictions, wanted, atol=1e-8)


@pytest.mark.parametrize("kind", ["subject", "subject-and-block"])
def test_surrogates_equal_an_analysis_of_their_own(rng, layout_of, sklearn_nested, kind):
    """Further columns get what an analysis of these alone would give, penalties chosen anew."""
    layout = layout_of(4, 23)
    plan = Split(kind, n_blocks=4, apart_s=24.0).plan(layout)
    features, values, moment = story(rng, layout, 17)
    validator = decoder_of("linear").cross_validator(features, plan, moment)
    validator.predict(values)
    surrogates = np.cumsum(rng.standard_normal((len(values), 5)), axis=0)
    found = validator.predict(surrogates)
    wanted, chosen = sklearn_nested(features @ features.T, surrogates[moment], plan, PENALTIES)
    np.testing.assert_array_equal(found.chosen, chosen)
    np.testing.assert_allclose(found.predictions, wanted, atol=1e-8)


def test_rows_in_any_order_give_the_same(rng, layout_of):
    """Rows needn't be sorted by subject."""
    layout = layout_of(4, 23)
    features, values, moment = story(rng, layout, 17)
    order = rng.permutation(len(moment))
    split = Split(n_blocks=4, apart_s=24.0)
    sorted_rows = decoder_of("linear").cross_validator(features, split.plan(layout), moment).predict(values)
    mixed = decoder_of("linear").cross_validator(features[order], split.plan(layout.take(order)), moment[order])
    np.testing.assert_allclose(mixed.predict(values).predictions, sorted_rows.predictions[order], atol=1e-9)


def test_one_penalty_is_taken_without_choosing(rng, layout_of, sklearn_nested):
    """Two subjects are too few for an inner split, but enough for one penalty."""
    layout = layout_of(2, 23)
    plan = Split(n_blocks=4, apart_s=24.0).plan(layout)
    features, values, moment = story(rng, layout, 17)
    found = decoder_of("linear", (3.0,)).cross_validator(features, plan, moment).predict(values)
    wanted, _ = sklearn_nested(features @ features.T, values[moment], plan, (3.0,))
    np.testing.assert_allclose(found.predictions, wanted, atol=1e-8)
    assert found.hits[0].tolist() == found.hits[1].tolist() == [0] * N_TARGETS


def test_too_few_subjects_to_choose_a_penalty_is_an_error(rng, layout_of):
    """Two subjects and several penalties: the message says what to do."""
    layout = layout_of(2, 23)
    plan = Split(n_blocks=4, apart_s=24.0).plan(layout)
    features, values, moment = story(rng, layout, 17)
    with pytest.raises(ConfigError, match=r"within a training set.*fix one penalty"):
        decoder_of("linear").cross_validator(features, plan, moment).predict(values)


@pytest.mark.parametrize("kind", ["subject", "block", "subject-and-block"])
def test_the_curve_is_each_penaltys_error_in_each_fold(rng, layout_of, sklearn_errors, kind):
    """Averaged over folds it is what GridSearchCV averages."""
    layout = ragged(rng, layout_of(4, 23))
    plan = Split(kind, n_blocks=4, apart_s=24.0).plan(layout)
    features, values, moment = story(rng, layout, 17)
    curve = decoder_of("linear").cross_validator(features, plan, moment).curve(values)
    wanted = sklearn_errors(features @ features.T, values[moment], plan.folds(), PENALTIES)
    assert curve.shape == (len(plan.folds()), len(PENALTIES), N_TARGETS)
    np.testing.assert_allclose(curve.mean(axis=0), wanted, rtol=1e-9)


@pytest.mark.parametrize("kind", ["subject", "block", "subject-and-block"])
@pytest.mark.parametrize("n_edges", [11, 137])
def test_fitted_values_are_those_of_the_folds_model(rng, layout_of, sklearn_predictions, kind, n_edges):
    """What the model of a fold predicts for its own training rows equals scikit-learn's."""
    layout = ragged(rng, layout_of(4, 23))
    plan = Split(kind, n_blocks=4, apart_s=24.0).plan(layout)
    features, values, moment = story(rng, layout, n_edges)
    validator = decoder_of("linear").cross_validator(features, plan, moment)
    found = validator.predict(values)
    kernel = features @ features.T
    fits = list(validator.fitted(values, found.chosen))
    assert len(fits) == len(found.folds)
    for (fold, fit), chosen in zip(fits, found.chosen, strict=True):
        train = np.flatnonzero(fold.train)
        for column, number in enumerate(chosen):
            wanted = sklearn_predictions(kernel, values[moment], train, train, PENALTIES[number])[:, column]
            np.testing.assert_allclose(fit[:, column], wanted, atol=1e-8)


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_refitting_the_same_decoder_gives_the_same(rng, layout_of, kernel):
    """The fast way and the generic one agree to 1e-8."""
    layout = ragged(rng, layout_of(5, 23))
    plan = Split(n_blocks=4, apart_s=24.0).plan(layout)
    features, values, moment = story(rng, layout, 17)
    decoder = decoder_of(kernel)
    exact = decoder.cross_validator(features, plan, moment).predict(values)
    honest = RefitCrossValidator(decoder, features, plan, moment).predict(values)
    np.testing.assert_array_equal(exact.chosen, honest.chosen)
    np.testing.assert_allclose(exact.predictions, honest.predictions, atol=1e-8)


def test_blocks_of_rows_equal_one_array(rng, layout_of):
    """Features may come as one array per subject."""
    layout = layout_of(4, 23)
    plan = Split(n_blocks=4, apart_s=24.0).plan(layout)
    for n_edges in (17, 137):
        features, values, moment = story(rng, layout, n_edges)
        whole = decoder_of("linear").cross_validator(features, plan, moment).predict(values)
        parts = decoder_of("linear").cross_validator(np.split(features, 4), plan, moment).predict(values)
        np.testing.assert_allclose(parts.predictions, whole.predictions, atol=1e-12)


def test_hits_count_folds_at_either_end_of_the_grid(rng, layout_of):
    """A target that can't be read wants the largest penalty, a noiseless one the smallest."""
    layout = layout_of(5, 40)
    plan = Split("subject").plan(layout)
    moment, first = layout.target_rows()
    values = rng.standard_normal((len(first), 2))
    features = rng.standard_normal((len(moment), 7))
    features[:, 0] = values[moment, 0]
    features[:, 1] = values[moment, 1] * (1 - 2 * (layout.subject % 2))  # half of the subjects feel the opposite
    low, high = decoder_of("linear", (1e-2, 1.0, 1e6)).cross_validator(features, plan, moment).predict(values).hits
    assert low.tolist() == [5, 0]
    assert high.tolist() == [0, 5]


def test_only_a_kernel_that_learns_nothing_is_exact():
    """With a median gamma the decoder doesn't offer the fast way, so the pathway refits."""
    from emotopy_plugins.neural_decoders.kernel_ridge import kernel_ridge

    assert isinstance(kernel_ridge(), ExactCrossValidation)
    assert isinstance(kernel_ridge("rbf", gamma=0.5), ExactCrossValidation)
    assert not isinstance(kernel_ridge("rbf"), ExactCrossValidation)


def test_wrong_numbers_of_rows_are_errors(rng, layout_of):
    """Features, moments and values must fit the plan."""
    layout = layout_of(4, 23)
    plan = Split(n_blocks=4, apart_s=24.0).plan(layout)
    features, values, moment = story(rng, layout, 17)
    decoder = decoder_of("linear")
    with pytest.raises(ShapeError, match="wanted 92 rows"):
        decoder.cross_validator(features[1:], plan, moment)
    with pytest.raises(ShapeError, match="moment"):
        decoder.cross_validator(features, plan, moment[1:])
    with pytest.raises(ShapeError, match="23 moments"):
        decoder.cross_validator(features, plan, moment).predict(values[1:])
    with pytest.raises(ShapeError, match="92 rows"):
        RefitCrossValidator(KernelRidgeRegressor(), features[1:], plan, moment)
    with pytest.raises(InputError, match="median"):
        ExactKernelRidge("rbf").cross_validator(features, plan, moment)


def test_a_decoder_without_penalties_hits_nothing():
    """A record without a grid has no ends."""
    low, high = CrossValidated(np.zeros((3, 2)), []).hits
    assert low.tolist() == high.tolist() == [0, 0]


def test_moments_too_many_to_collapse_are_solved_alike(rng, layout_of, monkeypatch):
    """Memory bounds the quadratic forms; without them the numbers are the same."""
    layout = layout_of(4, 23)
    plan = Split(n_blocks=4, apart_s=24.0).plan(layout)
    features, values, moment = story(rng, layout, 17)
    collapsed = decoder_of("linear").cross_validator(features, plan, moment).predict(values)
    monkeypatch.setattr("emotopy_plugins.neural_decoders.solver_choice.MOST_BYTES", 0)
    monkeypatch.setattr("emotopy_plugins.neural_decoders.exact_cv._COLUMNS_AT_ONCE", 2)
    direct = decoder_of("linear").cross_validator(features, plan, moment).predict(values)
    np.testing.assert_array_equal(direct.chosen, collapsed.chosen)
    np.testing.assert_allclose(direct.predictions, collapsed.predictions, atol=1e-9)
