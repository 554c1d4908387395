"""Flags that several commands have, and what they stand for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emotopy.cli.console import Settings

if TYPE_CHECKING:
    from emotopy.registry import Registry

NoCache = Annotated[bool, typer.Option("--no-cache", help="Keep and reuse nothing.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the results in DIR.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Nothing on stderr but errors.")]


def load_registry(context: typer.Context) -> Registry:
    """Return the stages that are installed, the built-in ones alone with `--no-plugins`."""
    from emotopy.registry import Registry

    settings: Settings = context.obj
    return Registry.load(plugins=settings.plugins)


def cache_directory(cache: Path | None, *, no_cache: bool) -> Path | None:
    """Return where finished work is kept: `--cache`, else the user's cache folder; None with `--no-cache`."""
    from emotopy.storage.cache import default_directory

    if cache is not None and no_cache:
        raise typer.BadParameter("--no-cache keeps nothing, so there is nothing to put there", param_hint="'--cache'")
    return None if no_cache else cache or default_directory()
