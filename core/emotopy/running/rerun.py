"""Repeating a run from its provenance: the same configuration, columns and seed on the same input.

Differences are found before any work. Another input is an error, and so is a stage that isn't installed. Another
version is a note, since runs are often repeated to see what a version changes. Where nothing differs the files come
out identical.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Any

import attrs

from emotopy.config import Layer, as_choice, find_preset, presets
from emotopy.config.serialise import SECRET, to_plain
from emotopy.errors import ConfigError, DuplicateName, InputError, UnknownName, listed
from emotopy.readers.text_io import decode, read_bounded
from emotopy.registry import BUILT_IN, Offer, Registry
from emotopy.roles import STAGES
from emotopy.running.recorded import check_type
from emotopy.running.stages import options_of
from emotopy.storage.cache import hash_file
from emotopy.storage.provenance import versions
from emotopy.storage.results import MANIFEST, PROVENANCE

COMMANDS = ("map", "decode")
"""Commands that can repeat a run."""
MOST_BYTES = 256 << 20
"""No provenance is larger."""


def recorded_arguments(command: str, **arguments: Any) -> dict[str, Any]:
    """Return what a command adds to its input's provenance so that the run can be repeated: its name and arguments.

    Arguments are what the configuration doesn't hold: columns, clocks, switches. Input files are not among them; they
    are named anew when the run is repeated.
    """
    plain = json.dumps(to_plain(arguments, portable=True), sort_keys=True)  # in the order that reading it back gives
    return {"command": command, "arguments": json.loads(plain)}


@attrs.frozen
class Rerun:
    """A run to be repeated, as its provenance records it.

    Attributes
    ----------
    path : Path
        The provenance file.
    provenance : mapping
        Its content.
    layer : dict
        The configuration, complete: no other layer lies below it.
    differences : list of str
        The differences found so far, a sentence each.
    """

    path: Path
    provenance: Mapping[str, Any] = attrs.field(repr=False)
    layer: Layer = attrs.field(repr=False)
    differences: list[str] = attrs.field(factory=list)

    @classmethod
    def read(cls, path: Path, command: str) -> Rerun:
        """Read the provenance of a run of `command`, from its file or from its results directory.

        Raises InputError for a file that isn't one, ConfigError for a run that no command line can repeat: made from
        Python, by another command, or with stages that were given as objects.
        """
        path = path / PROVENANCE if path.is_dir() else path
        text = decode(read_bounded(path, MOST_BYTES), path.name)
        try:
            provenance = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InputError.at(
                path.name, wanted=f"the {PROVENANCE} of a run, which is JSON", got=type(error).__name__
            ) from None
        check_parts(provenance, path.name)
        objects = list(_objects(provenance["config"]))
        if objects:
            named = "; ".join(f"{key}: {description}" for key, description in objects)
            raise ConfigError(f"{path}: this run used objects, which only Python code can create again: {named}")
        made_by = provenance["input"].get("command")
        if made_by is None:
            raise ConfigError(
                f"{path}: this run was made from Python, or by an older version of emotopy; repeat it with its code"
            )
        if made_by != command:
            known = made_by if made_by in COMMANDS else "of another name"
            raise ConfigError(f"{path}: this run was made by the command {known}; repeat it with that one")
        check_stages(provenance["stages"], path.name)
        return cls(path, provenance, provenance["config"])

    def arguments(self, **wanted: type | UnionType) -> list[Any]:
        """Return arguments of the command, name → type, in that order.

        Raises InputError for one that the provenance doesn't record, or that is of another type.
        """
        arguments = self.provenance["input"].get("arguments", {})
        if lacking := [name for name in wanted if name not in arguments]:
            raise InputError(f"{self.path}: lacks {listed(lacking)}, which repeating the run needs")
        for name, kind in wanted.items():
            check_type(arguments[name], kind, f"input.arguments.{name}", self.path.name)
        return [arguments[name] for name in wanted]

    def argument(self, name: str, kind: type | UnionType, default: Any) -> Any:
        """Return an argument of the command, `default` for a run of a version that didn't have it.

        Raises InputError for one of another type.
        """
        arguments = self.provenance["input"].get("arguments", {})
        return self.arguments(**{name: kind})[0] if name in arguments else default

    def check_type(self, value: Any, kind: type | UnionType, path: str) -> None:
        """Raise InputError for a part of an argument that is of another type than runs record."""
        check_type(value, kind, path, self.path.name)

    def with_files(self, sets: Layer) -> Rerun:
        """Set the paths of files that options name, and secrets, which the provenance doesn't record; nothing else.

        Raises ConfigError for any other key, and for a file that isn't the run's.
        """
        layer = dict(self.layer)
        files = [*self._files(), *self._secrets(layer)]
        for role, given in sets.items():
            for option, value in _flat(given):
                if (role, option) not in files:
                    path = f"{role}.{option}" if option else role
                    known = listed(f"{role}.{option}" for role, option in files)
                    raise ConfigError(
                        f"{path}: is taken from {self.path.name} and can't be changed with --from; only "
                        f"files and secrets may be given again: {known}",
                        path=path,
                    )
                layer[role] = _with_option(_entry(layer[role]), option.split("."), value)
        return attrs.evolve(self, layer=layer)

    def check_input(self, **hashes: str) -> None:
        """Compare the input with the run's, by its hashes in the provenance. Raises InputError where it differs."""
        for key, found in hashes.items():
            wanted = str(self.provenance["input"].get(key))
            if found != wanted:
                raise InputError(
                    f"the input differs from that of {self.path}: wanted SHA-256 {wanted[:12]}…, got "
                    f"{found[:12]}…; give exactly the input of that run, or run without --from"
                )

    def check(self, registry: Registry) -> Rerun:
        """Compare what the run used with what is installed, before any work; return the run with the differences.

        Raises ConfigError for a stage or a file that is missing, InputError for a file that isn't the run's.
        """
        for role, option in self._secrets(self.layer):
            raise ConfigError(
                f"{role}.{option}: wanted the secret, which results don't contain; give it again with "
                f"--set {role}.{option}=...",
                path=f"{role}.{option}",
                wanted="the secret of the run",
                got="none",
            )
        system = {"system": platform.system(), "machine": platform.machine()}
        changed = _changed(self.provenance["versions"], versions())
        changed += _changed(self.provenance.get("platform"), system)
        differences = [f"{name} was {was}, is {now}" for name, was, now in changed]
        layer = dict(self.layer)
        for role, entry in self._stages():
            layer, more = self._check_stage(registry, layer, role, entry)
            differences += more
        layer, more = self._check_preset(registry, layer)
        self._check_files(layer)
        return attrs.evolve(self, layer=layer, differences=[*differences, *more])

    def compare(self, directory: Path) -> list[str]:
        """Compare the files of the repeated run with those beside the provenance, byte by byte; return what differs."""
        home = self.path.parent
        there = set(_files_of(home)) if self.path.name == PROVENANCE else set()
        here = set(_files_of(directory))
        if there <= {PROVENANCE}:
            now = json.loads((directory / PROVENANCE).read_text("utf-8"))
            every = sorted((now.keys() | self.provenance.keys()) - {MANIFEST})
            keys = [key for key in every if now.get(key) != self.provenance.get(key)]
            return [f"The provenance differs in: {', '.join(keys)}." if keys else "The provenance is identical."]
        differing = [
            name for name in sorted(here & there) if (home / name).read_bytes() != (directory / name).read_bytes()
        ]
        lines = [f"{len(here & there) - len(differing)} of {len(here & there)} files are identical to those in {home}."]
        lines += [f"Differs: {', '.join(differing)}."] if differing else []
        lines += [f"Only there: {', '.join(sorted(there - here))}."] if there - here else []
        lines += [f"Only here: {', '.join(sorted(here - there))}."] if here - there else []
        return lines

    def _stages(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for role, entry in self.provenance["stages"].items():
            if role in STAGES:
                yield from ((role, one) for one in (entry if isinstance(entry, list) else [entry]))

    def _files(self) -> dict[tuple[str, str], str]:
        """Return the hashes of the files that options name, by role and option."""
        return {
            (role, option): digest
            for role, entry in self._stages()
            if role != "reporter"
            for option, digest in entry.get("files_sha256", {}).items()
        }

    def _check_stage(
        self, registry: Registry, layer: Layer, role: str, recorded: Mapping[str, Any]
    ) -> tuple[Layer, list[str]]:
        """Find the offer that the run used; return the layer that names it, and what differs."""
        name, owner, version = (str(recorded.get(key)) for key in ("use", "owner", "version"))
        try:
            offer = registry.offer(role, f"{owner}:{name}")
        except UnknownName as error:
            others = [one.full_name for one in registry.offers(role) if one.name == name]
            beside = f" {listed(others)} is another stage of that name." if others else ""
            hidden = "".join(f" Not loaded: {one}." for one in registry.problems if one.owner == owner)
            raise ConfigError(
                f"{role}: the run used {name!r:.60} of the distribution {owner!r:.60}, version {version!r:.30}, which "
                f"isn't installed.{beside}{hidden} Install it, if you know and trust it",
                path=role,
            ) from error
        differences = []
        try:
            registry.offer(role, name)
        except DuplicateName as error:
            differences.append(f"{error}; the earlier run used {offer.full_name}, and so does this one")
            layer = {**layer, role: _renamed(layer[role], name, offer.full_name)}
        if offer.version != version:
            differences.append(f"{offer} was version {version}, is {offer.version}")
        for option, was, now in _changed(recorded.get("options"), self._options(offer, layer, role)):
            differences.append(f"{offer}: {option} was {was!r}, is {now!r}")
        return layer, differences

    def _check_preset(self, registry: Registry, layer: Layer) -> tuple[Layer, list[str]]:
        """Find the preset that the run used; return the layer that names it in full, and what differs."""
        recorded = self.provenance.get("preset")
        if recorded is None:
            name = layer.get("preset")
            return ({**layer, "preset": f"{BUILT_IN}:{name}"}, []) if name in presets() else (layer, [])
        name, owner, version = (str(recorded.get(key)) for key in ("use", "owner", "version"))
        full_name = f"{owner}:{name}"
        try:
            preset = find_preset(full_name, registry)
        except UnknownName as error:
            hidden = "".join(f" Not loaded: {one}." for one in registry.problems if one.owner == owner)
            raise ConfigError(
                f"preset: the run used {name!r:.60} of the distribution {owner!r:.60}, version {version!r:.30}, which "
                f"isn't installed.{hidden} Install it, if you know and trust it",
                path="preset",
            ) from error
        layer = {**layer, "preset": full_name}
        if preset.version == version:
            return layer, []
        return layer, [f"{preset} was version {version}, is {preset.version}; every choice is the recorded one"]

    @staticmethod
    def _secrets(layer: Layer) -> list[tuple[str, str]]:
        """Return the secrets that were left out of the configuration and aren't given yet, by role and option."""
        return [
            (role, option.removesuffix(f".{SECRET}"))
            for role in layer
            if role in STAGES and role != "reporter"
            for option, value in _flat(_entry(layer[role]))
            if option.endswith(f".{SECRET}") and value is True
        ]

    def _options(self, offer: Offer, layer: Layer, role: str) -> dict[str, Any]:
        """Return every option that the stage would be made with now; empty for a reporter, which computes nothing."""
        if role == "reporter" or role not in layer:
            return {}
        choice = as_choice(layer[role], role)
        known = {**choice.options, **offer.signature.check(choice.options, role)}
        seed = int(self.provenance["config"].get("seed", 0))
        options: dict[str, Any] = to_plain(options_of(offer, attrs.evolve(choice, options=known), seed), portable=True)
        return options

    def _check_files(self, layer: Layer) -> None:
        for (role, option), digest in self._files().items():
            path = Path(str(dict(_flat(_entry(layer[role]))).get(option, "")))
            if not path.is_file():
                raise ConfigError(
                    f"{role}.{option}: the run read a file {path.name!r}, which wasn't found; give its "
                    f"path with --set {role}.{option}=PATH",
                    path=f"{role}.{option}",
                )
            if (found := hash_file(path)) != digest:
                raise InputError(
                    f"{role}.{option}: {path} isn't the file that the run read: wanted SHA-256 {digest[:12]}…, got "
                    f"{found[:12]}…"
                )


def _files_of(directory: Path) -> Iterator[str]:
    """Yield the names of a directory's files, and of those of a Parquet table that is a folder."""
    for path in directory.iterdir():
        if path.is_file():
            yield path.name
        elif path.is_dir() and path.suffix == ".parquet":
            yield from (f"{path.name}/{one.name}" for one in path.iterdir() if one.is_file())


def check_parts(provenance: Any, file: str) -> None:
    """Check that a provenance has the parts that runs give it; raises InputError that names the key."""
    check_type(provenance, dict, "", file)
    for part in ("config", "stages", "input", "versions"):
        check_type(provenance.get(part), dict, part, file)
    for part in ("versions", "platform"):
        for key, value in _items(provenance.get(part, {}), part, file):
            check_type(value, str, f"{part}.{key}", file)
    check_type(provenance["input"].get("command"), str | None, "input.command", file)
    check_type(provenance["input"].get("arguments", {}), dict, "input.arguments", file)
    check_type(provenance["config"].get("seed", 0), int, "config.seed", file)
    for key, value in _items(provenance.get("preset", {}), "preset", file):
        check_type(value, str, f"preset.{key}", file)


def check_stages(stages: Mapping[str, Any], file: str) -> None:
    """Check that the stages of a provenance have the form that runs give them; raises InputError."""
    for role, entry in stages.items():
        entries = entry if isinstance(entry, list) else [entry]
        for one in entries if role in STAGES else ():
            check_type(one, dict, f"stages.{role}", file)
            for key in ("use", "owner", "version"):
                check_type(one.get(key), str, f"stages.{role}.{key}", file)
            check_type(one.get("options", {}), dict, f"stages.{role}.options", file)
            for option, digest in _items(one.get("files_sha256", {}), f"stages.{role}.files_sha256", file):
                check_type(digest, str, f"stages.{role}.files_sha256.{option}", file)


def _items(value: Any, path: str, file: str) -> Iterator[tuple[str, Any]]:
    check_type(value, dict, path, file)
    yield from value.items()


def _changed(recorded: Any, present: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Return key, recorded and present value where both are known and differ."""
    if not isinstance(recorded, Mapping):
        return []
    return [(key, recorded[key], present[key]) for key in recorded if key in present and recorded[key] != present[key]]


def _renamed(entry: Any, name: str, full_name: str) -> Any:
    """Return the choice with its stage's full name; of several, those of that name."""
    if isinstance(entry, list):
        return [_renamed(one, name, full_name) for one in entry]
    choice = _entry(entry)
    return {**choice, "use": full_name} if choice["use"] == name else entry


def _flat(given: Any, within: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the options of a table and of the tables in it, by dotted name; a value that is none under no name."""
    if not isinstance(given, dict):
        yield within, given
        return
    for key, value in given.items():
        yield from _flat(value, f"{within}.{key}" if within else key)


def _with_option(table: Mapping[str, Any], names: list[str], value: Any) -> dict[str, Any]:
    """Return the table with a value at a dotted name."""
    first, *rest = names
    return {**table, first: _with_option(table.get(first, {}), rest, value) if rest else value}


def _entry(choice: Any) -> dict[str, Any]:
    """Return a choice of the configuration as a table."""
    return dict(choice) if isinstance(choice, dict) else {"use": choice}


def _objects(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path of every object in the configuration, and its description."""
    if isinstance(value, dict):
        described = value.get("object")
        if isinstance(described, dict) and "class" in described:
            given = described.get("parameters")
            pairs = given.items() if isinstance(given, dict) else ()
            parameters = ", ".join(f"{key}={item!r}" for key, item in pairs)
            yield path, f"{described['class']}({parameters})"
            return
        for key, item in value.items():
            yield from _objects(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _objects(item, f"{path}[{i}]")
