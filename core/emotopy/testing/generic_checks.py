"""What every stage promises, whatever its role: options that can be checked, and output that can be had again."""

from __future__ import annotations

import hashlib
import inspect
import json
import typing
from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np

from emotopy.bounds import split_annotation
from emotopy.config.serialise import to_plain
from emotopy.errors import ConfigError, EmotopyError, MissingExtra, PluginError, ProviderError
from emotopy.registry.options import SEED, convert
from emotopy.testing.bound_checks import check_bounds_hold_everywhere
from emotopy.testing.example_inputs import inputs_of, run_once, unseen_of, use
from emotopy.testing.suite import Candidate, ContractViolation, NotApplicable, require

HEAVY = (
    "torch", "openai", "umap", "hdbscan", "numba", "sentence_transformers", "nilearn", "pandas", "scipy", "sklearn",
    "matplotlib", "pyarrow", "networkx", "wordllama", "nltk", "textblob", "nrclex", "jinja2", "nibabel", "tokenizers",
    "safetensors", "ruptures",
)  # fmt: skip
"""Libraries that no plugin imports at module level."""


def check_every_option_has_a_type_and_a_default(candidate: Candidate) -> None:
    """Every option is annotated and has a default, so that a configuration can be checked and shown."""
    for option in candidate.offer.signature.options.values():
        require(
            option.annotation not in (Any, inspect.Parameter.empty),
            f"{candidate}: option {option.name!r} needs a type that can be resolved at run time",
        )
        require(not option.required, f"{candidate}: option {option.name!r} needs a default")


def check_defaults_fit_their_types(candidate: Candidate) -> None:
    """Every default is a value that a user might have given."""
    for option in candidate.offer.signature.options.values():
        if option.required:
            continue
        try:
            convert(option.default, option.annotation, option.name)
        except ConfigError as error:
            raise ContractViolation(f"{candidate}: the default doesn't fit its own type: {error}") from error


def check_nonsense_is_refused(candidate: Candidate) -> None:
    """A number that makes no sense (−1) is refused with ConfigError when the stage is made, or else it works.

    What comes much later, from deep inside a library, tells the user nothing.
    """
    options = candidate.offer.signature.options.values()
    numbers = [option for option in options if option.name != SEED and _is_number(option.annotation)]
    if not numbers:
        raise NotApplicable(f"{candidate}: no option is a number")
    candidate.make()
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
    """The factory has a docstring: `emotopy plugins show NAME` prints it."""
    require(inspect.getdoc(candidate.offer.factory), f"{candidate}: the factory needs a docstring")


def check_same_input_same_output(candidate: Candidate) -> None:
    """A stage that is used twice on the same input gives the same output twice."""
    stage = candidate.make()
    one, other = (run_once(candidate, stage, inputs_of(candidate)) for _ in range(2))
    require(same(one, other), f"{candidate}: used a second time on the same input, it gave another output")


def check_same_seed_same_output(candidate: Candidate) -> None:
    """Two stages made with the same options and seed give the same output for the same input."""
    one, other = (run_once(candidate, candidate.make(seed=5), inputs_of(candidate)) for _ in range(2))
    require(same(one, other), f"{candidate}: two stages of the same seed gave different output for the same input")


def check_can_be_had_again_without_pickle(candidate: Candidate) -> None:
    """Options, seed and what it learnt from are all there is to a stage, so that a run is saved without pickle.

    Made again from options that went through JSON, and fitted to the same input, it gives the same output for what it
    has seen and for what it hasn't.
    """
    known = candidate.offer.signature
    options = {name: option.default for name, option in known.options.items() if not option.required and name != SEED}
    options |= {name: value for name, value in candidate.options.items() if name not in known.stages}
    try:
        written = json.dumps(to_plain(options))
        again = candidate.make_or_raise(seed=5, **json.loads(written))
    except TypeError as error:
        raise ContractViolation(f"{candidate}: options must be plain values, which JSON holds: {error}") from error
    except ConfigError as error:
        candidate.make()  # which says so where it can't be made here at all
        raise ContractViolation(f"{candidate}: options that went through JSON are refused: {error}") from error
    first = candidate.make(seed=5)
    seen = [run_once(candidate, stage, inputs_of(candidate)) for stage in (first, again)]
    require(same(*seen), f"{candidate}: made again from its options, it gave another output for the same input")
    try:
        one, other = (use(candidate, stage, unseen_of(candidate)) for stage in (first, again))
    except NotApplicable:  # nothing but what it has seen can be asked of it
        return
    require(same(one, other, 1e-4), f"{candidate}: made and fitted again, it gave another output for unseen input")


def check_input_stays_as_it_was(candidate: Candidate) -> None:
    """The stage changes nothing of what it is given."""
    inputs = inputs_of(candidate)
    before = digest(inputs)
    run_once(candidate, candidate.make(), inputs)
    require(digest(inputs) == before, f"{candidate}: changed its input")


EVERY_ROLE = (
    check_every_option_has_a_type_and_a_default,
    check_defaults_fit_their_types,
    check_bounds_hold_everywhere,
    check_nonsense_is_refused,
    check_says_what_it_is,
    check_same_input_same_output,
    check_same_seed_same_output,
    check_can_be_had_again_without_pickle,
    check_input_stays_as_it_was,
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


def digest(value: Any) -> str:
    """Return a hash of a value and all that it holds."""
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
