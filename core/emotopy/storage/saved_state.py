"""What a stage gives to be saved (`emotopy.roles.Saves`), checked: plain arrays, plain JSON, nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from emotopy.errors import ContainerError, listed
from emotopy.storage.container_specs import (
    CONTAINER,
    DTYPES,
    MOST_AXES,
    NAME,
    Array,
    ArraySpec,
    check_finite,
    check_names,
    check_shapes,
    shown,
)

DEEPEST = 20
"""Mappings and lists within each other."""


def fault_of_state(found: Any) -> str:
    """Say in what the answer of `Saves.state` isn't as it has to be; an empty text where nothing is wrong.

    Parameters
    ----------
    found
        The answer: arrays by name, and values by name.

    >>> fault_of_state(({"centres": np.zeros((2, 3))}, {"n": 2}))
    ''
    >>> fault_of_state(({"centres": np.array([None])}, {}))
    "array 'centres' must be of <f4, <f8, <i4, <i8, |b1, not |O"
    >>> fault_of_state(({}, {"seen": {1, 2}}))
    "value 'seen' must be JSON, not set"
    """
    if not isinstance(found, tuple) or len(found) != 2 or not all(isinstance(part, Mapping) for part in found):
        return f"it must be a tuple of two mappings, arrays and values, not {type(found).__name__}"
    arrays, values = found
    faults = [_fault_of_array(name, array) for name, array in arrays.items()]
    faults += [_fault_of_value(name, value, f"{name!r}") for name, value in values.items()]
    return next(filter(None, faults), "")


def little_endian(array: Array) -> str:
    """Return the name of an array's dtype in the byte order of files."""
    return array.dtype.newbyteorder("<").str


def check_arrays(arrays: Mapping[str, Array], specs: Mapping[str, ArraySpec]) -> None:
    """Check what `Saves.restore` is given: these arrays and no others, of these dtypes, axes of one name equally long.

    Raises ContainerError that names the array.
    """
    check_names(set(arrays), specs)
    check_shapes({name: {"dtype": little_endian(one), "shape": list(one.shape)} for name, one in arrays.items()}, specs)
    for name, array in arrays.items():
        check_finite(name, array, specs[name])


def check_floats(arrays: Mapping[str, Array], axes: Mapping[str, tuple[str, ...]]) -> None:
    """Check arrays of floats in either precision, given the names of their axes; raise ContainerError."""
    dtypes = {name: little_endian(one) for name, one in arrays.items() if one.dtype.kind == "f"}
    check_arrays(arrays, {name: ArraySpec(dtypes.get(name, "<f8"), names) for name, names in axes.items()})


def check_keys(values: Mapping[str, Any], *names: str) -> None:
    """Check that there is a value for each name, and no other; raise ContainerError."""
    if odd := sorted(values.keys() ^ set(names)):
        got = "none" if odd[0] in names else "another"
        raise ContainerError.inside(CONTAINER, member=shown(odd[0]), wanted=f"the keys {listed(names)}", got=got)


def check_indices(arrays: Mapping[str, Array], name: str, n: int, *, least: int = 0) -> None:
    """Check that an array holds numbers from `least` to n − 1, places among n things; raise ContainerError."""
    array = arrays[name]
    if array.size and not (array.min() >= least and array.max() < n):
        raise ContainerError.inside(
            CONTAINER,
            member=name,
            wanted=f"numbers from {least} to {n - 1}",
            got=f"some from {array.min()} to {array.max()}",
        )


def _fault_of_array(name: Any, array: Any) -> str:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        return "names of arrays must consist of lower-case letters, digits and underscores and start with a letter"
    if not isinstance(array, np.ndarray):
        return f"array {name!r} must be an ndarray, not {type(array).__name__}"
    if little_endian(array) not in DTYPES:
        return f"array {name!r} must be of {listed(DTYPES)}, not {array.dtype.str}"
    if array.ndim > MOST_AXES:
        return f"array {name!r} must have at most {MOST_AXES} axes, not {array.ndim}"
    return f"array {name!r} must be finite" if array.dtype.kind == "f" and not np.isfinite(array).all() else ""


def _fault_of_value(name: Any, value: Any, where: str, depth: int = 0) -> str:
    if not isinstance(name, str):
        return f"names of values must be strings, not {type(name).__name__}"
    if depth > DEEPEST:
        return f"value {where} is nested deeper than {DEEPEST}"
    if isinstance(value, Mapping):
        inner = value.items()
    elif isinstance(value, (list, tuple)):
        inner = ((name, one) for one in value)  # type: ignore[assignment]
    elif type(value) is float and not math.isfinite(value):
        return f"value {where} must be finite"
    else:
        plain = value is None or type(value) in (str, int, float, bool)
        return "" if plain else f"value {where} must be JSON, not {type(value).__name__}"
    return next((fault for key, one in inner if (fault := _fault_of_value(key, one, where, depth + 1))), "")
