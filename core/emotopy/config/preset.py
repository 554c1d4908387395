"""Presets by name: those that ship, and those of plugins; found as stages are, by a name or by `owner:name`."""

from __future__ import annotations

from importlib import metadata

import attrs

from emotopy.config.layers import Layer, load_preset, merge, normalise, presets
from emotopy.errors import ConfigError, DuplicateName, unknown_name
from emotopy.registry import BUILT_IN, Preset, Registry
from emotopy.registry.loading import canonicalize_name
from emotopy.registry.presets import WARNING

DEFAULT_PRESET = "recommended"


def all_presets(registry: Registry | None = None) -> list[Preset]:
    """Return the presets that ship, and those that a registry's plugins offer, sorted by name and owner."""
    version = metadata.version("emotopy")
    own = [Preset(name, BUILT_IN, version, "", load_preset(name)) for name in presets()]
    return sorted([*own, *(registry.presets if registry else ())], key=lambda one: (one.name, one.owner))


def find_preset(name: str | None, registry: Registry | None = None) -> Preset:
    """Return the one preset that `name` (short, or `owner:name`) means; without a name the one that ships as default.

    Raises UnknownName with the choices, or DuplicateName with both owners.
    """
    known = all_presets(registry)
    if name is None:
        name = f"{BUILT_IN}:{DEFAULT_PRESET}"  # which no plugin can take
    owner, colon, short = str(name).rpartition(":")
    full = f"{canonicalize_name(owner)}:{short}" if colon else name
    found = [one for one in known if full in (one.name, one.full_name)]
    if len(found) == 1:
        return found[0]
    if found:
        owners = [one.owner for one in found]
        raise DuplicateName(
            f"preset: {name!r} is offered by {' and '.join(owners)}; use {' or '.join(one.full_name for one in found)}",
            name=str(name),
            owners=owners,
            path="preset",
        )
    hidden = "".join(f" Not loaded: {problem}." for problem in registry.problems) if registry else ""
    names = dict.fromkeys(one.full_name if colon else one.name for one in known)
    reason = f"preset: no preset is called {name!r}"
    more = f".{hidden}" if hidden else ""
    raise unknown_name(reason, str(name), names, "There are", more=more, kind="preset", path="preset")


@attrs.frozen
class ChosenPreset:
    """A preset with what lies below it: its merged layer, and what runs with it are told."""

    preset: Preset
    layer: Layer
    warning: str

    @property
    def name(self) -> str:
        """As a configuration names it: the short name of one that ships, the full name of a plugin's."""
        return self.preset.name if self.preset.owner == BUILT_IN else self.preset.full_name


def choose_preset(name: str | None, registry: Registry | None = None) -> ChosenPreset:
    """Return a preset over those that it is based on: its key `preset` names the next one below.

    Raises UnknownName, DuplicateName, or ConfigError for a preset that is broken or based on itself.
    """
    chain = [find_preset(name, registry)]
    while (below := chain[-1].layer.get("preset")) is not None:
        chain.append(find_preset(below, registry))
        if chain[-1].full_name in {one.full_name for one in chain[:-1]}:
            raise ConfigError(f"preset: {chain[-1]} is based on itself", path="preset", got=chain[-1].full_name)
    layer: Layer = {}
    warnings = []
    for one in reversed(chain):
        own = dict(one.layer)
        warnings.append(str(own.pop(WARNING, "")))
        own.pop("preset", None)
        try:
            merge(layer, normalise(own))
        except ConfigError as error:
            raise ConfigError(f"{one}: {error}", path=error.path, wanted=error.wanted, got=error.got) from error
    return ChosenPreset(chain[0], layer, "\n".join(filter(None, warnings)))
