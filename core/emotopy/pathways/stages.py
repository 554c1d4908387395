"""Running stages: made from a configuration, called under guard, checked at the door, reused from the cache."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import attrs
import numpy as np

from emotopy.config import Config, StageChoice, describe_object
from emotopy.errors import EmotopyError, PluginError
from emotopy.records import FloatArray, IntArray
from emotopy.registry import Context, Registry, keeps_protocol
from emotopy.roles import Fingerprinted, Host
from emotopy.storage.cache import StageCache, key_of


@attrs.frozen(eq=False)
class Stage:
    """A stage that was made: the object, and who answers for it."""

    role: str
    name: str
    owner: str
    version: str
    options: Mapping[str, Any]
    object: Any

    def __str__(self) -> str:
        return f"{self.role} {self.owner}:{self.name}" if self.owner else f"{self.role} {self.name}"

    def call(self, method: str, *arguments: Any) -> Any:
        """Call a method of the object; whatever it raises names owner and stage.

        Raises PluginError; errors of emotopy's own, and Ctrl-C, pass.
        """
        try:
            return getattr(self.object, method)(*arguments)
        except (EmotopyError, MemoryError):
            raise
        except (Exception, SystemExit) as error:
            raise PluginError(f"{self} failed in {method}(): {type(error).__name__}: {error}") from error

    @property
    def identity(self) -> list[Any] | None:
        """What the output depends on besides the input, JSON-ready; None where that can't be told."""
        own = self.object.fingerprint if isinstance(self.object, Fingerprinted) else None
        if self.owner:
            return [self.role, self.owner, self.version, self.name, dict(self.options), own]
        if own is None and not hasattr(self.object, "get_params"):
            return None
        return [self.role, describe_object(self.object), own]

    def plain(self) -> dict[str, Any]:
        """Return what provenance says of the stage."""
        if not self.owner:
            return describe_object(self.object)
        told = {"fingerprint": self.object.fingerprint} if isinstance(self.object, Fingerprinted) else {}
        options = {key: _plain(value) for key, value in sorted(self.options.items())}
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
    made: dict[str, Any] = attrs.field(factory=dict)

    @property
    def host(self) -> Host:
        """What stages are lent: the user's host, with an ear on what they say."""
        return attrs.evolve(self.outer, say=self.say)

    def say(self, message: str) -> None:
        """Tell the user something, once."""
        if message not in self.notes:
            self.notes.append(message)
            self.outer.say(message)

    def make(self, role: str, choice: StageChoice | None = None) -> Stage:
        """Make the stage that the configuration chooses for a role (or this choice); later stages may use it."""
        choice = choice or self.config.stages[role]
        context = Context(self.config.seed, self.host, self.made)
        if choice.is_object:
            made = keeps_protocol(choice.use, role, f"{role}: the object given is")
            stage = Stage(role, type(made).__name__, "", "", {}, made)
        else:
            offer = self.registry.offer(role, choice.use)
            made = self.registry.make(role, choice.use, context, **choice.options)
            options = {
                name: option.default for name, option in offer.signature.options.items() if not option.required
            } | dict(choice.options)
            if options.get("random_state", 0) is None:
                options["random_state"] = self.config.seed
            stage = Stage(role, offer.name, offer.owner, offer.version, options, made)
        if role != "reporter":
            self.made[role] = stage.object
        return stage

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
        start, heard = time.perf_counter(), len(self.notes)
        arrays = work()
        self.outer.log(f"{doing}: {time.perf_counter() - start:.1f} s")
        if key:
            self.cache.store(key, {**arrays, "notes": json.dumps(self.notes[heard:])})
        return arrays, False


def checked_matrix(value: Any, n_rows: int, stage: Stage, method: str, n_columns: int | None = None) -> FloatArray:
    """Return an array of the shape that was promised, or raise PluginError that says what came instead."""
    try:
        array = np.asarray(value, dtype=None if isinstance(value, np.ndarray) else np.float64)
    except (TypeError, ValueError) as error:
        raise PluginError(f"{stage}: {method}() must return an array, got {type(value).__name__}: {error}") from error
    wanted = f"({n_rows}, {n_columns if n_columns is not None else 'any'})"
    if array.ndim != 2 or len(array) != n_rows or (n_columns is not None and array.shape[1] != n_columns):
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
    sums = array.sum(axis=1)
    if (array < -1e-9).any() or (np.abs(sums - 1) > 1e-4).any():
        row = int(np.argmax(np.abs(sums - 1)))
        raise PluginError(f"{stage}: rows of assign() must be ≥ 0 and sum to one, row {row} sums to {sums[row]:.6g}")
    return array


def checked_labels(value: Any, n_rows: int, stage: Stage) -> IntArray:
    """Return cluster numbers, one per row, −1 or more, or raise PluginError."""
    array = np.asarray(value)
    if array.shape != (n_rows,):
        raise PluginError(f"{stage}: fit_predict() must return shape ({n_rows},), got {array.shape}")
    if not np.issubdtype(array.dtype, np.integer) or (array < -1).any():
        raise PluginError(f"{stage}: fit_predict() must return whole numbers ≥ −1, got {array.dtype}")
    return array.astype(np.int64)


def _plain(value: Any) -> Any:
    if isinstance(value, (str, int, float, bool, type(None))):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return getattr(value, "name", None) or str(value)  # a path tells its file name alone
