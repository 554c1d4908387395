"""Options of a stage: read from its factory's signature, checked against their types, described as JSON Schema."""

from __future__ import annotations

import collections.abc
import contextlib
import functools
import inspect
import math
import types
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Union

import attrs
from annotated_types import Ge, Le

from emotopy.bounds import check_bounds, faults, schema_of_bounds, split_annotation
from emotopy.errors import ConfigError, EmotopyError, OutOfBounds, PluginError, listed, unfit_value, unknown_name
from emotopy.records.brain import Windowing
from emotopy.records.report import Places, ReportSections
from emotopy.registry.option_types import (
    ARRAYS,
    KINDS,
    enum_words,
    is_enum,
    is_record,
    kind_of,
    plain,
    record_fields,
    record_values,
    resolved,
    unsettable,
)
from emotopy.registry.type_messages import choice_error, type_error, type_name, types_of_items
from emotopy.roles import ROLES, STAGES, Host

SEED = "random_state"
"""The option that `--seed` fills in every factory that has it and doesn't set it."""
LARGEST_SEED = 2**32 - 1
"""What scikit-learn and NumPy's older generators take."""
NOTHING = inspect.Parameter.empty


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
        return type_name(self.annotation)

    @property
    def parts(self) -> list[Option]:
        """The option, or where it is a table of options each of these, at any depth, by its dotted name."""
        record = next((one for one in _members(self.annotation) if is_record(one)), None)
        if record is None:
            return [self]
        given = record_values(self.default) if isinstance(self.default, record) else {}
        fields = [
            Option(f"{self.name}.{field.name}", field.annotation, given.get(field.name, field.default))
            for field in record_fields(record).values()
        ]
        whole = [] if resolved(self.annotation) is record else [self]  # such as `Graph | None`, which has a word too
        return [*whole, *(part for field in fields for part in field.parts)]


@attrs.frozen
class Signature:
    """What a factory takes: options from the user, and parameters that the host fills.

    `stages` maps a parameter's name to the role whose stage goes there, `required_stages` names those without a
    default; `hosts` names the parameters that take a `Host`, `windowings` those that take the run's windows,
    `report_sections` those that take the sections of the report, `places` those that take the places of regions.
    `unreadable` says why no configuration could be checked against it; such a factory is refused when it is loaded.
    """

    options: Mapping[str, Option]
    stages: Mapping[str, str]
    hosts: tuple[str, ...]
    unreadable: str = ""
    required_stages: tuple[str, ...] = ()
    windowings: tuple[str, ...] = ()
    report_sections: tuple[str, ...] = ()
    places: tuple[str, ...] = ()

    def check(self, values: Mapping[str, Any], path: str, of: str = "") -> dict[str, Any]:
        """Return the values, converted to the options' types; `of` is what a message calls the stage.

        Raises UnknownName for a name that isn't an option, ConfigError for a value that doesn't fit; messages start
        with the key's path.
        """
        checked = {}
        known = [*self.options, *self.stages]
        for name, value in values.items():
            if name in self.options:
                option = self.options[name]
                checked[name] = convert(value, option.annotation, f"{path}.{name}", option.default)
            elif name in self.stages:
                checked[name] = value
            else:
                reason, label = f"{path}.{name}: no such option", f"Options of {of or path}"
                raise unknown_name(reason, name, known, label, kind="option", path=f"{path}.{name}")
        for option in self.options.values():
            if option.required and option.name not in values:
                raise ConfigError(
                    f"{path}.{option.name}: needs a value ({option.type_name}), but none was given",
                    path=f"{path}.{option.name}",
                    wanted=option.type_name,
                )
        return checked

    def check_declaration(self, stage: str) -> None:
        """Check what the factory declares: its options can be set and checked, their bounds apply, defaults keep them.

        Raises PluginError that names the option and `stage`.
        """
        if self.unreadable:
            raise PluginError(f"{stage}: {self.unreadable}", stage=stage)
        for option in self.options.values():
            for name, annotation in unsettable(option.annotation, option.name):
                raise PluginError(
                    f"{stage}: option {name!r} has the type {type_name(annotation)}, which a "
                    f"configuration can't set; wanted one of: {listed(KINDS)} (docs/option-types.md). "
                    "For other types, create the stage in Python and pass it as an object",
                    stage=stage,
                )
            for part in option.parts:
                for fault in faults(part.annotation):
                    raise PluginError(f"{stage}: option {part.name!r}: {fault}", stage=stage)
                if part.required:
                    continue
                try:
                    convert(part.default, part.annotation, part.name)
                except OutOfBounds as error:
                    raise PluginError(
                        f"{stage}: the default is outside its own bounds: {error}", stage=stage
                    ) from error
                except ConfigError:  # of another type, which the conformance suite tells
                    continue


def signature(factory: Callable[..., Any]) -> Signature:
    """Read a factory's keyword parameters; a class is read through its `__init__`."""
    hints = _hints(factory)
    try:
        parameters = list(inspect.signature(factory).parameters.values())
    except (TypeError, ValueError):  # a builtin without a signature
        return Signature({}, {}, (), "the factory's parameters can't be read; write a function around it")
    named = [one for one in parameters if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]
    hints = {name: resolved(annotation) for name, annotation in hints.items()}
    if SEED in hints:
        hints[SEED] = _bounded_seed(hints[SEED])
    types_of = {one.name: _without_none(split_annotation(hints.get(one.name, Any))[0]) for one in named}
    roles = {ROLES[role]: role for role in STAGES}
    stages = {name: roles[kind] for name, kind in types_of.items() if isinstance(kind, type) and kind in roles}
    hosts = tuple(name for name, kind in types_of.items() if kind is Host)
    windowings = tuple(name for name, kind in types_of.items() if kind is Windowing)
    sections = tuple(name for name, kind in types_of.items() if kind is ReportSections)
    places = tuple(name for name, kind in types_of.items() if kind is Places)
    filled = {*stages, *hosts, *windowings, *sections, *places}
    options = {
        one.name: Option(one.name, hints.get(one.name, Any), one.default) for one in named if one.name not in filled
    }
    required_stages = tuple(one.name for one in named if one.name in stages and one.default is one.empty)
    return Signature(options, stages, hosts, _unreadable(parameters), required_stages, windowings, sections, places)


def _unreadable(parameters: collections.abc.Iterable[inspect.Parameter]) -> str:
    """Return why options of a factory with these parameters can't be checked, or nothing."""
    for one in parameters:
        if one.kind == one.VAR_KEYWORD:
            return (
                f"the factory takes **{one.name}, so misspelt options would go unnoticed; name its "
                "keyword parameters one by one, each with a type and a default"
            )
        if one.kind == one.POSITIONAL_ONLY and one.default is one.empty:
            return (
                f"the factory takes {one.name!r} as a positional argument, but the host passes keywords; "
                "make it a keyword"
            )
    return ""


def _bounded_seed(annotation: Any) -> Any:
    """Return the type of a seed with the bounds that NumPy and scikit-learn have, unless it has bounds of its own."""
    if any(split_annotation(one)[1] for one in _members(annotation)) or int not in _members(annotation):
        return annotation
    return Annotated[annotation, Ge(0), Le(LARGEST_SEED)]


def _members(annotation: Any) -> tuple[Any, ...]:
    """Return the types of a union, one level deep, else the type itself; bounds of a union are with its members."""
    annotation = split_annotation(resolved(annotation))[0]
    is_union = typing.get_origin(annotation) in (Union, types.UnionType)
    return tuple(map(resolved, typing.get_args(annotation))) if is_union else (annotation,)


def convert(value: Any, annotation: Any, path: str, default: Any = NOTHING) -> Any:  # noqa: PLR0911 (one branch per kind of type)
    """Return `value` as `annotation` wants it, where that loses nothing.

    An int becomes a float, 5.0 an int, a string a Path or a member of an enumeration, a list a tuple or set, a table a
    record, and the word "none", which TOML has to do with, None. Nothing else is converted: "3" is not a number, and
    true is not 1. Options that a table of options doesn't name are taken from `default` where that is such a record,
    else from the record's own defaults. Raises ConfigError (UnknownName) with the key's path, OutOfBounds where the
    type is right and a bound is broken.

    >>> convert(1, float, "reducer.min_dist")
    1.0
    >>> convert("umap", Literal["umap", "pca"], "use")
    'umap'
    """
    annotation = resolved(annotation)
    if typing.get_origin(annotation) is Annotated:
        return _convert_within_bounds(value, annotation, path)
    origin, arguments = typing.get_origin(annotation) or annotation, typing.get_args(annotation)
    if annotation in (Any, inspect.Parameter.empty) or isinstance(annotation, (str, typing.TypeVar)):
        return value
    if origin in (Union, types.UnionType):
        return _convert_to_one_of(value, arguments, annotation, path, default)
    if is_enum(annotation):
        return _convert_to_member(value, annotation, path)
    if is_record(annotation):
        return _convert_to_record(value, annotation, path, default)
    if origin is Literal:
        same = [one for one in arguments if value == one and isinstance(value, bool) == isinstance(one, bool)]
        if same:
            return same[0]
        raise choice_error(path, annotation, value)
    if origin in ARRAYS:
        if not isinstance(value, (list, tuple, set, frozenset)):
            raise type_error(path, annotation, value)
        each = types_of_items(origin, arguments, len(value))
        if len(each) != len(value):
            raise unfit_value(path, f"{type_name(annotation)}: {len(each)} values", value, str(len(value)))
        items = [convert(item, inner, f"{path}[{i}]") for i, (item, inner) in enumerate(zip(value, each, strict=True))]
        return ARRAYS[origin](items)
    if origin in (dict, collections.abc.Mapping):
        if not isinstance(value, Mapping):
            raise type_error(path, annotation, value)
        inner = arguments[1] if arguments else Any
        return {str(key): convert(item, inner, f"{path}.{key}") for key, item in value.items()}
    if annotation in (None, types.NoneType):
        if value is None or (isinstance(value, str) and value == NONE):
            return None
        raise type_error(path, annotation, value)
    if annotation is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            raise type_error(path, annotation, value) from None
        if math.isnan(number):
            raise type_error(path, annotation, value)
        return number
    if annotation is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if annotation is Path and isinstance(value, (str, Path)):
        return Path(value)
    if annotation is int and isinstance(value, bool):
        raise type_error(path, annotation, value)
    if isinstance(annotation, type) and not isinstance(value, annotation):
        raise type_error(path, annotation, value)
    return value


def json_schema(annotation: Any, default: Any = NOTHING) -> dict[str, Any]:  # noqa: PLR0911 (one branch per kind of type)
    """Describe a type as JSON Schema (draft 2020-12), exactly as wide as `convert` accepts JSON's values.

    `default` as for `convert`: it says what a table of options needn't name.

    >>> json_schema(int | None)
    {'anyOf': [{'type': 'integer'}, {'enum': ['none', None]}]}
    """
    annotation = resolved(annotation)
    if typing.get_origin(annotation) is Annotated:
        bare, _ = split_annotation(annotation)
        return json_schema(bare, default) | schema_of_bounds(annotation)
    origin, arguments = typing.get_origin(annotation) or annotation, typing.get_args(annotation)
    if origin in (Union, types.UnionType):
        return {"anyOf": [json_schema(choice, default) for choice in arguments]}
    if is_enum(annotation):
        return {"enum": list(enum_words(annotation))}
    if is_record(annotation):
        return _schema_of_record(annotation, default)
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin is tuple and arguments and arguments[-1] is not Ellipsis:
        each = [] if arguments == ((),) else [json_schema(inner) for inner in arguments]
        return {"type": "array", "prefixItems": each, "minItems": len(each), "maxItems": len(each)}
    if origin in ARRAYS:
        return {"type": "array", "items": json_schema(arguments[0]) if arguments else {}}
    if origin in (dict, collections.abc.Mapping):
        return {"type": "object", "additionalProperties": json_schema(arguments[1]) if arguments else {}}
    if annotation in (None, types.NoneType):
        return {"enum": [NONE, None]}
    simple = {bool: "boolean", int: "integer", float: "number", str: "string", Path: "string"}
    if isinstance(annotation, type) and annotation in simple:
        return {"type": simple[annotation]}
    return {} if kind_of(annotation) == "anything" else {"not": {}}  # of a union's types one that only Python can make


def _schema_of_record(record: type, default: Any) -> dict[str, Any]:
    fields = record_fields(record).values()
    given = record_values(default) if isinstance(default, record) else {}
    described = {}
    for field in fields:
        own = given.get(field.name, field.default)
        described[field.name] = json_schema(field.annotation, own) | ({} if own is NOTHING else {"default": _json(own)})
    needed = [field.name for field in fields if field.required and field.name not in given]
    return {"type": "object", "properties": described, "additionalProperties": False} | (
        {"required": needed} if needed else {}
    )


def _json(value: Any) -> Any:
    """Return a default as JSON has it: words of enumerations, tables of options, paths and sets as text and lists."""
    value = plain(value)
    if isinstance(value, Mapping):
        return {str(key): _json(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json(one) for one in value]
    if isinstance(value, (set, frozenset)):
        return sorted((_json(one) for one in value), key=repr)
    return value if isinstance(value, (bool, int, float, str, type(None))) else str(value)


NONE = "none"
"""How a file says None, for which TOML has no word."""


def _convert_within_bounds(value: Any, annotation: Any, path: str) -> Any:
    """Convert to the type alone, then check its bounds; a NaN breaks them before it is of the wrong type."""
    bare, _ = split_annotation(annotation)
    if isinstance(value, float) and math.isnan(value):
        check_bounds(value, annotation, path)
    try:
        converted = convert(value, bare, path)
    except OutOfBounds:
        raise
    except ConfigError:
        if bare in (int, float, str):
            raise type_error(path, annotation, value) from None
        raise
    check_bounds(converted, annotation, path)
    return converted


def _convert_to_one_of(value: Any, choices: tuple[Any, ...], annotation: Any, path: str, default: Any) -> Any:
    """Convert to the first type that fits; the value's own type goes first, and "none" means None before a string.

    A member of an enumeration goes before a string of the same letters. A bound that the value breaks is reported where
    the value fits no other type, and so is what is wrong with a table of options.
    """
    literals = [one for choice in choices if typing.get_origin(choice) is Literal for one in typing.get_args(choice)]
    words = [word for choice in choices if is_enum(choice) for word in enum_words(choice)]
    if isinstance(value, str) and value == NONE and types.NoneType in choices and NONE not in (*literals, *words):
        return None
    enums = [choice for choice in choices if is_enum(choice)] if isinstance(value, str) else []
    own = [choice for choice in choices if split_annotation(choice)[0] is type(value)]
    broken: ConfigError | None = None
    for choice in (*enums, *own, *choices):
        try:
            return convert(value, choice, path, default)
        except ConfigError as error:
            is_told = isinstance(error, OutOfBounds) or (is_record(choice) and isinstance(value, Mapping))
            broken = broken or (error if is_told else None)
    raise broken or type_error(path, annotation, value)


def _convert_to_member(value: Any, kind: Any, path: str) -> Any:
    """Return a member of an enumeration, by its word."""
    if isinstance(value, kind):
        return value
    words = enum_words(kind)
    if isinstance(value, str) and value in words:
        return words[value]
    raise choice_error(path, Literal[tuple(words)], value)


def _convert_to_record(value: Any, record: Any, path: str, default: Any) -> Any:
    """Make a record of a table; an instance passes as it is, if its fields hold what a table might say."""
    if isinstance(value, record):
        fields = record_fields(type(value))
        for name, one in record_values(value).items():
            convert(one, fields[name].annotation, f"{path}.{name}", fields[name].default)
        return value
    if not isinstance(value, Mapping):
        raise type_error(path, record, value)
    fields = record_fields(record)
    given = record_values(default) if isinstance(default, record) else {}
    values = dict(given)
    for name, one in value.items():
        if name not in fields:
            reason = f"{path}.{name}: no such option"
            raise unknown_name(reason, str(name), fields, f"Options of {path}", kind="option", path=f"{path}.{name}")
        field = fields[name]
        values[name] = convert(one, field.annotation, f"{path}.{name}", given.get(name, field.default))
    for field in fields.values():
        if field.required and field.name not in values:
            wanted = type_name(field.annotation)
            raise ConfigError(
                f"{path}.{field.name}: needs a value ({wanted}), but none was given", path=f"{path}.{field.name}",
                wanted=wanted,
            )  # fmt: skip
    try:
        return record(**values)
    except EmotopyError:
        raise
    except (TypeError, ValueError) as error:  # what the record itself checks
        what = error.args[0] if error.args and isinstance(error.args[0], str) else error  # attrs adds the validator
        reason = f"{path}: {record.__name__} rejects these options: {what}"
        raise ConfigError(reason, path=path, wanted=type_name(record), got=value) from error


def _hints(factory: Callable[..., Any]) -> dict[str, Any]:
    """Return the types of a factory's parameters; one that can't be resolved leaves only its own option unchecked."""
    while isinstance(factory, functools.partial):
        factory = factory.func
    fields = _hints_of_fields(factory) if inspect.isclass(factory) else {}
    target: Any = factory.__init__ if inspect.isclass(factory) else factory
    if not inspect.isroutine(target):
        target = type(target).__call__
    try:
        return fields | typing.get_type_hints(target, include_extras=True)
    except Exception:  # noqa: BLE001 (a name under TYPE_CHECKING, or a typing mistake of the plugin's)
        found: dict[str, Any] = {}
        for name, annotation in getattr(target, "__annotations__", {}).items():
            alone = types.SimpleNamespace(__annotations__={name: annotation})
            with contextlib.suppress(Exception):
                found |= typing.get_type_hints(alone, getattr(target, "__globals__", {}), include_extras=True)
        return fields | found


def _hints_of_fields(factory: type) -> dict[str, Any]:
    """Return the types of an attrs class's fields by parameter: the `__init__` that attrs writes can't resolve them."""
    if not attrs.has(factory):
        return {}
    with contextlib.suppress(Exception):
        hints = typing.get_type_hints(factory, include_extras=True)
        return {field.alias: hints[field.name] for field in attrs.fields(factory) if field.init and field.alias}
    return {}


def _without_none(annotation: Any) -> Any:
    if typing.get_origin(annotation) in (Union, types.UnionType):
        rest = [choice for choice in typing.get_args(annotation) if choice is not types.NoneType]
        return rest[0] if len(rest) == 1 else annotation
    return annotation
