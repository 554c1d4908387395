"""Options of a stage: read from its factory's signature, checked against their types, described as JSON Schema."""

from __future__ import annotations

import collections.abc
import inspect
import math
import types
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, Union

import attrs

from emotopy.errors import ConfigError, UnknownName, listed, nearest
from emotopy.roles import ROLES, Host

SEED = "random_state"
"""The option that `--seed` fills in every factory that has it and doesn't set it."""


@attrs.frozen
class Option:
    """A keyword parameter of a factory: a value that a user may set."""

    name: str
    annotation: Any
    default: Any = inspect.Parameter.empty

    @property
    def required(self) -> bool:
        """Whether the factory has no default for it."""
        return self.default is inspect.Parameter.empty

    @property
    def type_name(self) -> str:
        """The type as a user reads it, `int | None`."""
        return _type_name(self.annotation)


@attrs.frozen
class Signature:
    """What a factory takes: options from the user, and parameters that the host fills.

    `stages` maps a parameter's name to the role whose stage goes there; `hosts` names the parameters that take a
    `Host`. `is_open` says that the factory takes any further keyword, which then can't be checked.
    """

    options: Mapping[str, Option]
    stages: Mapping[str, str]
    hosts: tuple[str, ...]
    is_open: bool

    def check(self, values: Mapping[str, Any], path: str) -> dict[str, Any]:
        """Return the values, converted to the options' types.

        Raises UnknownName for a name that isn't an option, ConfigError for a value that doesn't fit; messages start
        with the key's path.
        """
        checked = {}
        known = [*self.options, *self.stages]
        for name, value in values.items():
            if name in self.options:
                checked[name] = convert(value, self.options[name].annotation, f"{path}.{name}")
            elif name in self.stages or self.is_open:
                checked[name] = value
            else:
                raise UnknownName(
                    f"{path}.{name}: no such option.{nearest(name, known)} Options of {path}: {listed(known)}"
                )
        for option in self.options.values():
            if option.required and option.name not in values:
                raise ConfigError(f"{path}.{option.name}: needs a value ({option.type_name}), none was given")
        return checked


def signature(factory: Callable[..., Any]) -> Signature:
    """Read a factory's keyword parameters; a class is read through its `__init__`."""
    target: Any = factory.__init__ if inspect.isclass(factory) else factory
    try:
        hints = typing.get_type_hints(target)
    except Exception:  # noqa: BLE001 (an annotation that can't be resolved leaves its option unchecked)
        hints = {}
    try:
        parameters = list(inspect.signature(factory).parameters.values())
    except (TypeError, ValueError):  # a builtin without a signature
        return Signature({}, {}, (), is_open=True)
    roles = {protocol: role for role, protocol in ROLES.items()}
    options: dict[str, Option] = {}
    stages: dict[str, str] = {}
    hosts: list[str] = []
    for parameter in parameters:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            continue
        annotation = hints.get(parameter.name, Any)
        bare = _without_none(annotation)
        if bare is Host:
            hosts.append(parameter.name)
        elif isinstance(bare, type) and bare in roles:
            stages[parameter.name] = roles[bare]
        else:
            options[parameter.name] = Option(parameter.name, annotation, parameter.default)
    is_open = any(parameter.kind == parameter.VAR_KEYWORD for parameter in parameters)
    return Signature(options, stages, tuple(hosts), is_open)


def convert(value: Any, annotation: Any, path: str) -> Any:  # noqa: PLR0911 (one branch per kind of type)
    """Return `value` as `annotation` wants it: an int where a float is wanted becomes one, a string becomes a Path.

    Nothing else is converted: "3" is not a number, and true is not 1. Raises ConfigError with the key's path.

    >>> convert(1, float, "reducer.min_dist")
    1.0
    >>> convert("umap", Literal["umap", "pca"], "use")
    'umap'
    """
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation in (Any, inspect.Parameter.empty) or isinstance(annotation, (str, typing.TypeVar)):
        return value
    if origin in (Union, types.UnionType):
        for choice in arguments:
            try:
                return convert(value, choice, path)
            except ConfigError:
                continue
        raise _misfit(path, annotation, value)
    if origin is Literal:
        if value in arguments and not isinstance(value, bool):
            return value
        hint = nearest(str(value), [str(choice) for choice in arguments])
        raise ConfigError(f"{path}: wanted one of {', '.join(map(repr, arguments))}, got {value!r}.{hint}")
    if origin in (list, tuple, collections.abc.Sequence, set, frozenset):
        if isinstance(value, (str, bytes)) or not isinstance(value, (list, tuple)):
            raise _misfit(path, annotation, value)
        inner = arguments[0] if arguments else Any
        items = [convert(item, inner, f"{path}[{i}]") for i, item in enumerate(value)]
        return tuple(items) if origin is tuple else items
    if origin in (dict, collections.abc.Mapping):
        if not isinstance(value, Mapping):
            raise _misfit(path, annotation, value)
        inner = arguments[1] if arguments else Any
        return {str(key): convert(item, inner, f"{path}.{key}") for key, item in value.items()}
    if annotation in (None, types.NoneType):
        if value is None or value == "none":
            return None
        raise _misfit(path, annotation, value)
    if annotation is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        if math.isnan(value):
            raise _misfit(path, annotation, value)
        return float(value)
    if annotation is Path and isinstance(value, (str, Path)):
        return Path(value)
    if annotation is int and isinstance(value, bool):
        raise _misfit(path, annotation, value)
    if isinstance(annotation, type) and not isinstance(value, annotation):
        raise _misfit(path, annotation, value)
    return value


def json_schema(annotation: Any) -> dict[str, Any]:
    """Describe a type as JSON Schema (draft 2020-12), as wide as `convert` accepts it.

    >>> json_schema(int | None)
    {'anyOf': [{'type': 'integer'}, {'enum': ['none', None]}]}
    """
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (Union, types.UnionType):
        return {"anyOf": [json_schema(choice) for choice in arguments]}
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (list, tuple, collections.abc.Sequence, set, frozenset):
        return {"type": "array", "items": json_schema(arguments[0]) if arguments else {}}
    if origin in (dict, collections.abc.Mapping):
        return {"type": "object", "additionalProperties": json_schema(arguments[1]) if arguments else {}}
    if annotation in (None, types.NoneType):
        return {"enum": ["none", None]}
    simple = {bool: "boolean", int: "integer", float: "number", str: "string", Path: "string"}
    return {"type": simple[annotation]} if annotation in simple else {}


def _misfit(path: str, annotation: Any, value: Any) -> ConfigError:
    return ConfigError(f"{path}: wanted {_type_name(annotation)}, got {value!r} ({type(value).__name__})")


def _without_none(annotation: Any) -> Any:
    if typing.get_origin(annotation) in (Union, types.UnionType):
        rest = [choice for choice in typing.get_args(annotation) if choice is not types.NoneType]
        return rest[0] if len(rest) == 1 else annotation
    return annotation


def _type_name(annotation: Any) -> str:
    if annotation in (Any, inspect.Parameter.empty):
        return "anything"
    if annotation is types.NoneType:
        return "none"
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (Union, types.UnionType):
        return " | ".join(_type_name(choice) for choice in arguments)
    if origin is Literal:
        return " | ".join(repr(choice) for choice in arguments)
    if origin is not None:
        inner = ", ".join(_type_name(choice) for choice in arguments if choice is not Ellipsis)
        return f"{getattr(origin, '__name__', origin).lower()}[{inner}]"
    names = {Path: "path", str: "string", float: "number", int: "integer", bool: "true | false"}
    return names.get(annotation, getattr(annotation, "__name__", str(annotation)))
