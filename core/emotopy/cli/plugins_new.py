"""`emotopy plugins new`: a plugin's distribution, ready to be installed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def new(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where it goes; mustn't exist.")],
    *,
    role: Annotated[str, typer.Option(metavar="ROLE", help="embedder, reducer, clusterer, atlas, ...")],
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of distribution and stage, my-embedder; by default DIR's.")
    ] = None,
) -> None:
    """Write an installable plugin that works: a pyproject, a module, a test that runs the conformance suite."""
    from emotopy.scaffold.write import Scaffold, write_plugin

    scaffold = Scaffold.of(role, name or directory.resolve().name)
    for path in write_plugin(directory, scaffold):
        print(path)
    print(f"\nNext: pip install --editable {directory}\n      emotopy plugins check {scaffold.name}")
