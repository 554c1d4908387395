"""Writes docs/option-types.md from what stands in the code: kinds of types, an example of each as it really comes out.

    python tests/project/option_pages.py

A test compares the page with what this would write.
"""

from __future__ import annotations

import datetime as dt
import enum
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import attrs
import numpy as np
from annotated_types import Ge, Interval

from emotopy.config.serialise import to_plain
from emotopy.errors import ConfigError
from emotopy.registry.option_types import KINDS, kind_of, unsettable
from emotopy.registry.options import convert, json_schema
from emotopy.registry.type_messages import type_name

PAGE = Path(__file__).resolve().parents[2] / "docs" / "option-types.md"


class Norm(enum.Enum):
    """An enumeration whose values are words."""

    L1 = "l1"
    L2 = "l2"


@attrs.frozen
class Graph:
    """A table of options."""

    n_neighbors: Annotated[int, Ge(1)] = 15
    metric: Literal["cosine", "euclidean"] = "cosine"


EXAMPLES: list[tuple[str, Any, str]] = [
    ("bool", bool, "true"),
    ("int", int, "5"),
    ("float", float, "0.5"),
    ("str", str, '"l2"'),
    ("Path", Path, '"words.csv"'),
    ("None", None, '"none"'),
    ('Literal["greedy", "optimal"]', Literal["greedy", "optimal"], '"greedy"'),
    ("Norm", Norm, '"l1"'),
    ("tuple[str, ...]", tuple[str, ...], '["fear", "joy"]'),
    ("dict[str, float]", dict[str, float], "{ fear = 2, joy = 0.5 }"),
    ("Graph", Graph, "{ n_neighbors = 5 }"),
    ("int | None", int | None, '"none"'),
    ("Annotated[float, Interval(gt=0, le=1)]", Annotated[float, Interval(gt=0, le=1)], "0.1"),
    ("Any", Any, "[1, 2]"),
]
"""How Python writes a type, the type, and a value as TOML has it: one of every kind."""

REFUSED: list[tuple[str, Any]] = [
    ("Callable[[str], int]", Callable[[str], int]),
    ("np.ndarray | None", np.ndarray | None),
    ("dict[int, str]", dict[int, str]),
    ("bytes", bytes),
    ("datetime.date", dt.date),
]
"""Types that no configuration can set."""

WRONG: list[tuple[str, Any, Any]] = [
    ("reducer.n_components", Annotated[int, Ge(1)], "5"),
    ("reducer.n_components", Annotated[int, Ge(1)], 0),
    ("reducer.norm", Norm, "L1"),
    ("reducer.graph", Graph, {"n_neighbours": 5}),
    ("reducer.graph", Graph | None, {"n_neighbors": 0}),
]
"""A key, its type, a value that doesn't fit."""


def page() -> str:
    """Return the page."""
    lines = ["| kind | in Python | example | in TOML | becomes | in the schema |", "|---|---|---|---|---|---|"]
    for words, annotation, toml in EXAMPLES:
        kind = kind_of(annotation)
        assert kind is not None
        value = convert(tomllib.loads(f"x = {toml}")["x"], annotation, "x")
        schema = json.dumps(json_schema(annotation))
        lines.append(_row(kind, KINDS[kind], _code(words), _code(toml), _code(repr(value)), _code(schema)))
    refused = [f"- `{words}`: {type_name(next(unsettable(kind, 'x'))[1])}" for words, kind in REFUSED]
    return TEXT.format(
        table="\n".join(lines), refused="\n".join(refused), messages="\n".join(f"- `{told(*one)}`" for one in WRONG),
        written=to_plain(Graph(n_neighbors=5)),
    )  # fmt: skip


def told(path: str, annotation: Any, value: Any) -> str:
    """Return the message for a value that doesn't fit."""
    try:
        convert(value, annotation, path)
    except ConfigError as error:
        return str(error)
    raise AssertionError(f"{path} = {value!r} fits")


def _code(words: str) -> str:
    return f"`{words}`"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


TEXT = """\
<!-- Written by tests/project/option_pages.py; change it, or the code that it reads, not this page. -->

# Types of options

This page lists the types that an option of a stage may have. It is for plugin authors. The keyword parameters of a
stage's factory are its options ([hooks](hooks.md)), and the type of a parameter defines which values a configuration
may give it. The validation and its messages, `emotopy plugins show`, the JSON Schema, `--set`, the cache keys and the
provenance all use this type.

The table shows one example of each kind. A script computes each row from the code; "becomes" is the value that the
factory receives.

{table}

Here `Norm` is an enumeration and `Graph` an attrs class:

```python
class Norm(enum.Enum):
    L1 = "l1"
    L2 = "l2"


@attrs.frozen
class Graph:
    n_neighbors: Annotated[int, Ge(1)] = 15
    metric: Literal["cosine", "euclidean"] = "cosine"


class MyReducer:
    def __init__(self, norm: Norm = Norm.L2, graph: Graph = Graph(n_neighbors=30)) -> None: ...
```

## Setting options

**Tables of options** are set in a file or with `--set`, at any depth and in any order:

```toml
[reducer]
use = "my-reducer"
graph = {{ metric = "euclidean" }}
```

<!-- no-run: a reducer that nobody installed -->
```sh
emotopy map texts.csv --out results --config emotopy.toml --set reducer.graph.n_neighbors=5
```

Keys that a table doesn't set keep the value of the parameter's default. In the example, `n_neighbors` is 30 unless
somebody sets it, not 15. Tables from several layers (preset, file, `--set`, Python) are merged key by key, and so are
tables of values. Fields may have bounds and may themselves be tables. Python code may pass an instance of the class;
its fields are validated in the same way, and the provenance records it as a table: `{written}`.

**Nested stages** (`embedder: Embedder`) are set in the same way: `--set region_mapper.embedder=openai --set
region_mapper.embedder.model=text-embedding-3-large`. Naming a stage discards the options that lower layers gave it.

**`random_state`** is the seed of the run unless it is set. As an `int` it ranges from 0 to 4294967295, as NumPy and
scikit-learn require.

## Types that are not allowed

emotopy doesn't load a plugin with an option that no configuration can set. `emotopy plugins` lists the plugin with the
name of the parameter and its type. Examples:

{refused}

In a union, one type that can be set is enough: `int | np.random.Generator` is allowed, and a file can give the integer.
If an option can only be made in Python, make the whole stage in Python and pass it as an object.

A factory with `**kwargs` is not allowed, since a misspelt option would go unnoticed. A factory with a positional-only
parameter without a default is not allowed either. If a type can't be resolved (a name under `TYPE_CHECKING`), its
option isn't validated, as if it had no type.

## Messages

An invalid value raises an error with the full path of the key, before any work:

{messages}
"""


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
