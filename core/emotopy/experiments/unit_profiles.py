"""Profiles as distances and classifications take them: a row per unit and group."""

from __future__ import annotations

import attrs
import numpy as np

from emotopy.pathways.text.result import TextResult
from emotopy.pathways.text.tables import sum_by_unit, unit_codes
from emotopy.records import FloatArray, IntArray


@attrs.frozen(eq=False)
class UnitProfiles:
    """Mean profile (n_units, n_regions) and mean intensity (n_units,) of each unit's texts of a group.

    `groups` names the groups, `member` (n_units,) numbers each unit's, `n_texts` (n_groups,) counts texts. Units stand
    in an order that the input's rows don't change.
    """

    groups: tuple[str, ...]
    member: IntArray
    values: FloatArray
    intensity: FloatArray
    n_texts: IntArray

    @classmethod
    def of(cls, result: TextResult) -> UnitProfiles:
        """Return those of all texts that have a group."""
        corpus, rows = result.corpus, result.corpus.scored
        places = np.array([i for i, row in enumerate(rows) if corpus.group[row] is not None])
        index = {name: i for i, name in enumerate(corpus.groups)}
        of_text = np.array([index[str(corpus.group[row])] for row in rows[places]])
        codes = of_text * (len(rows) + 1) + unit_codes(corpus, rows[places])
        kept, numbers = np.unique(codes, return_inverse=True)
        counts = np.bincount(numbers)
        values = sum_by_unit(
            np.column_stack([result.mapping.profile[places], result.intensities.values[places]]), numbers
        )
        means = values / counts[:, None]
        return cls(corpus.groups, kept // (len(rows) + 1), means[:, :-1], means[:, -1], np.bincount(of_text))
