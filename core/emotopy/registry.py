"""The registry: which stages there are, who offers them, and how they are made.

Loading is explicit and yields an object one can hold; two registries in one process don't see each other. A broken
plugin is a `Problem` with its owner and traceback, never a crash and never a silence.
"""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, partial
from importlib import metadata
from types import ModuleType
from typing import Any

import attrs
import pluggy

from emotopy import hookspecs
from emotopy.errors import (
    ConfigError,
    DuplicateName,
    EmotopyError,
    MissingExtra,
    PluginError,
    UnknownName,
    listed,
    nearest,
)
from emotopy.options import SEED, Signature, signature
from emotopy.records.brain import Windowing
from emotopy.roles import ROLES, Host

ENTRY_POINT_GROUP = "emotopy"
BUILT_IN = "emotopy"
"""The owner of the built-ins, which nothing blocks."""

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@attrs.frozen(eq=False)
class Offer:
    """A stage that a plugin offers under a name."""

    role: str
    name: str
    owner: str
    version: str
    plugin: str
    factory: Callable[..., Any]

    @property
    def full_name(self) -> str:
        """The form that no clash can make ambiguous, `owner:name`."""
        return f"{self.owner}:{self.name}"

    def __str__(self) -> str:
        return f"{self.role} {self.full_name}"

    @cached_property
    def signature(self) -> Signature:
        """Options and parameters that the host fills."""
        return signature(self.factory)


@attrs.frozen(eq=False)
class Problem:
    """Why a plugin, or a part of it, isn't there."""

    owner: str
    version: str
    plugin: str
    reason: str
    traceback: str = attrs.field(repr=False, default="")

    def __str__(self) -> str:
        return f"{self.owner} ({self.plugin}): {self.reason}"


@attrs.frozen
class Context:
    """What the host fills in when a stage is made: seed, services, the pathway's other stages by role, its windows."""

    seed: int = 0
    host: Host = attrs.field(factory=Host)
    stages: Mapping[str, Any] = attrs.field(factory=dict)
    windowing: Windowing = attrs.field(factory=Windowing)


class Registry:
    """Stages by role and name.

    `Registry.load()` reads installed plugins; `Registry([module, ...])` holds just these plugins, which is what a test
    wants. `problems` says what went wrong, `blocked` what was left out on request.
    """

    def __init__(self, plugins: Iterable[Any] = (), *, owner: str = "local") -> None:
        self._pluggy = pluggy.PluginManager(hookspecs.hookspec.project_name)
        self._pluggy.add_hookspecs(hookspecs)
        self._offers: list[Offer] = []
        self.problems: list[Problem] = []
        self.blocked: list[str] = []
        for i, plugin in enumerate(plugins):
            name = getattr(plugin, "__name__", f"plugin{i}")
            self._admit(partial(_itself, plugin), owner=owner, version="", name=name)

    @classmethod
    def load(cls, *, plugins: bool = True, block: Iterable[str] | None = None, strict: bool | None = None) -> Registry:
        """Load every installed plugin, in sorted order; a broken one becomes a `Problem`.

        Parameters
        ----------
        plugins
            False leaves out everything but the built-ins.
        block
            Owners, or `owner:entry-point`, to leave out; by default what `EMOTOPY_PLUGINS_BLOCK` lists,
            comma-separated. The built-ins can't be blocked.
        strict
            Raise PluginError on the first problem; by default what `EMOTOPY_PLUGINS_STRICT` says (1, true, yes).
        """
        if block is None:
            block = os.environ.get("EMOTOPY_PLUGINS_BLOCK", "").split(",")
        if strict is None:
            strict = os.environ.get("EMOTOPY_PLUGINS_STRICT", "").strip().lower() in ("1", "true", "yes")
        unwanted = {_owner_and_name(word) for word in block if word.strip()}
        registry = cls()
        found = [
            (_normal(point.dist.name), point) for point in metadata.entry_points(group=ENTRY_POINT_GROUP) if point.dist
        ]
        for owner, point in sorted(found, key=lambda pair: (pair[0], pair[1].name)):
            spared = owner == BUILT_IN
            if not spared and (not plugins or (owner, "") in unwanted or (owner, point.name) in unwanted):
                registry.blocked.append(f"{owner}:{point.name}")
                continue
            version = point.dist.version if point.dist else ""
            registry._admit(point.load, owner=owner, version=version, name=point.name)
            if strict and registry.problems:
                raise PluginError(f"strict loading: {registry.problems[0]}\n{registry.problems[0].traceback}")
        return registry

    def offers(self, role: str | None = None) -> list[Offer]:
        """Return the offers, of one role or of all, sorted by role, name and owner."""
        order = list(ROLES)
        chosen = [offer for offer in self._offers if role in (None, offer.role)]
        return sorted(chosen, key=lambda offer: (order.index(offer.role), offer.name, offer.owner))

    def offer(self, role: str, name: str, path: str | None = None) -> Offer:
        """Return the one offer that `name` (short, or `owner:name`) means.

        Raises UnknownName with the choices, or DuplicateName with both owners; the message starts with `path`, the key
        in the configuration.
        """
        path = path or role
        if role not in ROLES:
            raise UnknownName(f"{role!r} is no role.{nearest(role, ROLES)} Roles: {listed(ROLES)}")
        mine = self.offers(role)
        owner, colon, short = name.rpartition(":")
        full = f"{_normal(owner)}:{short}" if colon else name
        found = [offer for offer in mine if full in (offer.name, offer.full_name)]
        if len(found) == 1:
            return found[0]
        if found:
            owners = [f"{offer.owner} ({offer.plugin})" for offer in found]
            remedy = (
                " or ".join(offer.full_name for offer in found)
                if len({offer.owner for offer in found}) == len(found)
                else f"block one of them, EMOTOPY_PLUGINS_BLOCK={found[-1].owner}:{found[-1].plugin}"
            )
            raise DuplicateName(f"{path}: {name!r} is offered by {' and '.join(owners)}; say {remedy}")
        names = [offer.name for offer in mine]
        hidden = "".join(f" Not loaded: {problem}." for problem in self.problems)
        raise UnknownName(
            f"{path}: no {role} is called {name!r}.{nearest(name, names)} There are: {listed(names)}.{hidden}"
        )

    def module_of(self, offer: Offer) -> str | None:
        """Return the name of the module that made the offer; None where the plugin is no module but an object."""
        plugin = self._pluggy.get_plugin(f"{offer.owner}:{offer.plugin}")
        return plugin.__name__ if isinstance(plugin, ModuleType) else None

    def make(self, role: str, name: str, context: Context | None = None, /, **options: Any) -> Any:
        """Make the stage that `name` means, with these options; the host's parameters are filled from `context`.

        Raises UnknownName, DuplicateName or ConfigError for what the user asked (a stage that needs another and gets
        none, too), MissingExtra where a library is missing, PluginError where the factory fails or makes something that
        isn't a stage of this role.
        """
        offer = self.offer(role, name)
        context = context or Context()
        parameters = offer.signature
        arguments = parameters.check(options, role)
        for parameter, wanted in parameters.stages.items():
            chosen = arguments.get(parameter)
            if chosen is None and wanted in context.stages:
                arguments[parameter] = context.stages[wanted]
            elif chosen is not None:
                arguments[parameter] = self.resolve(wanted, chosen, context, f"{role}.{parameter}")
        for parameter in parameters.required_stages:
            if arguments.get(parameter) is None:
                wanted = parameters.stages[parameter]
                raise ConfigError(f"{role}.{parameter}: needs a stage, give a {wanted}'s name or the object itself")
        for parameter in parameters.hosts:
            arguments[parameter] = context.host
        for parameter in parameters.windowings:
            arguments[parameter] = context.windowing
        if SEED in parameters.options and arguments.get(SEED) is None:
            arguments[SEED] = context.seed
        try:
            stage = offer.factory(**arguments)
        except EmotopyError:
            raise
        except ImportError as error:
            if _is_own(offer, error):
                raise PluginError(f"{offer} couldn't be made: {type(error).__name__}: {error}") from error
            raise MissingExtra(_missing(offer, error)) from error
        except (Exception, SystemExit) as error:
            raise PluginError(f"{offer} couldn't be made: {type(error).__name__}: {error}") from error
        return keeps_protocol(stage, role, f"{offer} made")

    def resolve(self, role: str, choice: Any, context: Context, path: str) -> Any:
        """Make a stage from any form of choice: a name, a mapping with `use` and options, or an object as it is."""
        if isinstance(choice, str):
            return self.make(role, choice, context)
        if isinstance(choice, Mapping):
            options = dict(choice)
            name = options.pop("use", None)
            if not isinstance(name, str):
                raise ConfigError(f"{path}: wanted a name, or a table with `use`, got {dict(choice)!r}")
            return self.make(role, name, context, **options)
        return keeps_protocol(choice, role, f"{path}: the object given is", error=ConfigError)

    def _admit(self, load: Callable[[], Any], *, owner: str, version: str, name: str) -> None:
        """Load, register and ask one plugin; all of it or nothing of it comes in."""
        full, plugin = f"{owner}:{name}", None
        try:
            plugin = load()
            if self._pluggy.register(plugin, name=full) is None:
                raise PluginError("pluggy refused the registration")  # noqa: TRY301
            self._pluggy.check_pending()  # a misspelt hook goes unnoticed otherwise
            offers = self._ask(plugin, owner, version, name)
        except (Exception, SystemExit) as error:  # noqa: BLE001 (a plugin may raise anything)
            # After a PluginValidationError the plugin stays registered; after a clash of names another one does.
            if plugin is not None and self._pluggy.get_plugin(full) is plugin:
                self._pluggy.unregister(name=full)
            reason = f"{type(error).__name__}: {error}"
            self.problems.append(Problem(owner, version, name, reason, traceback.format_exc()))
        else:
            self._offers.extend(offers)

    def _ask(self, plugin: Any, owner: str, version: str, name: str) -> list[Offer]:
        offers = []
        others = [other for other in self._pluggy.get_plugins() if other is not plugin]
        for role, hook in hookspecs.HOOKS.items():
            caller = self._pluggy.subset_hook_caller(hook, remove_plugins=others)
            answers = caller()
            if len(answers) < sum(not (one.wrapper or one.hookwrapper) for one in caller.get_hookimpls()):
                raise PluginError(f"{hook} must return a mapping of name to factory, got None")  # pluggy drops a None
            for answer in answers:
                if not isinstance(answer, Mapping):
                    raise PluginError(f"{hook} must return a mapping of name to factory, got {type(answer).__name__}")
                for offered, factory in answer.items():
                    if not isinstance(offered, str) or not _NAME.fullmatch(offered):
                        raise PluginError(f"{hook}: a name is lower case with hyphens, got {offered!r}")
                    if not callable(factory):
                        raise PluginError(f"{hook}: the factory of {offered!r} isn't callable, got {factory!r}")
                    offers.append(Offer(role, offered, owner, version, name, factory))
        return offers


def keeps_protocol(stage: Any, role: str, subject: str, *, error: type[EmotopyError] = PluginError) -> Any:
    """Return `stage` where it keeps the role's protocol; raise `error`, saying which methods lack, where not."""
    protocol = ROLES[role]
    if isinstance(stage, type):
        raise error(f"{subject} the class {stage.__name__}, wanted an instance: {stage.__name__}()")
    try:
        kept = isinstance(stage, protocol)
    except EmotopyError:
        raise
    except Exception as fault:  # up to Python 3.11 this reads the object's properties
        raise error(f"{subject} a {type(stage).__name__}, which fails when looked at: {fault!r}") from fault
    if not kept:
        members = [name for name in vars(protocol) if not name.startswith("_")]
        lacking = [name for name in members if not hasattr(stage, name)]
        raise error(f"{subject} a {type(stage).__name__}, which is no {role}: it lacks {listed(lacking)}")
    return stage


def _is_own(offer: Offer, error: ImportError) -> bool:
    """Whether what can't be imported is a part of the plugin itself: its own fault, nothing to install."""
    home = str(getattr(offer.factory, "__module__", "")).partition(".")[0]
    return bool(error.name) and str(error.name).partition(".")[0] == home


def _missing(offer: Offer, error: ImportError) -> str:
    extra = getattr(offer.factory, "extra", None)
    what = error.name or str(error)
    remedy = f'pip install "{offer.owner}[{extra}]"' if extra else f"pip install {what.partition('.')[0]}"
    return f"{offer} needs {what!r}, which can't be imported ({error}); do: {remedy}"


def _itself(plugin: Any) -> Any:
    return plugin


def _normal(name: str) -> str:
    """Normalise a distribution name as the packaging standard does."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _owner_and_name(word: str) -> tuple[str, str]:
    owner, _, name = word.strip().partition(":")
    return _normal(owner), name
