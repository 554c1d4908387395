"""What the arrays of a saved model have to be: a kind's own, by name, and those of its parts, which others wrote."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import attrs
import numpy as np
import numpy.typing as npt

from emotopy.errors import ContainerError, listed

CONTAINER, ARRAYS = "container.json", "arrays.npz"
DTYPES = frozenset({"<f8", "<f4", "<i8", "<i4", "|b1"})
"""What arrays may be made of: numbers and truth values of fixed size, little-endian."""
MOST_ARRAYS = 1000
MOST_AXES = 8
"""Of an array of a part."""
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
SHA256 = re.compile(r"[0-9a-f]{64}")

Array = npt.NDArray[Any]
State = dict[str, Any]


@attrs.frozen
class ArraySpec:
    """What an array has to be: its dtype, the names of its axes, and whether NaN and infinities are refused.

    Axes of one name have one length in all arrays of a container.
    """

    dtype: str
    axes: tuple[str, ...]
    finite: bool = True

    def __attrs_post_init__(self) -> None:
        if self.dtype not in DTYPES:
            raise ValueError(f"dtype: wanted one of {listed(DTYPES)}, got {self.dtype}")


@attrs.frozen
class Older:
    """An older schema that can still be read: its arrays, and what brings state and arrays to the next schema."""

    arrays: Mapping[str, ArraySpec]
    migrate: Callable[[State, dict[str, Array]], tuple[State, dict[str, Array]]]
    parts: tuple[str, ...] = ()


@attrs.frozen
class Kind:
    """A kind of saved model: its name, the version of its schema, its arrays, and the older schemas it can read.

    `parts` are names of parts that may have arrays of their own, `part.array`: how many, of which dtype and shape only
    whoever wrote the part knows. They are checked as far as can be: names, the dtypes there are, finite numbers.
    """

    name: str
    schema: int
    arrays: Mapping[str, ArraySpec]
    older: Mapping[int, Older] = attrs.field(factory=dict)
    parts: tuple[str, ...] = ()


def refuse(file: str, member: str | None, wanted: str, got: str, advice: str = "") -> NoReturn:
    """Raise ContainerError for a file, or for a member of it."""
    raise ContainerError.inside(file, member=member, wanted=wanted, got=got, advice=advice)


def shown(value: Any) -> str:
    """Return a value of a file for a message: short, quoted, on one line."""
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def specs_for(rules: Kind | Older, table: Mapping[str, Mapping[str, Any]]) -> dict[str, ArraySpec]:
    """Return what each array of a table has to be: the rules' own arrays, and those of parts, which are as they say.

    Raises ContainerError for an array that isn't foreseen, and for one that is missing.
    """
    specs = dict(rules.arrays)
    for name, entry in table.items():
        part, dot, own = name.partition(".")
        if not dot or part not in rules.parts or not NAME.fullmatch(own):
            continue
        if entry["dtype"] not in DTYPES:
            refuse(CONTAINER, shown(name), f"one of the dtypes {listed(DTYPES)}", shown(entry["dtype"]))
        if len(entry["shape"]) > MOST_AXES:
            refuse(CONTAINER, shown(name), f"up to {MOST_AXES} axes", str(len(entry["shape"])))
        specs[name] = ArraySpec(entry["dtype"], tuple(f"{name}.{axis}" for axis in range(len(entry["shape"]))))
    check_names(set(table), specs)
    return specs


def table_of(head: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the list of arrays, each entry of the right form."""
    table: dict[str, dict[str, Any]] = head["arrays"]
    if len(table) > MOST_ARRAYS:
        refuse(CONTAINER, "arrays", f"up to {MOST_ARRAYS}", str(len(table)))
    for name, entry in table.items():
        if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "sha256"}:
            refuse(CONTAINER, shown(name), "dtype, shape and sha256", shown(entry))
        shape, digest = entry["shape"], entry["sha256"]
        if not isinstance(shape, list) or not all(type(n) is int and 0 <= n < 2**62 for n in shape):
            refuse(CONTAINER, shown(name), "a shape of whole numbers", shown(shape))
        if not isinstance(digest, str) or not SHA256.fullmatch(digest):
            refuse(CONTAINER, shown(name), "a SHA-256", shown(digest))
        if not isinstance(entry["dtype"], str):
            refuse(CONTAINER, shown(name), "a dtype", shown(entry["dtype"]))
    return table


def check_names(names: set[str], specs: Mapping[str, ArraySpec]) -> None:
    """Check that there is an array for each name of the specs, and no other."""
    if odd := sorted(names ^ specs.keys()):
        got = "none" if odd[0] in specs else "another"
        refuse(CONTAINER, shown(odd[0]), f"the arrays {listed(specs)}", got)


def check_shapes(table: Mapping[str, Mapping[str, Any]], specs: Mapping[str, ArraySpec]) -> int:
    """Check dtypes and shapes against the kind's; return how many bytes the arrays hold."""
    lengths: dict[str, int] = {}
    n_bytes = 0
    for name, entry in table.items():
        spec = specs[name]
        if entry["dtype"] != spec.dtype:
            refuse(CONTAINER, name, spec.dtype, shown(entry["dtype"]))
        shape = entry["shape"]
        axes = f"({', '.join(f'n_{axis}' for axis in spec.axes)})"
        if len(shape) != len(spec.axes):
            refuse(CONTAINER, name, f"shape {axes}", shown(shape))
        for axis, length in zip(spec.axes, shape, strict=True):
            if lengths.setdefault(axis, length) != length:
                refuse(CONTAINER, name, f"shape {axes} with n_{axis} = {lengths[axis]}", shown(shape))
        n_bytes += math.prod(shape) * np.dtype(spec.dtype).itemsize
    return n_bytes


def check_finite(name: str, array: Array, spec: ArraySpec) -> None:
    """Check that truth values are 0 or 1, and floats finite where they have to be."""
    if spec.dtype == "|b1" and (array.view(np.uint8) > 1).any():
        refuse(ARRAYS, name, "0 or 1 for each truth value", "another byte")
    if spec.finite and array.dtype.kind == "f" and not np.isfinite(array).all():
        at = [int(i) for i in np.argwhere(~np.isfinite(array))[0]]
        refuse(ARRAYS, name, "finite numbers", f"{array[tuple(at)]} at {at}")


def sha256_of(data: bytes | memoryview) -> str:
    """Return the SHA-256 of bytes as 64 letters and digits."""
    return hashlib.sha256(data).hexdigest()
