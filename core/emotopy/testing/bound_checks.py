"""What every stage promises about the bounds that its options declare: they hold from wherever a value comes."""

from __future__ import annotations

import collections.abc
import math
import tomllib
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from emotopy.bounds import ARRAY_TYPES, Bound, split_annotation
from emotopy.config import build, parse_sets
from emotopy.config.schema import schema
from emotopy.config.serialise import to_toml
from emotopy.errors import ConfigError
from emotopy.testing.suite import Candidate, ContractViolation, NotApplicable, require


def check_bounds_hold_everywhere(candidate: Candidate) -> None:
    """A value just outside a bound of an option is refused from a file, from `--set` and from Python.

    The bound stands in the JSON Schema, too.
    """
    role, name = candidate.offer.role, candidate.offer.full_name
    bounded = {
        option.name: bounds
        for option in candidate.offer.signature.options.values()
        if (bounds := list(bounds_within(option.annotation)))
    }
    if not bounded:
        raise NotApplicable(f"{candidate}: no option declares a bound")
    described = _schema_of(candidate)
    for option, bounds in bounded.items():
        annotation = candidate.offer.signature.options[option].annotation
        for value in values_outside(annotation):
            for source, take in _sources(candidate, role, name, option, value).items():
                _require_refusal(candidate, f"{role}.{option}", f"{option} = {value!r} from {source}", take)
        for bound in bounds:
            if not math.isinf(bound.limit):
                require(
                    _holds(described.get(option, {}), bound),
                    f"{candidate}: the JSON Schema of {option!r} lacks the bound {bound.describe('value')}",
                )


def bounds_within(annotation: Any) -> Iterator[Bound]:
    """Yield the bounds of a type and of the types within it."""
    bare, bounds = split_annotation(annotation)
    yield from bounds
    if typing.get_origin(bare) is not typing.Literal:
        for inner in typing.get_args(bare):
            yield from bounds_within(inner)


def values_outside(annotation: Any) -> Iterator[Any]:
    """Yield values of the right type that lie just outside a bound of a type, or of the types within it.

    >>> from typing import Annotated
    >>> from annotated_types import Ge, Lt
    >>> list(values_outside(Annotated[int, Ge(1), Lt(5)] | None))
    [0, 5]
    """
    bare, bounds = split_annotation(annotation)
    origin, arguments = typing.get_origin(bare) or bare, typing.get_args(bare)
    for bound in bounds:
        yield from _lengths_outside(bound, bare) if bound.of_length else _numbers_outside(bound, bare)
    if origin is typing.Literal:
        return
    if origin is tuple and arguments and arguments[-1] is not Ellipsis:
        for i, inner in enumerate(arguments):
            others = [value_inside(other) for other in arguments]
            yield from ([*others[:i], value, *others[i + 1 :]] for value in values_outside(inner))
    elif origin in ARRAY_TYPES:
        yield from ([value] for inner in arguments[:1] for value in values_outside(inner))
    elif origin in (dict, collections.abc.Mapping):
        yield from ({"key": value} for inner in arguments[1:] for value in values_outside(inner))
    else:  # a union: a value that is outside for one member may be fine for another
        for inner in arguments:
            yield from (value for value in values_outside(inner) if not _fits_another(value, inner, arguments))


def value_inside(annotation: Any) -> Any:
    """Return a value of a type, within its bounds."""
    bare, bounds = split_annotation(annotation)
    if bare in (int, float):
        limits = [bound.limit for bound in bounds if not math.isinf(bound.limit)] or [0]
        middle = sum(limits) / len(limits)
        near = (bare(limit + step) for limit in (*limits, middle) for step in (0, 1, -1))
        return next(value for value in near if all(bound.is_kept_by(value) for bound in bounds))
    if bare is str:
        return "x" * max([1, *(bound.limit for bound in bounds if bound.keyword == "min")])
    return {bool: False}.get(bare)


def _numbers_outside(bound: Bound, bare: Any) -> Iterator[Any]:
    step = -1 if bound.words in ("at least", "more than") else 1
    if math.isinf(bound.limit) or bound.words in ("more than", "less than"):
        yield bare(bound.limit) if not math.isinf(bound.limit) else bound.limit
    else:
        yield bound.limit + step if bare is int else math.nextafter(bound.limit, step * math.inf)
    if bare is float:
        yield math.nan


def _lengths_outside(bound: Bound, bare: Any) -> Iterator[Any]:
    n = bound.limit - 1 if bound.words == "at least" else bound.limit + 1
    arguments = typing.get_args(bare)
    if n < 0:
        return
    if bare is str:
        yield "x" * n
    elif (typing.get_origin(bare) or bare) in ARRAY_TYPES:
        yield [value_inside(arguments[0]) if arguments else "x"] * n
    else:
        yield {f"key{i}": value_inside(arguments[1]) if arguments else "x" for i in range(n)}


def _fits_another(value: Any, member: Any, members: tuple[Any, ...]) -> bool:
    from emotopy.registry.options import convert

    for other in members:
        if other is not member:
            try:
                convert(value, other, "")
            except ConfigError:
                continue
            return True
    return False


def _sources(candidate: Candidate, role: str, name: str, option: str, value: Any) -> dict[str, Callable[[], Any]]:
    """Return the ways in which a value reaches an option."""
    stage = {"use": name, option: value}
    others: Mapping[str, Any] = {} if role == "reporter" else {"reporter": []}
    written = to_toml({**others, role: stage})
    word = to_toml({option: value}).partition("= ")[2].strip()

    def checked(layer: Mapping[str, Any]) -> Any:
        return build(others, layer).check(candidate.registry, (role,))

    return {
        "a file": lambda: checked(tomllib.loads(written)),
        "--set": lambda: checked(parse_sets([f"{role}={name}", f"{role}.{option}={word}"])),
        "Python": lambda: candidate.make_or_raise(**{option: value}),
    }


def _require_refusal(candidate: Candidate, path: str, what: str, take: Callable[[], Any]) -> None:
    try:
        take()
    except ConfigError as error:
        require(error.path.startswith(path), f"{candidate}: {what} is refused, but not for {path}: {error}")
    except Exception as error:
        raise ContractViolation(f"{candidate}: {what} must raise ConfigError, got {error!r}") from error
    else:
        raise ContractViolation(f"{candidate}: {what} breaks a bound of the option, and was taken")


def _schema_of(candidate: Candidate) -> Mapping[str, Any]:
    """Return the JSON Schema of the stage's options by name."""
    for one in schema(candidate.registry)["$defs"][candidate.offer.role]["anyOf"]:
        properties = one.get("properties", {})
        if candidate.offer.full_name in properties.get("use", {}).get("enum", ()):
            return dict(properties)
    return {}


def _holds(described: Any, bound: Bound) -> bool:
    """Whether a schema, or one within it, has the keyword of a bound with its limit."""
    if isinstance(described, Mapping):
        endings = ("Length", "Items", "Properties") if bound.of_length else ("",)
        if any(described.get(f"{bound.keyword}{ending}") == bound.limit for ending in endings):
            return True
        return any(_holds(inner, bound) for inner in described.values())
    return isinstance(described, list) and any(_holds(inner, bound) for inner in described)
