"""Messages about types and values, in a configuration file's words, with a hint where only quotes are wrong."""

from __future__ import annotations

import contextlib
import inspect
import json
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Union

from emotopy.bounds import describe_bounds, split_annotation
from emotopy.errors import ConfigError, nearest, unfit_value
from emotopy.registry.option_types import ARRAYS, enum_words, is_enum, is_record, plain, record_fields, resolved

_SIMPLE = {Path: "path", str: "string", float: "number", int: "integer"}


def type_error(path: str, annotation: Any, value: Any) -> ConfigError:
    """Return the error for a value of the wrong type."""
    kind = _KINDS.get(type(value), type(value).__name__)
    hint = _quotes_hint(value, annotation)
    shown = f"{as_toml(value)} ({kind}){'.' if hint else ''}{hint}"
    return unfit_value(path, type_name(annotation), value, shown)


def choice_error(path: str, literal: Any, value: Any) -> ConfigError:
    """Return the error for a value that is none of those allowed, with the nearest."""
    choices = typing.get_args(literal)
    words = [choice for choice in choices if isinstance(choice, str)]
    hint = _quotes_hint(value, literal) or nearest(str(value), words)
    return unfit_value(path, f"one of {', '.join(map(as_toml, choices))}", value, f"{as_toml(value)}.{hint}")


_KINDS = {bool: "true | false", int: "integer", float: "number", str: "string", list: "list", dict: "table"}


def as_toml(value: Any) -> str:
    """Return a value as a configuration file has it."""
    value = plain(value)
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{key} = {as_toml(one)}" for key, one in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, Path):
        return repr(str(value))
    return str(value).lower() if isinstance(value, bool) or value is None else repr(value)


def _quotes_hint(value: Any, annotation: Any) -> str:
    """Say how to write it where only the quotes or the brackets are wrong."""
    written: list[tuple[Any, str]] = [([value], f"Write it in brackets: [{as_toml(value)}].")]
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            written.append((json.loads(value), f"Write it without quotes: {value}."))
    elif isinstance(value, (bool, int, float)):
        written.append((as_toml(value), f'Write it in quotes: "{as_toml(value)}".'))
    for other, hint in written:
        if _fits(other, annotation):
            return f" {hint}"
    return ""


def _fits(value: Any, annotation: Any) -> bool:
    """Whether a value fits a simple type and its bounds: a hint on anything deeper would be a guess."""
    annotation, bounds = split_annotation(annotation)
    origin, arguments = typing.get_origin(annotation) or annotation, typing.get_args(annotation)
    if origin in (Union, types.UnionType):
        return any(_fits(value, choice) for choice in arguments)
    if origin is Literal:
        return any(value == one and type(value) is type(one) for one in arguments)
    if origin in ARRAYS and isinstance(value, list):
        items = types_of_items(origin, arguments, len(value))
        return len(items) == len(value) and all(map(_fits, value, items))
    simple = {bool: bool, int: int, float: (int, float), str: str, Path: str}
    if annotation in simple and isinstance(annotation, type):
        kept = all(bound.is_kept_by(value) for bound in bounds)
        return kept and isinstance(value, simple[annotation]) and (annotation is bool or not isinstance(value, bool))  # type: ignore[arg-type]
    return False


def types_of_items(origin: Any, arguments: tuple[Any, ...], n_items: int) -> list[Any]:
    """Return the type of each item; as many as the type says where that is a tuple of a fixed length."""
    if origin is tuple and arguments and arguments[-1] is not Ellipsis:
        return [] if arguments == ((),) else list(arguments)
    return [arguments[0] if arguments else Any] * n_items


def type_name(annotation: Any) -> str:  # noqa: PLR0911 (one branch per kind of type)
    """Return a type as a user reads it.

    >>> type_name(int | None), type_name(tuple[str, ...])
    ('integer | none', 'list of strings')
    """
    annotation = resolved(annotation)
    if isinstance(annotation, list):  # the parameters of a Callable
        return f"[{', '.join(map(type_name, annotation))}]"
    bare, bounds = split_annotation(annotation)
    if bounds:
        return f"{type_name(bare)} ({describe_bounds(annotation)})"
    annotation = bare
    if annotation in (Any, inspect.Parameter.empty):
        return "anything"
    if annotation is types.NoneType:
        return "none"
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (Union, types.UnionType):
        return " | ".join(type_name(choice) for choice in arguments)
    if is_enum(annotation):
        return " | ".join(map(as_toml, enum_words(annotation)))
    if is_record(annotation):
        return f"table ({', '.join(record_fields(annotation))})"
    if origin is Literal:
        return " | ".join(map(as_toml, arguments))
    if origin is tuple and arguments and arguments[-1] is not Ellipsis:
        return f"list of {' and '.join(map(type_name, arguments))}"
    if origin in ARRAYS:
        if not arguments:
            return "list"
        each, (item, _) = describe_bounds(arguments[0]), split_annotation(arguments[0])
        return f"list of {type_name(item)}{'s' * (item in _SIMPLE)}{f' (each {each})' if each else ''}"
    if origin is not None:
        inner = ", ".join(type_name(choice) for choice in arguments if choice is not Ellipsis)
        return f"{getattr(origin, '__name__', origin).lower()}[{inner}]"
    names = {**_SIMPLE, bool: "true | false", dict: "table"}
    names |= dict.fromkeys(ARRAYS, "list")
    return names.get(annotation, getattr(annotation, "__name__", str(annotation)))
