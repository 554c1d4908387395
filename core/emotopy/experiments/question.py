"""The comparisons of an experiment: which rows stand against which, and how they are matched."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from emotopy.pathways.comparison.question import Question

Labels = tuple[str | None, ...]


@attrs.frozen(eq=False)
class PairOfGroups:
    """Two groups of an experiment; `labels` has each row's group where it is one of the two and takes part, else None.

    `paired_by` is the kept column that pairs share, `covariates` what is held constant where there are none.
    """

    a: str
    b: str
    labels: Labels
    covariates: tuple[str, ...] = ()
    paired_by: str | None = None
    n_permutations: int = 10_000

    def question(
        self, seed: int, labels: Sequence[str | None] | None = None, n_permutations: int | None = None
    ) -> Question:
        """Return what the comparison is asked; other `labels` (of the same two groups) stand for a random split."""
        return Question(
            (self.a, self.b),
            group=list(self.labels if labels is None else labels),
            covariates=self.covariates,
            paired_by=self.paired_by,
            n_permutations=n_permutations or self.n_permutations,
            seed=seed,
        )


def labels_of(groups: Sequence[str | None], a: str, b: str) -> Labels:
    """Return each row's group where it is one of the two, else None."""
    return tuple(group if group in (a, b) else None for group in groups)
