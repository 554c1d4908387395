"""Scores under surrogates, in pieces that the run's engine works on."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import attrs
import numpy as np

from emotopy.inference.crossval import CrossValidator, NullScores, RefitCrossValidator, score_surrogates
from emotopy.inference.splits import Plan
from emotopy.records.axes import FloatArray, IntArray
from emotopy.running.stages import StageRunner

SURROGATES = 25
"""Surrogates of a piece that leaves this process: cut alike for every cluster, so that its size changes no number."""


@attrs.frozen(eq=False)
class Scoring:
    """What the pieces share: a cross-validator, its plan, and the row of the values that belongs to each row.

    `n_columns` and `distinct` are as for `emotopy.inference.crossval.score_surrogates`.
    """

    validator: CrossValidator
    plan: Plan
    target_row: IntArray
    n_columns: int
    distinct: bool = False

    def score(self, surrogates: FloatArray, advance: Callable[[int], None] = lambda n: None) -> NullScores:
        """Return the scores of surrogates, (n_surrogates, n_windows, n_targets)."""
        return score_surrogates(
            self.validator,
            self.plan,
            self.target_row,
            surrogates,
            n_columns=self.n_columns,
            distinct=self.distinct,
            advance=advance,
        )


def score_piece(scoring: Scoring, surrogates: FloatArray) -> NullScores:
    """Return the scores of some surrogates, (n_surrogates, n_windows, n_targets)."""
    return scoring.score(surrogates)


def score_in_pieces(
    runner: StageRunner,
    scoring: Scoring,
    surrogates: FloatArray,
    *,
    doing: str,
    advance: Callable[[int], None],
) -> NullScores:
    """Return the scores of surrogates, (n_surrogates, n_windows, n_targets), by the run's engine.

    `advance` is called with the number of surrogates after some of them. In this process all of them are one piece.
    """
    if not runner.engine.is_remote:
        return scoring.score(surrogates, advance)
    validator = scoring.validator
    if isinstance(validator, RefitCrossValidator):  # its progress is shown here
        validator = copy.copy(validator)
        validator.advance = _nobody
    pieces = [surrogates[at : at + SURROGATES] for at in range(0, len(surrogates), SURROGATES)]
    parts = []
    for found in runner.work(score_piece, attrs.evolve(scoring, validator=validator), pieces, doing):
        parts.append(found)
        advance(len(found.scores))
    return concat(parts)


def concat(parts: Sequence[NullScores]) -> NullScores:
    """Put the scores of surrogates together, in their order."""
    return NullScores(
        np.concatenate([part.scores for part in parts]),
        np.concatenate([part.by_story for part in parts], axis=1),
        np.concatenate([part.chosen for part in parts], axis=1),
    )


def _nobody(n: int) -> None:
    """Tell nobody of the progress."""
