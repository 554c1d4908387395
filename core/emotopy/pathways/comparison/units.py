"""From texts to units: values and covariates of a person's or document's texts, region by region.

A unit's value is the word-weighted mean over all its segments, which is that of its texts, corrected for its dependence
on their number: a person who writes in long entries then differs in nothing from one who writes the same in short ones.
(With `unit_weights = "texts"` every text counts alike.)

Sums run in an order that the values themselves determine, so the order of the rows changes no digit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from emotopy.errors import InputError, nearest
from emotopy.inference.unit_means import sum_by_unit
from emotopy.records import FloatArray, IntArray, Mapped

LOG_WORDS = "log_words"
"""The built-in covariate: the logarithm of how many words a unit's texts have on average."""
MOST_SHOWN = 3


@attrs.frozen(eq=False)
class TextValues:
    """Values of texts.

    Attributes
    ----------
    profile, assignment, weighted_intensity, intensity_assignment : (n_texts, n_regions)
        The third is assignment times intensity, a·x, of the text's segments, the last the assignment of texts that have
        an intensity (0 in the others).
    weights : (n_texts,)
        What each text counts in its unit's means.
    covariates : (n_texts, n_covariates)
        NaN where missing.
    """

    profile: FloatArray
    assignment: FloatArray
    weighted_intensity: FloatArray
    intensity_assignment: FloatArray
    weights: FloatArray
    covariates: FloatArray

    def take(self, rows: IntArray) -> TextValues:
        """Return the values of these rows, in this order."""
        return TextValues(*(getattr(self, field.name)[rows] for field in attrs.fields(TextValues)))


@attrs.frozen(eq=False)
class UnitValues:
    """Values of units, (n_units, n_regions) each.

    Attributes
    ----------
    profile, share
        Weighted mean of the profile and of the assignment of a unit's texts.
    weighted_intensity, intensity_share
        Weighted mean of a text's assignment times its intensity, a·x, and of its assignment, both over the texts that
        have an intensity.
    covariates
        (n_units, n_covariates): plain means over the texts that have a value, NaN where none has one.
    n_texts
        (n_units,).
    """

    profile: FloatArray
    share: FloatArray
    weighted_intensity: FloatArray
    intensity_share: FloatArray
    covariates: FloatArray
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
        share = self.intensity_share.mean(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            overall = self.weighted_intensity.mean(axis=0) / share
            found = overall + (self.weighted_intensity - overall * self.intensity_share) / share
        return np.asarray(np.where(self.intensity_share > 0, found, np.nan))


def unit_values(texts: TextValues, codes: IntArray) -> UnitValues:
    """Average texts by unit; `codes` (n_texts,) number the units from 0, each number occurs."""
    order = canonical_order(texts, codes)
    texts, codes = texts.take(order), codes[order]
    weights = unbiased_weights(texts.weights, codes)[:, None]
    known = np.isfinite(texts.covariates)
    n_known = sum_by_unit(known.astype(np.float64), codes)
    total = sum_by_unit(np.where(known, texts.covariates, 0.0), codes)
    return UnitValues(
        profile=sum_by_unit(texts.profile * weights, codes),
        share=sum_by_unit(texts.assignment * weights, codes),
        weighted_intensity=sum_by_unit(texts.weighted_intensity * weights, codes),
        intensity_share=sum_by_unit(texts.intensity_assignment * weights, codes),
        covariates=np.divide(total, n_known, out=np.full_like(total, np.nan), where=n_known > 0),
        n_texts=np.bincount(codes),
    )


def unbiased_weights(weights: FloatArray, codes: IntArray) -> FloatArray:
    """Return weights of texts that sum to one in each unit, for means that don't depend on the number of texts.

    A weighted mean Σ w·y / Σ w is a ratio, whose expectation shifts with the number of texts where y depends on w (a
    short text has more intensity): by −Σ p² (y − mean), p = w / Σ w, to the first order (Cochran 1977, Sampling
    Techniques, §6.8). Adding that back makes the weights p (1 + p − Σ p²), whose bias is of the second order. A text
    alone has weight 1, equal weights stay equal.

    Parameters
    ----------
    weights, codes : (n_texts,)
        What each text counts, and the number of its unit, from 0.

    >>> unbiased_weights(np.array([5.0, 1.0, 1.0, 3.0]), np.array([0, 1, 1, 1])).round(3)
    array([1.   , 0.152, 0.152, 0.696])
    """
    shares = weights / np.bincount(codes, weights)[codes]
    squares = np.bincount(codes, shares**2)[codes]
    return np.asarray(shares * (1 + shares - squares))


def canonical_order(texts: TextValues, *first: IntArray) -> IntArray:
    """Return an order of the texts by `first`, then by their values; ties are alike in everything."""
    columns = [*texts.profile.T, *texts.assignment.T, *texts.weighted_intensity.T, texts.weights, *texts.covariates.T]
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

    folded = attrs.evolve(
        texts,
        profile=fold(texts.profile, np.mean),
        assignment=fold(texts.assignment, np.sum),
        weighted_intensity=fold(texts.weighted_intensity, np.sum),
        intensity_assignment=fold(texts.intensity_assignment, np.sum),
    )
    return folded, regions


def covariates_of(mapped: Mapped, names: Sequence[str], rows: IntArray) -> tuple[FloatArray, list[str]]:
    """Return the covariates of these rows, (n_rows, n_covariates), NaN where missing, and notes on their coding.

    A column of strings with two values becomes 0 and 1. `log_words` comes as the number of words: `log_lengths` takes
    the logarithm once units are averaged.

    Raises InputError for a column that wasn't kept, has other strings, or is the same in all rows.
    """
    found, notes = np.empty((len(rows), len(names))), []
    for i, name in enumerate(names):
        if is_length(mapped, name):
            found[:, i] = mapped.n_words_by_row[rows]
            continue
        values = _values(mapped, name)
        used = [values[row] for row in rows]
        if all(isinstance(value, float) for value in used):
            found[:, i] = used
        else:
            kinds = sorted({str(value) for value in used if value is not None})
            if len(kinds) > 2:
                raise InputError(_other_strings(name, kinds))
            found[:, i] = [np.nan if value is None else float(value == kinds[-1]) for value in used]
            if len(kinds) == 2:
                notes.append(f"Covariate {name}: {kinds[0]!r} counts as 0, {kinds[1]!r} as 1.")
        if len(np.unique(found[:, i][np.isfinite(found[:, i])])) < 2:
            raise InputError(f"covariate {name!r} doesn't differ between the texts compared; leave it out")
    return found, notes


def log_lengths(mapped: Mapped, names: Sequence[str], means: FloatArray) -> FloatArray:
    """Return means over texts, (n_units, n_covariates), with the logarithm taken of mean numbers of words."""
    means = means.copy()
    for i, name in enumerate(names):
        if is_length(mapped, name):
            means[:, i] = np.log(np.maximum(means[:, i], 1.0))  # a text of signs alone counts as a word
    return means


def is_length(mapped: Mapped, name: str) -> bool:
    """Whether a covariate's name means the built-in length of texts; a kept column of the name goes first."""
    return name == LOG_WORDS and name not in mapped.kept


def _values(mapped: Mapped, name: str) -> tuple[float | str | None, ...]:
    if name not in mapped.kept and nearest(name, [LOG_WORDS]):
        raise InputError(f"covariate: there is no kept column {name!r}.{nearest(name, [LOG_WORDS])}")
    return mapped.values(name, "covariate")


def _other_strings(name: str, kinds: Sequence[str]) -> str:
    def is_number(word: str) -> bool:
        try:
            float(word)
        except ValueError:
            return False
        return True

    words = [word for word in kinds if not is_number(word)]
    shown = ", ".join(repr(word) for word in words[:MOST_SHOWN] or kinds[:MOST_SHOWN])
    if 0 < len(words) < len(kinds):
        return f"covariate {name!r}: {shown} isn't a number; leave the cell empty if the value is missing"
    return (
        f"covariate {name!r}: wanted numbers, or strings of two values; got {len(kinds)} different "
        f"ones, {shown}, ...; make a column of 0 and 1 for each"
    )
