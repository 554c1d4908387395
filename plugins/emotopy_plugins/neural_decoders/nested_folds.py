"""What the exact cross-validators of kernel ridge have in common: folds, inner folds, and where targets stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs
import numpy as np

from emotopy.errors import ShapeError
from emotopy.inference.crossval import CrossValidated
from emotopy.inference.splits import FoldGroup, Plan
from emotopy.records.axes import BoolArray, FloatArray, IntArray

MOST_BYTES = 1024**3
"""What is kept for the moments (quadratic forms, models without each pair of subjects) takes no more than this."""


@attrs.frozen(eq=False)
class InnerTask:
    """An inner fold (or one per subject): which outer group asks, and which rows it tests.

    `n_folds` is the number of all inner folds of that outer group; where a fold leaves a subject out, one for each
    subject that is left out before, (n_subjects,): subjects who lack a block or a story are tested less often.
    """

    outer: int
    test: BoolArray
    n_folds: IntArray


class NestedFolds:
    """The folds of a plan, outer and inner, for targets that stand in the rows `moment` (n_rows,) of their values."""

    def __init__(self, plan: Plan, moment: IntArray, penalties: FloatArray) -> None:
        if len(moment) != len(plan.block):
            raise ShapeError(f"moment: wanted one for each of the {len(plan.block)} rows, got {len(moment)}")
        self.plan = plan
        self.moment = np.asarray(moment)
        self.penalties = np.asarray(penalties, dtype=np.float64)
        self._subjects, self._subject = np.unique(plan.index.subject, return_inverse=True)
        self.n_subjects = len(self._subjects)
        self.groups = plan.fold_groups()
        self._folds = [plan.folds_of(group) for group in self.groups]

    @property
    def shares_moments(self) -> bool:
        """Whether rows share moments, as those of subjects do who heard the same story."""
        return len(np.unique(self.moment)) < len(self.moment)

    @property
    def form_bytes(self) -> int:
        """What quadratic forms in the moments take, one for every fold and penalty."""
        n_moments = [len(np.unique(self.moment[group.train])) for group in self.groups]
        n_forms = (len(folds) * n * (n + 1) // 2 for folds, n in zip(self._folds, n_moments, strict=True))
        return 8 * len(self.penalties) * sum(n_forms)

    def inner_tasks(self) -> Iterator[tuple[BoolArray, list[InnerTask]]]:
        """Yield each inner training set (before subjects are left out) with the inner folds that it serves."""
        tasks: dict[bytes, tuple[BoolArray, list[InnerTask]]] = {}
        for outer, group in enumerate(self.groups):
            inner = self.plan.inner(group)
            n_folds = self._n_inner(inner)
            for part in inner:
                key = np.packbits(part.train).tobytes()
                tasks.setdefault(key, (part.train, []))[1].append(InnerTask(outer, part.test, n_folds))
        yield from tasks.values()

    def _n_inner(self, inner: Sequence[FoldGroup]) -> IntArray:
        """Return how many folds these groups have, or have without each subject, (n_subjects,)."""
        if not inner[0].by_subject:
            return np.array(len(inner))
        tested = np.zeros((len(inner), self.n_subjects), dtype=np.int64)
        for number, group in enumerate(inner):
            tested[number, self._subject[group.test]] = 1
        return np.asarray(tested.sum() - tested.sum(axis=0))

    def _checked(self, values: FloatArray) -> FloatArray:
        values = np.asarray(values, dtype=np.float64)
        if values.ndim != 2 or len(values) <= self.moment.max():
            raise ShapeError(
                f"values: wanted (n_moments, n_columns) for {int(self.moment.max()) + 1} moments, got {values.shape}"
            )
        return values

    def _result(self, predictions: FloatArray, chosen: IntArray) -> CrossValidated:
        return CrossValidated(predictions, [fold for folds in self._folds for fold in folds], self.penalties, chosen)
