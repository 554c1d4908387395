"""By features or by rows, for the moments or for the targets at hand: every way gives what refitting gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.neural_decoders.conftest import make_layout, make_stories, refit_nested

from emotopy.inference.explanation import mean_patterns, patterns_of_readouts
from emotopy.inference.splits import Split
from emotopy.roles import Explains, HasCoefficients
from emotopy_plugins.neural_decoders.exact_cv import ExactCrossValidator
from emotopy_plugins.neural_decoders.inner_errors import InnerErrors
from emotopy_plugins.neural_decoders.kernel_ridge import LinearRows
from emotopy_plugins.neural_decoders.moments_cv import MomentsCrossValidator
from emotopy_plugins.neural_decoders.primal_cv import PrimalCrossValidator

PENALTIES = np.array([0.01, 1.0, 30.0, 1000.0])
WAYS = ("features-moments", "features-columns", "rows-moments", "rows-columns")
SOME = [[0, 1, 2], [0, 1], [0, 2], [1, 2], [0, 1, 2], [2, 1]]


def validator_of(way, features, plan, moment, penalties=PENALTIES):
    """The validator of a way, on any features."""
    rows = LinearRows(features)
    if way == "features-moments":
        return MomentsCrossValidator(rows.features, plan, moment, penalties)
    if way == "features-columns":
        return PrimalCrossValidator(rows.features, plan, moment, penalties)
    return ExactCrossValidator(rows.decompose, plan, moment, penalties, collapse=way == "rows-moments")


def story(rng, layout, n_edges, n_columns=5):
    """Features that carry ratings which are smooth over a story's moments, on a level of their own."""
    moment, first = layout.target_rows()
    values = 70 + np.cumsum(rng.standard_normal((len(first), n_columns)), axis=0)
    features = 40 + rng.standard_normal((len(moment), n_edges))
    n_read = min(n_edges, n_columns)
    features[:, :n_read] += np.linspace(0.02, 0.6, n_read) * (values[moment][:, :n_read] - 70)
    return features, values, moment


def equal_to_refitting(way, features, values, moment, plan):
    """Penalties are those that refitted scikit-learn chooses, predictions its own to 1e-8."""
    found = validator_of(way, features, plan, moment).predict(values)
    centred = features - features.mean(axis=0)
    wanted, chosen = refit_nested(centred @ centred.T, values[moment], plan, PENALTIES)
    np.testing.assert_array_equal(found.chosen, chosen)
    np.testing.assert_allclose(found.predictions, wanted, atol=1e-8)
    assert len(found.folds) == len(found.chosen)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["subject", "subject-and-block"])
@pytest.mark.parametrize("n_edges", [1, 6, 23, 92, 137])
def test_every_way_equals_refitting_scikit_learn(rng, way, kind, n_edges):
    """One feature, few, as many as a subject's windows, as all rows, more; every subject lacks other windows."""
    layout = make_layout(5, 23)
    layout = layout.take(rng.random(len(layout.subject)) < 0.8) if n_edges != 92 else layout.take(np.arange(92))
    plan = Split(kind, n_blocks=4, apart_s=24.0).plan(layout)
    equal_to_refitting(way, *story(rng, layout, n_edges), plan)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["subject", "subject-and-block", "subject-and-story"])
def test_stories_that_some_have_heard(rng, way, kind):
    """Several stories of unequal lengths, each heard by some of the subjects; windows are missing."""
    layout = make_stories(SOME, (17, 23, 12))
    layout = layout.take(rng.random(len(layout.subject)) < 0.85)
    plan = Split(kind, n_blocks=3, apart_s=24.0).plan(layout)
    equal_to_refitting(way, *story(rng, layout, 6), plan)


@pytest.mark.parametrize("way", WAYS)
def test_a_subject_without_a_block(rng, way):
    """Unequal subjects: two lost a block each, one holds a few windows of each."""
    layout = make_layout(5, 40)
    lost = ((layout.subject == 1) & (layout.start_s > 230)) | ((layout.subject == 3) & (layout.start_s < 90))
    thin = (layout.subject == 4) & (layout.start_s % 40 > 0)
    layout = layout.take(~(lost | thin))
    plan = Split(n_blocks=4, apart_s=24.0).plan(layout)
    assert len(plan.folds()) < 20
    equal_to_refitting(way, *story(rng, layout, 5), plan)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("what", ["constant", "constant in a subject", "copied", "of two subjects alone"])
def test_features_that_say_nothing_or_the_same(rng, way, what):
    """Constant features, copies of others (a scatter without full rank), and some that vary in two subjects alone."""
    layout = make_layout(5, 23)
    plan = Split(n_blocks=4, apart_s=24.0).plan(layout)
    features, values, moment = story(rng, layout, 6)
    if what == "constant":
        features[:, 5] = 3.25
    elif what == "copied":
        features[:, 3:] = features[:, :3]
    else:
        features[(layout.subject < 1) if what == "constant in a subject" else (layout.subject > 1), 4] = 0.5
    equal_to_refitting(way, features, values, moment, plan)


@pytest.mark.parametrize("way", WAYS)
def test_a_window_that_a_subject_has_twice(rng, way):
    """Two rows of one subject at the same moment, as of a story heard twice: both count."""
    layout = make_layout(4, 23)
    rows = np.sort(np.concatenate([np.arange(92), rng.choice(92, size=20, replace=False)]))
    layout = layout.take(rows)
    plan = Split(n_blocks=4, apart_s=24.0).plan(layout)
    equal_to_refitting(way, *story(rng, layout, 4), plan)


@pytest.mark.parametrize("way", WAYS)
def test_one_penalty_is_not_chosen_among(rng, way):
    """Then two subjects are enough."""
    layout = make_layout(2, 40)
    plan = Split(n_blocks=4, apart_s=24.0).plan(layout)
    features, values, moment = story(rng, layout, 6)
    found = validator_of(way, features, plan, moment, np.array([30.0])).predict(values)
    wanted, _ = refit_nested(
        (features - features.mean(0)) @ (features - features.mean(0)).T, values[moment], plan, [30]
    )
    assert not found.chosen.any()
    np.testing.assert_allclose(found.predictions, wanted, atol=1e-8)


@given(
    seed=st.integers(0, 2**32 - 1),
    n_subjects=st.integers(3, 6),
    n_windows=st.integers(16, 40),
    n_edges=st.integers(1, 30),
    n_columns=st.integers(1, 6),
    share=st.floats(0.7, 1.0),
    kind=st.sampled_from(["subject", "subject-and-block"]),
)
@settings(max_examples=40)
def test_all_ways_agree_on_any_shape(seed, n_subjects, n_windows, n_edges, n_columns, share, kind):
    """The same penalties and predictions to 1e-8; further columns by what was solved before, too; and models."""
    rng = np.random.default_rng(seed)
    layout = make_layout(n_subjects, n_windows)
    layout = layout.take(rng.random(len(layout.subject)) < share)
    plan = Split(kind, n_blocks=3, apart_s=16.0).plan(layout)
    features, values, moment = story(rng, layout, n_edges, n_columns)
    validators = [validator_of(way, features, plan, moment) for way in WAYS]
    for targets in (values, np.cumsum(rng.standard_normal((len(values), 3)), axis=0)):
        first, *others = [one.predict(targets) for one in validators]
        fits = [[fit for _, fit in one.fitted(targets, first.chosen)] for one in validators]
        for other, fitted in zip(others, fits[1:], strict=True):
            np.testing.assert_array_equal(other.chosen, first.chosen)
            np.testing.assert_allclose(other.predictions, first.predictions, atol=1e-8)
            for one, wanted in zip(fitted, fits[0], strict=True):
                np.testing.assert_allclose(one, wanted, atol=1e-8)


@pytest.mark.parametrize("way", ["features-moments", "features-columns"])
def test_coefficients_are_those_of_the_fitted_values(rng, way):
    """Intercept and slopes on features centred over all rows give what the models say of their training rows."""
    layout = make_layout(5, 23)
    plan = Split(n_blocks=4, apart_s=24.0).plan(layout)
    features, values, moment = story(rng, layout, 6)
    validator = validator_of(way, features, plan, moment)
    assert isinstance(validator, Explains)
    assert isinstance(validator, HasCoefficients)
    chosen = validator.predict(values).chosen
    rows = np.column_stack([np.ones(len(features)), features - features.mean(axis=0)])
    pairs = list(zip(validator.coefficients(values, chosen), validator.fitted(values, chosen), strict=True))
    assert len(pairs) == len(chosen)
    for (fold, coefficients), (_, fitted) in pairs:
        np.testing.assert_allclose(rows[fold.train] @ coefficients, fitted, atol=1e-8)


@pytest.mark.parametrize("n_edges", [3, 137])
@pytest.mark.parametrize("kind", ["subject", "subject-and-block", "block", "chronological"])
def test_readouts_give_the_mean_patterns_of_fitted_values(rng, kind, n_edges, monkeypatch):
    """Summed before they become rows; by few features and by many; a constant column counts nothing."""
    monkeypatch.setattr("emotopy_plugins.neural_decoders.exact_cv._COLUMNS_AT_ONCE", 3)
    layout = make_layout(5, 23)
    layout = layout.take(rng.random(len(layout.subject)) < 0.85)
    plan = Split(kind, n_blocks=4, apart_s=24.0).plan(layout)
    features, values, moment = story(rng, layout, n_edges)
    values[:, 1] = 3.5
    rows = LinearRows(features)
    validator = ExactCrossValidator(rows.decompose, plan, moment, PENALTIES)
    chosen = validator.predict(values).chosen
    wanted = mean_patterns(features, validator.fitted(values, chosen), n_emotions=5)
    found = patterns_of_readouts(features, validator.readouts(values, chosen))
    np.testing.assert_allclose(found, wanted, rtol=1e-7, atol=1e-9 * np.abs(wanted).max())
    np.testing.assert_array_equal(found[1], 0)


@given(seed=st.integers(0, 2**32 - 1), n_moments=st.integers(1, 12), n_columns=st.integers(1, 40))
def test_the_least_form_is_chosen(seed, n_moments, n_columns):
    """Of forms that may be asymmetric, and don't see a shift of all moments; however many columns at once."""
    rng = np.random.default_rng(seed)
    active = np.sort(rng.choice(20, size=n_moments, replace=False))
    centring = np.eye(n_moments) - 1 / n_moments
    forms = centring @ rng.standard_normal((3, 4, n_moments, n_moments)) @ centring
    values = 5 + rng.standard_normal((20, n_columns))
    errors = np.einsum("ic,fpij,jc->fpc", values[active], forms, values[active])
    found = InnerErrors.of_forms(active, forms).least(values)
    best = np.take_along_axis(errors, found[:, None], axis=1)[:, 0]
    np.testing.assert_allclose(best, errors.min(axis=1), atol=1e-9)
