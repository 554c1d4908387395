"""Layers of a configuration: files, presets, `--set`, dicts; brought into one form and laid over each other.

Naming a stage in a layer drops the options that lower layers gave for it. Every error starts with the path of the key.
"""

from __future__ import annotations

import json
import tomllib
import typing
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from emotopy.config.serialise import toml_value
from emotopy.config.settings import Compare, Interval, Null, Targets
from emotopy.errors import ConfigError, unfit_value, unknown_name
from emotopy.inference.splits import Split
from emotopy.records.brain import Windowing
from emotopy.registry.option_types import is_record, record_values
from emotopy.registry.presets import SCALAR_KEYS
from emotopy.registry.type_messages import as_toml
from emotopy.roles import ROLES, STAGES
from emotopy.wording import worded

Layer = dict[str, Any]
T = TypeVar("T")
SCALARS = SCALAR_KEYS
SECTIONS: dict[str, type] = {
    "interval": Interval,
    "windowing": Windowing,
    "targets": Targets,
    "split": Split,
    "null": Null,
    "compare": Compare,
}
"""Sections by key; one with a field `kind` may be given as that word alone: `split = "block"`."""


def normalise(layer: Mapping[str, Any]) -> Layer:
    """Return a layer with every stage as a dict of `use` and options; reporters as a list of these and shared options.

    Raises UnknownName for a key that isn't one, ConfigError for a value of the wrong form.
    """
    clean: Layer = {}
    known = [*STAGES, *SECTIONS, *SCALARS]
    for key, value in layer.items():
        if key == "reporter":
            clean[key] = _reporter_entries(value)
        elif key in STAGES:
            clean[key] = entry_of(value, key)
        elif key in ROLES:
            raise ConfigError(
                f"{key}: isn't a stage of a pathway, so a configuration can't select it; write its "
                "table first: "
                + worded("emotopy data NAME --from DIR --out FILE.parquet", "emotopy.load_dataset(NAME, DIR)"),
                path=str(key),
                wanted="a stage or a section",
                got=value,
            )
        elif key in SECTIONS:
            table = _section_table(key, value)
            if not isinstance(table, Mapping):
                raise unfit_value(key, "a table of options", value, as_toml(value))
            clean[key] = dict(table)
        elif key in SCALARS:
            clean[key] = value
        else:
            raise unknown_name(f"{key}: no such key", str(key), known, "Keys", kind="key", path=str(key))
    return clean


def merge(lower: Layer, upper: Layer) -> None:
    """Lay `upper` over `lower`, in place: a named stage replaces, options alone add, at any depth."""
    for key, value in upper.items():
        if key == "reporter":
            kept = {} if "list" in value else lower.get(key, {})
            options = _laid_over(kept.get("options", {}), value.get("options", {}))
            lower[key] = {**kept, **value, "options": options}
        elif key in SECTIONS or (key in STAGES and "use" not in value):
            lower[key] = _laid_over(lower.get(key, {}), value)
        else:
            lower[key] = value


def _laid_over(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table with the entries of both; tables within add to each other in turn, unless one names a stage."""
    merged = dict(lower)
    for key, value in upper.items():
        below: Any = lower.get(key)
        if is_record(type(below)):
            below = record_values(below)
        elif isinstance(below, str):  # perhaps a stage by name, to which options are added
            below = {"use": below}
        adds = isinstance(value, Mapping) and "use" not in value and isinstance(below, Mapping)
        merged[key] = _laid_over(below, value) if adds else value
    return merged


def parse_sets(assignments: Iterable[str]) -> Layer:
    """Turn `--set KEY=VALUE` into one layer; the order of the assignments doesn't matter.

    VALUE is read as TOML, else as a string.

    >>> parse_sets(["clusterer.n_clusters=5", "clusterer=kmeans"])
    {'clusterer': {'use': 'kmeans', 'n_clusters': 5}}

    >>> parse_sets(["region_mapper.embedder=openai", "region_mapper.embedder.model=large"])
    {'region_mapper': {'embedder': {'use': 'openai', 'model': 'large'}}}

    Raises ConfigError for a word without "=", for a key with an empty part, for a key that is set twice, and for
    options of something that isn't a stage, a section or a table.
    """
    given: dict[tuple[str, ...], str] = {}
    for assignment in sorted(assignments):  # so that of several errors always the same one is reported
        key, equals, word = (part.strip() for part in assignment.partition("="))
        if not equals or not key:
            raise ConfigError(f"--set {assignment}: wanted KEY=VALUE, such as clusterer=kmeans")
        parts = tuple(key.split("."))
        if not all(parts):
            raise ConfigError(f"--set {key}: wanted ROLE, ROLE.OPTION or SECTION.OPTION, options in turn", path=key)
        if parts in given:
            raise ConfigError(f"--set {key}: set twice, to {given[parts]!r} and to {word!r}; set it once", path=key)
        given[parts] = word
    values = {parts: toml_value(word) for parts, word in given.items()}
    return {head: _set_value((head,), values) for head in sorted({parts[0] for parts in values})}


NOT_SET = object()


def _set_value(path: tuple[str, ...], given: Mapping[tuple[str, ...], Any], inner: Any = NOT_SET) -> Any:
    """Return what was set at a key and below it; `inner` is what a table that was set further up says."""
    value = given.get(path, inner)
    below = sorted({parts[: len(path) + 1] for parts in given if len(parts) > len(path) and parts[: len(path)] == path})
    if path in given and inner is not NOT_SET:
        raise ConfigError(
            f"--set {'.'.join(path)}: set twice, to {inner!r} with {'.'.join(path[:-1])} and to {value!r}; set it once",
            path=".".join(path),
        )
    if not below:
        return value
    if value is NOT_SET:
        value = {}
    elif path[0] in SECTIONS and len(path) == 1:
        value = _section_table(path[0], value)
    elif path[0] in STAGES and isinstance(value, (str, list) if path == ("reporter",) else str):
        value = {"use": value}
    if not isinstance(value, dict):
        key = ".".join(below[0])
        raise ConfigError(f"--set {key}: {'.'.join(path)} = {value!r} has no options", path=key)
    return {**value, **{one[-1]: _set_value(one, given, value.get(one[-1], NOT_SET)) for one in below}}


def read_file(path: Path) -> Layer:
    """Read a configuration file, TOML or (by its ending) JSON.

    Raises ConfigError that names the file, and the line where it can't be read.
    """
    try:
        text = path.read_text("utf-8-sig")
        is_json = path.suffix.lower() == ".json"
        layer = json.loads(text, object_pairs_hook=_without_doubles) if is_json else tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError, TOMLDecodeError, JSONDecodeError are the former
        raise ConfigError(
            f"{path.name}: can't be read as TOML, or as JSON if its name ends in .json: {error}"
        ) from error
    if not isinstance(layer, dict):
        raise ConfigError(f"{path.name}: wanted a table of keys, got {type(layer).__name__}")
    if not layer:
        raise ConfigError(
            f"{path.name}: wanted keys such as reducer or clusterer, got none; `emotopy config init` writes an example"
        )
    return layer


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object; raises ValueError for a key that stands in it twice, of which JSON's readers drop one."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} occurs twice; give it once")
        found[key] = value
    return found


def presets() -> list[str]:
    """Return the names of the presets that ship."""
    return sorted(path.stem for path in _preset_folder().glob("*.toml"))


def load_preset(name: str) -> Layer:
    """Return the layer of a preset. Raises UnknownName with the choices."""
    if name not in presets():
        reason = f"preset: no preset is called {name!r}"
        raise unknown_name(reason, str(name), presets(), "There are", kind="preset", path="preset")
    return tomllib.loads((_preset_folder() / f"{name}.toml").read_text("utf-8"))


def _reporter_entries(value: Any) -> dict[str, Any]:
    """Return the `list` of reporters and the `options` that all of them share, as far as the value says either."""
    options: dict[str, Any] = {}
    if isinstance(value, Mapping):
        if "use" not in value:
            return {"options": dict(value)}
        if not isinstance(value["use"], (list, tuple)):
            return {"list": [entry_of(value, "reporter")]}
        options = {key: item for key, item in value.items() if key != "use"}
        value = value["use"]
    value = value if isinstance(value, (list, tuple)) else [value]
    return {"list": [entry_of(entry, path) for path, entry in with_paths(value)], "options": options}


def _section_table(key: str, value: Any) -> Any:
    """Return a section as a table where it was given as its kind alone, `split = "block"`."""
    return {"kind": value} if isinstance(value, str) and "kind" in hints_of(SECTIONS[key]) else value


def with_paths(reporters: Sequence[T]) -> list[tuple[str, T]]:
    """Return each reporter with its path: its key, with its place where there are several."""
    return [("reporter" if len(reporters) == 1 else f"reporter[{i}]", one) for i, one in enumerate(reporters)]


def entry_of(value: Any, path: str) -> dict[str, Any]:
    """Return a stage choice as a dict of `use` and options. Raises ConfigError."""
    if isinstance(value, Mapping):
        entry = dict(value)
        if "use" in entry and not isinstance(entry["use"], str):
            raise unfit_value(f"{path}.use", "a name", entry["use"], as_toml(entry["use"]))
        return entry
    if value is None or isinstance(value, (bool, int, float, list, tuple)):
        raise unfit_value(path, "a name, a table with `use`, or an object", value, as_toml(value))
    return {"use": value}


def hints_of(section: type) -> dict[str, Any]:
    """Return the types of a record's fields, with their bounds."""
    return typing.get_type_hints(section, include_extras=True)


def _preset_folder() -> Path:
    return Path(__file__).parent / "presets"
