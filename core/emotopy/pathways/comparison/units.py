"""From texts to units: what a person's or document's texts come to, region by region.

Sums run in an order that the values themselves determine, so the order of the rows changes no digit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from emotopy.pathways.text.tables import sum_by_unit
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
    """What units have, (n_units, n_regions) each.

    Attributes
    ----------
    relative, share
        Mean profile and mean assignment of a unit's texts.
    felt
        Mean of a text's assignment times its intensity, a·x.
    more
        (n_units, n_covariates): means over the texts that have a value, NaN where none has one.
    n_texts
        (n_units,).
    """

    relative: FloatArray
    share: FloatArray
    felt: FloatArray
    more: FloatArray
    n_texts: IntArray

    def take(self, units: IntArray) -> UnitValues:
        """Return the values of these units, in this order."""
        return UnitValues(*(getattr(self, field.name)[units] for field in attrs.fields(UnitValues)))

    @property
    def intensity(self) -> FloatArray:
        """Intensity in a region, a mean over a unit's texts of M + a (x − M) / ā, NaN where no text is in the region.

        M = Σ a·x / Σ a is the intensity of all units here, ā their mean assignment, each unit counting once. A unit's
        own ratio Σ a·x / Σ a would be the plainer choice, but the expectation of a ratio depends on how many texts it
        sums over and how alike they are, so that groups of few and of many texts would differ in nothing else. This is
        its linear part (Davison & Hinkley 1997, §2.7), and the mean over all units is M itself.
        """
        share = self.share.mean(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            overall = self.felt.mean(axis=0) / share
            found = overall + (self.felt - overall * self.share) / share
        return np.asarray(np.where(self.share > 0, found, np.nan))


def unit_values(texts: TextValues, codes: IntArray) -> UnitValues:
    """Average texts by unit; `codes` (n_texts,) number the units from 0, each number occurs."""
    order = canonical_order(texts, codes)
    texts, codes = texts.take(order), codes[order]
    n_texts = np.bincount(codes)
    mean = 1 / n_texts[:, None]
    known = np.isfinite(texts.more)
    n_known = sum_by_unit(known.astype(np.float64), codes)
    total = sum_by_unit(np.where(known, texts.more, 0.0), codes)
    return UnitValues(
        relative=sum_by_unit(texts.profile, codes) * mean,
        share=sum_by_unit(texts.assignment, codes) * mean,
        felt=sum_by_unit(texts.assignment * texts.intensity[:, None], codes) * mean,
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
