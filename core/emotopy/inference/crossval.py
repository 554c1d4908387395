"""Cross-validated predictions: the record, the honest way for any regressor, and scores under surrogates.

A decoder that keeps `emotopy.roles.ExactCrossValidation` brings its own, faster way to the same numbers; every other
one is refitted for each fold here. Both answer `predict(values)`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

import attrs
import numpy as np

from emotopy.errors import ShapeError
from emotopy.host import checkpoint
from emotopy.inference.correlation import mean_of_known
from emotopy.inference.scores import BlockScores, score_blocks
from emotopy.inference.splits import Fold, Plan
from emotopy.records.axes import FloatArray, IntArray


@attrs.frozen(eq=False)
class CrossValidated:
    """Predictions of rows by models that have not seen them.

    Attributes
    ----------
    predictions
        (n_rows, n_columns); NaN for a row that no fold tests. Columns are targets, or targets of surrogates.
    folds
        The folds, n_folds of them.
    penalties
        The penalties tried, (n_penalties,), ascending; empty for a decoder that tries none.
    chosen
        Number of the penalty chosen in each fold for each column, (n_folds, n_columns).
    """

    predictions: FloatArray
    folds: Sequence[Fold]
    penalties: FloatArray = attrs.field(factory=lambda: np.empty(0))
    chosen: IntArray = attrs.field(factory=lambda: np.empty((0, 0), dtype=np.int64))

    @property
    def hits(self) -> tuple[IntArray, IntArray]:
        """In how many folds the smallest and the largest penalty was chosen, twice (n_columns,).

        Many hits say that the grid is too short, or that the best prediction is the mean. 0 for a single penalty.
        """
        if len(self.penalties) < 2:
            none = np.zeros(self.predictions.shape[1], dtype=np.int64)
            return none, none
        return (self.chosen == 0).sum(axis=0), (self.chosen == len(self.penalties) - 1).sum(axis=0)


class CrossValidator(Protocol):
    """A decoder, features and a plan, ready for any targets."""

    def predict(self, values: FloatArray) -> CrossValidated:
        """Return predictions (n_rows, n_columns) for values (n_windows, n_columns)."""
        ...


@runtime_checkable
class PlanAware(Protocol):
    """A regressor that chooses its penalties by cross-validation of the plan's kind, inside the rows it is given."""

    def fit_plan(self, X: FloatArray, Y: FloatArray, plan: Plan) -> Any:
        """Learn Y (n_rows, n_targets) from X (n_rows, n_edges); the plan's rows are these rows."""
        ...


class RefitCrossValidator:
    """The honest way: a fresh copy of the decoder is fitted for every fold, penalties included.

    Parameters
    ----------
    decoder
        A scikit-learn regressor, multi-output; one that keeps `PlanAware` is given the inner plan.
    features
        (n_rows, n_edges), or one array per block of rows, in order.
    plan
        The split, worked out.
    target_row
        Row of `values` that each row's targets stand in, (n_rows,); see `emotopy.inference.splits.SampleIndex`.
    advance
        Called after each fold with the number of columns that were fitted.
    """

    def __init__(
        self,
        decoder: Any,
        features: FloatArray | Sequence[FloatArray],
        plan: Plan,
        target_row: IntArray,
        *,
        advance: Callable[[int], None] = lambda n: None,
    ) -> None:
        self.decoder = decoder
        self.advance = advance
        self.features = features if isinstance(features, np.ndarray) else np.concatenate(list(features))
        self.plan = plan
        self.target_row = target_row
        if len(self.features) != len(plan.block) or len(target_row) != len(plan.block):
            raise ShapeError(
                f"cross-validation: wanted features and target rows for {len(plan.block)} rows, "
                f"got {len(self.features)} and {len(target_row)}"
            )

    def predict(self, values: FloatArray) -> CrossValidated:
        """Return predictions (n_rows, n_columns) for values (n_windows, n_columns)."""
        targets = values[self.target_row]
        predictions = np.full(targets.shape, np.nan)
        folds = self.plan.folds()
        chosen, penalties = [], np.empty(0)
        for fold in folds:
            checkpoint()
            model = fresh(self.decoder)
            if isinstance(model, PlanAware):
                model.fit_plan(self.features[fold.train], targets[fold.train], self.plan.take(fold.train))
            else:
                model.fit(self.features[fold.train], targets[fold.train])
            answer = np.asarray(model.predict(self.features[fold.test]), dtype=np.float64)
            predictions[fold.test] = answer.reshape(-1, targets.shape[1])
            if hasattr(model, "chosen_"):
                chosen.append(model.chosen_)
                penalties = np.asarray(model.penalties_)
            self.advance(targets.shape[1])
        return CrossValidated(
            predictions, folds, penalties, np.array(chosen) if chosen else np.empty((0, 0), dtype=np.int64)
        )


@attrs.frozen(eq=False)
class NullScores:
    """Scores under surrogates.

    `scores` (n_surrogates, n_targets), `by_story` (n_stories, n_surrogates, n_targets) within each story; `chosen`
    (n_folds, n_surrogates × n_targets) as of `CrossValidated`, one surrogate after the other.
    """

    scores: FloatArray
    by_story: FloatArray
    chosen: IntArray


def score_surrogates(
    validator: CrossValidator,
    plan: Plan,
    target_row: IntArray,
    surrogates: FloatArray,
    *,
    n_columns: int = 2048,
    distinct: bool = False,
    advance: Callable[[int], None] = lambda n: None,
) -> NullScores:
    """Redo the whole analysis for every surrogate.

    Parameters
    ----------
    validator
        What predicts: penalties are chosen anew for every surrogate.
    plan, target_row
        As the validator has them.
    surrogates
        (n_surrogates, n_windows, n_targets), windowed as the ratings are.
    n_columns
        About how many columns are worked off at once; bounds memory at n_rows × n_columns numbers, a few times over.
    distinct
        Whether equal surrogates (a shift that was drawn twice) are worked off once: for a validator whose columns know
        nothing of each other.
    advance
        Called with the number of surrogates after some of them.
    """
    n_all = len(surrogates)
    surrogates, again = _distinct(surrogates) if distinct else (surrogates, np.arange(n_all))
    n_surrogates, n_windows, n_targets = surrogates.shape
    step = max(1, n_columns // n_targets)
    overall, within, chosen = [], [], []
    for start in range(0, n_surrogates, step):
        checkpoint()
        some = surrogates[start : start + step]
        values = some.transpose(1, 0, 2).reshape(n_windows, -1)
        found = validator.predict(values)
        blocks = score_blocks(found.predictions, values[target_row], plan.index.subject, plan.cell)
        overall.append(blocks.mean)
        within.append(story_scores(blocks, plan))
        chosen.append(found.chosen)
        advance(len(some))
    if n_all > n_surrogates:
        advance(n_all - n_surrogates)
    every = np.concatenate(chosen, axis=1)
    return NullScores(
        np.concatenate(overall).reshape(n_surrogates, n_targets)[again],
        np.concatenate(within, axis=1).reshape(-1, n_surrogates, n_targets)[:, again],
        every.reshape(len(every), -1, n_targets)[:, again].reshape(len(every), -1) if every.size else every,
    )


def _distinct(surrogates: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return the different ones of surrogates (n_surrogates, …), as they come, and the number of each among them."""
    numbers: dict[bytes, int] = {}
    again = np.array([numbers.setdefault(one.tobytes(), len(numbers)) for one in surrogates])
    return surrogates[np.unique(again, return_index=True)[1]], again


def null_scores(
    validator: CrossValidator, plan: Plan, target_row: IntArray, surrogates: FloatArray, *, n_columns: int = 2048
) -> FloatArray:
    """Return the scores of `score_surrogates` alone, (n_surrogates, n_targets)."""
    return score_surrogates(validator, plan, target_row, surrogates, n_columns=n_columns).scores


def story_scores(scores: BlockScores, plan: Plan) -> FloatArray:
    """Return the plain mean over the cells of each story, (n_stories, n_targets); NaN where none counts."""
    story = plan.story_of(scores.block)
    return np.stack([mean_of_known(scores.r[story == one], axis=0) for one in plan.stories])


def fresh(decoder: Any) -> Any:
    """Return a copy of a decoder that has learnt nothing."""
    if hasattr(decoder, "get_params"):
        from sklearn.base import clone

        return clone(decoder)
    return copy.deepcopy(decoder)
