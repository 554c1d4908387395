"""Options: what `convert` accepts and what the JSON Schema says are the same thing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy.errors import ConfigError
from emotopy.registry.options import convert, json_schema, signature
from emotopy.registry.type_messages import type_name
from emotopy.roles import Embedder, Host

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


ANNOTATIONS = st.recursive(
    st.sampled_from([*SIMPLE, *LITERALS, Any, list, dict, tuple, None]),
    lambda inner: sequences(inner) | unions(st.sampled_from(SIMPLE) | sequences(st.sampled_from(SIMPLE))),
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
        (1.5, Annotated[float, "unit"], 1.5),
    ],
)
def test_values_take_their_type(value, annotation, wanted):
    """Where nothing is lost, a value takes the annotation's type; the word "none" stands for None."""
    if annotation == Annotated[float, "unit"]:

        def factory(x: Annotated[float, "unit"] = 0.0) -> None: ...

        annotation = signature(factory).options["x"].annotation
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
    ],
)
def test_types_are_named_as_a_file_has_them(annotation, name):
    """No brackets of Python's, no `tuple`."""
    assert type_name(annotation) == name


def test_a_signature_tells_options_stages_and_host_apart():
    """Options are what a user may set; stages and host the program fills; `**more` leaves it open."""

    def factory(a, /, x: int, embedder: Embedder, host: Host, y: str = "", other: Embedder | None = None, **more): ...

    found = signature(factory)
    assert list(found.options) == ["x", "y"]
    assert found.options["x"].required
    assert found.stages == {"embedder": "embedder", "other": "embedder"}
    assert found.required_stages == ("embedder",)
    assert found.hosts == ("host",)
    assert found.is_open


def test_classes_callables_and_builtins_have_signatures():
    """A class is read through its `__init__`, an object through its `__call__`; a builtin is open."""

    class Made:
        def __init__(self, n: int = 3) -> None: ...

    class Maker:
        def __call__(self, n: float = 3.0) -> None: ...

    assert signature(Made).options["n"].annotation is int
    assert signature(Maker()).options["n"].annotation is float
    assert signature(dict).is_open
    assert signature(Made).options["n"].type_name == "integer"
