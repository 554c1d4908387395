"""Types of options: what a configuration can set, what a value becomes on every way, and what is refused at load."""

from __future__ import annotations

import dataclasses
import enum
import json
import math
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NewType

import attrs
import jsonschema
import numpy as np
import pytest
from annotated_types import Ge, Gt, Lt
from hypothesis import given
from hypothesis import strategies as st

from emotopy import Registry
from emotopy.config import build, parse_sets
from emotopy.config.schema import schema
from emotopy.config.serialise import to_plain, to_toml
from emotopy.errors import ConfigError, OutOfBounds, UnknownName
from emotopy.registry.option_types import KINDS, kind_of, plain
from emotopy.registry.options import LARGEST_SEED, convert, json_schema, signature
from emotopy.registry.type_messages import type_name
from emotopy.roles import Embedder
from emotopy.testing import doubles

Seconds = NewType("Seconds", float)


class Way(enum.Enum):
    """Its values are words."""

    NEAREST = "nearest"
    FURTHEST = "furthest away"


class Speed(enum.Enum):
    """Its values aren't."""

    SLOW = 1
    FAST = 2


class Plain(enum.StrEnum):
    """A string besides."""

    A = "a"
    NONE = "none"


@attrs.frozen
class Edge:
    """Options within options."""

    weight: Annotated[float, Gt(0)] = 1.0
    table: Path | None = None


@attrs.frozen
class Graph:
    """Options in a table, one of which has no default."""

    n_neighbors: Annotated[int, Ge(1)]
    metric: Literal["cosine", "euclidean"] = "cosine"
    way: Way = Way.NEAREST
    edge: Edge = Edge()


@attrs.frozen
class Checked:
    """A record with a validator of attrs'."""

    weight: float = attrs.field(default=1.0, validator=attrs.validators.in_([1.0, 2.0]))


@dataclasses.dataclass(frozen=True)
class Steps:
    """A dataclass, whose list is made anew for everybody."""

    names: tuple[str, ...] = dataclasses.field(default_factory=tuple)
    speed: Speed = Speed.SLOW

    def __post_init__(self) -> None:
        if "never" in self.names:
            raise ValueError("never is no step")


class Layered:
    """A reducer with tables of options."""

    def __init__(
        self,
        graph: Graph = Graph(n_neighbors=15, metric="euclidean"),
        steps: Steps | None = None,
        way: Way = Way.NEAREST,
        random_state: int | None = None,
    ) -> None:
        self.graph, self.steps, self.way, self.random_state = graph, steps, way, random_state

    def fit_transform(self, X: np.ndarray) -> np.ndarray:
        return X


class Nested(doubles.Directions):
    """A mapper with an embedder that has options, too."""

    def __init__(self, embedder: Embedder, sharpness: float = 1.0) -> None:
        super().__init__(sharpness)


TOY = Registry([doubles, doubles.plugin(reducer={"layered": Layered}, region_mapper={"nested": Nested})])


def toy(*layers):
    return build(doubles.CHOICES, *layers, registry=TOY)


# Values -------------------------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=6)
FLOATS = st.floats(allow_nan=False)


def edges():
    return st.builds(Edge, weight=st.floats(0.1, 9), table=st.none() | st.sampled_from([Path("a/b.csv"), Path("c")]))


PAIRS = st.one_of(
    st.tuples(st.just(bool), st.booleans()),
    st.tuples(st.just(int), st.integers(-(2**62), 2**62)),
    st.tuples(st.just(float), FLOATS),
    st.tuples(st.just(Seconds), FLOATS),
    st.tuples(st.just(str), TEXT),
    st.tuples(st.just(Path), st.sampled_from([Path("x"), Path("x/y z.csv")])),
    st.tuples(st.just(int | None), st.none() | st.integers(0, 9)),
    st.tuples(st.just(Annotated[float, Gt(0), Lt(math.inf)]), st.floats(0.1, 9)),
    st.tuples(st.just(Literal["a", 3, True]), st.sampled_from(["a", 3, True])),
    st.tuples(st.just(Way), st.sampled_from(Way)),
    st.tuples(st.just(Speed | None), st.none() | st.sampled_from(Speed)),
    st.tuples(st.just(Plain | None), st.none().filter(bool) | st.sampled_from(Plain)),
    st.tuples(st.just(Way | str), st.sampled_from(Way)),
    st.tuples(st.just(list[Way]), st.lists(st.sampled_from(Way), max_size=3)),
    st.tuples(st.just(tuple[int, Speed]), st.tuples(st.integers(0, 9), st.sampled_from(Speed))),
    st.tuples(st.just(frozenset[str]), st.frozensets(TEXT, max_size=3)),
    st.tuples(st.just(dict[str, Way]), st.dictionaries(TEXT, st.sampled_from(Way), max_size=3)),
    st.tuples(st.just(Edge), edges()),
    st.tuples(st.just(list[Edge]), st.lists(edges(), max_size=2)),
    st.tuples(
        st.just(Graph | None),
        st.none()
        | st.builds(
            Graph,
            n_neighbors=st.integers(1, 9),
            metric=st.sampled_from(["cosine", "euclidean"]),
            way=st.sampled_from(Way),
            edge=edges(),
        ),
    ),
    st.tuples(
        st.just(Steps),
        st.builds(Steps, names=st.lists(st.sampled_from("abc")).map(tuple), speed=st.sampled_from(Speed)),
    ),
)
"""A type, and a value of it."""


@given(PAIRS)
def test_a_value_is_the_same_on_every_way(pair):
    """Python → TOML → option → provenance (JSON) → option: the same value, of the same type, at every stop."""
    annotation, value = pair
    from_python = convert(value, annotation, "x")
    assert (from_python, type(from_python)) == (value, type(value))
    from_toml = convert(tomllib.loads(to_toml({"x": to_plain(value)}))["x"], annotation, "x")
    assert (from_toml, type(from_toml)) == (value, type(value))
    recorded = json.loads(json.dumps(to_plain(from_toml), allow_nan=True))
    again = convert(recorded, annotation, "x")
    assert (again, type(again)) == (value, type(value))


@given(PAIRS)
def test_the_schema_takes_what_a_file_may_say(pair):
    """The JSON Schema of a type validates every value of it, as a file has it."""
    annotation, value = pair
    described = json_schema(annotation)
    jsonschema.Draft202012Validator.check_schema(described)
    assert jsonschema.Draft202012Validator(described).is_valid(json.loads(json.dumps(to_plain(value))))


GRAPHS = st.fixed_dictionaries(
    {},
    optional={
        "n_neighbors": st.sampled_from([1, 5, 0, 2.0, 2.5, "5", None, True]),
        "metric": st.sampled_from(["cosine", "euclidean", "manhattan", 3]),
        "way": st.sampled_from(["nearest", "NEAREST", "furthest away", 1, None]),
        "edge": st.fixed_dictionaries({}, optional={"weight": st.sampled_from([1, 0, 2.5, "x"]), "n": st.just(1)})
        | st.just([]),
        "unknown": st.just(1),
    },
)


@given(GRAPHS | st.sampled_from([None, "none", 3, []]), st.sampled_from([None, Graph(3)]))
def test_tables_of_options_and_their_schema_agree(value, default):
    """A table is accepted exactly where the schema validates it, with a default that fills it up and without one."""
    given_default = {} if default is None else {"default": default}
    described = json_schema(Graph | None, *given_default.values())
    try:
        convert(value, Graph | None, "x", *given_default.values())
        accepted = True
    except ConfigError:
        accepted = False
    assert accepted == jsonschema.Draft202012Validator(described).is_valid(value)


@pytest.mark.parametrize(
    ("value", "annotation", "wanted"),
    [
        ("nearest", Way, Way.NEAREST),
        ("FAST", Speed, Speed.FAST),
        ("none", Plain | None, Plain.NONE),
        ("none", Way | None, None),
        ("nearest", Way | str, Way.NEAREST),
        ("near", Way | str, "near"),
        ({"n_neighbors": 3.0}, Graph, Graph(3)),
        ({"n_neighbors": 3, "edge": {"table": "x"}}, Graph, Graph(3, edge=Edge(table=Path("x")))),
        ({"names": ["a"]}, Steps, Steps(("a",))),
        (2, Seconds, 2.0),
    ],
)
def test_words_and_tables_become_members_and_records(value, annotation, wanted):
    """An enumeration is named by its values where all are strings, else by its names; a table makes a record."""
    found = convert(value, annotation, "x")
    assert (found, type(found)) == (wanted, type(wanted))


@pytest.mark.parametrize(
    ("value", "annotation", "kind", "path"),
    [
        ("NEAREST", Way, ConfigError, "r.x"),
        ("fast", Speed, ConfigError, "r.x"),
        (2, Speed, ConfigError, "r.x"),
        ({}, Graph, ConfigError, "r.x.n_neighbors"),
        ({"n_neighbors": 0}, Graph, OutOfBounds, "r.x.n_neighbors"),
        ({"n_neighbors": 1, "edge": {"weight": 0}}, Graph, OutOfBounds, "r.x.edge.weight"),
        ({"n_neighbors": 1, "edge": {"weight": 0}}, Graph | None, OutOfBounds, "r.x.edge.weight"),
        ({"n_neighbours": 1}, Graph, UnknownName, "r.x.n_neighbours"),
        ({"n_neighbours": 1}, Graph | None, UnknownName, "r.x.n_neighbours"),
        ({"names": ["never"]}, Steps, ConfigError, "r.x"),
        (3, Graph, ConfigError, "r.x"),
        ([{"weight": 1}, {"weight": "x"}], list[Edge], ConfigError, "r.x[1].weight"),
        (Graph(0), Graph, OutOfBounds, "r.x.n_neighbors"),
        (Graph(1, edge=Edge(-1.0)), Graph | None, OutOfBounds, "r.x.edge.weight"),
        ({"n_neighbors": 1, "edge": Edge(-1.0)}, Graph, OutOfBounds, "r.x.edge.weight"),
    ],
)
def test_what_is_wrong_within_an_option_is_told_with_its_path(value, annotation, kind, path):
    """The key's whole path stands in the error, whatever table it is in."""
    with pytest.raises(kind) as caught:
        convert(value, annotation, "r.x")
    assert caught.value.path == path


def test_an_instance_whose_fields_fit_passes_as_it_is():
    """One of a subclass, too, with a field of its own."""

    @attrs.frozen
    class Longer(Graph):
        length: float = 2.0

    for instance in (Graph(3, edge=Edge(2.0)), Longer(3)):
        assert convert(instance, Graph, "r.x") is instance
    with pytest.raises(ConfigError) as caught:
        convert({"weight": 3.0}, Checked, "r.x")
    assert "Attribute(" not in str(caught.value), "what attrs' validators add for programs is no message"


def test_a_misspelt_option_of_a_table_is_told_with_the_choices():
    """The nearest name and all others, as for options of a stage."""
    with pytest.raises(UnknownName) as caught:
        toy({"reducer": {"use": "layered", "graph": {"n_neighbours": 3}}})
    assert caught.value.path == "reducer.graph.n_neighbours"
    assert set(caught.value.choices) == {"n_neighbors", "metric", "way", "edge"}


# What is refused at load --------------------------------------------------------------------------------------------


def calls(x: Callable[[str], int] = len): ...
def maybe_calls(x: Callable[[str], int] | None = None): ...
def array(x: np.ndarray | None = None): ...
def numbered(x: dict[int, str] | None = None): ...
def raw(x: Literal[b"a"] = b"a"): ...
def many(x: list[np.ndarray] = []): ...  # noqa: B006
def open_ended(x: int = 1, **x_more): ...
def positional(x, /): ...


@attrs.frozen
class WithCall:
    """A table that no file can fill."""

    key: Callable[[str], int] = len


@attrs.frozen
class Endless:
    """A table in itself."""

    child: Endless | None = None


class Empty(enum.Enum):
    """No choice at all."""


def called_within(x: WithCall = WithCall()): ...
def endless(x: Endless = Endless()): ...
def choiceless(x: Empty | None = None): ...
def partly(x: Graph = Graph(0)): ...


REFUSED = {
    calls: "'x'",
    maybe_calls: "'x'",
    array: "'x'",
    numbered: "'x'",
    raw: "'x'",
    many: "'x[]'",
    called_within: "'x.key'",
    endless: "'x.child'",
    choiceless: "'x'",
    open_ended: "**x_more",
    positional: "'x'",
    dict: "can't be read",
    partly: "x.n_neighbors",
}


@pytest.mark.parametrize("factory", REFUSED, ids=lambda one: one.__name__)
def test_a_factory_that_no_configuration_can_use_makes_a_problem(factory):
    """Types that no file can set, further keywords, and what must come by its place: told with the parameter's name."""
    registry = Registry([doubles.plugin(embedder={"it": factory})])
    assert registry.offers() == []
    (problem,) = registry.problems
    assert "embedder local:it" in problem.reason
    assert REFUSED[factory] in problem.reason


def generator_too(x: int | np.random.Generator | None = None): ...
def anything(a=1, b: Any = None, c: object = None): ...


@pytest.mark.parametrize("factory", [generator_too, anything], ids=lambda one: one.__name__)
def test_one_type_that_can_be_set_is_enough(factory):
    """A union with a type of Python's own, and options without a type, are fine."""
    assert not Registry([doubles.plugin(embedder={"it": factory})]).problems


def test_of_a_union_a_file_can_say_what_can_be_set():
    """The schema doesn't allow anything just because one type of a union is Python's own."""
    validator = jsonschema.Draft202012Validator(json_schema(int | np.random.Generator))
    assert validator.is_valid(3)
    assert not validator.is_valid("three")
    rng = np.random.default_rng(0)
    assert convert(rng, int | np.random.Generator, "x") is rng


@pytest.mark.parametrize("value", [-1, LARGEST_SEED + 1])
def test_a_seed_that_no_generator_takes_is_refused_at_once(value):
    """`random_state` has the bounds of NumPy and scikit-learn wherever an option of that name is an integer."""
    with pytest.raises(OutOfBounds) as caught:
        toy({"reducer": {"use": "layered", "random_state": value}})
    assert caught.value.path == "reducer.random_state"
    for offer in Registry.load(plugins=False).offers():
        option = offer.signature.options.get("random_state")
        if option is not None:
            with pytest.raises(OutOfBounds):
                convert(value, option.annotation, "x")


# Layers and `--set` -------------------------------------------------------------------------------------------------


def test_a_table_that_is_given_in_part_keeps_the_rest_of_the_default():
    """What isn't named stays as `plugins show` prints it, not as the record's class has it."""
    config = toy(parse_sets(["reducer=layered", "reducer.graph.n_neighbors=5"]))
    assert config.stages["reducer"].options["graph"] == Graph(5, metric="euclidean")
    made = TOY.make("reducer", "layered", None, **config.stages["reducer"].options)
    assert made.graph == Graph(5, metric="euclidean")


def test_options_of_any_depth_are_set_over_those_of_a_file():
    """Layers add to each other within tables; a value replaces a value, naming a nested stage drops its options."""
    file = {"reducer": {"use": "layered", "graph": {"edge": {"weight": 2, "table": "x.csv"}, "n_neighbors": 3}}}
    config = toy(file, parse_sets(["reducer.graph.edge.weight=5", "reducer.graph.way=furthest away"]))
    wanted = Graph(3, "euclidean", Way.FURTHEST, Edge(5.0, Path("x.csv")))
    assert config.stages["reducer"].options["graph"] == wanted
    assert file["reducer"]["graph"] == {"edge": {"weight": 2, "table": "x.csv"}, "n_neighbors": 3}
    given_object = toy(
        {"reducer": {"use": "layered", "graph": Graph(7)}}, parse_sets(["reducer.graph.metric=euclidean"])
    )
    assert given_object.stages["reducer"].options["graph"] == Graph(7, metric="euclidean")


def test_options_of_nested_stages_are_set_beside_their_name():
    """`role.parameter=NAME` and `role.parameter.option=VALUE`, in one layer or over another, in any order."""
    sets = ["region_mapper=nested", "region_mapper.embedder=hashing", "region_mapper.embedder.n_dims=8"]
    wanted = {"embedder": {"use": "hashing", "n_dims": 8}}
    for order in (sets, sets[::-1]):
        assert toy(parse_sets(order)).stages["region_mapper"].options == wanted
    over = toy({"region_mapper": {"use": "nested", "embedder": "hashing"}}, parse_sets(sets[2:]))
    assert over.stages["region_mapper"].options == wanted
    anew = toy({"region_mapper": {"use": "nested", **wanted}}, parse_sets(["region_mapper.embedder=hashing"]))
    assert anew.stages["region_mapper"].options == {"embedder": "hashing"}
    with pytest.raises(UnknownName) as caught:
        toy(parse_sets([*sets, "region_mapper.embedder.n_dim=3"]))
    assert caught.value.path == "region_mapper.embedder.n_dim"


@pytest.mark.parametrize(
    ("sets", "path"),
    [
        (["reducer.graph={ n_neighbors = 3 }", "reducer.graph.n_neighbors=5"], "reducer.graph.n_neighbors"),
        (['reducer={ use = "layered", graph = { n_neighbors = 3 } }', "reducer.graph.n_neighbors=5"],
         "reducer.graph.n_neighbors"),
        (["reducer.graph=3", "reducer.graph.n_neighbors=5"], "reducer.graph.n_neighbors"),
        (["seed=3", "seed.x=5"], "seed.x"),
    ],
)  # fmt: skip
def test_what_is_set_twice_at_any_depth_is_refused(sets, path):
    """A table that says a key and a `--set` that says it again: an error with the path, in either order."""
    for order in (sets, sets[::-1]):
        with pytest.raises(ConfigError) as caught:
            parse_sets(order)
        assert caught.value.path == path


KEYS = st.lists(st.sampled_from(["use", "a", "b"]), max_size=3).map(lambda keys: ".".join(["reducer", *keys]))
WORDS = st.sampled_from(["x", "5", "{ a = 1 }", "{ b = { a = 2 } }", '{ use = "y", b = 1 }'])


@given(st.dictionaries(KEYS, WORDS, max_size=4), st.randoms())
def test_deep_sets_in_any_order_give_the_same(assignments, random):
    """The same layer, or the same error, never a crash."""
    words = [f"{key}={value}" for key, value in assignments.items()]
    outcomes = []
    for order in (words, random.sample(words, len(words))):
        try:
            outcomes.append(parse_sets(order))
        except ConfigError as error:
            outcomes.append(str(error))
    assert outcomes[0] == outcomes[1]


def test_a_configuration_with_tables_survives_toml_and_json():
    """`config show` writes what builds the same configuration again."""
    config = toy(
        {"reducer": {"use": "layered", "graph": {"n_neighbors": 4, "edge": {"table": "x"}}, "steps": {"speed": "FAST"}}}
    )
    for again in (tomllib.loads(to_toml(config.to_dict())), json.loads(json.dumps(config.to_dict()))):
        assert toy(again).stages["reducer"].options == config.stages["reducer"].options
    validator = jsonschema.Draft202012Validator(schema(TOY))
    assert validator.is_valid(config.to_dict())
    assert not validator.is_valid({"reducer": {"use": "layered", "graph": {"n_neighbours": 4}}})


# What is shown ------------------------------------------------------------------------------------------------------


def test_tables_are_shown_option_by_option():
    """Each option of a table has its dotted name, and the default that holds where nobody sets it."""
    parts = [part for option in signature(Layered).options.values() for part in option.parts]
    shown = {part.name: plain(part.default) for part in parts if not part.required}
    assert shown["graph.n_neighbors"] == 15
    assert shown["graph.metric"] == "euclidean"
    assert shown["graph.edge.weight"] == 1.0
    assert shown["steps"] is None
    assert shown["steps.speed"] == "SLOW"
    assert shown["way"] == "nearest"
    assert type_name(Way) == "'nearest' | 'furthest away'"


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        (bool, "true | false"), (int, "integer"), (float, "number"), (str, "string"), (Path, "path"), (None, "none"),
        (Literal["a"], "one of several values"), (Way, "enumeration"), (Sequence[int], "list"),
        (Mapping[str, int], "table of values"), (Graph, "table of options"), (Steps, "table of options"),
        (int | str, "one of several types"), (Annotated[int, Ge(1)], "bounded"), (Any, "anything"),
    ],
)  # fmt: skip
def test_every_kind_is_recognised(annotation, kind):
    """The kinds that the documentation lists are those that the check knows."""
    assert kind_of(annotation) == kind
    assert kind in KINDS
