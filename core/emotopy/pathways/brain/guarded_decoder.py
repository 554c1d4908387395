"""The decoder under guard: errors name its owner, predictions are checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import attrs
import numpy as np

from emotopy.errors import PluginError
from emotopy.inference.crossval import CrossValidated, CrossValidator, PlanAware, fresh
from emotopy.inference.splits import Fold, Plan
from emotopy.records.axes import FloatArray, IntArray
from emotopy.roles import ExpectsColumns, Explains, HasCoefficients, HasReadouts
from emotopy.running.output_checks import validate_matrix
from emotopy.running.stages import Stage


def guarded_decoder(stage: Stage) -> GuardedDecoder:
    """Return the decoder of a stage, to be refitted fold by fold; deep copies of it have learnt nothing."""
    return (PlanningDecoder if isinstance(stage.object, PlanAware) else GuardedDecoder)(stage)


def guarded_validator(stage: Stage, made: Any) -> CrossValidator:
    """Return the cross-validator that a decoder made, under the same guard."""
    if not hasattr(made, "predict"):
        raise PluginError(f"{stage}: cross_validator() must return an object with predict(), got {type(made).__name__}")
    return (ExplainingValidator if isinstance(made, Explains) else GuardedValidator)(attrs.evolve(stage, object=made))


class GuardedDecoder:
    """A regressor whose every call is guarded."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._n_targets = 0

    def fit(self, X: FloatArray, Y: FloatArray) -> GuardedDecoder:
        self._n_targets = Y.shape[1]
        self._stage.call("fit", X, Y, copy=False)
        return self

    def predict(self, X: FloatArray) -> FloatArray:
        """Return predictions (n_rows, n_targets), checked; a regressor of one target may return (n_rows,)."""
        found = self._stage.call("predict", X, copy=False)
        if self._n_targets == 1 and np.shape(found) == (len(X),):
            found = np.reshape(found, (-1, 1))
        return validate_matrix(found, len(X), self._stage, "predict", self._n_targets)

    def __getattr__(self, name: str) -> Any:
        """Give what the regressor learnt (`chosen_`, `penalties_`), and nothing else of it."""
        if name.startswith("_") or not name.endswith("_"):
            raise AttributeError(name)
        return getattr(self._stage.object, name)

    def __deepcopy__(self, memo: dict[int, Any]) -> GuardedDecoder:
        model = self._stage.guard("being copied", lambda: fresh(self._stage.object))
        return type(self)(attrs.evolve(self._stage, object=model))


class PlanningDecoder(GuardedDecoder):
    """One that chooses its penalties by the plan's kind of cross-validation."""

    def fit_plan(self, X: FloatArray, Y: FloatArray, plan: Plan) -> PlanningDecoder:
        self._n_targets = Y.shape[1]
        self._stage.call("fit_plan", X, Y, plan, copy=False)
        return self


class GuardedValidator:
    """A cross-validator of a decoder's own; what it needn't have (`expect`, `coefficients`) may be lacking."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def expect(self, n_columns: int) -> None:
        if isinstance(self._stage.object, ExpectsColumns):
            self._stage.call("expect", n_columns)

    def predict(self, values: FloatArray) -> CrossValidated:
        found = self._stage.call("predict", values, copy=False)
        if not isinstance(found, CrossValidated):
            raise PluginError(
                f"{self._stage}: cross_validator().predict() must return CrossValidated, got {type(found).__name__}"
            )
        return found


class ExplainingValidator(GuardedValidator):
    """One that gives back its models' fitted values."""

    def fitted(self, values: FloatArray, chosen: IntArray) -> Iterator[tuple[Fold, FloatArray]]:
        answers: Iterator[tuple[Fold, FloatArray]] = self._stage.call("fitted", values, chosen, copy=False)
        return answers

    def coefficients(self, values: FloatArray, chosen: IntArray) -> Sequence[tuple[Fold, FloatArray]] | None:
        if not isinstance(self._stage.object, HasCoefficients):
            return None
        found: Sequence[tuple[Fold, FloatArray]] | None = self._stage.call("coefficients", values, chosen, copy=False)
        return found

    def readouts(self, values: FloatArray, chosen: IntArray) -> FloatArray | None:
        if not isinstance(self._stage.object, HasReadouts):
            return None
        found = self._stage.call("readouts", values, chosen, copy=False)
        if found is None:
            return None
        return validate_matrix(found, len(np.atleast_1d(found)), self._stage, "readouts", values.shape[1])
