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
SECRET = "secret"  # noqa: S105 (no password)
"""The key of the table that stands in place of a secret: `{"secret": true}`."""
SECRET_NAME = re.compile(r"(key|token|password|passwd|passphrase|secret|credentials?|authorization)$", re.IGNORECASE)
"""Names of options that hold a secret. `key_variable`, the name of an environment variable, is none."""
SECRET_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#\s]*:[^/?#\s]*@", re.IGNORECASE)
"""The beginning of an address that holds a password."""


def describe_object(stage: Any) -> dict[str, Any]:
    """Describe an object that was given as a stage, for provenance: its class, and parameters if it has them."""
    try:
        parameters = stage.get_params(deep=False) if hasattr(stage, "get_params") else {}
    except Exception:  # noqa: BLE001 (a scikit-learn look-alike; its class is still worth telling)
        parameters = {}
    return {
        "class": f"{type(stage).__module__}.{type(stage).__qualname__}",
        "parameters": {
            str(key): without_secrets(value, key)
            if isinstance(value, (str, int, float, bool, type(None)))
            else repr(type(value).__name__)
            for key, value in sorted(parameters.items())
        },
    }


def without_secrets(value: Any, name: Any = None) -> Any:
    """Return JSON without what `is_secret` finds in it."""
    if is_secret(name, value):
        return {SECRET: True}
    if isinstance(value, Mapping):
        return {key: without_secrets(one, key) for key, one in value.items()}
    return [without_secrets(one, name) for one in value] if isinstance(value, (list, tuple)) else value


def is_secret(name: Any, value: Any) -> bool:
    """Whether an option holds a secret: a text, by its name, or an address with a password in it.

    >>> is_secret("api_key", "abc"), is_secret("key_variable", "OPENAI_API_KEY"), is_secret("token", None)
    (True, False, False)
    >>> is_secret("url", "https://me:abc@example.org/v1"), is_secret("url", "https://example.org:8080/v1@2")
    (True, False)
    """
    if not isinstance(value, str) or not value:
        return False
    return bool(SECRET_URL.match(value)) or (isinstance(name, str) and bool(SECRET_NAME.search(name)))


def to_plain(value: Any, *, portable: bool = False) -> Any:  # noqa: PLR0911 (one branch per kind of value)
    """Return a value as TOML and JSON hold it: paths as strings, sets sorted, NumPy's numbers as Python's.

    A member of an enumeration is its word, a record of options a table.

    An object is described by its class and parameters. `portable` keeps only the file name of an absolute path, which
    says nothing of this machine, and nothing of a secret among the values of a table.
    """
    value = plain(value)
    if isinstance(value, (str, Path)):
        return Path(value).name if portable and Path(value).is_absolute() else str(value)
    if isinstance(value, (bool, int, float, type(None))):
        return value
    if isinstance(value, Mapping):
        found = {str(key): to_plain(item, portable=portable) for key, item in value.items()}
        return without_secrets(found) if portable else found
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
