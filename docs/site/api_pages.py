"""Pages of the API: one per public module, and one per function and class, from `__all__` of the public modules."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / "tests" / "project")]

from public_names import MODULES  # noqa: E402


def write(folder: Path) -> None:
    """Write the pages of all public modules."""
    folder.mkdir(parents=True)
    homes: dict[int, str] = {}
    for module in MODULES:
        _write_module(folder, module, homes)
    modules = "\n".join(f"   {module}" for module in MODULES)
    listed = "\n".join(
        f"* :doc:`{module} <{module}>`: {_first_line(importlib.import_module(module))}" for module in MODULES
    )
    (folder / "index.rst").write_text(
        f"{_title('API')}\nWhat is public: modules, functions, classes. :doc:`/promises` says for how long they stay."
        f"\n\n{listed}\n\n.. toctree::\n   :hidden:\n\n{modules}\n",
        "utf-8",
    )


def _write_module(folder: Path, module: str, homes: dict[int, str]) -> None:
    """Write a module's page, with its constants, and a page per function and class that has none yet."""
    loaded = importlib.import_module(module)
    rows: dict[str, list[str]] = {"Functions": [], "Classes": [], "Protocols": [], "Errors": [], "Constants": []}
    pages, constants = [], []
    for name in sorted(loaded.__all__):
        one, full = getattr(loaded, name), f"{module}.{name}"
        kind = _kind(one)
        if kind == "Constants":
            rows[kind].append(f"* ``{name}``")
            constants.append(name)
            continue
        if id(one) not in homes:
            homes[id(one)] = full
            pages.append(full)
            (folder / f"{full}.rst").write_text(_page(full, one), "utf-8")
        rows[kind].append(f"* :doc:`{name} <{homes[id(one)]}>`: {_first_line(one)}")
    text = [_title(module), _intro(loaded), ""]
    for kind, listed in rows.items():
        if listed:
            text += [_title(kind, "-"), *listed, ""]
    for name in constants:
        text += [f".. py:data:: {module}.{name}", "", f"   {_shown(getattr(loaded, name))}", ""]
        text += [f"   {_constant_text(module, name)}", ""]
    if pages:
        text += [".. toctree::", "   :hidden:", "", *(f"   {page}" for page in pages), ""]
    (folder / f"{module}.rst").write_text("\n".join(text), "utf-8")


def _page(full: str, one: Any) -> str:
    """Return the page of a function or class."""
    if not inspect.isclass(one):
        return f"{_title(full)}\n.. autofunction:: {full}\n"
    return f"{_title(full)}\n.. autoclass:: {full}\n   :members:\n   :inherited-members:\n"


def _kind(one: Any) -> str:
    """Say what a public name is."""
    if inspect.isclass(one):
        if issubclass(one, BaseException):
            return "Errors"
        return "Protocols" if getattr(one, "_is_protocol", False) else "Classes"
    return "Functions" if inspect.isroutine(one) and hasattr(one, "__name__") else "Constants"


def _intro(module: Any) -> str:
    """Return the first paragraphs of a module's docstring, without its examples."""
    paragraphs = (inspect.getdoc(module) or "").split("\n\n")
    return "\n\n".join(one for one in paragraphs if not one.startswith((">>>", " ")))


def _constant_text(module: str, name: str) -> str:
    """Return the docstring below a constant, in the module that it comes from; nothing where it has none."""
    body = ast.parse(inspect.getsource(importlib.import_module(module))).body
    for statement, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(statement, ast.ImportFrom) and name in {one.asname or one.name for one in statement.names}:
            return _constant_text(statement.module or "", name)
        targets = getattr(statement, "targets", [getattr(statement, "target", None)])
        if name in {getattr(target, "id", None) for target in targets}:
            told = after.value if isinstance(after, ast.Expr) else None
            return " ".join(told.value.split()) if isinstance(told, ast.Constant) else ""
    return ""


def _first_line(one: Any) -> str:
    """Return the summary of a docstring, on one line."""
    return " ".join((inspect.getdoc(one) or "").partition("\n\n")[0].split())


def _shown(one: Any) -> str:
    """Return a constant as code, cut where long; nothing where it can be told by an address in memory alone."""
    shown = " ".join(repr(one).split()).replace("`", "'")
    if re.search(r"\b0x[0-9a-f]{6}", shown):
        return ""
    return f"``{shown}``" if len(shown) <= 300 else f"``{shown[:299]}…``"


def _title(text: str, line: str = "=") -> str:
    return f"{text}\n{line * len(text)}\n"
