"""Which stage does what: TOML, JSON or a dict ⇄ a frozen record, checked before any work.

A configuration is built in layers, preset < file < `--set` < Python; naming a stage in a layer drops the options that
lower layers gave for it. Every error starts with the path of the key.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import attrs
import cattrs

from emotopy.errors import ConfigError, UnknownName, listed, nearest
from emotopy.options import convert, json_schema
from emotopy.records import Level
from emotopy.registry import Registry
from emotopy.roles import ROLES

DEFAULT_PRESET = "recommended"
TEXT_ROLES = ("embedder", "reducer", "clusterer", "intensity_scorer", "region_mapper", "atlas", "reporter")
"""The roles that the text pathway fills; `reporter` alone takes several stages."""

Layer = dict[str, Any]


@attrs.frozen(eq=False)
class StageChoice:
    """A stage by name with options, or an object that is used as it is."""

    use: Any
    options: Mapping[str, Any] = attrs.field(factory=dict)

    @property
    def is_object(self) -> bool:
        """Whether an object was given, which can't be written to a file."""
        return not isinstance(self.use, str)

    def plain(self) -> Any:
        """Return it as TOML and JSON hold it; an object as its class and parameters."""
        if self.is_object:
            return {"object": describe_object(self.use)}
        return {"use": self.use, **self.options} if self.options else self.use


@attrs.frozen
class Interval:
    """How intervals are made: number of bootstrap resamples over units, and coverage."""

    n: int = attrs.field(default=1000, validator=attrs.validators.ge(100))
    coverage: float = attrs.field(default=0.95, validator=[attrs.validators.gt(0), attrs.validators.lt(1)])


@attrs.frozen(eq=False)
class Config:
    """A whole configuration.

    `fit` is `joint` (all groups in one fit, always the right thing for a comparison) or `per-group` (as published in
    arXiv 2508.09337; kept for `vos2025`). `reporter` holds a tuple of choices, every other role one.
    """

    stages: Mapping[str, StageChoice]
    reporters: tuple[StageChoice, ...] = ()
    preset: str = DEFAULT_PRESET
    fit: Literal["joint", "per-group"] = "joint"
    level: Level = "region"
    seed: int = 0
    interval: Interval = attrs.field(factory=Interval)
    warning: str = ""

    def plain(self) -> dict[str, Any]:
        """Return it as TOML and JSON hold it, in a fixed order."""
        return {
            "preset": self.preset,
            "fit": self.fit,
            "level": self.level,
            "seed": self.seed,
            **{role: self.stages[role].plain() for role in ROLES if role in self.stages},
            "reporter": [choice.plain() for choice in self.reporters],
            "interval": attrs.asdict(self.interval),
        }

    def check(self, registry: Registry) -> Config:
        """Check every named stage and its options against what is installed; return the configuration, converted.

        Raises UnknownName, DuplicateName or ConfigError.
        """
        stages = {role: _checked(role, choice, registry, role) for role, choice in self.stages.items()}
        reporters = tuple(_checked("reporter", choice, registry, "reporter") for choice in self.reporters)
        return attrs.evolve(self, stages=stages, reporters=reporters)


SCALARS = ("preset", "fit", "level", "seed")
SECTIONS: dict[str, type] = {"interval": Interval}


def build(*layers: Mapping[str, Any], preset: str | None = None, registry: Registry | None = None) -> Config:
    """Build a configuration: the preset, then each layer over it, later ones win.

    A layer maps keys to values as a TOML file does: a role to a name, a table with `use`, or an object;
    `reporter` to one of these or a list; a section to a table; `fit`, `level`, `seed` to values. The preset is the
    argument, or what the last layer to say so names, or `recommended`. With a registry the stages are checked too.

    Raises ConfigError (UnknownName for names); the message starts with the key's path.
    """
    named = [layer["preset"] for layer in layers if "preset" in layer]
    chosen = preset or (named[-1] if named else DEFAULT_PRESET)
    merged: Layer = {}
    for layer in (load_preset(chosen), *layers):
        merge(merged, normalise(layer))
    stages: dict[str, StageChoice] = {}
    reporters: tuple[StageChoice, ...] = ()
    for role in ROLES:
        if role == "reporter":
            reporters = tuple(_choice(entry, role) for entry in merged.get(role, []))
        elif role in merged:
            stages[role] = _choice(merged[role], role)
    scalars = {
        field.name: convert(merged[field.name], annotation, field.name)
        for field, annotation in _scalar_fields()
        if field.name in merged
    }
    sections = {name: _section(name, merged[name]) for name in SECTIONS if name in merged}
    config = Config(
        stages, reporters, **{**scalars, "preset": chosen}, **sections, warning=str(merged.get("warning", ""))
    )
    return config.check(registry) if registry else config


def normalise(layer: Mapping[str, Any]) -> Layer:
    """Return a layer with every stage as a dict of `use` and options; reporters as a list of these.

    Raises UnknownName for a key that isn't one, ConfigError for a value of the wrong form.
    """
    clean: Layer = {}
    known = [*ROLES, *SECTIONS, *SCALARS]
    for key, value in layer.items():
        if key == "reporter":
            entries = value if isinstance(value, (list, tuple)) else [value]
            if isinstance(value, Mapping) and "use" not in value:
                clean[key] = {"options": dict(value)}
            else:
                clean[key] = {"list": [_entry(entry, key) for entry in entries]}
        elif key in ROLES:
            clean[key] = _entry(value, key)
        elif key in SECTIONS:
            if not isinstance(value, Mapping):
                raise ConfigError(f"{key}: wanted a table of options, got {value!r}")
            clean[key] = dict(value)
        elif key in SCALARS or key == "warning":
            clean[key] = value
        else:
            raise UnknownName(f"{key}: no such key.{nearest(str(key), known)} Keys: {listed(known)}")
    return clean


def merge(lower: Layer, upper: Layer) -> None:
    """Lay `upper` over `lower`, in place: a named stage replaces, options alone add."""
    for key, value in upper.items():
        if key == "reporter":
            if "list" in value:
                lower[key] = [dict(entry) for entry in value["list"]]
            for entry in lower.get(key, []):
                entry.update(value.get("options", {}))
        elif key in ROLES and "use" not in value:
            lower.setdefault(key, {}).update(value)
        elif key in SECTIONS:
            lower[key] = {**lower.get(key, {}), **value}
        else:
            lower[key] = value


def parse_sets(assignments: Iterable[str]) -> Layer:
    """Turn `--set KEY=VALUE` into one layer; the order of the assignments doesn't matter.

    VALUE is read as TOML, else as a string.

    >>> parse_sets(["clusterer.n_clusters=5", "clusterer=kmeans"])
    {'clusterer': {'use': 'kmeans', 'n_clusters': 5}}

    Raises ConfigError for a word without "=", for a key of more than two parts, and for a key that is set twice.
    """
    layer: Layer = {}
    seen: dict[str, str] = {}
    for assignment in assignments:
        key, equals, word = assignment.partition("=")
        key = key.strip()
        if not equals or not key:
            raise ConfigError(f"--set {assignment}: wanted KEY=VALUE, such as clusterer=kmeans")
        if key in seen:
            raise ConfigError(f"--set {key}: set twice, to {seen[key]!r} and {word!r}")
        seen[key] = word
        head, dot, option = key.partition(".")
        value = _toml_value(word)
        if not dot:
            if head in ROLES and isinstance(value, str):
                value = {"use": value}
            if isinstance(layer.get(head), dict) and isinstance(value, dict):
                layer[head] = {**value, **layer[head]}
            else:
                layer[head] = value
        elif not option or "." in option:
            raise ConfigError(f"--set {key}: wanted ROLE, ROLE.OPTION or SECTION.OPTION")
        elif head == "reporter" and "reporter" in layer and "use" not in layer["reporter"]:
            layer[head][option] = value
        else:
            layer.setdefault(head, {})[option] = value
    return layer


def read_file(path: Path) -> Layer:
    """Read a configuration file, TOML or (by its ending) JSON.

    Raises ConfigError that names the file, and the line where it can't be read.
    """
    try:
        text = path.read_text("utf-8")
        layer = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {error.strerror}") from error
    except ValueError as error:  # UnicodeDecodeError, TOMLDecodeError and JSONDecodeError are all of this kind
        raise ConfigError(f"{path.name}: neither TOML nor, with the ending .json, JSON: {error}") from error
    if not isinstance(layer, dict):
        raise ConfigError(f"{path.name}: wanted a table of keys, got {type(layer).__name__}")
    return layer


def presets() -> list[str]:
    """Return the names of the presets that ship."""
    return sorted(path.stem for path in _preset_folder().glob("*.toml"))


def load_preset(name: str) -> Layer:
    """Return the layer of a preset. Raises UnknownName with the choices."""
    if name not in presets():
        raise UnknownName(
            f"preset: no preset is called {name!r}.{nearest(name, presets())} There are: {listed(presets())}"
        )
    return tomllib.loads((_preset_folder() / f"{name}.toml").read_text("utf-8"))


def to_toml(values: Mapping[str, Any]) -> str:
    """Write plain values (as `Config.plain` returns them) as TOML; stages with options become inline tables.

    >>> print(to_toml({"seed": 0, "reducer": {"use": "umap", "n_components": 5}}), end="")
    seed = 0
    reducer = { use = "umap", n_components = 5 }
    """
    return "".join(f"{key} = {_toml(value)}\n" for key, value in values.items())


def schema(registry: Registry) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a configuration, generated from the options of what is installed."""
    properties: dict[str, Any] = {
        "preset": {"enum": presets()},
        **{field.name: json_schema(annotation) for field, annotation in _scalar_fields() if field.name != "preset"},
    }
    for role in ROLES:
        choices = [_offer_schema(offer) for offer in registry.offers(role)]
        names = sorted({offer.name for offer in registry.offers(role)} | {o.full_name for o in registry.offers(role)})
        stage = {"anyOf": [{"enum": names}, *choices]}
        properties[role] = {"anyOf": [stage, {"type": "array", "items": stage}]} if role == "reporter" else stage
    for name, section in SECTIONS.items():
        fields = {field.name: json_schema(_hints(section)[field.name]) for field in attrs.fields(section)}
        properties[name] = {"type": "object", "properties": fields, "additionalProperties": False}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "emotopy configuration",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def describe_object(stage: Any) -> dict[str, Any]:
    """Describe an object that was given as a stage, for provenance: its class and, where it tells, its parameters."""
    parameters = stage.get_params(deep=False) if hasattr(stage, "get_params") else {}
    return {
        "class": f"{type(stage).__module__}.{type(stage).__qualname__}",
        "parameters": {
            key: value if isinstance(value, (str, int, float, bool, type(None))) else repr(type(value).__name__)
            for key, value in sorted(parameters.items())
        },
    }


def _checked(role: str, choice: StageChoice, registry: Registry, path: str) -> StageChoice:
    if choice.is_object:
        return choice
    offer = registry.offer(role, choice.use, path)
    options = offer.signature.check(choice.options, path)
    for parameter, wanted in offer.signature.stages.items():
        if parameter in options:
            nested = _choice(_entry(options[parameter], f"{path}.{parameter}"), f"{path}.{parameter}")
            options[parameter] = _checked(wanted, nested, registry, f"{path}.{parameter}").plain()
    return StageChoice(choice.use, options)


def _entry(value: Any, path: str) -> dict[str, Any]:
    if isinstance(value, Mapping):
        entry = dict(value)
        if "use" in entry and not isinstance(entry["use"], str):
            raise ConfigError(f"{path}.use: wanted a name, got {entry['use']!r}")
        return entry
    if value is None or isinstance(value, (bool, int, float, list, tuple)):
        raise ConfigError(f"{path}: wanted a name, a table with `use`, or an object, got {value!r}")
    return {"use": value}


def _choice(entry: Mapping[str, Any], path: str) -> StageChoice:
    if "use" not in entry:
        raise ConfigError(f"{path}: options without a stage; name it with {path} = ... or use = ...")
    return StageChoice(entry["use"], {key: value for key, value in entry.items() if key != "use"})


def _section(name: str, values: Mapping[str, Any]) -> Any:
    section, hints = SECTIONS[name], _hints(SECTIONS[name])
    for key in values:
        if key not in hints:
            raise UnknownName(f"{name}.{key}: no such option.{nearest(key, hints)} Options: {listed(hints)}")
    checked = {key: convert(value, hints[key], f"{name}.{key}") for key, value in values.items()}
    try:
        return cattrs.structure(checked, section)
    except Exception as error:
        cause = error.exceptions[0] if isinstance(error, ExceptionGroup) else error
        raise ConfigError(f"{name}: {cause.args[0] if cause.args else cause}") from error


def _hints(section: type) -> dict[str, Any]:
    import typing

    return typing.get_type_hints(section)


def _scalar_fields() -> list[tuple[attrs.Attribute[Any], Any]]:
    hints = _hints(Config)
    return [(field, hints[field.name]) for field in attrs.fields(Config) if field.name in SCALARS]


def _offer_schema(offer: Any) -> dict[str, Any]:
    options = {
        name: json_schema(option.annotation) | ({} if option.required else {"default": _plain_default(option.default)})
        for name, option in offer.signature.options.items()
    }
    nested = {name: {"type": ["string", "object"]} for name in offer.signature.stages}
    return {
        "type": "object",
        "properties": {"use": {"enum": [offer.name, offer.full_name]}, **options, **nested},
        "required": ["use", *(name for name, option in offer.signature.options.items() if option.required)],
        "additionalProperties": offer.signature.is_open,
    }


def _plain_default(value: Any) -> Any:
    if isinstance(value, (str, int, float, bool, type(None))):
        return value
    return list(value) if isinstance(value, (list, tuple)) else str(value)


def _preset_folder() -> Path:
    return Path(__file__).parent / "presets"


def _toml_value(word: str) -> Any:
    try:
        return tomllib.loads(f"value = {word}")["value"]
    except (tomllib.TOMLDecodeError, KeyError):
        return word


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items() if item is not None) + " }"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if value is None:
        return '"none"'
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    return json.dumps(str(value), ensure_ascii=False)
