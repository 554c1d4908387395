"""Options: what `convert` accepts and what the JSON Schema says are the same thing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import attrs
import jsonschema
import pytest
from annotated_types import Ge, Gt, Interval, Le, Len, Lt, MaxLen, MinLen, MultipleOf
from hypothesis import given
from hypothesis import strategies as st

from emotopy import Registry
from emotopy.errors import ConfigError, OutOfBounds
from emotopy.registry.options import convert, json_schema, signature
from emotopy.registry.type_messages import type_name
from emotopy.roles import Embedder, Host
from emotopy.testing import doubles

SIMPLE = [bool, int, float, str, Path]
LITERALS = [Literal["a", "b"], Literal[1, 2], Literal[True], Literal["none", "l2"], Literal[0, 1]]


def sequences(inner):
    return st.one_of(
        inner.map(lambda t: list[t]),
        inner.map(lambda t: Sequence[t]),
        inner.map(lambda t: tuple[t, ...]),
        st.lists(inner, max_size=3).map(lambda ts: tuple[tuple(ts)]),
        inner.map(lambda t: Mapping[str, t]),
        inner.map(lambda t: dict[str, t]),
    )


def unions(inner):
    return st.lists(inner, min_size=1, max_size=2).map(lambda ts: ts[0] | (None if len(ts) == 1 else ts[1]))


BOUNDED = [
    Annotated[int, Ge(1)],
    Annotated[int, Gt(0), Lt(3)],
    Annotated[float, Interval(ge=0, le=1)],
    Annotated[float, Gt(0), Lt(math.inf)],
    Annotated[int | float | None, Le(2)],
    Annotated[str, MinLen(1)],
    Annotated[str | None, MaxLen(3)],
    Annotated[list[int], MinLen(1)],
    Annotated[tuple[str, ...], Len(1, 2)],
    Annotated[dict[str, int], MaxLen(1)],
    list[Annotated[str, MinLen(1)]],
    tuple[Annotated[float, Gt(0)], ...],
]
"""Types with bounds, on the outside, inside a union, and on items."""

ANNOTATIONS = st.recursive(
    st.sampled_from([*SIMPLE, *LITERALS, *BOUNDED, Any, list, dict, tuple, None]),
    lambda inner: sequences(inner) | unions(st.sampled_from([*SIMPLE, *BOUNDED]) | sequences(st.sampled_from(SIMPLE))),
    max_leaves=4,
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["a", "b", "none", "l2", "", "3"])
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)


def fits(value, annotation):
    try:
        convert(value, annotation, "x")
    except ConfigError:
        return False
    return True


@given(ANNOTATIONS, JSON)
def test_convert_and_schema_agree(annotation, value):
    """Whatever JSON holds, the schema validates it exactly where `convert` accepts it."""
    validator = jsonschema.Draft202012Validator(json_schema(annotation))
    too_large = _holds_too_large_an_integer(value)  # a float can't hold it, which JSON Schema has no word for
    assert fits(value, annotation) == validator.is_valid(value) or too_large


def _holds_too_large_an_integer(value):
    if isinstance(value, Mapping):
        return any(map(_holds_too_large_an_integer, value.values()))
    if isinstance(value, list):
        return any(map(_holds_too_large_an_integer, value))
    return isinstance(value, int) and abs(value) > 2**1000


@given(ANNOTATIONS, JSON)
def test_what_was_converted_converts_to_itself(annotation, value):
    """Converting twice is converting once: what `check` returns can be checked again."""
    if fits(value, annotation):
        once = convert(value, annotation, "x")
        twice = convert(once, annotation, "x")
        assert (once, type(once)) == (twice, type(twice))


@given(ANNOTATIONS)
def test_every_schema_is_a_schema(annotation):
    """The schema of any annotation is valid by the meta-schema."""
    jsonschema.Draft202012Validator.check_schema(json_schema(annotation))


@pytest.mark.parametrize(
    ("value", "annotation", "wanted"),
    [
        (1, float, 1.0),
        (5.0, int, 5),
        ("x/y", Path, Path("x/y")),
        (["a"], tuple[str, ...], ("a",)),
        ([1, 2], set[int], {1, 2}),
        (("a",), Sequence[str], ["a"]),
        ([1, "b"], tuple[int, str], (1, "b")),
        ("none", int | None, None),
        ("none", Path | None, None),
        ("none", str | None, None),
        (None, str | None, None),
        ("none", Literal["none", "l2"] | None, "none"),
        (5.0, int | float, 5.0),
        (5, int | float, 5),
        (1, Literal[1, 2], 1),
        (True, Literal[True, "auto"], True),
        ({"a": 1}, dict[str, float], {"a": 1.0}),
        (2, Annotated[float, Interval(ge=0, le=2)], 2.0),
        ("none", Annotated[int | None, Ge(1)], None),
        (["a"], Annotated[tuple[str, ...], MinLen(1)], ("a",)),
    ],
)
def test_values_take_their_type(value, annotation, wanted):
    """Where nothing is lost, a value takes the annotation's type; the word "none" stands for None."""
    found = convert(value, annotation, "x")
    assert (found, type(found)) == (wanted, type(wanted))


@pytest.mark.parametrize(
    ("value", "annotation"),
    [
        ("3", int),
        (3.5, int),
        (True, int),
        (True, float),
        (1, bool),
        (1, str),
        (math.nan, float),
        (10**400, float),
        ("abc", Sequence[str]),
        ("abc", list),
        (["a"], str),
        (["a", 1], tuple[str, ...]),
        ([1.0], tuple[float, float]),
        ([1.0, 2.0, 3.0], tuple[float, float]),
        (True, Literal[1, 2]),
        (1, Literal[True]),
        ("c", Literal["a", "b"]),
        ("none", int),
        (None, int),
        ({"a": "x"}, dict[str, int]),
        (3, int.__class__ | None),
    ],
)
def test_what_would_lose_something_is_refused(value, annotation):
    """A string is no number, true is not 1, a string is no list of letters, a pair has two."""
    with pytest.raises(ConfigError, match=r"^reducer\.x"):
        convert(value, annotation, "reducer.x")


def test_messages_say_what_was_wanted_and_what_came():
    """The message names key, type, value, and the nearest of the choices."""
    with pytest.raises(ConfigError, match=r"a\.b: wanted integer \| none, got 'x' \(string\)"):
        convert("x", int | None, "a.b")
    with pytest.raises(ConfigError, match=r"a: wanted one of 'greedy', 'optimal', got 'gredy'. Did you mean 'greedy'"):
        convert("gredy", Literal["greedy", "optimal"], "a")
    with pytest.raises(ConfigError, match=r"a\[1\]: wanted integer, got 'x'"):
        convert([1, "x"], list[int], "a")


@pytest.mark.parametrize(
    ("value", "annotation", "hint"),
    [
        ("3", int, "Write it without quotes: 3."),
        ("0.5", float | None, "Write it without quotes: 0.5."),
        ("true", bool, "Write it without quotes: true."),
        ("64", Literal[64, 128], "Write it without quotes: 64."),
        (3, str, 'Write it in quotes: "3".'),
        (True, Literal["true", "auto"], 'Write it in quotes: "true".'),
        ("a", tuple[str, ...], "Write it in brackets: ['a']."),
        (2, list[int], "Write it in brackets: [2]."),
    ],
)
def test_a_value_that_lacks_only_its_quotes_is_told_so(value, annotation, hint):
    """The slip that a TOML file makes easiest is named."""
    with pytest.raises(ConfigError) as caught:
        convert(value, annotation, "a")
    assert str(caught.value).endswith(hint)


@pytest.mark.parametrize(
    ("value", "annotation"), [("3.5", int), ("three", int), (1, bool), ("a", list[int]), (True, int)]
)
def test_no_hint_is_better_than_a_wrong_one(value, annotation):
    """Where other quotes wouldn't help either, nothing is said of them."""
    with pytest.raises(ConfigError) as caught:
        convert(value, annotation, "a")
    assert "Write it" not in str(caught.value)


@pytest.mark.parametrize(
    ("annotation", "name"),
    [
        (tuple[str, ...], "list of strings"),
        (Sequence[Path], "list of paths"),
        (tuple[float, int], "list of number and integer"),
        (list, "list"),
        (dict, "table"),
        (Literal["a", 1, True], "'a' | 1 | true"),
        (float | None, "number | none"),
        (Any, "anything"),
        (Annotated[int, Ge(1)] | None, "integer (at least 1) | none"),
        (Annotated[int | None, Ge(1)], "integer (at least 1) | none"),
        (Annotated[float, Interval(gt=0, le=0.5)], "number (more than 0 and at most 0.5)"),
        (Annotated[float, Ge(0), Lt(math.inf)], "number (at least 0 and finite)"),
        (list[Annotated[str, MinLen(1)]], "list of strings (each at least 1 character)"),
        (Annotated[tuple[float, ...], Len(1, 3)], "list of numbers (at least 1 value and at most 3 values)"),
    ],
)
def test_types_are_named_as_a_file_has_them(annotation, name):
    """No brackets of Python's, no `tuple`."""
    assert type_name(annotation) == name


# Bounds -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "annotation", "message", "path"),
    [
        (0, Annotated[int, Ge(1)], "x: wanted at least 1, got 0", "x"),
        (0, Annotated[int, Ge(1)] | None, "x: wanted at least 1, got 0", "x"),
        (0, Annotated[int | None, Ge(1)], "x: wanted at least 1, got 0", "x"),
        (0, Annotated[float, Interval(gt=0, le=1)], "x: wanted more than 0 and at most 1, got 0.0", "x"),
        (math.inf, Annotated[float, Lt(math.inf)], "x: wanted finite, got inf", "x"),
        (math.nan, Annotated[float, Le(1)], "x: wanted at most 1, got nan", "x"),
        (math.nan, Annotated[float, Ge(0)] | None, "x: wanted at least 0, got nan", "x"),
        ("", Annotated[str, MinLen(1)], "x: wanted at least 1 character, got ''", "x"),
        (["a", ""], list[Annotated[str, MinLen(1)]], "x[1]: wanted at least 1 character, got ''", "x[1]"),
        ([1, -1], tuple[Annotated[float, Gt(0)], ...], "x[1]: wanted more than 0, got -1.0", "x[1]"),
        ([], Annotated[list[int], MinLen(1)], "x: wanted at least 1 value, got 0 values", "x"),
        ({"k": 0}, dict[str, Annotated[int, Gt(0)]], "x.k: wanted more than 0, got 0", "x.k"),
    ],
)
def test_a_value_out_of_bounds_is_refused_with_its_key(value, annotation, message, path):
    """The message starts with the path of the key and says what was wanted; the error carries both."""
    with pytest.raises(OutOfBounds) as caught:
        convert(value, annotation, "x")
    assert str(caught.value) == message
    assert caught.value.path == path
    assert caught.value.wanted in message


def test_a_value_of_the_wrong_type_is_told_its_type():
    """Bounds are part of what was wanted; the hint about quotes appears only where the value keeps them."""
    with pytest.raises(ConfigError, match=r"^x: wanted integer \(at least 1\) \| none, got 'a' \(string\)$"):
        convert("a", Annotated[int, Ge(1)] | None, "x")
    with pytest.raises(ConfigError, match=r"Write it without quotes: 3\.$"):
        convert("3", Annotated[int, Ge(1)], "x")
    with pytest.raises(ConfigError, match=r"\(string\)$"):
        convert("0", Annotated[int, Ge(1)], "x")


@given(st.integers(-5, 5), st.integers(-5, 5), st.integers(-9, 9))
def test_an_interval_holds_what_lies_in_it(low, high, value):
    """Closed below and open above, for any numbers."""
    assert fits(value, Annotated[int, Interval(ge=low, lt=high)]) == (low <= value < high)
    assert fits(float(value), Annotated[float, Interval(ge=low, lt=high)]) == (low <= value < high)


def test_bounds_stand_in_the_schema():
    """Each bound has its keyword; JSON has none for infinity."""
    assert json_schema(Annotated[float, Gt(0), Le(1)]) == {"type": "number", "exclusiveMinimum": 0, "maximum": 1}
    assert json_schema(Annotated[float, Ge(0), Lt(math.inf)]) == {"type": "number", "minimum": 0}
    assert json_schema(Annotated[str, Len(1, 3)]) == {"type": "string", "minLength": 1, "maxLength": 3}
    assert json_schema(Annotated[list[int], MinLen(2)]) == {
        "type": "array",
        "items": {"type": "integer"},
        "minItems": 2,
    }
    assert json_schema(Annotated[int | None, Ge(1)])["anyOf"][0] == {"type": "integer", "minimum": 1}


@attrs.define
class Sized:
    """A factory whose options are attrs fields."""

    width: Annotated[int, Ge(1)] = 3
    _share: Annotated[float, Interval(ge=0, le=1)] = attrs.field(default=0.5, alias="share")
    host: Host = attrs.field(factory=Host)
    state: int = attrs.field(default=0, init=False)


def test_options_of_an_attrs_class_have_their_types_and_bounds():
    """Fields are read by the names of their parameters; what isn't a parameter is no option."""
    found = signature(Sized)
    assert {name: option.type_name for name, option in found.options.items()} == {
        "width": "integer (at least 1)",
        "share": "number (at least 0 and at most 1)",
    }
    assert found.hosts == ("host",)


def offered(factory):
    return Registry([doubles.plugin(embedder={"it": factory})])


def unit(x: Annotated[float, "metres"] = 1.0) -> Embedder: ...
def multiple(x: list[Annotated[int, MultipleOf(2)]] | None = None) -> Embedder: ...
def worded(x: Annotated[str, Ge(1)] = "a") -> Embedder: ...
def sized(x: Annotated[int, MinLen(1)] = 1) -> Embedder: ...
def boundless(x: Annotated[float, Ge(math.nan)] = 1.0) -> Embedder: ...
def broken(x: Annotated[int, Ge(1)] = 0) -> Embedder: ...
def nothing(x: tuple[Annotated[float, Gt(0)], ...] = (1.0, math.nan)) -> Embedder: ...


@pytest.mark.parametrize(
    ("factory", "reason"),
    [
        (unit, "option 'x': annotation 'metres' isn't known; known are those of annotated-types: Ge, Gt, Le, Lt"),
        (multiple, "option 'x': annotation MultipleOf(multiple_of=2) isn't known"),
        (worded, "option 'x': annotation Ge(ge=1) doesn't apply to <class 'str'>"),
        (sized, "option 'x': annotation MinLen(min_length=1) doesn't apply to <class 'int'>"),
        (boundless, "option 'x': annotation Ge(ge=nan) needs a number"),
        (broken, "the default is outside its own bounds: x: wanted at least 1, got 0"),
        (nothing, "the default is outside its own bounds: x[1]: wanted more than 0, got nan"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_wrong_declaration_makes_the_plugin_a_problem(factory, reason):
    """Metadata that nobody knows, or that doesn't fit the type or the default, is told when the plugin is loaded."""
    registry = offered(factory)
    assert registry.offers() == []
    (problem,) = registry.problems
    assert "embedder local:it" in problem.reason
    assert reason in problem.reason


def test_a_signature_tells_options_stages_and_host_apart():
    """Options are what a user may set; stages and host the program fills."""

    def factory(x: int, embedder: Embedder, host: Host, y: str = "", other: Embedder | None = None): ...

    found = signature(factory)
    assert list(found.options) == ["x", "y"]
    assert found.options["x"].required
    assert found.stages == {"embedder": "embedder", "other": "embedder"}
    assert found.required_stages == ("embedder",)
    assert found.hosts == ("host",)
    assert not found.unreadable


def test_classes_callables_and_builtins_have_signatures():
    """A class is read through its `__init__`, an object through its `__call__`; a builtin can't be read."""

    class Made:
        def __init__(self, n: int = 3) -> None: ...

    class Maker:
        def __call__(self, n: float = 3.0) -> None: ...

    assert signature(Made).options["n"].annotation is int
    assert signature(Maker()).options["n"].annotation is float
    assert signature(dict).unreadable
    assert signature(Made).options["n"].type_name == "integer"
