"""Running stages: made from a configuration, called under guard, their output checked or reused from the cache."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import attrs
import numpy as np

from emotopy.config import Config, StageChoice, as_choice
from emotopy.config.serialise import describe_object, to_plain
from emotopy.errors import ConfigError, EmotopyError, PluginError, ShapeError
from emotopy.host import Host, checkpoint, ended, is_hosts
from emotopy.records import Clusters
from emotopy.records.reprs import classed
from emotopy.registry import Context, Offer, Registry, check_protocol
from emotopy.registry.fence import fenced
from emotopy.registry.loading import BUILT_IN
from emotopy.registry.option_types import plain
from emotopy.registry.options import SEED, Signature
from emotopy.roles import Fingerprinted, FitsTexts, MappingInputs
from emotopy.running.engine import Engine, InProcess
from emotopy.running.secrecy import Secrecy, texts_of
from emotopy.storage.cache import StageCache, hash_file, key_of

S = TypeVar("S")
P = TypeVar("P")
R = TypeVar("R")

VERSIONED = ("hdbscan", "sklearn", "umap")
"""Libraries whose version is part of every key of the cache; classes of other libraries may change under their name."""


@attrs.define
class FittedOn:
    """Which texts an embedder that learns from them was fitted to: how many, and their hash; none before its fit."""

    n_texts: int = 0
    sha256: str = ""


@attrs.frozen(eq=False)
class Stage:
    """A stage that was made: the object, its owner, and the stages that its factory was given, by parameter."""

    role: str
    name: str
    owner: str
    version: str
    options: Mapping[str, Any] = attrs.field(repr=classed)
    object: Any = attrs.field(repr=classed)
    dependencies: Mapping[str, Stage] = attrs.field(factory=dict)
    log_once: Callable[[str], None] = attrs.field(default=lambda message: None, repr=False)
    secrecy: Secrecy | None = attrs.field(default=None, repr=False)
    fence: bool = False
    fitted_on: FittedOn = attrs.field(factory=FittedOn, repr=False)

    def __str__(self) -> str:
        return f"{self.role} {self.full_name}"

    @property
    def full_name(self) -> str:
        """`owner:name`, or the class of an object that was given."""
        return f"{self.owner}:{self.name}" if self.owner else self.name

    @property
    def is_own(self) -> bool:
        """Whether the stage is one of emotopy's own, and those that it was given are, too."""
        return self.owner == BUILT_IN and all(stage.is_own for stage in self.dependencies.values())

    def call(self, method: str, *arguments: Any, copy: bool | None = None) -> Any:
        """Call a method of the object; an exception that it raises becomes a PluginError that names owner and stage.

        With `copy`, arrays go in and come out as copies: the stage may scale its input in place and reuse the memory
        of its output, and nobody else's numbers change. Without it nothing is copied: for arrays that nobody else
        holds, or that are too large to copy. By default arrays are copied for every stage but emotopy's own, whose
        contract tests hold that they leave their input alone. Errors of emotopy's own, which address the user, and
        Ctrl-C pass.
        """
        if not (not self.is_own if copy is None else copy):
            return _guarded_call(self, method, *arguments)
        return _copied(_guarded_call(self, method, *map(_copied, arguments)))

    @property
    def proxy(self) -> Any:
        """The object for code that calls it by itself; see `GuardedProxy`."""
        return GuardedProxy(self)

    @property
    def fingerprint(self) -> str | None:
        """What the object's output depends on, as the object states it; None where it states nothing."""
        found = self.guard(
            "fingerprint", lambda: self.object.fingerprint if isinstance(self.object, Fingerprinted) else None
        )
        return None if found is None else str(found)

    def guard(self, what: str, work: Callable[[], Any], texts: Sequence[str] = ()) -> Any:
        """Return what `work` gives; it runs the object's code, so its errors name the stage.

        It is fenced where the registry asks for that. `texts` are what it works on: where texts stay out of all that is
        written, its messages hold none of them (`emotopy.running.secrecy`). What the host raised meanwhile, in a
        function of its own or by a cancellation, passes as itself, whatever the stage made of it.
        """
        checkpoint()
        try:
            found = self._secret(what, work, texts)
        except BaseException:
            end = ended()
            if end is None:
                raise
        else:
            end = ended()
            if end is None:
                return found
        raise end  # outside of the block, so that what the stage made of it isn't its context

    def _secret(self, what: str, work: Callable[[], Any], texts: Sequence[str]) -> Any:
        secrecy = self.secrecy
        if secrecy is None:
            return self._guarded(what, work, nullcontext())
        is_own = self.is_own and not (self.role == "region_mapper" and secrecy.has_foreign_embedder)  # which it calls
        try:
            return self._guarded(what, work, secrecy.working(texts, is_own=is_own))
        except Exception as error:  # (errors of emotopy's own, the host's, or MemoryError)
            if is_hosts(error):
                raise
            found = secrecy.without_texts(error, str(self), what, texts, owner=self.owner, is_own=is_own)
        raise found  # outside of the block, so that no exception with a text in it is its context

    def _guarded(self, what: str, work: Callable[[], Any], quiet: AbstractContextManager[None]) -> Any:
        fence = fenced(str(self), self.log_once, is_trusted=self.is_own) if self.fence else nullcontext()
        try:
            with fence, quiet:
                return work()
        except ShapeError as error:  # the plugin made a record that doesn't hold together: its fault, not the user's
            raise PluginError(f"{self} failed in {what}: {error}", owner=self.owner, stage=str(self)) from error
        except (EmotopyError, MemoryError):
            raise
        except (Exception, SystemExit) as error:
            if is_hosts(error):
                raise
            message = f"{self} failed in {what}: {type(error).__name__}: {error}"
            raise PluginError(message, owner=self.owner, stage=str(self)) from error

    @property
    def awaits_fit(self) -> bool:
        """Whether it is an embedder that has to learn from texts first."""
        return self.role == "embedder" and isinstance(self.object, FitsTexts) and not self.fitted_on.sha256

    @property
    def cache_key_parts(self) -> list[Any] | None:
        """What the output depends on besides the input, JSON-ready; None where that is unknown.

        An object that was given is identified by its fingerprint. Without a fingerprint, only a scikit-learn estimator
        (or UMAP, HDBSCAN) whose parameters are plain values is. The parts of a stage include those of its dependencies,
        and the content of the files that its options name.
        """
        if self.awaits_fit:
            return None
        own = self.fingerprint
        learnt = [self.fitted_on.sha256] if self.fitted_on.sha256 else []
        if not self.owner:
            parameters = _parameters(self.object)
            if own is None and parameters is None:
                return None
            return [self.role, describe_object(self.object), parameters, own, *learnt]
        dependencies = {parameter: stage.cache_key_parts for parameter, stage in self.dependencies.items()}
        values = {name: value for name, value in self.options.items() if name not in dependencies}
        if None in dependencies.values() or not all(_is_plain(value) for value in values.values()):
            return None
        options = {name: to_plain(value) for name, value in values.items()}
        return [self.role, self.owner, self.version, self.name, options, _hashed(values), dependencies, own, *learnt]

    def to_dict(self) -> dict[str, Any]:
        """Return the stage's entry in the provenance."""
        if not self.owner:
            return {**describe_object(self.object), **self._described_fit()}
        options = dict(sorted(self.options.items()))
        entry: dict[str, Any] = {"use": self.name, "owner": self.owner, "version": self.version}
        entry["options"] = to_plain(options, portable=True)
        if files := _hashed(options):
            entry["files_sha256"] = files
        if (own := self.fingerprint) is not None:
            entry["fingerprint"] = own
        return entry | self._described_fit()

    def _described_fit(self) -> dict[str, Any]:
        """Return what the provenance says of the texts that an embedder learnt from."""
        fitted = self.fitted_on
        return {"fitted_on": {"n_texts": fitted.n_texts, "texts_sha256": fitted.sha256}} if fitted.sha256 else {}


def _guarded_call(stage: Stage, method: str, *arguments: Any, **named: Any) -> Any:
    """Call a method of the stage's object under guard; a generator is guarded at each step."""
    answer = stage.guard(f"{method}()", lambda: getattr(stage.object, method)(*arguments, **named), texts_of(arguments))
    return _guarded_steps(stage, method, answer) if isinstance(answer, Iterator) else answer


def _guarded_steps(stage: Stage, method: str, answers: Iterator[Any]) -> Iterator[Any]:
    """Yield what a generator gives; it works, and may fail, at each step."""
    end = object()
    while (one := stage.guard(f"{method}()", lambda: next(answers, end))) is not end:
        yield one


class GuardedProxy:
    """A stage's object for code that calls it by itself: every method is called under guard, nothing is copied.

    It has the object's methods, so `isinstance` with a protocol answers as for the object.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        kind = type(stage.object)
        for name in dir(kind):
            if not name.startswith("_") and callable(getattr(kind, name)):
                setattr(self, name, partial(_guarded_call, stage, name))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        nothing = object()
        found = self._stage.guard(name, lambda: getattr(self._stage.object, name, nothing))
        if found is nothing:
            raise AttributeError(name)
        return found


_CALL_RUNNER: ContextVar[tuple[StageRunner, StageRunner] | None] = ContextVar("_CALL_RUNNER", default=None)
"""The runner whose stages are at work in a call of their own, and the runner of that call."""


@attrs.define(eq=False)
class StageRunner:
    """Makes the stages of one run, caches their work, and keeps their messages to the user.

    `notes` holds each message once and belongs to the result; `messages` holds all of them in order. `logged` holds
    the lines that were logged once. `secrecy` is there where input texts stay out of all that is written. `engine`
    works on what can be done in pieces.
    """

    config: Config
    registry: Registry
    cache: StageCache
    versions: Mapping[str, str]
    user_host: Host
    notes: list[str] = attrs.field(factory=list)
    messages: list[str] = attrs.field(factory=list)
    logged: set[str] = attrs.field(factory=set)
    made: dict[str, Stage] = attrs.field(factory=dict)
    secrecy: Secrecy | None = None
    engine: Engine = attrs.field(factory=InProcess, repr=False)

    @property
    def host(self) -> Host:
        """The host that stages are given: the user's, whose messages are also collected here."""
        return attrs.evolve(self.user_host, notify=self.notify)

    @contextmanager
    def for_call(self, notes: Iterable[str]) -> Iterator[StageRunner]:
        """Yield a runner for one call of what is fitted, which begins with these notes.

        What stages say in this thread meanwhile is the call's: other calls, at the same time or later, don't see it.
        """
        runner = attrs.evolve(self, notes=list(notes), messages=[])
        token = _CALL_RUNNER.set((self, runner))
        try:
            yield runner
        finally:
            _CALL_RUNNER.reset(token)

    def notify(self, message: str) -> None:
        """Show the user a message, once; within `for_call` it is the call's."""
        fitted, of_call = _CALL_RUNNER.get() or (None, None)
        if fitted is self and of_call is not None:
            of_call.notify(message)
            return
        self.messages.append(message)
        if message not in self.notes:
            self.notes.append(message)
            self.user_host.notify(message)

    def log_once(self, message: str) -> None:
        """Log what a stage changed in the process, once.

        It depends on what else ran in this process, so it is no part of a result.
        """
        if message not in self.logged:
            self.logged.add(message)
            self.user_host.log(message)

    def doing(self, what: str, total: int | None = None) -> AbstractContextManager[Callable[[int], None]]:
        """Show a piece of work to the user while the block runs, once it takes long; yields what counts its steps."""
        return self.user_host.progress(what, total)

    def make(self, role: str, choice: StageChoice | None = None) -> Stage:
        """Make the stage that the configuration chooses for a role (or this choice); later stages may use it."""
        stage = self._made(role, choice or self.config.stages[role], role)
        if self.secrecy is not None and role == "embedder":
            self.secrecy.has_foreign_embedder = not stage.is_own
        if role != "reporter":
            self.made[role] = stage
        return stage

    def work(self, function: Callable[[S, P], R], shared: S, pieces: Iterable[P], doing: str = "") -> Iterator[R]:
        """Yield `function(shared, piece)` of each piece, in their order, by the run's engine."""
        host = attrs.evolve(self.host, log=self.log_once, is_secret=self.secrecy is not None)
        return self.engine.map(function, shared, pieces, doing=doing, host=host)

    def _made(self, role: str, choice: StageChoice, path: str) -> Stage:
        if choice.is_object:
            made = check_protocol(choice.use, role, f"{path}: the object given is", error=ConfigError)
            if role == "embedder" and isinstance(made, FitsTexts):
                made = own_copy(made, f"{role} {type(made).__name__}")  # which the fit changes
            return Stage(role, type(made).__name__, "", "", {}, made, **self._common)
        offer = self.registry.offer(role, choice.use, path)
        dependencies = self._dependencies(offer.signature, choice.options, path)
        host = self.host
        if self.secrecy is not None:
            host = self.secrecy.host(host, str(offer), is_own=offer.owner == BUILT_IN)
        context = Context(self.config.seed, host, windowing=self.config.windowing)
        objects = {parameter: stage.object for parameter, stage in dependencies.items()}
        with fenced(str(offer), self.log_once) if self.registry.fence else nullcontext():
            made = self.registry.make(role, choice.use, context, **{**choice.options, **objects})
        options = options_of(offer, choice, self.config.seed)
        return Stage(role, offer.name, offer.owner, offer.version, options, made, dependencies, **self._common)

    @property
    def _common(self) -> dict[str, Any]:
        return {"log_once": self.log_once, "secrecy": self.secrecy, "fence": self.registry.fence}

    def _dependencies(self, signature: Signature, options: Mapping[str, Any], path: str) -> dict[str, Stage]:
        """Return the stages for a factory's parameters: those its options name, else the pathway's own."""
        dependencies = {}
        for parameter, wanted in signature.stages.items():
            chosen = options.get(parameter)
            if chosen is not None:
                nested = as_choice(chosen, f"{path}.{parameter}")
                dependencies[parameter] = self._made(wanted, nested, f"{path}.{parameter}")
            elif wanted in self.made:
                dependencies[parameter] = self.made[wanted]
        return dependencies

    def run(
        self, stage: Stage, doing: str, inputs: str | Callable[[], str], work: Callable[[], dict[str, Any]]
    ) -> tuple[dict[str, Any], bool]:
        """Return the arrays that `work` gives, by name, and whether they come from the cache of an earlier run.

        `doing` is the line for the log; `inputs` identifies the input in the cache's key, or is called for that where
        there is a cache. Messages to the user during the work are stored with the arrays, so that a reused run shows
        them too.
        """
        cache_key_parts = stage.cache_key_parts if self.cache.directory is not None else None
        if cache_key_parts is not None and self.secrecy is not None and not stage.is_own:
            cache_key_parts = [*cache_key_parts, "no texts"]  # what was said when texts could be seen isn't reused
        key = None
        if cache_key_parts is not None:
            key = key_of(cache_key_parts, inputs() if callable(inputs) else inputs, self.versions)
        if key and (stored := self.cache.load(key)) is not None and "notes" in stored:
            for note in json.loads(str(stored.pop("notes"))):
                self.notify(note)
            self.user_host.log(f"{doing}: reused from the cache")
            return stored, True
        start, messages = time.perf_counter(), len(self.messages)
        with self.doing(doing):
            arrays = work()
        self.user_host.log(f"{doing}: {time.perf_counter() - start:.1f} s")
        if key:
            self.cache.store(key, {**arrays, "notes": json.dumps(list(dict.fromkeys(self.messages[messages:])))})
        return arrays, False


def options_of(offer: Offer, choice: StageChoice, seed: int) -> dict[str, Any]:
    """Return every option of a stage as it is made: those chosen, the others' defaults, the run's seed."""
    known = offer.signature.options
    options = {name: option.default for name, option in known.items() if not option.required} | dict(choice.options)
    if SEED in known and choice.options.get(SEED) is None:
        options[SEED] = seed
    return options


def own_copy(given: Any, stage: str) -> Any:
    """Return a copy of an object that was given, for a fit of its own. Raises PluginError where it can't be copied."""
    try:
        return deepcopy(given)
    except Exception as error:
        raise PluginError(f"{stage}: the object given can't be copied: {type(error).__name__}: {error}") from error


def _copied(value: Any) -> Any:
    """Return a copy of an array, of a tuple's or a record's arrays; anything else as it is."""
    if isinstance(value, np.ndarray):
        return value.copy(order="K")
    if type(value) is tuple:
        return tuple(map(_copied, value))
    if isinstance(value, MappingInputs):
        arrays = {name: _copied(getattr(value, name)) for name in ("embeddings", "points", "clusters")}
        return attrs.evolve(value, **arrays)
    if isinstance(value, Clusters):
        return attrs.evolve(value, labels=_copied(value.labels), membership=_copied(value.membership))
    return value


def _parameters(given: Any) -> dict[str, Any] | None:
    """Return the parameters of an estimator that its class and they alone describe; None for any other object."""
    if type(given).__module__.partition(".")[0] not in VERSIONED or not hasattr(given, "get_params"):
        return None
    parameters = given.get_params(deep=False)
    return to_plain(parameters) if all(_is_plain(value) for value in parameters.values()) else None


def _hashed(options: Mapping[str, Any], within: str = "") -> dict[str, str]:
    """Return the SHA-256 of each file that an option names, by its name, dotted where it stands in a table."""
    found: dict[str, str] = {}
    for name, value in options.items():
        one = plain(value)
        if isinstance(one, Mapping):
            found |= _hashed(one, f"{within}{name}.")
        elif _is_file(one):
            found[f"{within}{name}"] = hash_file(Path(one))
    return found


def _is_file(value: Any) -> bool:
    try:
        return isinstance(value, (str, Path)) and Path(value).is_file()
    except (OSError, ValueError):  # a text too long for a name, or with a null character
        return False


def _is_plain(value: Any) -> bool:
    """Whether `to_plain` loses nothing of the value."""
    value = plain(value)
    if isinstance(value, Mapping):
        return all(_is_plain(item) for item in value.values())
    if isinstance(value, (list, tuple, set, frozenset)):
        return all(_is_plain(item) for item in value)
    return isinstance(value, (str, int, float, bool, type(None), Path, np.generic))
