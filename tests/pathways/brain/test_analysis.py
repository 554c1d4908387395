"""Decoders under guard: what they do wrong is named, what they do right is what they'd do alone."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest

from emotopy.errors import PluginError
from emotopy.inference.crossval import CrossValidated, PlanAware, RefitCrossValidator
from emotopy.inference.splits import SampleIndex, Split
from emotopy.pathways.brain.guarded_decoder import guarded_decoder, guarded_validator
from emotopy.roles import Explains
from emotopy.running.stages import Stage
from emotopy.testing import doubles

N_ROWS, N_EDGES, N_EMOTIONS = 48, 5, 3


def stage(thing):
    return Stage("neural_decoder", "it", "mine", "1.0", {}, thing)


@pytest.fixture
def plan():
    """Two subjects, two blocks."""
    start_s = np.tile(np.arange(N_ROWS // 2) * 40.0, 2)
    layout = SampleIndex(np.repeat([0, 1], N_ROWS // 2), np.zeros(N_ROWS, dtype=int), start_s, start_s + 20, 40.0)
    return Split("block", n_blocks=2).plan(layout)


def refitted(decoder, plan, rng):
    values = rng.standard_normal((N_ROWS, N_EMOTIONS))
    return RefitCrossValidator(decoder, rng.standard_normal((N_ROWS, N_EDGES)), plan, np.arange(N_ROWS)).predict(values)


def test_a_guarded_decoder_gives_the_same_predictions(plan):
    """Cross-validated under guard or by itself: the same numbers."""
    found = [
        refitted(one, plan, np.random.default_rng(1)).predictions
        for one in (doubles.LeastSquares(0.3), guarded_decoder(stage(doubles.LeastSquares(0.3))))
    ]
    np.testing.assert_array_equal(*found)


def test_scikit_learn_regressors_are_cloned_not_shared(plan, rng):
    """The object of the stage learns nothing; every fold has a copy of its own."""
    from sklearn.linear_model import Ridge

    own = Ridge(2.0)
    assert np.isfinite(refitted(guarded_decoder(stage(own)), plan, rng).predictions).all()
    assert not hasattr(own, "coef_")


class Wrong(doubles.LeastSquares):
    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def predict(self, X):
        return self.answer(super().predict(X))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda found: found[:-1], r"predict\(\) must return shape \(24, 3\), got \(23, 3\)"),
        (lambda found: found[:, :2], r"got \(24, 2\)"),
        (lambda found: found.ravel(), r"got \(72,\)"),
        (lambda found: found * np.nan, "returned NaN or infinity, first in row 0"),
        (lambda found: "many", "must return an array, got str"),
        (lambda found: 1 / 0, r"failed in predict\(\): ZeroDivisionError"),
    ],
)
def test_wrong_predictions_are_named(plan, rng, answer, reason):
    """Rows, columns, finiteness, kind: the message names owner, stage and what came."""
    with pytest.raises(PluginError, match=rf"^neural_decoder mine:it:? .*{reason}"):
        refitted(guarded_decoder(stage(Wrong(answer))), plan, rng)


def test_a_decoder_of_one_target_may_return_a_row_of_numbers():
    """As many of scikit-learn's regressors do."""
    decoder = guarded_decoder(stage(Wrong(np.ravel)))
    decoder.fit(np.eye(4), np.arange(4.0)[:, None])
    assert decoder.predict(np.eye(4)).shape == (4, 1)


def test_a_decoder_that_cannot_be_copied_is_named():
    """The copy for a fold is the plugin's doing too."""

    class Stuck(doubles.LeastSquares):
        def __deepcopy__(self, memo):
            raise TypeError("holds a socket")

    with pytest.raises(PluginError, match="mine:it failed in being copied: TypeError: holds a socket"):
        deepcopy(guarded_decoder(stage(Stuck())))


def test_what_a_decoder_can_do_besides_is_kept():
    """A decoder that plans its penalties still does, what it learnt can be read, and nothing else of it."""

    class Planning(doubles.LeastSquares):
        chosen_ = 7

        def fit_plan(self, X, Y, plan):
            return self.fit(X, Y)

    plain, planning = guarded_decoder(stage(doubles.LeastSquares())), guarded_decoder(stage(Planning()))
    assert (isinstance(plain, PlanAware), isinstance(planning, PlanAware)) == (False, True)
    assert planning.chosen_ == 7
    assert not hasattr(plain, "chosen_")
    assert not hasattr(planning, "get_params")
    assert planning.fit_plan(np.eye(3), np.eye(3), None) is planning


def test_validators_are_guarded_too():
    """What a decoder's own cross-validator raises or returns is the decoder's; a generator is guarded at each step."""

    class Validator:
        def predict(self, values):
            return values

        def fitted(self, values, chosen):
            yield "first"
            raise ArithmeticError("singular")

    class Half:
        predict = Validator.predict

    whole, half = guarded_validator(stage(None), Validator()), guarded_validator(stage(None), Half())
    assert (isinstance(whole, Explains), isinstance(half, Explains)) == (True, False)
    with pytest.raises(
        PluginError, match=r"mine:it: cross_validator\(\)\.predict\(\) must return CrossValidated, got nd"
    ):
        half.predict(np.zeros(3))
    steps = whole.fitted(None, None)
    assert next(steps) == "first"
    with pytest.raises(PluginError, match=r"mine:it failed in fitted\(\): ArithmeticError: singular"):
        next(steps)
    with pytest.raises(PluginError, match=r"cross_validator\(\) must return an object with predict\(\), got list"):
        guarded_validator(stage(None), [])

    class Right:
        def predict(self, values):
            return CrossValidated(values, (), np.empty(0), np.empty((0, 0), dtype=np.int64))

    assert guarded_validator(stage(None), Right()).predict(np.ones((2, 1))).predictions.sum() == 2


def test_what_a_validator_need_not_have_may_be_lacking():
    """Columns to expect are said to those who want to know; models and readouts come from those who have them."""

    class Bare:
        def predict(self, values):
            return CrossValidated(values, ())

        def fitted(self, values, chosen):
            return iter(())

    class Full(Bare):
        expected = 0

        def expect(self, n_columns):
            self.expected = n_columns

        def coefficients(self, values, chosen):
            return [("fold", values)]

        def readouts(self, values, chosen):
            return values[:, :1]

    values, full = np.ones((4, 2)), Full()
    bare, guarded = guarded_validator(stage(None), Bare()), guarded_validator(stage(None), full)
    bare.expect(3)
    guarded.expect(3)
    assert full.expected == 3
    assert bare.coefficients(values, None) is None
    assert bare.readouts(values, None) is None
    assert guarded.coefficients(values, None)[0][0] == "fold"
    with pytest.raises(PluginError, match=r"readouts\(\) must return shape \(4, 2\), got \(4, 1\)"):
        guarded.readouts(values, None)
