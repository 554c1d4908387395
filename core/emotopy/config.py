"""Which stage does what: TOML, JSON or a dict ⇄ a frozen record, checked before any work.

A configuration is built in layers, preset < file < `--set` < Python; naming a stage in a layer drops the options that
lower layers gave for it. Every error starts with the path of the key.
"""

from __future__ import annotations

import json
import tomllib
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import attrs
import cattrs

from emotopy.errors import ConfigError, UnknownName, listed, nearest
from emotopy.inference.splits import Split
from emotopy.options import convert
from emotopy.plain import describe_object, plain_value, toml_value
from emotopy.records import Level
from emotopy.records.brain import Windowing
from emotopy.registry import Registry, keeps_protocol
from emotopy.roles import ROLES
from emotopy.settings import Compare, Interval, Null

DEFAULT_PRESET = "recommended"
Layer = dict[str, Any]


@attrs.frozen(eq=False)
class StageChoice:
    """A stage by name with options, or an object that is used as it is.

    `shared` are options that were given for several stages at once; `Config.check` leaves each stage those it has.
    """

    use: Any
    options: Mapping[str, Any] = attrs.field(factory=dict)
    shared: Mapping[str, Any] = attrs.field(factory=dict)

    @property
    def is_object(self) -> bool:
        """Whether an object was given, which can't be written to a file."""
        return not isinstance(self.use, str)

    def plain(self, *, portable: bool = False) -> Any:
        """Return it as TOML and JSON hold it; an object as its class and parameters.

        `portable` keeps only the file name of a path, for what leaves this machine.
        """
        if self.is_object:
            return {"object": describe_object(self.use)}
        options = {**self.shared, **self.options}
        return {"use": self.use, **plain_value(options, portable=portable)} if options else self.use


LARGEST_SEED = 2**32 - 1
"""What scikit-learn and NumPy's older generators take."""


def _seed(value: Any) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__") or not 0 <= value <= LARGEST_SEED:
        raise ConfigError(f"seed: wanted a whole number from 0 to {LARGEST_SEED}, got {value!r}")
    return int(value)


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
    seed: int = attrs.field(default=0, converter=_seed, metadata={"minimum": 0, "maximum": LARGEST_SEED})
    interval: Interval = attrs.field(factory=Interval)
    windowing: Windowing = attrs.field(factory=Windowing)
    split: Split = attrs.field(factory=Split)
    null: Null = attrs.field(factory=Null)
    compare: Compare = attrs.field(factory=Compare)
    warning: str = ""

    def plain(self, *, portable: bool = False) -> dict[str, Any]:
        """Return it as TOML and JSON hold it, in a fixed order; `portable` keeps only the file name of a path."""
        return {
            "preset": self.preset,
            "fit": self.fit,
            "level": self.level,
            "seed": self.seed,
            **{role: self.stages[role].plain(portable=portable) for role in ROLES if role in self.stages},
            "reporter": [choice.plain(portable=portable) for choice in self.reporters],
            **{name: plain_value(attrs.asdict(getattr(self, name))) for name in SECTIONS},
        }

    def check(self, registry: Registry, roles: Iterable[str] = ROLES) -> Config:
        """Check every stage, its options too, against what is installed; return the configuration, converted.

        `roles` limits the check to the stages of one pathway: texts can be mapped where nothing decodes. Raises
        UnknownName, DuplicateName or ConfigError.
        """
        wanted = set(roles)
        stages = {
            role: _checked(role, choice, registry, role) if role in wanted else choice
            for role, choice in self.stages.items()
        }
        reporters = tuple(_checked("reporter", choice, registry, "reporter") for choice in _shared_out(self, registry))
        return attrs.evolve(self, stages=stages, reporters=reporters)


SCALARS = ("preset", "fit", "level", "seed")
SECTIONS: dict[str, type] = {
    "interval": Interval,
    "windowing": Windowing,
    "split": Split,
    "null": Null,
    "compare": Compare,
}
"""Sections by key; one with a field `kind` may be given as that word alone: `split = "block"`."""


def build(*layers: Mapping[str, Any], preset: str | None = None, registry: Registry | None = None) -> Config:
    """Build a configuration: the preset, then each layer over it, later ones win.

    A layer maps keys to values as a TOML file does: a role to a name, a table with `use`, or an object;
    `reporter` to one of these or a list; a section to a table; `fit`, `level`, `seed` to values. Options for all
    reporters alike go beside a list in `use`, or stand without `use`. The preset is the argument, or what the last
    layer to say so names, or `recommended`. With a registry the stages are checked too.

    Raises ConfigError (UnknownName for names); the message starts with the key's path.
    """
    named = [layer["preset"] for layer in layers if "preset" in layer]
    chosen = preset or (named[-1] if named else DEFAULT_PRESET)
    bottom = load_preset(chosen)
    warning = str(bottom.pop("warning", ""))
    merged: Layer = {}
    for layer in (bottom, *layers):
        merge(merged, normalise(layer))
    stages: dict[str, StageChoice] = {}
    reporters: tuple[StageChoice, ...] = ()
    for role in ROLES:
        if role == "reporter":
            chosen_ones = merged.get(role, {})
            shared = chosen_ones.get("options", {})
            reporters = tuple(_choice(entry, role, shared) for entry in chosen_ones.get("list", []))
        elif role in merged:
            stages[role] = _choice(merged[role], role)
    scalars = {
        field.name: convert(merged[field.name], annotation, field.name)
        for field, annotation in scalar_fields()
        if field.name in merged
    }
    sections = {name: _section(name, merged[name]) for name in SECTIONS if name in merged}
    config = Config(stages, reporters, **{**scalars, "preset": chosen}, **sections, warning=warning)
    return config.check(registry) if registry else config


def normalise(layer: Mapping[str, Any]) -> Layer:
    """Return a layer with every stage as a dict of `use` and options; reporters as a list of these and shared options.

    Raises UnknownName for a key that isn't one, ConfigError for a value of the wrong form.
    """
    clean: Layer = {}
    known = [*ROLES, *SECTIONS, *SCALARS]
    for key, value in layer.items():
        if key == "reporter":
            clean[key] = _reporter_entries(value)
        elif key in ROLES:
            clean[key] = _entry(value, key)
        elif key in SECTIONS:
            table = {"kind": value} if isinstance(value, str) and "kind" in hints_of(SECTIONS[key]) else value
            if not isinstance(table, Mapping):
                raise ConfigError(f"{key}: wanted a table of options, got {value!r}")
            clean[key] = dict(table)
        elif key in SCALARS:
            clean[key] = value
        else:
            raise UnknownName(f"{key}: no such key.{nearest(str(key), known)} Keys: {listed(known)}")
    return clean


def merge(lower: Layer, upper: Layer) -> None:
    """Lay `upper` over `lower`, in place: a named stage replaces, options alone add."""
    for key, value in upper.items():
        if key == "reporter":
            kept = {} if "list" in value else lower.get(key, {})
            lower[key] = {**kept, **value, "options": {**kept.get("options", {}), **value.get("options", {})}}
        elif key in SECTIONS or (key in ROLES and "use" not in value):
            lower[key] = {**lower.get(key, {}), **value}
        else:
            lower[key] = value


def parse_sets(assignments: Iterable[str]) -> Layer:
    """Turn `--set KEY=VALUE` into one layer; the order of the assignments doesn't matter.

    VALUE is read as TOML, else as a string.

    >>> parse_sets(["clusterer.n_clusters=5", "clusterer=kmeans"])
    {'clusterer': {'use': 'kmeans', 'n_clusters': 5}}

    Raises ConfigError for a word without "=", for a key of more than two parts, for a key that is set twice, and for
    options of something that isn't a stage or a section.
    """
    whole: Layer = {}
    options: dict[str, Layer] = {}
    seen: dict[str, str] = {}
    for assignment in sorted(assignments):  # so that of several errors it is always the same one that is told
        key, equals, word = (part.strip() for part in assignment.partition("="))
        if not equals or not key:
            raise ConfigError(f"--set {assignment}: wanted KEY=VALUE, such as clusterer=kmeans")
        if key in seen:
            raise ConfigError(f"--set {key}: set twice, to {seen[key]!r} and {word!r}")
        seen[key] = word
        head, dot, option = key.partition(".")
        if not dot:
            whole[head] = toml_value(word)
        elif not head or not option or "." in option:
            raise ConfigError(f"--set {key}: wanted ROLE, ROLE.OPTION or SECTION.OPTION")
        else:
            options.setdefault(head, {})[option] = toml_value(word)
    layer = {head: value for head, value in whole.items() if head not in options}
    for head, given in sorted(options.items()):
        value = whole.get(head, {})
        if head in ROLES and isinstance(value, str if head != "reporter" else (str, list)):
            value = {"use": value}
        if not isinstance(value, dict):
            raise ConfigError(f"--set {head}.{next(iter(sorted(given)))}: {head} = {value!r} has no options")
        layer[head] = {**value, **dict(sorted(given.items()))}
    return {head: layer[head] for head in sorted(layer)}


def read_file(path: Path) -> Layer:
    """Read a configuration file, TOML or (by its ending) JSON.

    Raises ConfigError that names the file, and the line where it can't be read.
    """
    try:
        text = path.read_text("utf-8-sig")
        layer = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError, TOMLDecodeError, JSONDecodeError are the former
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
            f"preset: no preset is called {name!r}.{nearest(str(name), presets())} There are: {listed(presets())}"
        )
    return tomllib.loads((_preset_folder() / f"{name}.toml").read_text("utf-8"))


def as_choice(value: Any, path: str) -> StageChoice:
    """Return any form of a stage choice (name, table with `use`, object) as a record. Raises ConfigError."""
    return _choice(_entry(value, path), path)


def _shared_out(config: Config, registry: Registry) -> list[StageChoice]:
    """Give each reporter those of the shared options that it has. Raises UnknownName for one that none of them has."""
    shared: dict[str, Any] = {}
    known: dict[str, None] = {}
    choices = []
    for choice in config.reporters:
        shared |= choice.shared
        options = {} if choice.is_object else registry.offer("reporter", choice.use).signature.options
        known |= dict.fromkeys(options)
        mine = {name: value for name, value in choice.shared.items() if name in options}
        choices.append(StageChoice(choice.use, {**mine, **choice.options}))
    for name in shared:
        if name not in known:
            raise UnknownName(
                f"reporter.{name}: no such option.{nearest(name, known)} Options of the reporters: {listed(known)}"
            )
    return choices


def _checked(role: str, choice: StageChoice, registry: Registry, path: str) -> StageChoice:
    if choice.is_object:
        keeps_protocol(choice.use, role, f"{path}: the object given is", error=ConfigError)
        return choice
    offer = registry.offer(role, choice.use, path)
    options = offer.signature.check(choice.options, path)
    for parameter, wanted in offer.signature.stages.items():
        if options.get(parameter) is not None:
            nested = as_choice(options[parameter], f"{path}.{parameter}")
            checked = _checked(wanted, nested, registry, f"{path}.{parameter}")
            if not checked.is_object:
                options[parameter] = {"use": checked.use, **checked.options} if checked.options else checked.use
    return StageChoice(choice.use, options)


def _reporter_entries(value: Any) -> dict[str, Any]:
    """Return the `list` of reporters and the `options` that all of them share, as far as the value says either."""
    options: dict[str, Any] = {}
    if isinstance(value, Mapping):
        if "use" not in value:
            return {"options": dict(value)}
        if not isinstance(value["use"], (list, tuple)):
            return {"list": [_entry(value, "reporter")]}
        options = {key: item for key, item in value.items() if key != "use"}
        value = value["use"]
    entries = value if isinstance(value, (list, tuple)) else [value]
    return {"list": [_entry(entry, "reporter") for entry in entries], "options": options}


def _entry(value: Any, path: str) -> dict[str, Any]:
    if isinstance(value, Mapping):
        entry = dict(value)
        if "use" in entry and not isinstance(entry["use"], str):
            raise ConfigError(f"{path}.use: wanted a name, got {entry['use']!r}")
        return entry
    if value is None or isinstance(value, (bool, int, float, list, tuple)):
        raise ConfigError(f"{path}: wanted a name, a table with `use`, or an object, got {value!r}")
    return {"use": value}


def _choice(entry: Mapping[str, Any], path: str, shared: Mapping[str, Any] | None = None) -> StageChoice:
    if "use" not in entry:
        raise ConfigError(f"{path}: options without a stage; name it with {path} = ... or use = ...")
    return StageChoice(entry["use"], {key: value for key, value in entry.items() if key != "use"}, shared or {})


def _section(name: str, values: Mapping[str, Any]) -> Any:
    section, hints = SECTIONS[name], hints_of(SECTIONS[name])
    for key in values:
        if key not in hints:
            raise UnknownName(f"{name}.{key}: no such option.{nearest(key, hints)} Options: {listed(hints)}")
    checked = {key: convert(value, hints[key], f"{name}.{key}") for key, value in values.items()}
    try:
        return cattrs.structure(checked, section)
    except Exception as error:
        cause = error.exceptions[0] if isinstance(error, ExceptionGroup) else error
        raise ConfigError(f"{name}: {cause.args[0] if cause.args else cause}") from error


def hints_of(section: type) -> dict[str, Any]:
    """Return the types of a record's fields."""
    return typing.get_type_hints(section)


def scalar_fields() -> list[tuple[attrs.Attribute[Any], Any]]:
    """Return the fields of a configuration that hold one value, with their types."""
    hints = hints_of(Config)
    return [(field, hints[field.name]) for field in attrs.fields(Config) if field.name in SCALARS]


def _preset_folder() -> Path:
    return Path(__file__).parent / "presets"
