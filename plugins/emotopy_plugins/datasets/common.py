"""What several data sets use: a check of a choice, and made-up files of an example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from emotopy.errors import unknown_name


def check_choice(value: str, choices: Sequence[str], option: str) -> None:
    """Raise UnknownName, with the nearest and all choices, for a value of an option that is none of them.

    The registry checks options before; this is for who makes the data set without it.
    """
    if value not in choices:
        raise unknown_name(f"{option}: {value!r} is none", value, choices, "There are", kind=option, path=option)


def write_example(folder: Path, files: Mapping[str, str]) -> Path:
    """Write files, given as content by path, into `folder`; return it."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, "utf-8", newline="")
    return folder
