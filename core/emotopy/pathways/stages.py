"""Running stages: made from a configuration, called under guard, checked at the door, reused from the cache."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from emotopy.config import Config, StageChoice, as_choice
from emotopy.errors import ConfigError, EmotopyError, PluginError, ShapeError
from emotopy.options import SEED, Signature
from emotopy.plain import describe_object, plain_value
from emotopy.records import FloatArray, IntArray
from emotopy.registry import Context, Registry, keeps_protocol
from emotopy.roles import Fingerprinted, Host
from emotopy.storage.cache import StageCache, hash_file, key_of

VERSIONED = ("hdbscan", "sklearn", "umap")
"""Libraries whose version is part of every key of the cache; objects of other classes may change under their name."""


@attrs.frozen(eq=False)
class Stage:
    """A stage that was made: the object, who answers for it, and the stages that it was lent, by parameter."""

    role: str
    name: str
    owner: str
    version: str
    options: Mapping[str, Any]
    object: Any
    lent: Mapping[str, Stage] = attrs.field(factory=dict)

    def __str__(self) -> str:
        return f"{self.role} {self.full_name}"

    @property
    def full_name(self) -> str:
        """`owner:name`, or the class of an object that was given."""
        return f"{self.owner}:{self.name}" if self.owner else self.name

    def call(self, method: str, *arguments: Any) -> Any:
        """Call a method of the object; whatever it raises names owner and stage.

        Raises PluginError; errors of emotopy's own that speak to the user, and Ctrl-C, pass.
        """
        try:
            return getattr(self.object, method)(*arguments)
        except ShapeError as error:  # the plugin made a record that doesn't hold together: its fault, not the user's
            raise PluginError(f"{self} failed in {method}(): {error}") from error
        except (EmotopyError, MemoryError):
            raise
        except (Exception, SystemExit) as error:
            raise PluginError(f"{self} failed in {method}(): {type(error).__name__}: {error}") from error

    @property
    def fingerprint(self) -> str | None:
        """What the object says that its output depends on; None where it says nothing."""
        try:
            return str(self.object.fingerprint) if isinstance(self.object, Fingerprinted) else None
        except EmotopyError:
            raise
        except (Exception, SystemExit) as error:
            raise PluginError(f"{self} failed in fingerprint: {type(error).__name__}: {error}") from error

    @property
    def identity(self) -> list[Any] | None:
        """What the output depends on besides the input, JSON-ready; None where that can't be told.

        An object that was given can be told by its fingerprint; without one, only a scikit-learn estimator (or UMAP,
        HDBSCAN) can whose parameters are plain values. A stage is told with the stages that it was lent, and with the
        content of the files that its options name.
        """
        own = self.fingerprint
        if not self.owner:
            parameters = _parameters(self.object)
            if own is None and parameters is None:
                return None
            return [self.role, describe_object(self.object), parameters, own]
        lent = {parameter: stage.identity for parameter, stage in self.lent.items()}
        values = {name: value for name, value in self.options.items() if name not in lent}
        if None in lent.values() or not all(_is_plain(value) for value in values.values()):
            return None
        told = {name: plain_value(value) for name, value in values.items()}
        files = {name: hash_file(Path(value)) for name, value in values.items() if _is_file(value)}
        return [self.role, self.owner, self.version, self.name, told, files, lent, own]

    def plain(self) -> dict[str, Any]:
        """Return what provenance says of the stage."""
        if not self.owner:
            return describe_object(self.object)
        told = {} if (own := self.fingerprint) is None else {"fingerprint": own}
        options = plain_value(dict(sorted(self.options.items())), portable=True)
        return {"use": self.name, "owner": self.owner, "version": self.version, "options": options, **told}


@attrs.define(eq=False)
class Workshop:
    """Makes the stages of one run, calls them, and keeps what they said.

    `notes` collects, each once, what stages told the user; it belongs to the result.
    """

    config: Config
    registry: Registry
    cache: StageCache
    versions: Mapping[str, str]
    outer: Host
    notes: list[str] = attrs.field(factory=list)
    heard: list[str] = attrs.field(factory=list)
    made: dict[str, Stage] = attrs.field(factory=dict)

    @property
    def host(self) -> Host:
        """What stages are lent: the user's host, with an ear on what they say."""
        return attrs.evolve(self.outer, say=self.say)

    def say(self, message: str) -> None:
        """Tell the user something, once."""
        self.heard.append(message)
        if message not in self.notes:
            self.notes.append(message)
            self.outer.say(message)

    def make(self, role: str, choice: StageChoice | None = None) -> Stage:
        """Make the stage that the configuration chooses for a role (or this choice); later stages may use it."""
        stage = self._made(role, choice or self.config.stages[role], role)
        if role != "reporter":
            self.made[role] = stage
        return stage

    def _made(self, role: str, choice: StageChoice, path: str) -> Stage:
        if choice.is_object:
            made = keeps_protocol(choice.use, role, f"{path}: the object given is", error=ConfigError)
            return Stage(role, type(made).__name__, "", "", {}, made)
        offer = self.registry.offer(role, choice.use, path)
        lent = self._lent(offer.signature, choice.options, path)
        context = Context(self.config.seed, self.host, windowing=self.config.windowing)
        objects = {parameter: stage.object for parameter, stage in lent.items()}
        made = self.registry.make(role, choice.use, context, **{**choice.options, **objects})
        known = offer.signature.options
        options = {name: option.default for name, option in known.items() if not option.required} | dict(choice.options)
        if SEED in known and choice.options.get(SEED) is None:
            options[SEED] = self.config.seed
        return Stage(role, offer.name, offer.owner, offer.version, options, made, lent)

    def _lent(self, signature: Signature, options: Mapping[str, Any], path: str) -> dict[str, Stage]:
        """Return the stages for a factory's parameters: those its options name, else the pathway's own."""
        lent = {}
        for parameter, wanted in signature.stages.items():
            chosen = options.get(parameter)
            if chosen is not None:
                nested = as_choice(chosen, f"{path}.{parameter}")
                lent[parameter] = self._made(wanted, nested, f"{path}.{parameter}")
            elif wanted in self.made:
                lent[parameter] = self.made[wanted]
        return lent

    def run(
        self, stage: Stage, doing: str, inputs: str, work: Callable[[], dict[str, Any]]
    ) -> tuple[dict[str, Any], bool]:
        """Return what `work` gives (arrays by name), from the cache where the same was done before, and whether so.

        `doing` is for the log; `inputs` is the hash of what the stage is given. Notes said during the work are kept
        with it, so that a reused run says the same.
        """
        identity = stage.identity
        key = key_of(identity, inputs, self.versions) if identity is not None else None
        if key and (stored := self.cache.load(key)) is not None and "notes" in stored:
            for note in json.loads(str(stored.pop("notes"))):
                self.say(note)
            self.outer.log(f"{doing}: reused from the cache")
            return stored, True
        start, heard = time.perf_counter(), len(self.heard)
        arrays = work()
        self.outer.log(f"{doing}: {time.perf_counter() - start:.1f} s")
        if key:
            self.cache.store(key, {**arrays, "notes": json.dumps(self.heard[heard:])})
        return arrays, False


def checked_matrix(value: Any, n_rows: int, stage: Stage, method: str, n_columns: int | None = None) -> FloatArray:
    """Return an array of the shape that was promised, at least one column wide, or raise PluginError."""
    try:
        array = np.asarray(value, dtype=None if isinstance(value, np.ndarray) else np.float64)
    except (TypeError, ValueError) as error:
        raise PluginError(f"{stage}: {method}() must return an array, got {type(value).__name__}: {error}") from error
    wanted = f"({n_rows}, {n_columns if n_columns is not None else '1 or more'})"
    if array.ndim != 2 or len(array) != n_rows or array.shape[1] != (n_columns or max(1, array.shape[1])):
        raise PluginError(f"{stage}: {method}() must return shape {wanted}, got {array.shape}")
    if not np.issubdtype(array.dtype, np.number) or np.iscomplexobj(array):
        raise PluginError(f"{stage}: {method}() must return real numbers, got {array.dtype}")
    if not np.isfinite(array).all():
        row = int(np.flatnonzero(~np.isfinite(array).all(axis=1))[0])
        raise PluginError(f"{stage}: {method}() returned NaN or infinity, first in row {row}")
    return array


def checked_assignment(value: Any, n_rows: int, stage: Stage, n_columns: int) -> FloatArray:
    """Return an assignment whose rows are ≥ 0 and sum to one, or raise PluginError."""
    array = checked_matrix(value, n_rows, stage, "assign", n_columns)
    if (array < -1e-9).any():
        row = int(np.flatnonzero((array < -1e-9).any(axis=1))[0])
        raise PluginError(f"{stage}: assign() must be ≥ 0, row {row} holds {array[row].min():.6g}")
    sums = array.sum(axis=1, dtype=np.float64)
    if (np.abs(sums - 1) > 1e-4).any():
        row = int(np.argmax(np.abs(sums - 1)))
        raise PluginError(f"{stage}: rows of assign() must sum to one, row {row} sums to {sums[row]:.6g}")
    return array


def checked_labels(value: Any, n_rows: int, stage: Stage, method: str = "fit_predict") -> IntArray:
    """Return cluster numbers, one per row, −1 or more, or raise PluginError."""
    try:
        array = np.asarray(value)
    except (TypeError, ValueError) as error:
        raise PluginError(f"{stage}: {method}() must return an array, got {type(value).__name__}: {error}") from error
    if array.shape != (n_rows,):
        raise PluginError(f"{stage}: {method}() must return shape ({n_rows},), got {array.shape}")
    if not np.issubdtype(array.dtype, np.integer):
        raise PluginError(f"{stage}: {method}() must return whole numbers, got {array.dtype}")
    if (array < -1).any():
        raise PluginError(f"{stage}: {method}() must return numbers ≥ −1, got {array.min()}")
    return array.astype(np.int64)


def _parameters(given: Any) -> dict[str, Any] | None:
    """Return the parameters of an estimator that its class and they alone describe; None for any other object."""
    if type(given).__module__.partition(".")[0] not in VERSIONED or not hasattr(given, "get_params"):
        return None
    parameters = given.get_params(deep=False)
    return plain_value(parameters) if all(_is_plain(value) for value in parameters.values()) else None


def _is_file(value: Any) -> bool:
    try:
        return isinstance(value, (str, Path)) and Path(value).is_file()
    except (OSError, ValueError):  # a text too long for a name, or with a null character
        return False


def _is_plain(value: Any) -> bool:
    """Whether `plain_value` tells all that there is to the value."""
    if isinstance(value, Mapping):
        return all(_is_plain(item) for item in value.values())
    if isinstance(value, (list, tuple, set, frozenset)):
        return all(_is_plain(item) for item in value)
    return isinstance(value, (str, int, float, bool, type(None), Path, np.generic))
