"""Bounds of a value, declared in its type: `Annotated[int, Ge(1)]`, with the classes of annotated-types.

One declaration reaches the check, the message, `emotopy plugins show` and the JSON Schema. Options of stages declare
their bounds so, and the sections of a configuration theirs.
"""

from __future__ import annotations

import collections.abc
import functools
import math
import operator
import types
import typing
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal, Union

import annotated_types
import attrs

from emotopy.errors import OutOfBounds

KNOWN = "Ge, Gt, Le, Lt, Interval, MinLen, MaxLen, Len"
"""The classes of annotated-types that are understood."""

ARRAY_TYPES = (list, tuple, set, frozenset, collections.abc.Sequence)
_SIZED = (str, *ARRAY_TYPES, dict, collections.abc.Mapping)
_MEASURED = {False: (int, float), True: _SIZED}


@attrs.frozen
class Bound:
    """A bound of a number, or of a length: `holds(value, limit)` where it is kept."""

    words: str
    limit: Any
    holds: Callable[[Any, Any], bool] = attrs.field(repr=False)
    keyword: str
    of_length: bool = False

    def is_kept_by(self, value: Any) -> bool:
        """Whether a value keeps it; a NaN keeps none. What has no such measure, None or a word, isn't bounded by it."""
        if not isinstance(value, _MEASURED[self.of_length]):
            return True
        measure: Any = len(value) if self.of_length else value  # type: ignore[arg-type]
        return self.holds(measure, self.limit)

    def describe(self, unit: str = "") -> str:
        """Return it in words: `at least 1`, `more than 0`, `at most 3 characters`."""
        if not self.of_length:
            return f"{self.words} {self.limit:g}" if isinstance(self.limit, float) else f"{self.words} {self.limit}"
        return f"{self.words} {self.limit} {unit}{'' if self.limit == 1 else 's'}"


_CLASSES: dict[type, tuple[str, str, Callable[[Any, Any], bool], str]] = {
    annotated_types.Ge: ("ge", "at least", operator.ge, "minimum"),
    annotated_types.Gt: ("gt", "more than", operator.gt, "exclusiveMinimum"),
    annotated_types.Le: ("le", "at most", operator.le, "maximum"),
    annotated_types.Lt: ("lt", "less than", operator.lt, "exclusiveMaximum"),
    annotated_types.MinLen: ("min_length", "at least", operator.ge, "min"),
    annotated_types.MaxLen: ("max_length", "at most", operator.le, "max"),
}


def split_annotation(annotation: Any) -> tuple[Any, tuple[Bound, ...]]:
    """Return a type without its bounds, and the bounds; bounds of a union go to its members.

    >>> split_annotation(Annotated[int, annotated_types.Ge(1)])
    (<class 'int'>, (Bound(words='at least', limit=1, keyword='minimum', of_length=False),))
    >>> split_annotation(int | None)
    (int | None, ())
    """
    if typing.get_origin(annotation) is not Annotated:
        return annotation, ()
    bare, *metadata = typing.get_args(annotation)
    if typing.get_origin(bare) in (Union, types.UnionType):
        members = tuple(_with_metadata(member, metadata) for member in typing.get_args(bare))
        return functools.reduce(operator.or_, members), ()
    return bare, tuple(bound for one in _flat(metadata) if (bound := _bound(one)) is not None)


def describe_bounds(annotation: Any) -> str:
    """Return the bounds of a type in words, or an empty string.

    >>> describe_bounds(Annotated[float, annotated_types.Interval(gt=0, lt=math.inf)])
    'more than 0 and finite'
    """
    bare, bounds = split_annotation(annotation)
    unit = "character" if bare is str else "value"
    words = ["finite" if _is_infinite(bound.limit) else bound.describe(unit) for bound in bounds]
    return " and ".join(words)


def check_bounds(value: Any, annotation: Any, path: str) -> None:
    """Raise OutOfBounds, which starts with the key's path, where a value of the right type breaks a bound of its type.

    A NaN breaks every bound. What isn't a number has no bounds of a number, and None none at all.
    """
    bare, bounds = split_annotation(annotation)
    if typing.get_origin(bare) in (Union, types.UnionType):
        for member in typing.get_args(bare):
            check_bounds(value, member, path)
        return
    for bound in bounds:
        if not bound.is_kept_by(value):
            wanted = describe_bounds(annotation)
            got = f"{len(value)} values" if bound.of_length and not isinstance(value, str) else repr(value)
            raise OutOfBounds(f"{path}: wanted {wanted}, got {got}", path=path, wanted=wanted, got=value)


def check_fields(record: Any, path: str) -> None:
    """Raise OutOfBounds where a field of an attrs record breaks the bounds of its type."""
    for name, annotation in typing.get_type_hints(type(record), include_extras=True).items():
        check_bounds(getattr(record, name), annotation, f"{path}.{name}" if path else name)


def schema_of_bounds(annotation: Any) -> dict[str, Any]:
    """Return the keywords of JSON Schema for a type's bounds; JSON has no infinity, so a bound at infinity has none."""
    bare, bounds = split_annotation(annotation)
    origin = typing.get_origin(bare) or bare
    what = "Length" if bare is str else "Items" if origin in ARRAY_TYPES else "Properties"
    return {
        f"{bound.keyword}{what}" if bound.of_length else bound.keyword: bound.limit
        for bound in bounds
        if not _is_infinite(bound.limit)
    }


def faults(annotation: Any) -> Iterator[str]:
    """Yield what is wrong with the metadata of a type, and of the types within it: unknown, or not for such a type."""
    if typing.get_origin(annotation) is Annotated:
        bare, *metadata = typing.get_args(annotation)
        for one in _flat(metadata):
            bound = _bound(one)
            if bound is None:
                yield f"annotation {one!r} isn't known; known are those of annotated-types: {KNOWN}"
            elif not _is_number(bound.limit):
                yield f"annotation {one!r} needs a number"
            elif not any(_applies(one, member) for member in _members(bare)):
                yield f"annotation {one!r} doesn't apply to {bare!r}"
        annotation = bare
    if typing.get_origin(annotation) is not Literal:
        for inner in typing.get_args(annotation):
            yield from faults(inner)


def _bound(metadata: Any) -> Bound | None:
    for kind, (attribute, words, holds, keyword) in _CLASSES.items():
        if isinstance(metadata, kind):
            return Bound(words, getattr(metadata, attribute), holds, keyword, of_length=attribute.endswith("length"))
    return None


def _flat(metadata: list[Any]) -> Iterator[Any]:
    """Yield the metadata, with groups such as `Interval` taken apart."""
    for one in metadata:
        if isinstance(one, (annotated_types.Interval, annotated_types.Len)):
            yield from one
        else:
            yield one


def _with_metadata(member: Any, metadata: list[Any]) -> Any:
    for one in _flat(metadata):
        if _applies(one, member):
            member = Annotated[member, one]
    return member


def _members(bare: Any) -> tuple[Any, ...]:
    return typing.get_args(bare) if typing.get_origin(bare) in (Union, types.UnionType) else (bare,)


def _applies(metadata: Any, member: Any) -> bool:
    """Whether metadata says something about values of a type: bounds about numbers, lengths about what has one."""
    bound, (bare, _) = _bound(metadata), split_annotation(member)
    if bound is None:
        return False
    return (typing.get_origin(bare) or bare) in _MEASURED[bound.of_length]


def _is_number(limit: Any) -> bool:
    return isinstance(limit, (int, float)) and not isinstance(limit, bool) and not math.isnan(limit)


def _is_infinite(limit: Any) -> bool:
    return isinstance(limit, float) and math.isinf(limit)
