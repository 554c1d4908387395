"""What figures read from tables: arrays of a column, and names that were asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from emotopy.errors import InputError, UnknownName, listed, nearest
from emotopy.records import FloatArray

if TYPE_CHECKING:
    import pandas as pd


def names_in(table: pd.DataFrame, column: str) -> list[str]:
    """Return the values of a column in their order, each once."""
    return [str(name) for name in dict.fromkeys(table[column])]


def grid(table: pd.DataFrame, column: str, axes: Mapping[str, Sequence[str]]) -> FloatArray:
    """Return a column as an array with the axes given, names along each by its column; NaN where there is none."""
    import pandas as pd

    keys = pd.MultiIndex.from_arrays([table[name].astype(str) for name in axes])
    held = pd.Series(table[column].to_numpy(dtype=np.float64, na_value=np.nan), keys)
    values = held[~keys.duplicated()].reindex(pd.MultiIndex.from_product([list(names) for names in axes.values()]))
    return values.to_numpy(dtype=np.float64).reshape([len(names) for names in axes.values()])


def need(table: pd.DataFrame, column: str, what: str) -> None:
    """Raise InputError, with the column's name, where a table lacks a column."""
    if column not in table.columns:
        raise InputError(
            f"{what}: wanted the column {column!r}, which the table of this result lacks",
            column=column,
            wanted=f"the column {column!r}",
            got="a table without it",
        )


def choose(asked: str | Sequence[str] | None, known: Sequence[str], kind: str, default: Sequence[str]) -> list[str]:
    """Return the names asked for, the default where none are.

    Raises UnknownName for a name that isn't there, InputError for an empty list.
    """
    if asked is None:
        return list(default)
    names = [asked] if isinstance(asked, str) else [str(name) for name in asked]
    if not names:
        raise InputError(f"{kind}: wanted one name at least, got none", wanted="one name at least", got="none")
    for name in names:
        if name not in known:
            raise UnknownName(
                f"{kind}: no {name!r:.60}.{nearest(name, known)} There are: {listed(known)}",
                name=name,
                kind=kind,
                choices=known,
            )
    return list(dict.fromkeys(names))


def furthest(values: FloatArray, most: int) -> list[int]:
    """Return, in their order, the rows whose values lie furthest from the mean of all rows; `most` of them at most."""
    if len(values) <= most:
        return list(range(len(values)))
    known = np.isfinite(values)
    means = np.where(known, values, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    away = np.where(known, values - means, 0.0)
    distance = np.sqrt((away**2).mean(axis=1))
    return sorted(int(i) for i in np.argsort(-distance, kind="stable")[:most])
