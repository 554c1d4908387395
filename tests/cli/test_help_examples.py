"""The examples at the end of each command's help use arguments that the command has."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from emotopy.cli import app


def examples(command: Any, path: str) -> Iterator[tuple[str, Any, str]]:
    """Yield the path of each command below, the command, and each line of its examples."""
    for name, one in command.commands.items():
        if getattr(one, "commands", None):
            yield from examples(one, f"{path} {name}")
        elif one.epilog:
            text = one.epilog.removeprefix("Examples:").removeprefix("Example:").strip()
            yield from ((f"{path} {name}", one, line) for line in text.split("\n\n"))


ALL = list(examples(typer.main.get_command(app), "emotopy"))


@pytest.mark.parametrize(("path", "command", "line"), ALL, ids=[line for _, _, line in ALL])
def test_an_example_parses(path, command, line):
    """Parsing raises for a flag that the command lacks, a required one that is missing, or a value of another type."""
    assert line.startswith(path)
    with command.make_context(path, shlex.split(line.removeprefix(path))) as context:
        assert context.params


def test_commands_that_compute_have_examples():
    """Each command that computes something ends its help with at least one example."""
    shown = {path.removeprefix("emotopy ") for path, _, _ in ALL}
    assert {"map", "compare", "annotate", "decode", "track", "bridge", "experiment", "demo"} <= shown
