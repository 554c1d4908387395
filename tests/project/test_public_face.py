"""The public face: what is public, that it is documented, and that docs/promises.md lists it."""

from __future__ import annotations

import importlib
import inspect
import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from numpydoc.docscrape import get_doc_object
from numpydoc.validate import validate
from tests.project.doc_pages import readme_and_pages

from emotopy.hookspecs import HOOKS, WITHOUT_ROLE

ROOT = Path(__file__).resolve().parents[2]
SPEC = spec_from_file_location("public_names", Path(__file__).with_name("public_names.py"))
NAMES = module_from_spec(SPEC)
SPEC.loader.exec_module(NAMES)
MODULES = NAMES.MODULES
CODES = {"GL01", "GL02", "GL03", "GL08", "SS03", "PR01", "PR02", "PR03", "PR07", "RT01", "EX01"}
"""A summary that ends in a full stop; all parameters, in order, described; what is returned; an example."""
IMPORT = re.compile(r"""^(?:\s*")?from (emotopy[\w.]*) import ([\w, ]+)(?:\\n",?)?$""", re.MULTILINE)
"""An import on a page, or in the JSON of a notebook."""
OF_METHODS = CODES - {"EX01"}
"""A method's example stands with its class."""


def objects() -> dict[str, object]:
    """Every function and class of a public module, by the name that numpydoc finds it by; each once."""
    found = {}
    for module in map(importlib.import_module, MODULES):
        for name in module.__all__:
            one = getattr(module, name)
            if (inspect.isclass(one) or inspect.isfunction(one)) and hasattr(one, "__qualname__"):
                found[f"{one.__module__}.{one.__qualname__}"] = one
    return found


OBJECTS = objects()


def is_protocol(one: object) -> bool:
    return bool(getattr(one, "_is_protocol", False))


def methods(one: type) -> list[str]:
    """Public methods of a class, those of our base classes included; what a plugin implements is left out."""
    if is_protocol(one) or issubclass(one, BaseException):
        return []
    ours = [base for base in one.__mro__ if base.__module__.startswith("emotopy.")]
    return sorted(
        f"{base.__module__}.{base.__qualname__}.{name}"
        for base in ours
        for name, member in vars(base).items()
        if not name.startswith("_") and isinstance(member, classmethod | staticmethod | type(methods))
    )


METHODS = sorted({name for one in OBJECTS.values() if inspect.isclass(one) for name in methods(one)})


def faults(name: str, codes: set[str]) -> list[str]:
    return [f"{code}: {text}" for code, text in validate(name)["errors"] if code in codes]


@pytest.mark.parametrize("module", MODULES)
def test_a_public_module_says_what_is_public(module):
    """Each has a sorted `__all__` whose names are there, none of them twice."""
    loaded = importlib.import_module(module)
    names = loaded.__all__
    assert len(set(names)) == len(names)
    assert [name for name in names if not hasattr(loaded, name)] == []
    assert sorted(names) == sorted(set(names))


def test_names_that_are_imported_in_the_documentation_are_public():
    """Whatever a page, an example or the scaffold of a plugin imports is in the `__all__` of a public module.

    The pages of science are left out: they check formulas against the functions that compute them.
    """
    code = [
        *(ROOT / "docs" / "examples").rglob("*.py"),
        *(ROOT / "core" / "emotopy" / "scaffold" / "templates").rglob("*.py"),
    ]
    pages = [page for page in readme_and_pages() if not page.name.startswith("science")]
    used: dict[str, set[str]] = {}
    for page in [*pages, *code, *(ROOT / "docs" / "tutorials").glob("*.ipynb")]:
        for module, names in IMPORT.findall(page.read_text("utf-8")):
            used.setdefault(module, set()).update(name.strip() for name in names.split(","))
    assert len(used) > 5
    assert sorted(used.keys() - set(MODULES)) == []
    missing = {module: sorted(names - set(importlib.import_module(module).__all__)) for module, names in used.items()}
    assert {module: names for module, names in missing.items() if names} == {}


@pytest.mark.parametrize("name", sorted(OBJECTS))
def test_what_is_public_is_documented(name):
    """Functions and classes have numpydoc sections with every parameter, and an example that runs or says that not."""
    one = OBJECTS[name]
    hook = name.rpartition(".")[2] in {*HOOKS.values(), *WITHOUT_ROLE}
    codes = CODES - ({"PR01"} if is_protocol(one) else set()) - ({"EX01"} if hook else set())
    assert faults(name, codes) == []


@pytest.mark.parametrize("name", METHODS)
def test_methods_of_public_classes_are_documented(name):
    """Methods have numpydoc sections with every parameter and what they return."""
    assert faults(name, OF_METHODS) == []


@pytest.mark.parametrize("name", sorted(name for name, one in OBJECTS.items() if inspect.isfunction(one)))
def test_parameters_have_types(name):
    """Each parameter of a public function says its type."""
    if name.rpartition(".")[2] in {*HOOKS.values(), *WITHOUT_ROLE}:
        return
    untyped = [
        one.name
        for one in get_doc_object(OBJECTS[name])["Parameters"]
        if not one.type and "As for" not in " ".join(one.desc)
    ]
    assert untyped == []


def test_the_promises_list_what_is_public():
    """The page has a row for each public module with its names; tests/project/public_names.py writes them."""
    written = NAMES.PAGE.read_text("utf-8")
    assert written == NAMES.page(written)
