"""Values as files hold them: what an option's value is in TOML and JSON, and TOML out."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from emotopy.registry.option_types import plain
from emotopy.registry.options import NONE

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def describe_object(stage: Any) -> dict[str, Any]:
    """Describe an object that was given as a stage, for provenance: its class, and parameters if it has them."""
    try:
        parameters = stage.get_params(deep=False) if hasattr(stage, "get_params") else {}
    except Exception:  # noqa: BLE001 (a scikit-learn look-alike; its class is still worth telling)
        parameters = {}
    return {
        "class": f"{type(stage).__module__}.{type(stage).__qualname__}",
        "parameters": {
            str(key): value if isinstance(value, (str, int, float, bool, type(None))) else repr(type(value).__name__)
            for key, value in sorted(parameters.items())
        },
    }


def to_plain(value: Any, *, portable: bool = False) -> Any:  # noqa: PLR0911 (one branch per kind of value)
    """Return a value as TOML and JSON hold it: paths as strings, sets sorted, NumPy's numbers as Python's.

    A member of an enumeration is its word, a record of options a table.

    An object is described by its class and parameters. `portable` keeps only the file name of an absolute path, which
    says nothing of this machine.
    """
    value = plain(value)
    if isinstance(value, (str, Path)):
        return Path(value).name if portable and Path(value).is_absolute() else str(value)
    if isinstance(value, (bool, int, float, type(None))):
        return value
    if isinstance(value, Mapping):
        return {str(key): to_plain(item, portable=portable) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(item, portable=portable) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((to_plain(item, portable=portable) for item in value), key=repr)
    if hasattr(value, "tolist"):
        return to_plain(value.tolist(), portable=portable)
    return {"object": describe_object(value)}


def to_toml(values: Mapping[str, Any]) -> str:
    """Write plain values (as `Config.to_dict` returns them) as TOML; stages with options become inline tables.

    >>> print(to_toml({"seed": 0, "reducer": {"use": "umap", "n_components": 5}}), end="")
    seed = 0
    reducer = { use = "umap", n_components = 5 }
    """
    return "".join(f"{_toml_key(key)} = {_toml(value)}\n" for key, value in values.items())


def toml_value(word: str) -> Any:
    """Read what stands behind an equals sign as TOML, else as the string it is; no option is a date.

    >>> toml_value("5"), toml_value('["a", "b"]'), toml_value("kmeans")
    (5, ['a', 'b'], 'kmeans')
    """
    try:
        found = tomllib.loads(f"value = {word}")
    except (tomllib.TOMLDecodeError, RecursionError):
        return word
    value = found.get("value")
    return word if set(found) != {"value"} or isinstance(value, (dt.date, dt.time)) else value


def _toml_key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _toml(key)


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_toml_key(key)} = {_toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if value is None:
        return json.dumps(NONE)
    if isinstance(value, float) and not math.isfinite(value):
        return str(float(value))  # inf, -inf and nan are TOML's words too
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")  # which JSON takes and TOML doesn't
