"""Forward patterns against the formula, regression and a known generative model; weights and networks by loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression, Ridge

from emotopy.errors import InputError, ShapeError
from emotopy.inference import explanation
from emotopy.inference.explanation import (
    EdgePatterns,
    edge_patterns,
    edges_table,
    mean_patterns,
    mean_patterns_of_coefficients,
    network_table,
    region_weights,
    weights_table,
)
from emotopy.inference.splits import Fold

REGIONS = ("amygdala", "insula", "caudate", "putamen", "hippocampus")  # 10 edges
EMOTIONS = ("fear", "joy", "awe")
N_ROWS = 41


def fold_of(train: np.ndarray) -> Fold:
    return Fold(train=train, test=~train, subject=-1, block=0)


@pytest.fixture
def folds(rng):
    """Four folds that train on about three quarters, with fitted values of three emotions of very different scale."""
    masks = [rng.random(N_ROWS) < 0.75 for _ in range(4)]
    scale = np.array([1.0, 1e-4, 50.0])
    return [(fold_of(mask), rng.standard_normal((mask.sum(), 3)) * scale + 7 * scale) for mask in masks]


@pytest.fixture
def features(rng):
    return rng.standard_normal((N_ROWS, 10)) + 0.3


def slopes(features, fitted):
    """Return the slope of each feature on each prediction alone, by scikit-learn, (n_emotions, n_edges)."""
    return np.stack([LinearRegression().fit(fitted[:, [k]], features).coef_[:, 0] for k in range(fitted.shape[1])])


def averaged(patterns, folds):
    """Average the patterns of folds (n_emotions, n_edges) by the variance of each fold's predictions."""
    weights = np.repeat([fitted.var(axis=0) for _, fitted in folds], patterns[0].shape[1], axis=1)
    return np.average(patterns, axis=0, weights=weights.reshape(len(folds), *patterns[0].shape))


def test_pattern_is_the_regression_of_features_on_predictions(features, folds):
    """Per target the pattern is each feature's slope on the prediction, averaged over folds by their variance."""
    wanted = averaged([slopes(features[fold.train], fitted) for fold, fitted in folds], folds)
    found = edge_patterns(features, folds, emotions=EMOTIONS, regions=REGIONS)
    np.testing.assert_allclose(found.values, wanted, rtol=1e-9)


def test_patterns_of_single_precision_features_have_no_more_digits(features, folds):
    """So that surrogates' patterns may be kept in single precision, and nothing is lost."""
    single = features.astype(np.float32)
    found = mean_patterns([single[:13], single[13:]], folds, n_emotions=3)
    np.testing.assert_array_equal(found.astype(np.float32), found)
    np.testing.assert_allclose(found, mean_patterns(features, folds, n_emotions=3), rtol=1e-3, atol=1e-6)


def test_pattern_is_the_formula_of_haufe(features, folds):
    """Per target the pattern is Xᵀ(ŷ − mean ŷ) / (n · var ŷ)."""
    fold, fitted = folds[0]
    X = features[fold.train]
    alone = (X.T @ (fitted - fitted.mean(0)) / (len(X) * fitted.var(0))).T
    np.testing.assert_allclose(
        edge_patterns(features, folds[:1], emotions=EMOTIONS, regions=REGIONS).values, alone, rtol=1e-9
    )


def test_pattern_finds_the_signal_where_weights_find_the_noise(rng):
    """In a linear-Gaussian model the pattern is the planted one; the weights show a channel that only cancels noise."""
    n = 30_000
    emotion, disturbance = rng.standard_normal((2, n))
    planted = np.array([1.0, 0.0, 0.5])
    X = np.outer(emotion, planted) + 0.3 * rng.standard_normal((n, 3))
    X[:, 0] += 2 * disturbance
    X[:, 1] += 2 * disturbance
    model = Ridge(alpha=1e-3).fit(X, emotion)
    fitted = model.predict(X)
    found = edge_patterns(
        X, [(fold_of(np.ones(n, dtype=bool)), fitted[:, None])], emotions=("fear",), regions=REGIONS[:3]
    ).values[0]
    np.testing.assert_allclose(found / found[0], planted, atol=0.05)
    assert abs(model.coef_[1]) > 0.5 * abs(model.coef_[0])


def test_sign_consistency_counts_folds(features, rng):
    """An edge's consistency is the share of folds whose pattern has the sign of the mean."""
    masks = [rng.random(N_ROWS) < 0.4 for _ in range(7)]
    folds = [(fold_of(mask), rng.standard_normal((mask.sum(), 3))) for mask in masks]
    each = np.stack([slopes(features[fold.train], fitted) for fold, fitted in folds])
    wanted = (np.sign(each) == np.sign(averaged(each, folds))).mean(axis=0)
    found = edge_patterns(features, folds, emotions=EMOTIONS, regions=REGIONS)
    np.testing.assert_allclose(found.sign_consistency, wanted)
    assert 0.2 < found.sign_consistency.min() < found.sign_consistency.max() <= 1


def test_blocks_and_parts_change_nothing(features, folds, monkeypatch):
    """Features by subject, edge by edge, or folds averaged first, give the pattern of the whole matrix."""
    options = {"emotions": EMOTIONS, "regions": REGIONS}
    whole = edge_patterns(features, folds, **options)
    monkeypatch.setattr(explanation, "BLOCK_BYTES", 3 * N_ROWS * 8)  # three edges at once
    parts = edge_patterns([features[:13], features[13:20], features[20:]], iter(folds), **options)
    np.testing.assert_allclose(parts.values, whole.values, rtol=1e-9)
    np.testing.assert_array_equal(parts.sign_consistency, whole.sign_consistency)
    averaged = mean_patterns([features[:13], features[13:]], iter(folds), n_emotions=3)
    np.testing.assert_allclose(averaged, whole.values, rtol=1e-9)


def test_single_precision_is_enough(features, folds):
    """Features in float32 give the pattern to six digits of its largest edge."""
    exact = edge_patterns(features, folds, emotions=EMOTIONS, regions=REGIONS).values
    found = edge_patterns(features.astype(np.float32), folds, emotions=EMOTIONS, regions=REGIONS).values
    assert (np.abs(found - exact).max(axis=1) < 1e-6 * np.abs(exact).max(axis=1)).all()


def test_constant_predictions_have_no_say(features, folds):
    """A fold that predicts a constant for an emotion is left out of that emotion's average alone."""
    muted = [(fold, fitted.copy()) for fold, fitted in folds]
    for _, fitted in muted[1:]:
        fitted[:, 1] = 0.3
    found = edge_patterns(features, muted, emotions=EMOTIONS, regions=REGIONS)
    whole = edge_patterns(features, folds, emotions=EMOTIONS, regions=REGIONS)
    first = edge_patterns(features, folds[:1], emotions=EMOTIONS, regions=REGIONS)
    np.testing.assert_allclose(found.values[[0, 2]], whole.values[[0, 2]], rtol=1e-9)
    np.testing.assert_allclose(found.values[1], first.values[1], rtol=1e-9)
    np.testing.assert_array_equal(found.sign_consistency[1], 1)
    np.testing.assert_allclose(mean_patterns(features, muted, n_emotions=3), found.values, rtol=1e-9)


def test_nearly_flat_fold_hardly_counts(features, folds):
    """A fold shrunken to a millionth says next to nothing, though its slope is a million times as steep."""
    faint = [(fold, fitted * (1e-6 if i == 0 else 1)) for i, (fold, fitted) in enumerate(folds)]
    found = edge_patterns(features, faint, emotions=EMOTIONS, regions=REGIONS)
    without = edge_patterns(features, folds[1:], emotions=EMOTIONS, regions=REGIONS)
    np.testing.assert_allclose(found.values, without.values, rtol=1e-4, atol=1e-4 * np.abs(without.values).max())


def test_silent_decoder_has_no_pattern(features):
    """An emotion that every fold predicts as a constant has pattern 0 and consistency 0."""
    train = np.arange(N_ROWS) > 9
    fitted = np.column_stack([np.linspace(0, 1, train.sum()), np.full(train.sum(), 0.7)])
    found = edge_patterns(features, [(fold_of(train), fitted)], emotions=EMOTIONS[:2], regions=REGIONS)
    np.testing.assert_array_equal(found.values[1], 0)
    np.testing.assert_array_equal(found.sign_consistency[1], 0)
    assert np.abs(found.values[0]).min() > 0


@pytest.fixture
def models(rng, features):
    """Four folds and their linear models of three emotions, intercept first, of features centred over all rows."""
    scale = np.array([1.0, 1e-4, 50.0])
    masks = [rng.random(N_ROWS) < 0.75 for _ in range(4)]
    return [(fold_of(mask), rng.standard_normal((1 + features.shape[1], 3)) * scale) for mask in masks]


def fitted_by(models, features):
    """What the models say of their own training rows."""
    rows = np.column_stack([np.ones(len(features)), features - features.mean(axis=0)])
    return [(fold, rows[fold.train] @ coefficients) for fold, coefficients in models]


def test_coefficients_give_the_pattern_of_their_fitted_values(features, models):
    """Features by subject or whole, in single precision too."""
    wanted = mean_patterns(features, fitted_by(models, features), n_emotions=3)
    found = mean_patterns_of_coefficients([features[:13], features[13:]], iter(models), n_emotions=3)
    np.testing.assert_allclose(found, wanted, rtol=1e-9)
    rounded = mean_patterns_of_coefficients(features.astype(np.float32), models, n_emotions=3)
    np.testing.assert_allclose(rounded, wanted, atol=1e-6 * np.abs(wanted).max())


def test_coefficients_of_nothing_have_no_say(features, models):
    """A fold whose model is its intercept is left out; an emotion of which all are has pattern 0."""
    for i, (_, coefficients) in enumerate(models):
        coefficients[1:, 0] *= i < 2
        coefficients[1:, 1] *= 1e-15
        coefficients[0] = 3.0
    found = mean_patterns_of_coefficients(features, models, n_emotions=3)
    np.testing.assert_allclose(found, mean_patterns(features, fitted_by(models, features), n_emotions=3), rtol=1e-9)
    np.testing.assert_array_equal(found[1], 0)
    first = mean_patterns_of_coefficients(features, models[:2], n_emotions=3)
    np.testing.assert_allclose(found[0], first[0], rtol=1e-9)


def test_coefficients_of_other_axes_are_refused(features, models):
    """Coefficients without the intercept, folds over other rows, none, no training rows, NaN features."""
    fold, coefficients = models[0]
    for wrong in ((fold, coefficients[1:]), (fold_of(np.ones(40, dtype=bool)), coefficients)):
        with pytest.raises(ShapeError, match="41 rows"):
            mean_patterns_of_coefficients(features, [wrong], n_emotions=3)
    with pytest.raises(InputError, match="got none"):
        mean_patterns_of_coefficients(features, [], n_emotions=3)
    with pytest.raises(InputError, match="no training rows"):
        mean_patterns_of_coefficients(features, [(fold_of(np.zeros(N_ROWS, dtype=bool)), coefficients)], n_emotions=3)
    features[3, 4] = np.nan
    with pytest.raises(InputError, match="finite"):
        mean_patterns_of_coefficients(features, models, n_emotions=3)


@settings(deadline=None)
@given(scale=st.floats(1e-6, 1e6), shift=st.floats(-1e3, 1e3), seed=st.integers(0, 2**32 - 1))
def test_pattern_answers_to_the_scale_of_the_prediction(scale, shift, seed):
    """A prediction twice as large halves the pattern; a constant added to it changes nothing."""
    rng = np.random.default_rng(seed)
    features, fitted = rng.standard_normal((23, 3)), rng.standard_normal((17, 2))
    fold = fold_of(np.arange(23) < 17)
    one = mean_patterns(features, [(fold, fitted)], n_emotions=2)
    other = mean_patterns(features, [(fold, scale * (fitted + shift))], n_emotions=2)
    np.testing.assert_allclose(other * scale, one, rtol=1e-6, atol=1e-9)


def test_wrong_axes_are_refused(features, folds):
    """Folds over other rows, no folds, a fold without training, NaN features and odd edges are errors that say so."""
    options = {"emotions": EMOTIONS, "regions": REGIONS}
    with pytest.raises(ShapeError, match="41 rows of features"):
        edge_patterns(features, [(fold_of(np.ones(40, dtype=bool)), np.ones((40, 3)))], **options)
    with pytest.raises(ShapeError, match=r"n_train, 3"):
        edge_patterns(features, [(folds[0][0], folds[0][1][:, :2])], **options)
    with pytest.raises(InputError, match="got none"):
        edge_patterns(features, [], **options)
    with pytest.raises(InputError, match="got none"):
        mean_patterns(features, [], n_emotions=3)
    with pytest.raises(InputError, match="no training rows"):
        edge_patterns(features, [(fold_of(np.zeros(N_ROWS, dtype=bool)), np.empty((0, 3)))], **options)
    with pytest.raises(ShapeError, match="10 edges for 5 regions, got 9"):
        edge_patterns(features[:, :9], folds, **options)
    features[3, 4] = np.nan
    with pytest.raises(InputError, match="censored"):
        edge_patterns(features, folds, **options)


# Regions and networks -------------------------------------------------------------------------------------------------


@pytest.fixture
def patterns(rng) -> EdgePatterns:
    return EdgePatterns(EMOTIONS, REGIONS, rng.standard_normal((3, 10)), rng.uniform(0.5, 1, (3, 10)))


def square(values: np.ndarray) -> np.ndarray:
    """Return (n_regions, n_regions) of one emotion's edges, upper triangle row by row, NaN on the diagonal."""
    matrix = np.full((5, 5), np.nan)
    edge = 0
    for i in range(5):
        for j in range(i + 1, 5):
            matrix[i, j] = matrix[j, i] = values[edge]
            edge += 1
    return matrix


def test_region_weight_is_the_mean_over_its_edges(patterns):
    """A region's weight is the mean |pattern| of its row of the matrix; signed, the mean pattern."""
    for kind, prepare in (("absolute", np.abs), ("signed", np.asarray)):
        found = region_weights(patterns, kind)
        assert found.regions == REGIONS
        for k in range(3):
            np.testing.assert_allclose(found.values[k], np.nanmean(square(prepare(patterns.values[k])), axis=1))


def test_edges_table_names_both_ends(patterns):
    """`edges.csv` has a row per emotion and edge, and its pattern is that of the two regions it names."""
    table = edges_table(patterns)
    assert table.columns.tolist() == ["emotion", "region_a", "region_b", "pattern", "sign_consistency"]
    assert len(table) == 30
    for row in table.itertuples():
        matrix = square(patterns.values[EMOTIONS.index(row.emotion)])
        assert row.pattern == matrix[REGIONS.index(row.region_a), REGIONS.index(row.region_b)]


def test_weights_table_without_surrogates(patterns):
    """Without surrogates `weights.csv` has weights and no p."""
    table = weights_table(patterns)
    np.testing.assert_allclose(table["weight"].to_numpy().reshape(3, 5), region_weights(patterns).values)
    np.testing.assert_allclose(
        table["signed_weight"].to_numpy().reshape(3, 5), region_weights(patterns, "signed").values
    )
    assert table[["null_mean", "null_95", "p", "p_family"]].isna().all(axis=None)
    assert table["region"].tolist() == [*REGIONS] * 3


def test_region_that_stands_out_of_its_null_is_found(rng):
    """A region whose edges all carry the emotion has the smallest p; overall scale counts for nothing."""
    values = rng.standard_normal((2, 10))
    values[0, [0, 4, 5, 6]] = [4, -4, 4, -4]  # the edges of the insula
    patterns = EdgePatterns(EMOTIONS[:2], REGIONS, values, np.ones((2, 10)))
    surrogates = rng.standard_normal((199, 2, 10)) * rng.uniform(0.1, 100, (199, 1, 1))
    table = weights_table(patterns, surrogates)
    fear = table[table["emotion"] == "fear"].set_index("region")
    assert fear["p"].idxmin() == "insula"
    assert fear.loc["insula", "p_family"] == pytest.approx(1 / 200)
    assert fear.loc["insula", "weight"] > fear.loc["insula", "null_95"]
    np.testing.assert_allclose(fear["null_mean"].mean(), fear["weight"].mean(), rtol=0.05)
    assert table.loc[table["emotion"] == "joy", "p_family"].min() > 0.05
    again = weights_table(attrs_scaled(patterns, 1e-3), surrogates)
    np.testing.assert_allclose(again["p"], table["p"])


def attrs_scaled(patterns: EdgePatterns, factor: float) -> EdgePatterns:
    return EdgePatterns(patterns.emotions, patterns.regions, factor * patterns.values, patterns.sign_consistency)


def test_empty_pattern_has_no_p(patterns):
    """An emotion without a pattern has weight 0 and no p."""
    patterns.values[1] = 0
    table = weights_table(patterns, [np.ones((3, 10)), np.zeros((3, 10))])
    joy = table[table["emotion"] == "joy"]
    assert (joy["weight"] == 0).all()
    assert joy["p"].isna().all()
    assert table.loc[table["emotion"] == "fear", "p"].notna().all()


def test_networks_sum_their_edges(patterns):
    """Every edge stands in one pair of networks, whose total, mean and signed mean are those of a loop."""
    networks = dict(zip(REGIONS, ["limbic", "salience", "basal", "basal", "limbic"], strict=True))
    table = network_table(patterns, networks)
    assert table.groupby("emotion")["n_edges"].sum().tolist() == [10, 10, 10]
    for row in table.itertuples():
        matrix = square(patterns.values[EMOTIONS.index(row.emotion)])
        joined = [
            matrix[i, j]
            for i in range(5)
            for j in range(i + 1, 5)
            if {networks[REGIONS[i]], networks[REGIONS[j]]} == {row.network_a, row.network_b}
        ]
        assert row.n_edges == len(joined)
        assert row.total == pytest.approx(np.abs(joined).sum())
        assert row.weight == pytest.approx(np.abs(joined).mean())
        assert row.signed_weight == pytest.approx(np.mean(joined))
    # one region alone has no edge within its network
    assert not ((table["network_a"] == "salience") & (table["network_b"] == "salience")).any()


def test_region_without_network_is_named(patterns):
    """A region that the networks forget is an error with its name."""
    with pytest.raises(InputError, match="putamen"):
        network_table(patterns, dict.fromkeys(set(REGIONS) - {"putamen"}, "one"))


def test_surrogates_of_other_axes_are_refused(patterns):
    """Surrogate patterns of another atlas are an error."""
    with pytest.raises(ShapeError, match="10"):
        weights_table(patterns, [np.ones((3, 6))])
