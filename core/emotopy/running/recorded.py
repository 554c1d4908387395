"""What a run recorded of its input: checked where provenance is read again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any

from emotopy.errors import InputError, listed


def check_columns(columns: Mapping[str, Any], file: str) -> None:
    """Check the columns that a run of `map` recorded: names of parameters, each a text, a list of texts, or nothing."""
    known = ("text", "group", "unit", "time", "id", "keep", "date_format", "sheet")
    for name, value in columns.items():
        path = f"input.arguments.columns.{name}"
        if name not in known:
            raise InputError.at(file, column=path, wanted=f"one of {listed(known)}", got="another name")
        check_type(value, list if name == "keep" else str | None, path, file)
        for one in value if isinstance(value, list) else ():
            check_type(one, str, path, file)


def check_type(value: Any, wanted: type | UnionType, path: str, file: str) -> None:
    """Check that a recorded value has the type that runs write; raises InputError with its path in the file."""
    kinds = wanted.__args__ if isinstance(wanted, UnionType) else (wanted,)
    is_bool = isinstance(value, bool)
    fits = isinstance(value, wanted) and (not is_bool or bool in kinds)
    if not fits or (isinstance(value, float) and not math.isfinite(value)):
        names = " or ".join("nothing" if kind is NoneType else kind.__name__ for kind in kinds)
        raise InputError.at(
            file,
            column=path or None,
            wanted=f"a value of the type {names}, as runs record it",
            got="nothing" if value is None else type(value).__name__,
            advice="take the file that the run wrote",
        )
