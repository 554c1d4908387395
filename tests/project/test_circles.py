"""No module needs itself: imports, at whatever place in a file they stand, form no circle."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from pathlib import Path

import networkx as nx
import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = (ROOT / "core" / "emotopy", ROOT / "plugins" / "emotopy_plugins")
LAZY = ("emotopy", "emotopy.datasets", "emotopy.experiments", "emotopy.readers")
"""Modules that import by a table of names on first use (PEP 562): the modules in their strings don't count."""


def modules_of(package: Path) -> dict[str, Path]:
    """Return the modules of a package by name; the scaffolder's templates are none."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        if "templates" not in parts:
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def needed(module: str, path: Path, known: Collection[str]) -> Iterator[str]:
    """Yield the known modules that a module names: imported anywhere in it, or written as a string for an import."""
    package = module if path.stem == "__init__" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                source = ".".join([*above, *filter(None, [source])])
            for alias in node.names:
                name = f"{source}.{alias.name}"
                if name in known or source in known:
                    yield name if name in known else source
        elif isinstance(node, ast.Constant) and module not in LAZY and node.value in known and "." in node.value:
            yield node.value  # without a dot it is the distribution's name


def circles(*packages: Path) -> list[list[str]]:
    """Return the groups of modules that need each other, each sorted by name."""
    modules = {name: path for package in packages for name, path in modules_of(package).items()}
    graph = nx.DiGraph()
    for name, path in modules.items():
        graph.add_edges_from((name, other) for other in needed(name, path, modules) if other != name)
    return sorted(sorted(group) for group in nx.strongly_connected_components(graph) if len(group) > 1)


def test_no_modules_need_each_other():
    """Imports at the top, in functions and for types alone, and modules named in strings: none lead back."""
    assert circles(*SOURCES) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("import toy.b", "from toy import a"),
        ("from toy.b import x", "def f():\n    from toy.a import y"),
        ("from . import b", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .a import y"),
        ("from toy import b", "ENTRY = ('-m', 'toy.a')"),
    ],
    ids=["at the top", "in a function", "for types alone", "in a string"],
)
def test_a_circle_is_found(tmp_path, first, second):
    """Of two modules in a made-up package, however the second comes back to the first; a third is in no circle."""
    package = tmp_path / "toy"
    package.mkdir()
    for name, text in {"__init__": "", "a": first, "b": second, "c": "from toy import a, b"}.items():
        (package / f"{name}.py").write_text(text + "\n")
    assert circles(package) == [["toy.a", "toy.b"]]
    (package / "b.py").write_text('"""Named in prose, toy.a is no import."""\n')
    assert circles(package) == []


def test_a_package_and_its_module_are_a_circle(tmp_path):
    """A module that needs what its package takes from it."""
    package = tmp_path / "toy" / "room"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("from toy.room.table import Table\n")
    (package / "table.py").write_text("from importlib import resources\nHERE = resources.files('toy.room')\n")
    assert circles(tmp_path / "toy") == [["toy.room", "toy.room.table"]]
