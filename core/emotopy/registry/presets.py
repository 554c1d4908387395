"""Presets that plugins offer: configurations by name, read and checked when the plugin is loaded.

What needs other stages is checked where a preset is used: these may be installed later.
"""

from __future__ import annotations

import enum
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from emotopy.errors import PluginError, listed, nearest
from emotopy.registry.option_types import is_record, plain
from emotopy.roles import STAGES

SCALAR_KEYS = ("preset", "fit", "level", "segment", "unit_weights", "language", "fit_texts", "seed")
SECTION_KEYS = ("interval", "windowing", "targets", "split", "null", "compare")
"""Keys of a configuration that are no stages; `emotopy.config.layers` says what each holds."""
WARNING = "warning"
"""A key that presets alone have: what every run with them is told."""
MOST_BYTES = 1 << 20
"""No preset is larger."""


@attrs.frozen(eq=False)
class Preset:
    """A configuration under a name: `layer` maps keys to values as a configuration file does."""

    name: str
    owner: str
    version: str
    plugin: str
    layer: Mapping[str, Any] = attrs.field(repr=False)

    @property
    def full_name(self) -> str:
        """The form that no clash can make ambiguous, `owner:name`."""
        return f"{self.owner}:{self.name}"

    def __str__(self) -> str:
        return f"preset {self.full_name}"


def read_preset(given: Any, what: str) -> dict[str, Any]:
    """Return the layer that a plugin gives as a mapping, or as the path of a TOML file of its package.

    Raises PluginError, which begins with `what`, for a file that can't be read, for a key that no configuration has,
    and for values that no file can hold.
    """
    layer = given if isinstance(given, Mapping) else _read_file(given, what)
    known = (*STAGES, *SECTION_KEYS, *SCALAR_KEYS, WARNING)
    if not layer:
        raise PluginError(f"{what}: wanted keys such as reducer or clusterer, got none")
    for key in layer:
        if key not in known:
            raise PluginError(
                f"{what}: {key!r} isn't a key of a configuration.{nearest(str(key), known)} Keys: {listed(known)}"
            )
    for key in (WARNING, "preset"):
        if not isinstance(layer.get(key, ""), str):
            raise PluginError(f"{what}: {key}: wanted a string, got {layer[key]!r}")
    return {str(key): _plain(value, f"{what}: {key}") for key, value in layer.items()}


def _read_file(given: Any, what: str) -> Mapping[str, Any]:
    if not hasattr(given, "open") or not hasattr(given, "name"):  # neither a path nor a resource of a package
        raise PluginError(f"{what}: wanted a mapping or the path of a TOML file, got {type(given).__name__}")
    if isinstance(given, Path) and not given.is_absolute():
        raise PluginError(
            f'{what}: wanted a path in the package, Path(__file__).with_name("{given.name}"), got {given!s}'
        )
    try:
        with given.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise PluginError(f"{what}: {given.name} can't be read: {error.strerror}") from error
    if len(data) > MOST_BYTES:
        raise PluginError(f"{what}: {given.name}: wanted at most {MOST_BYTES:,} bytes, got more")
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise PluginError(f"{what}: {given.name}: wanted TOML, got something else: {error}") from error


def _plain(value: Any, path: str) -> Any:
    """Return a copy of a value as files hold it; raises PluginError for one that no file can hold."""
    if isinstance(value, enum.Enum) or is_record(type(value)):
        value = plain(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(one, f"{path}.{key}") for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one, f"{path}[{i}]") for i, one in enumerate(value)]
    if isinstance(value, Path):
        return str(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise PluginError(
        f"{path}: wanted a value that a configuration file can hold, got {type(value).__name__}; name a stage, with "
        "options, instead of giving the object"
    )
