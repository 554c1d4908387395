"""Which stage does what: TOML, JSON or a dict ⇄ a frozen record, checked before any work.

A configuration is built in layers, preset < file < `--set` < Python; naming a stage in a layer drops the options that
lower layers gave for it. Every error starts with the path of the key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Annotated, Any, Literal

import attrs
from annotated_types import Ge, Le

from emotopy.bounds import check_bounds
from emotopy.config.layers import (
    SCALARS,
    SECTIONS,
    entry_of,
    hints_of,
    merge,
    normalise,
    with_paths,
)
from emotopy.config.preset import DEFAULT_PRESET, choose_preset
from emotopy.config.serialise import describe_object, to_plain
from emotopy.config.settings import Compare, Interval, Null, Targets
from emotopy.errors import ConfigError, unfit_value, unknown_name
from emotopy.inference.splits import Split
from emotopy.readers.segmentation import Segment
from emotopy.records import AUTO_LANGUAGE, Level, UnitWeights
from emotopy.records.brain import Windowing
from emotopy.records.reprs import classed
from emotopy.registry import BUILT_IN, Preset, Registry, check_protocol
from emotopy.registry.options import convert
from emotopy.roles import STAGES
from emotopy.wording import setting


@attrs.frozen(eq=False)
class StageChoice:
    """A stage by name with options, or an object that is used as it is.

    `shared` are options that were given for several stages at once; `Config.check` leaves each stage those it has.
    """

    use: Any = attrs.field(repr=classed)
    options: Mapping[str, Any] = attrs.field(factory=dict, repr=classed)
    shared: Mapping[str, Any] = attrs.field(factory=dict, repr=classed)

    @property
    def is_object(self) -> bool:
        """Whether an object was given, which can't be written to a file."""
        return not isinstance(self.use, str)

    def to_dict(self, *, portable: bool = False) -> Any:
        """Return it as TOML and JSON hold it; an object as its class and parameters.

        `portable` keeps only the file name of a path, for what leaves this machine.
        """
        if self.is_object:
            return {"object": describe_object(self.use)}
        options = self.to_options(portable=portable)
        return {"use": self.use, **options} if options else self.use

    def to_options(self, *, portable: bool = False) -> dict[str, Any]:
        """Return the options alone, as TOML and JSON hold them."""
        options: dict[str, Any] = to_plain({**self.shared, **self.options}, portable=portable)
        return options


FIT_TEXTS = 100_000
"""Distinct texts up to which a corpus is fitted whole."""
LARGEST_SEED = 2**32 - 1
"""What scikit-learn and NumPy's older generators take."""


def _whole(value: Any) -> int:
    """Return a seed as an int, NumPy's whole numbers too."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise unfit_value("seed", "integer", value, repr(value))
    return int(value)


LANGUAGE_CODE = re.compile(r"[a-z]{2,3}")


def _language(value: Any) -> str:
    """Return `auto`, `any`, or the code of a language in lower case."""
    code = value.strip().lower() if isinstance(value, str) else ""
    if not LANGUAGE_CODE.fullmatch(code) and code != AUTO_LANGUAGE:
        raise unfit_value("language", "auto, any, or a code such as de", value, repr(value))
    return code


@attrs.frozen(eq=False)
class Config:
    """A whole configuration.

    `fit` is `joint` (all groups in one fit, always the right thing for a comparison) or `per-group` (as published in
    arXiv 2508.09337; kept for `vos2025`). `segment` says how texts are cut before they are mapped, `unit_weights` what
    a person's or document's mean counts: its words, or its texts. `language` is that of all texts (ISO 639-1), `auto`
    (texts in a language that a stage doesn't know are set aside), or `any` (they aren't). A corpus of more than
    `fit_texts` distinct texts is fitted to a sample of about so many and mapped in blocks (docs/large-corpora.md).
    `reporter` holds a tuple of choices, every other role one. `origin` is the preset as it was found.
    """

    stages: Mapping[str, StageChoice]
    reporters: tuple[StageChoice, ...] = ()
    preset: str = DEFAULT_PRESET
    fit: Literal["joint", "per-group"] = "joint"
    level: Level = "region"
    segment: Segment = "sentence"
    unit_weights: UnitWeights = "words"
    language: str = attrs.field(default=AUTO_LANGUAGE, converter=_language)
    fit_texts: Annotated[int, Ge(10), Le(100_000_000)] = FIT_TEXTS
    seed: Annotated[int, Ge(0), Le(LARGEST_SEED)] = attrs.field(default=0, converter=_whole)
    interval: Interval = attrs.field(factory=Interval)
    windowing: Windowing = attrs.field(factory=Windowing)
    targets: Targets = attrs.field(factory=Targets)
    split: Split = attrs.field(factory=Split)
    null: Null = attrs.field(factory=Null)
    compare: Compare = attrs.field(factory=Compare)
    warning: str = ""
    origin: Preset | None = attrs.field(default=None, repr=False)

    def __attrs_post_init__(self) -> None:
        for name in ("seed", "fit_texts"):
            check_bounds(getattr(self, name), hints_of(Config)[name], name)
        if self.targets.smooth > 1 and self.windowing.align == "grid":
            raise ConfigError(
                f"targets.smooth: {self.targets.smooth} segments can only be averaged if segments "
                f"define the windows; set {setting('windowing.align=forward')}",
                path="targets.smooth",
            )

    def to_dict(self, *, portable: bool = False) -> dict[str, Any]:
        """Return it as TOML and JSON hold it, in a fixed order; `portable` keeps only the file name of a path."""
        return {
            "preset": self.preset,
            "fit": self.fit,
            "level": self.level,
            "segment": self.segment,
            "unit_weights": self.unit_weights,
            "language": self.language,
            "fit_texts": self.fit_texts,
            "seed": self.seed,
            **{role: self.stages[role].to_dict(portable=portable) for role in STAGES if role in self.stages},
            "reporter": [choice.to_dict(portable=portable) for choice in self.reporters],
            **{name: to_plain(attrs.asdict(getattr(self, name))) for name in SECTIONS},
        }

    def describe_preset(self) -> dict[str, Any]:
        """Return what provenance says of a plugin's preset: its name, owner and version; nothing of one that ships."""
        origin = self.origin
        if origin is None or origin.owner == BUILT_IN:
            return {}
        return {"preset": {"use": origin.name, "owner": origin.owner, "version": origin.version}}

    def check(self, registry: Registry, roles: Iterable[str] = STAGES) -> Config:
        """Check every stage, its options too, against what is installed; return the configuration, converted.

        `roles` limits the check to the stages of one pathway: texts can be mapped where nothing decodes. Raises
        UnknownName, DuplicateName or ConfigError.
        """
        wanted = set(roles)
        if "connectivity" in wanted:
            for i, name in enumerate(self.compare.features):
                if name not in Compare().features:  # which nobody chose, and only a decoding asks for
                    registry.offer("connectivity", name, f"compare.features[{i}]")
        stages = {
            role: _checked(role, choice, registry, role) if role in wanted else choice
            for role, choice in self.stages.items()
        }
        reporters = tuple(
            _checked("reporter", choice, registry, path) for path, choice in with_paths(_shared_out(self, registry))
        )
        return attrs.evolve(self, stages=stages, reporters=reporters)


def build(*layers: Mapping[str, Any], preset: str | None = None, registry: Registry | None = None) -> Config:
    """Build a configuration: the preset, then each layer over it, later ones win.

    A layer maps keys to values as a TOML file does: a role to a name, a table with `use`, or an object;
    `reporter` to one of these or a list; a section to a table; `fit`, `level`, `seed` to values. Options for all
    reporters alike go beside a list in `use`, or stand without `use`. The preset is the argument, or what the last
    layer to say so names, or `recommended`. With a registry the stages are checked too, and presets of its plugins are
    known.

    Raises ConfigError (UnknownName for names); the message starts with the key's path.
    """
    config = assemble(layers, preset=preset, registry=registry)
    return config.check(registry) if registry else config


def assemble(
    layers: Iterable[Mapping[str, Any]], *, preset: str | None = None, registry: Registry | None = None
) -> Config:
    """Build a configuration as `build` does, without a check of its stages: the registry's presets alone are used."""
    layers = list(layers)
    named = [layer["preset"] for layer in layers if "preset" in layer]
    chosen = choose_preset(preset or (named[-1] if named else None), registry)
    merged = dict(chosen.layer)
    for layer in layers:
        merge(merged, normalise(layer))
    given = merged.pop("reporter", {})
    stages = {role: _choice(merged[role], role) for role in STAGES if role in merged}
    shared = given.get("options", {})
    reporters = tuple(_choice(entry, path, shared) for path, entry in with_paths(given.get("list", [])))
    scalars = {
        field.name: convert(merged[field.name], annotation, field.name)
        for field, annotation in scalar_fields()
        if field.name in merged
    }
    sections = {name: _section(name, merged[name]) for name in SECTIONS if name in merged}
    return Config(
        stages,
        reporters,
        **{**scalars, "preset": chosen.name},
        **sections,
        warning=chosen.warning,
        origin=chosen.preset,
    )


def as_choice(value: Any, path: str) -> StageChoice:
    """Return any form of a stage choice (name, table with `use`, object) as a record. Raises ConfigError."""
    return _choice(entry_of(value, path), path)


def _shared_out(config: Config, registry: Registry) -> list[StageChoice]:
    """Give each reporter those of the shared options that it has. Raises UnknownName for one that none of them has."""
    shared: dict[str, Any] = {}
    known: dict[str, None] = {}
    choices = []
    for path, choice in with_paths(config.reporters):
        shared |= choice.shared
        options = {} if choice.is_object else registry.offer("reporter", choice.use, path).signature.options
        known |= dict.fromkeys(options)
        mine = {name: value for name, value in choice.shared.items() if name in options}
        choices.append(StageChoice(choice.use, {**mine, **choice.options}))
    for name in shared:
        if name not in known:
            path = f"reporter.{name}"
            raise unknown_name(
                f"{path}: no such option", name, known, "Options of the reporters", kind="option", path=path
            )
    return choices


def _checked(role: str, choice: StageChoice, registry: Registry, path: str) -> StageChoice:
    if choice.is_object:
        check_protocol(choice.use, role, f"{path}: the object given is", error=partial(ConfigError, path=path))
        return choice
    offer = registry.offer(role, choice.use, path)
    options = offer.signature.check(choice.options, path, f"{role} {offer.name}")
    for parameter, wanted in offer.signature.stages.items():
        if options.get(parameter) is not None:
            nested = as_choice(options[parameter], f"{path}.{parameter}")
            checked = _checked(wanted, nested, registry, f"{path}.{parameter}")
            if not checked.is_object:
                options[parameter] = {"use": checked.use, **checked.options} if checked.options else checked.use
    return StageChoice(choice.use, options)


def _choice(entry: Mapping[str, Any], path: str, shared: Mapping[str, Any] | None = None) -> StageChoice:
    if "use" not in entry:
        raise ConfigError(f"{path}: options without a stage; name it with {path} = ... or use = ...", path=path)
    return StageChoice(entry["use"], {key: value for key, value in entry.items() if key != "use"}, shared or {})


def _section(name: str, values: Mapping[str, Any]) -> Any:
    section, hints = SECTIONS[name], hints_of(SECTIONS[name])
    for key in values:
        if key not in hints:
            path = f"{name}.{key}"
            raise unknown_name(f"{path}: no such option", key, hints, f"Options of {name}", kind="option", path=path)
    return section(**{key: convert(value, hints[key], f"{name}.{key}") for key, value in values.items()})


def scalar_fields() -> list[tuple[attrs.Attribute[Any], Any]]:
    """Return the fields of a configuration that hold one value, with their types."""
    hints = hints_of(Config)
    return [(field, hints[field.name]) for field in attrs.fields(Config) if field.name in SCALARS]
