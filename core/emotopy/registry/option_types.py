"""Which types an option may have: those whose values a configuration file can hold, and what its values become.

`docs/option-types.md` is written from `KINDS`. A type that no configuration can set is refused when the plugin is
loaded: nobody could use such an option but Python code, which can make the stage itself and give the object.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import enum
import inspect
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Union

import attrs

ARRAYS: dict[Any, Callable[[list[Any]], Any]] = {
    list: list,
    tuple: tuple,
    set: set,
    frozenset: frozenset,
    collections.abc.Sequence: list,
}
"""Types that a file's list becomes, and how."""

KINDS: dict[str, str] = {
    "true | false": "`bool`",
    "integer": "`int`; 5.0 is accepted as 5, a string is not",
    "number": "`float`; an integer is accepted",
    "string": "`str`",
    "path": "`pathlib.Path`, written as a string",
    "none": "`X | None`: the string `none`, since TOML has no null",
    "one of several values": "`Literal[...]` of strings, numbers, true and false",
    "enumeration": "an `enum.Enum`: its values if all are strings, else the names of its members",
    "list": "`list`, `tuple`, `set`, `frozenset`, `collections.abc.Sequence`, with types for the items",
    "table of values": "`dict[str, X]` or `Mapping[str, X]`; keys are strings",
    "table of options": "an attrs class or a dataclass: its fields are options, validated by the same rules",
    "one of several types": "a union `X | Y`; the type of the value if it is a member, else the first that fits",
    "bounded": "`Annotated[X, Ge(1)]`, with the classes of annotated-types",
    "anything": "`Any`, or no type: the value as TOML reads it, not validated",
}
"""Kinds of types that a configuration can set → how Python writes them."""

_SIMPLE = {bool: "true | false", int: "integer", float: "number", str: "string", Path: "path"}


@attrs.frozen
class RecordField:
    """A field of a record: `name` is the parameter of its `__init__`, `attribute` where the value stands."""

    name: str
    attribute: str
    annotation: Any
    default: Any = inspect.Parameter.empty

    @property
    def required(self) -> bool:
        """Whether there is no default."""
        return self.default is inspect.Parameter.empty


def is_record(annotation: Any) -> bool:
    """Whether a type is a table of options: an attrs class or a dataclass."""
    return isinstance(annotation, type) and (attrs.has(annotation) or dataclasses.is_dataclass(annotation))


def is_enum(annotation: Any) -> bool:
    """Whether a type is an enumeration."""
    return isinstance(annotation, type) and issubclass(annotation, enum.Enum)


def record_fields(record: type) -> dict[str, RecordField]:
    """Return the fields that a record's `__init__` takes, by parameter; a default that is made anew is made once."""
    try:
        hints = typing.get_type_hints(record, include_extras=True)
    except Exception:  # noqa: BLE001 (a name under TYPE_CHECKING): such a field isn't checked
        hints = {}
    found = attrs.fields(record) if attrs.has(record) else dataclasses.fields(record)
    fields = [
        RecordField(getattr(one, "alias", None) or one.name, one.name, hints.get(one.name, Any), _default_of(one))
        for one in found
        if one.init
    ]
    return {field.name: field for field in fields}


def _default_of(field: Any) -> Any:
    if isinstance(field, dataclasses.Field):
        if field.default_factory is not dataclasses.MISSING:
            return field.default_factory()
        return inspect.Parameter.empty if field.default is dataclasses.MISSING else field.default
    if isinstance(field.default, attrs.Factory):  # type: ignore[arg-type]
        return None if field.default.takes_self else field.default.factory()
    return inspect.Parameter.empty if field.default is attrs.NOTHING else field.default


def enum_words(kind: type[enum.Enum]) -> dict[str, enum.Enum]:
    """Return the words of an enumeration: its values where all are strings, else its members' names.

    >>> list(enum_words(enum.Enum("Way", {"UP": "up", "DOWN": "down"}))), list(enum_words(enum.Enum("Way", ["UP"])))
    (['up', 'down'], ['UP'])
    """
    members = list(kind)
    by_value = all(isinstance(member.value, str) for member in members)
    return {str(member.value) if by_value else member.name: member for member in members}


def word_of(member: enum.Enum) -> str:
    """Return the word by which a configuration names a member of an enumeration."""
    return next((word for word, one in enum_words(type(member)).items() if one is member), member.name)


def record_values(record: Any) -> dict[str, Any]:
    """Return the fields of a record by parameter, as they are."""
    return {name: getattr(record, field.attribute) for name, field in record_fields(type(record)).items()}


def resolved(annotation: Any) -> Any:
    """Return what a `NewType` or a `type` statement stands for; any other type as it is."""
    while True:
        if isinstance(annotation, typing.NewType):
            annotation = annotation.__supertype__
        elif type(annotation).__name__ == "TypeAliasType":  # of Python 3.12
            annotation = annotation.__value__
        else:
            return annotation


def kind_of(annotation: Any) -> str | None:  # noqa: PLR0911 (one branch per kind of type)
    """Return the kind of a type, a key of `KINDS`, whatever stands within it; None for one that no file can set."""
    annotation = resolved(annotation)
    origin = typing.get_origin(annotation) or annotation
    if origin is Annotated:
        return "bounded"
    if annotation in (Any, object, inspect.Parameter.empty) or isinstance(annotation, (str, typing.TypeVar)):
        return "anything"
    if annotation in (None, types.NoneType):
        return "none"
    if origin in (Union, types.UnionType):
        return "one of several types"
    if origin is Literal:
        plain = all(
            isinstance(one, (str, int, float)) and not isinstance(one, enum.Enum)
            for one in _choices(origin, annotation)
        )
        return "one of several values" if plain else None
    if origin in ARRAYS:
        return "list"
    if origin in (dict, collections.abc.Mapping):
        return "table of values"
    if is_enum(annotation):
        return "enumeration" if list(annotation) else None
    if is_record(annotation):
        return "table of options"
    return _SIMPLE.get(annotation) if isinstance(annotation, type) else None


def _choices(origin: Any, annotation: Any) -> tuple[Any, ...]:
    return tuple(one for one in typing.get_args(annotation) if one is not None) if origin is Literal else ()


def unsettable(annotation: Any, path: str, within: tuple[Any, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield path and type of each part of an option that no configuration can set.

    Of a union one type that can be set is enough, beside None: Python code may give the others.
    """
    annotation = resolved(annotation)
    kind, arguments = kind_of(annotation), typing.get_args(annotation)
    if kind is None or annotation in within:  # a record that holds itself has no end
        yield path, annotation
    elif kind == "bounded":
        yield from unsettable(arguments[0], path, within)
    elif kind == "one of several types":
        faults = [list(unsettable(one, path, within)) for one in arguments if one is not types.NoneType]
        if all(faults):
            yield from (faults[0] if len(faults) == 1 else [(path, annotation)])
    elif kind == "list":
        for one in arguments:
            if one is not Ellipsis and one != ():
                yield from unsettable(one, f"{path}[]", within)
    elif kind == "table of values" and arguments:
        if resolved(arguments[0]) is not str and kind_of(arguments[0]) != "anything":
            yield path, annotation
        else:
            yield from unsettable(arguments[1], f"{path}.*", within)
    elif kind == "table of options":
        for field in record_fields(annotation).values():
            yield from unsettable(field.annotation, f"{path}.{field.name}", (*within, annotation))


def plain(value: Any) -> Any:
    """Return enumerations as their words and records as tables, at any depth; anything else as it is."""
    if isinstance(value, enum.Enum):
        return word_of(value)
    if is_record(type(value)):
        return {name: plain(one) for name, one in record_values(value).items()}
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if type(value) in (list, tuple):
        return type(value)(plain(one) for one in value)
    return value
