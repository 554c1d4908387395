"""Covariates of a comparison: kept columns and the length of texts, as numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emotopy.errors import InputError, nearest
from emotopy.pathways.text.text_table import MappedTexts
from emotopy.records import FloatArray, IntArray

LOG_WORDS = "log_words"
"""The built-in covariate: the logarithm of how many words a unit's texts have on average."""
MOST_SHOWN = 3


def covariates_of(mapped: MappedTexts, names: Sequence[str], rows: IntArray) -> tuple[FloatArray, list[str]]:
    """Return the covariates of these rows, (n_rows, n_covariates), NaN where missing, and notes on their coding.

    A column of strings with two values becomes 0 and 1. `log_words` comes as the number of words: `finished` takes the
    logarithm once units are averaged.

    Raises InputError for a column that wasn't kept, has other strings, or is the same in all rows.
    """
    found, notes = np.empty((len(rows), len(names))), []
    for i, name in enumerate(names):
        if is_length(mapped, name):
            found[:, i] = mapped.numbers("n_words")[rows]
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


def finished(mapped: MappedTexts, names: Sequence[str], means: FloatArray) -> FloatArray:
    """Return means over texts, (n_units, n_covariates), with the logarithm taken of mean numbers of words."""
    means = means.copy()
    for i, name in enumerate(names):
        if is_length(mapped, name):
            means[:, i] = np.log(np.maximum(means[:, i], 1.0))  # a text of signs alone counts as a word
    return means


def is_length(mapped: MappedTexts, name: str) -> bool:
    """Whether a covariate's name means the built-in length of texts; a kept column of the name goes first."""
    return name == LOG_WORDS and name not in mapped.kept


def _values(mapped: MappedTexts, name: str) -> tuple[float, ...] | tuple[str | None, ...]:
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
        return f"covariate {name!r}: {shown} is no number; leave the cell empty where the value is missing"
    return (
        f"covariate {name!r}: wanted numbers, or strings of two values; got {len(kinds)} different ones, {shown}, ...; "
        "make a column of 0 and 1 of each"
    )
