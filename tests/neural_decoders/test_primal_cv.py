"""Few features and targets of every subject's own: worked off by features, the numbers of the way by rows."""

from __future__ import annotations

import numpy as np
import pytest

from emotopy.errors import ShapeError
from emotopy.inference.splits import Split
from emotopy.roles import Explains
from emotopy_plugins.neural_decoders.exact_cv import ExactCrossValidator
from emotopy_plugins.neural_decoders.kernel_ridge import LinearRows
from emotopy_plugins.neural_decoders.primal_cv import PrimalCrossValidator

PENALTIES = np.array([0.01, 1.0, 30.0, 1000.0])
N_EDGES, N_COLUMNS = 6, 5


@pytest.fixture(params=["subject", "subject-and-block"])
def both(request, rng, layout_of):
    """The two validators of the same rows, windows dropped at random; and targets, on a baseline of their own."""
    layout = layout_of(5, 23)
    layout = layout.take(rng.random(len(layout.subject)) < 0.8)
    plan = Split(request.param, n_blocks=4, apart_s=24.0).plan(layout)
    rows = LinearRows(40 + rng.standard_normal((len(layout.subject), N_EDGES)))
    moment = np.arange(len(layout.subject))
    targets = 70 + rows.features[:, :N_COLUMNS] * np.linspace(0.05, 2, N_COLUMNS)
    targets += rng.standard_normal(targets.shape)
    by_rows = ExactCrossValidator(rows.decompose, plan, moment, PENALTIES)
    return PrimalCrossValidator(rows.features, plan, moment, PENALTIES), by_rows, targets


def test_predictions_and_penalties_are_those_by_rows(both):
    """Chosen alike, predicted alike to 1e-9, some targets wanting little penalty and some much."""
    narrow, by_rows, targets = both
    found, wanted = narrow.predict(targets), by_rows.predict(targets)
    np.testing.assert_array_equal(found.chosen, wanted.chosen)
    assert len(np.unique(found.chosen)) > 1
    np.testing.assert_allclose(found.predictions, wanted.predictions, atol=1e-9)


def test_fitted_values_are_those_by_rows(both):
    """What each fold's model says of its own training rows."""
    narrow, by_rows, targets = both
    assert isinstance(narrow, Explains)
    chosen = narrow.predict(targets).chosen
    pairs = list(zip(narrow.fitted(targets, chosen), by_rows.fitted(targets, chosen), strict=True))
    assert len(pairs) == len(chosen)
    for (fold, fit), (same, wanted) in pairs:
        np.testing.assert_array_equal(fold.train, same.train)
        np.testing.assert_allclose(fit, wanted, atol=1e-9)


def test_columns_are_worked_off_in_parts(both, monkeypatch):
    """How many at once doesn't matter."""
    narrow, _, targets = both
    whole = narrow.predict(targets).predictions
    monkeypatch.setattr("emotopy_plugins.neural_decoders.primal_cv._COLUMNS_AT_ONCE", 2)
    np.testing.assert_allclose(narrow.predict(targets).predictions, whole, atol=1e-12)


def test_values_must_hold_every_moment(both):
    """Too few values are an error."""
    narrow, _, targets = both
    with pytest.raises(ShapeError, match="moments"):
        narrow.predict(targets[1:])
