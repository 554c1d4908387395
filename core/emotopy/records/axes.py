"""Named axes: the vocabulary of array axes, and the check that every record makes when it is created."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from emotopy.errors import ShapeError

FloatArray = npt.NDArray[np.floating[Any]]
IntArray = npt.NDArray[np.integer[Any]]
BoolArray = npt.NDArray[np.bool_]

AXES = (
    "texts",
    "dims",
    "components",
    "clusters",
    "regions",
    "nodes",
    "units",
    "volumes",
    "windows",
    "edges",
    "emotions",
    "segments",
    "terms",
    "languages",
)
"""Names of axes; `n_<name>` is the length of the axis in every docstring and variable name."""


def axes(*names: str, finite: bool = True) -> Callable[[Any, attrs.Attribute[Any], Any], None]:
    """Return an attrs validator that checks the axes of an array, their lengths, and that values are finite.

    The length of an axis is taken from a field of the same name that is a sequence of labels (`regions`), or from an
    earlier array field with this axis.

    Parameters
    ----------
    *names : str
        The axes in order; names from `AXES`.
    finite : bool, default True
        Whether NaN is invalid; infinity always is.

    Returns
    -------
    callable
        The validator, for `attrs.field(validator=...)`; it raises ShapeError.

    Raises
    ------
    ValueError
        A name isn't in `AXES`.

    Examples
    --------
    >>> @attrs.frozen(eq=False)
    ... class Weights:
    ...     regions: tuple[str, ...]
    ...     values: FloatArray = attrs.field(validator=axes("regions"))
    >>> Weights(("amygdala", "insula"), np.zeros(2)).values.shape
    (2,)
    """
    if unknown := set(names) - set(AXES):
        raise ValueError(f"wanted axis words of {AXES}, got {unknown}")

    def check(record: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        shape = np.shape(value)
        if len(shape) != len(names):
            raise ShapeError(f"{attribute.name}: wanted axes {names}, got an array of shape {shape}")
        for axis, (name, length) in enumerate(zip(names, shape, strict=True)):
            wanted = _known_length(record, attribute, name)
            if wanted is not None and wanted != length:
                hint = "; transpose the array?" if wanted in shape else ""
                raise ShapeError(
                    f"{attribute.name}: axis {axis} is {name!r} and needs length {wanted}, got shape {shape}{hint}"
                )
        array = np.asarray(value)
        if np.issubdtype(array.dtype, np.floating):
            bad = np.isinf(array) if not finite else ~np.isfinite(array)
            if bad.any():
                where = tuple(int(i) for i in np.argwhere(bad)[0])
                raise ShapeError(f"{attribute.name}: wanted finite numbers, got {array[where]} at {where}")

    check.axes = names  # type: ignore[attr-defined]
    return check


def _known_length(record: Any, attribute: attrs.Attribute[Any], axis: str) -> int | None:
    for field in attrs.fields(type(record)):
        if field.name == attribute.name:
            return None
        value = getattr(record, field.name, None)
        if field.name == axis and isinstance(value, Sequence):
            return len(value)
        names = getattr(field.validator, "axes", ())
        if axis in names and value is not None:
            return int(np.shape(value)[names.index(axis)])
    return None


def names_of(values: Sequence[str]) -> tuple[str, ...]:
    """Converter for label fields: a tuple of strings, each once.

    Raises ShapeError for a repeated label, and for a single string, whose letters would be taken for labels.
    """
    if isinstance(values, str):
        raise ShapeError(
            f"labels of an axis: wanted a sequence of names, got the string {values!r}; write ({values!r},)"
        )
    labels = tuple(str(value) for value in values)
    if len(set(labels)) != len(labels):
        twice = next(label for label in labels if labels.count(label) > 1)
        raise ShapeError(f"labels of an axis must differ, {twice!r} occurs twice")
    return labels
