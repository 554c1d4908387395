"""From texts to units: what a person's or document's texts come to, region by region.

Sums run in an order that the values themselves determine, so the order of the rows changes no digit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from emotopy.pathways.text_tables import sum_by_unit
from emotopy.records import FloatArray, IntArray


@attrs.frozen(eq=False)
class TextValues:
    """What scored texts have: `profile` and `assignment` (n_texts, n_regions), `intensity` (n_texts,).

    `more` (n_texts, n_covariates) are covariates, NaN where missing.
    """

    profile: FloatArray
    assignment: FloatArray
    intensity: FloatArray
    more: FloatArray

    def take(self, rows: IntArray) -> TextValues:
        """Return the values of these rows, in this order."""
        return TextValues(*(getattr(self, field.name)[rows] for field in attrs.fields(TextValues)))


@attrs.frozen(eq=False)
class UnitValues:
    """What units have, (n_units, n_regions) each; `intensity` is NaN where no text of the unit is in the region.

    `more` (n_units, n_covariates) are means over the texts that have a value, NaN where none has one.
    """

    relative: FloatArray
    intensity: FloatArray
    share: FloatArray
    more: FloatArray
    n_texts: IntArray


def unit_values(texts: TextValues, codes: IntArray) -> UnitValues:
    """Average texts by unit: plain means of profile and assignment, the mean intensity weighted by the assignment.

    `codes` (n_texts,) number the units from 0, each number occurs.
    """
    order = canonical_order(texts, codes)
    texts, codes = texts.take(order), codes[order]
    n_texts = np.bincount(codes)
    mean = 1 / n_texts[:, None]
    inside = sum_by_unit(texts.assignment, codes)
    weighted = sum_by_unit(texts.assignment * texts.intensity[:, None], codes)
    known = np.isfinite(texts.more)
    n_known = sum_by_unit(known.astype(np.float64), codes)
    total = sum_by_unit(np.where(known, texts.more, 0.0), codes)
    return UnitValues(
        relative=sum_by_unit(texts.profile, codes) * mean,
        intensity=np.divide(weighted, inside, out=np.full_like(inside, np.nan), where=inside > 0),
        share=inside * mean,
        more=np.divide(total, n_known, out=np.full_like(total, np.nan), where=n_known > 0),
        n_texts=n_texts,
    )


def canonical_order(texts: TextValues, *first: IntArray) -> IntArray:
    """Return an order of the texts by `first`, then by their values; ties are alike in everything."""
    columns = [*texts.profile.T, *texts.assignment.T, texts.intensity, *texts.more.T]
    return np.lexsort((*columns, *reversed(first)))


def fold_nodes(texts: TextValues, targets: Sequence[str], region_of: Mapping[str, str]) -> tuple[TextValues, list[str]]:
    """Return the values per region of values per node, and the regions in the order of their first nodes.

    A region's assignment is the sum over its nodes, its profile their mean.
    """
    owners = [region_of[target] for target in targets]
    regions = list(dict.fromkeys(owners))
    places = [[i for i, owner in enumerate(owners) if owner == region] for region in regions]

    def fold(values: FloatArray, gather: Any) -> FloatArray:
        return np.column_stack([gather(values[:, place], axis=1) for place in places])

    return attrs.evolve(texts, profile=fold(texts.profile, np.mean), assignment=fold(texts.assignment, np.sum)), regions
