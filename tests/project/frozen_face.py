"""Writes tests/project/frozen/<version>/face.txt: names, parameters, options, flags and columns that this version has.

    python tests/project/frozen_face.py

A line is a thing and what belongs to it, in their order: `emotopy.map_texts: texts text group ...`. Later versions that
may not take anything away are tested to have each of them still.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def neighbour(name: str) -> Any:
    """Import a module of this folder, which is no package."""
    spec = spec_from_file_location(name, HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def face() -> dict[str, list[str]]:
    """Return what this version has, by thing."""
    return dict(sorted({**dict(_names()), **dict(_options()), **dict(_commands()), **dict(_columns())}.items()))


def _names() -> Iterator[tuple[str, list[str]]]:
    for module in neighbour("public_names").MODULES:
        loaded = importlib.import_module(module)
        for name in loaded.__all__:
            one = getattr(loaded, name)
            if inspect.isclass(one):
                protocol = getattr(one, "_is_protocol", False)
                yield f"{module}.{name}", [] if protocol else _parameters(one)
                for method, member in inspect.getmembers(one):
                    ours = str(getattr(member, "__module__", "")).startswith("emotopy")
                    if not method.startswith("_") and callable(member) and ours and not inspect.isclass(member):
                        yield f"{module}.{name}.{method}", _parameters(member)
            else:
                yield f"{module}.{name}", _parameters(one) if inspect.isfunction(one) else []


def _parameters(one: Any) -> list[str]:
    try:
        signature = inspect.signature(one)
    except ValueError:  # of an exception that has Exception's own
        return []
    return [name for name in signature.parameters if name != "self"]


def _options() -> Iterator[tuple[str, list[str]]]:
    from emotopy import Registry
    from emotopy.config import presets, scalar_fields
    from emotopy.config.layers import SECTIONS

    for offer in Registry.load(plugins=False).offers():
        yield f"stage {offer.role} {offer.name}", sorted(offer.signature.options)
    yield "keys", sorted(field.name for field, _ in scalar_fields())
    for section, record in SECTIONS.items():
        yield f"section {section}", _parameters(record)
    yield "presets", sorted(presets())


def _commands() -> Iterator[tuple[str, list[str]]]:
    from typer.main import get_command

    from emotopy.cli import app

    waiting = [("emotopy", get_command(app))]
    while waiting:
        name, command = waiting.pop()
        yield name, sorted(flag for one in command.params for flag in one.opts if flag.startswith("--"))
        waiting += [(f"{name} {inner}", found) for inner, found in getattr(command, "commands", {}).items()]


def _columns() -> Iterator[tuple[str, list[str]]]:
    for name, table in neighbour("frozen_results").results().items():
        yield f"table {name}", [str(column) for column in table.columns]


def main() -> None:
    """Write the face of this version."""
    import emotopy

    folder = HERE / "frozen" / emotopy.__version__
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{thing}: {' '.join(members)}".rstrip() for thing, members in face().items()]
    (folder / "face.txt").write_text("\n".join(lines) + "\n", "utf-8")
    print(folder.name, len(lines))


if __name__ == "__main__":
    main()
