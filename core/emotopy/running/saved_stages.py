"""Stages in a saved model: by owner, name, version and options, with what they learnt; made anew when it is loaded.

Options that a folder can't hold are told in their place: of a file its name and checksum (its path says nothing on
another machine), of a secret nothing. Both are given again by whoever loads the model.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from emotopy.config import StageChoice
from emotopy.config.serialise import SECRET, is_secret, to_plain
from emotopy.errors import ConfigError, ContainerError, EmotopyError, PluginError
from emotopy.registry import Offer, Registry
from emotopy.registry.option_types import plain
from emotopy.roles import FitsTexts, Saves
from emotopy.running.checks import with_dependencies
from emotopy.running.secrecy import repeats
from emotopy.running.stages import Stage, StageRunner, options_of
from emotopy.storage.cache import hash_array, hash_file, key_of
from emotopy.storage.container_specs import CONTAINER, Array
from emotopy.storage.saved_state import fault_of_state
from emotopy.storage.state_fields import Fields
from emotopy.wording import setting

LEARNING = ("reducer", "clusterer", "region_mapper")
"""Roles whose stages learn, whatever they say of themselves."""
PLACES = {"reducer": "transform", "clusterer": "predict"}
"""The methods that place new texts."""
FILE, SHA256 = "file", "sha256"
"""Keys of the table that stands in place of a file."""
REMAKE = "configure it by name, or offer its class in a plugin"


def learns(stage: Stage) -> bool:
    """Whether a stage has something fitted, which a saved model has to hold: by its role, or by a method `fit`."""
    return stage.role in LEARNING or callable(getattr(stage.object, "fit", None))


# Saving -------------------------------------------------------------------------------------------------------------


def check_can_be_saved(stages: Sequence[Stage], registry: Registry) -> None:
    """Check that stages can be made again and that those that learn give their state, before anything is written.

    Raises ConfigError that names the role, for a stage that can't place new texts and for an object that can't be made
    again; PluginError that names owner and stage, for one that learns and isn't `Saves`.
    """
    own = {id(stage.object) for stage in stages}
    for stage in stages:
        choice_of(stage, registry)
        for inner in with_dependencies(stage):
            if isinstance(inner.object, FitsTexts) and id(inner.object) not in own:
                raise PluginError(
                    f"{stage}: the fitted state of its own {inner} can't be saved; let it use the "
                    "embedder of the pathway",
                    owner=stage.owner,
                    stage=str(stage),
                )
        method = PLACES.get(stage.role, "")
        if method and not hasattr(stage.object, method):
            raise ConfigError(
                f"{stage.role}: {stage.full_name} can't place new texts (it has no `{method}`), so the "
                "pathway can't be saved as a model; choose another, such as "
                f"{setting('reducer=pca', 'clusterer=kmeans')}",
                path=stage.role,
                wanted=f"a {stage.role} with {method}()",
                got=stage.full_name,
            )
        if learns(stage) and not isinstance(stage.object, Saves):
            raise PluginError(
                f"{stage}: its fitted state can't be saved, because it lacks state() and restore(); "
                f"choose another {stage.role}, or add the two methods (emotopy.roles.Saves)",
                owner=stage.owner,
                stage=str(stage),
            )


def entry_of(stage: Stage, registry: Registry) -> dict[str, Any]:
    """Return how a container names a stage: `use`, `version`, `fingerprint` and `options`, JSON-ready.

    A default that no file can hold (a file of the plugin's own) is left out: the plugin has it where the model is read.
    """
    use, version, options = choice_of(stage, registry)
    known = registry.offer(stage.role, use).signature.options
    for name in [name for name, value in options.items() if name in known and value is known[name].default]:
        if _is_out_of_reach(options[name], name):
            del options[name]
    return {
        "use": use,
        "version": version,
        "fingerprint": stage.fingerprint,
        "options": {name: _portable(value, name, f"{stage.role}.{name}") for name, value in options.items()},
    }


def state_of(stage: Stage, texts: Sequence[str] = ()) -> tuple[dict[str, Array], dict[str, Any]]:
    """Return what a stage gives to be saved, checked; `texts` are those that must not stand in it.

    Raises PluginError for a state that isn't arrays and JSON, or that repeats a text.
    """
    found = stage.guard("state()", stage.object.state)
    fault = fault_of_state(found)
    if not fault and texts and repeats("|".join(_texts_in(found[1])), texts):
        fault = "it must not contain input texts, which are kept out of all files (no_texts)"
    if fault:
        raise PluginError(
            f"{stage}: the return value of state() is invalid: {fault}", owner=stage.owner, stage=str(stage)
        )
    arrays, values = found
    return {name: np.array(array, order="C") for name, array in arrays.items()}, to_plain(values)


def choice_of(stage: Stage, registry: Registry) -> tuple[str, str, dict[str, Any]]:
    """Return the full name, version and options that a stage can be made again by.

    Options are all that it was made with, defaults too, so that a later default changes nothing. An object that was
    given is made again where its class is what a plugin offers, and its options can be read off its attributes.

    Raises ConfigError for any other object, and for an option whose value no file can hold.
    """
    if stage.owner:
        return stage.full_name, stage.version, dict(stage.options)
    offer = next((one for one in registry.offers(stage.role) if one.factory is type(stage.object)), None)
    given = None if offer is None else _options_of_object(offer, stage.object)
    if offer is None or given is None:
        raise ConfigError(
            f"{stage.role}: wanted a stage given by name, which can be saved, got the object {stage.name}; {REMAKE}",
            path=stage.role,
            wanted="a stage by its name",
            got=stage.name,
        )
    return offer.full_name, offer.version, options_of(offer, StageChoice(offer.full_name, given), 0)


def _options_of_object(offer: Offer, made: Any) -> dict[str, Any] | None:
    """Return the options that an object of an offer's class was made with; None where they can't be read."""
    if offer.signature.stages or offer.signature.windowings:
        return None
    names = {name: name for name in offer.signature.options}
    if attrs.has(type(made)):
        names |= {field.alias: field.name for field in attrs.fields(type(made)) if field.alias in names}
    missing = object()
    found = {option: getattr(made, attribute, missing) for option, attribute in names.items()}
    return None if missing in found.values() else found


def _portable(value: Any, name: str, path: str) -> Any:
    """Return an option's value as JSON holds it; files and secrets are told in their place."""
    value = plain(value)
    if is_secret(name, value):
        return {SECRET: True}
    if isinstance(value, Mapping):
        return {str(key): _portable(one, str(key), f"{path}.{key}") for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_portable(one, name, f"{path}[{i}]") for i, one in enumerate(value)]
    if _is_local(value):
        place = _expanded(value)
        return {FILE: place.name, SHA256: hash_file(place) if place.is_file() else None}
    written = to_plain(value)
    if fault_of_state(({}, {"value": written})) or (isinstance(written, dict) and "object" in written):
        raise ConfigError(
            f"{path}: wanted a value that can be saved, got {type(value).__name__}; {REMAKE}",
            path=path,
            wanted="a value that JSON can hold",
            got=type(value).__name__,
        )
    return written


def _is_out_of_reach(value: Any, name: str) -> bool:
    """Whether a file can't hold a value: a file or folder itself, or an object."""
    try:
        _portable(value, name, name)
    except ConfigError:
        return True
    return _is_local(value)


def _is_local(value: Any) -> bool:
    """Whether an option's value is a file or folder of this machine."""
    if isinstance(value, Path):
        return True
    if not isinstance(value, str) or not value or "\0" in value:
        return False
    try:
        place = Path(value).expanduser()
        looks_so = value.startswith((".", "~")) or "." in value or os.sep in value  # not any word that is a file's name
        return place.is_absolute() or (looks_so and place.exists())
    except RuntimeError:  # the home of nobody, which is refused where a model holds it
        return True
    except (OSError, ValueError):  # a text too long for a name
        return False


def _expanded(value: str | Path) -> Path:
    """Return a path with the home of a user in place of `~`; as it is where there is no such user."""
    try:
        return Path(value).expanduser()
    except RuntimeError:
        return Path(value)


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield str(key)
            yield from _texts_in(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts_in(one)


# Loading ------------------------------------------------------------------------------------------------------------


@attrs.define(eq=False)
class GivenOptions:
    """What is given again when a model is loaded: option (`role.option`) → value; `used` are those that were needed."""

    values: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    used: set[str] = attrs.field(factory=set)

    def filled(self, role: str, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return a stage's options with files and secrets in their places.

        Raises ConfigError that names the option, for one that wasn't given, a file that isn't there or has another
        content; ContainerError for a path that stands in the model itself, which no `save` writes.
        """
        return {name: self._filled(value, f"{role}.{name}") for name, value in options.items()}

    def check_all_used(self) -> None:
        """Raise ConfigError for an option that was given and that the model doesn't ask for."""
        for path in sorted(set(self.values) - self.used):
            raise ConfigError(
                f"{path}: wanted an option that the model needs, got another; only files and secrets are given again",
                path=path,
                wanted=", ".join(sorted(self.used)) or "none",
                got=path,
            )

    def _filled(self, value: Any, path: str) -> Any:
        if isinstance(value, dict) and (value.keys() == {FILE, SHA256} or value == {SECRET: True}):
            return self._given(value, path)
        if isinstance(value, dict):
            return {key: self._filled(one, f"{path}.{key}") for key, one in value.items()}
        if isinstance(value, list):
            return [self._filled(one, f"{path}[{i}]") for i, one in enumerate(value)]
        if isinstance(value, str) and (value.startswith("~") or Path(value).is_absolute()):
            raise ContainerError.inside(
                CONTAINER, member=f"state.stages.{path}", wanted="an option that holds no path", got=ascii(value)[:60]
            )
        return value

    def _given(self, told: Mapping[str, Any], path: str) -> Any:
        name = told.get(FILE)
        what = "a secret, which no model holds" if name is None else f"the file {ascii(name)[:80]}"
        self.used.add(path)
        if path not in self.values:
            raise ConfigError(
                f"{path}: the model was fitted with {what}; give it again: "
                f'emotopy.load(..., options={{"{path}": ...}})',
                path=path,
                wanted=what,
            )
        value = self.values[path]
        if name is None:
            return value
        wanted, place = told[SHA256], Path(value)
        if wanted is None:  # a folder, or what only looks like a path
            return str(value)
        if not place.exists():
            raise ConfigError(f"{path}: wanted {what}, and there is no such file", path=path, wanted=what, got=value)
        found = hash_file(place) if place.is_file() else "of a folder"
        if found != wanted:
            raise ConfigError(
                f"{path}: wanted {what} with the content that it had when the model was fitted, got another content",
                path=path,
                wanted=f"SHA-256 {str(wanted)[:64]}",
                got=f"SHA-256 {found}",
            )
        return str(place)  # which becomes a Path where the option is one


def check_no_paths(role: str, given: GivenOptions, checked: Mapping[str, Any]) -> None:
    """Check that an option that is a file was given by whoever loads the model: the model itself names none.

    Raises ContainerError that names the option.
    """
    for name, value in checked.items():
        option = f"{role}.{name}"
        n_given = sum(path == option or path.startswith((f"{option}[", f"{option}.")) for path in given.used)
        several = value if isinstance(value, (list, tuple, set, frozenset)) else [value]
        if sum(map(_holds_path, several)) > n_given:
            raise ContainerError.inside(
                CONTAINER, member=f"state.stages.{role}.options.{name}", wanted="no path", got="one"
            )


def _holds_path(value: Any) -> bool:
    value = plain(value)
    if isinstance(value, Mapping):
        return any(map(_holds_path, value.values()))
    return any(map(_holds_path, value)) if isinstance(value, (list, tuple, set, frozenset)) else isinstance(value, Path)


def restored(runner: StageRunner, role: str, entry: Fields, arrays: Mapping[str, Array]) -> Stage:
    """Make a stage and give it back what it had learnt.

    Raises ContainerError for a state that doesn't fit, PluginError for a stage that takes none up.
    """
    stage = runner.make(role)
    has_state = entry.values.get("state") is not None or bool(arrays)
    if not learns(stage) and not has_state:
        return stage
    if not learns(stage) and not isinstance(stage.object, Saves):
        raise refused(role, f"no state, since {stage} {stage.version} learns nothing", "one")
    values = entry.table("state").values
    if not isinstance(stage.object, Saves):
        raise PluginError(
            f"{stage} {stage.version}: it lacks restore(), so its fitted state can't be restored; "
            "install the version with which the model was fitted",
            owner=stage.owner,
            stage=str(stage),
        )
    mine = dict(arrays) if stage.is_own else {name: array.copy() for name, array in arrays.items()}
    try:
        stage.guard("restore()", lambda: stage.object.restore(mine, values))
    except EmotopyError as error:
        raise refused(role, f"the state of a {stage} {stage.version}", str(error)) from error
    if stage.awaits_fit:  # it is fitted, to texts that nobody has any more: its state stands for them
        stage.fitted_on.sha256 = key_of(values, {name: hash_array(array) for name, array in sorted(arrays.items())})
    return stage


def refused(role: str, wanted: str, got: str) -> ContainerError:
    """Return the error for what a model holds of a stage."""
    advice = "install the versions with which it was fitted, or fit and save the model again"
    return ContainerError.inside(CONTAINER, member=f"state.stages.{role}", wanted=wanted, got=got, advice=advice)
