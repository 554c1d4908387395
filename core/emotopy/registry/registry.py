"""The registry: the available stages, their owners, and their creation.

Loading is explicit and returns an object; several registries in one process are independent. A broken plugin becomes a
`Problem` with its owner and traceback and never stops the program.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from functools import partial
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
    NotPicklable,
    PluginError,
    listed,
    unfit_value,
    unknown_name,
)
from emotopy.host import is_hosts
from emotopy.records.brain import Windowing
from emotopy.records.report import Places, ReportSection, ReportSections
from emotopy.registry.fence import fenced
from emotopy.registry.loading import (
    Blocklist,
    PluginSource,
    canonicalize_name,
    installed_plugins,
    is_strict,
    load_plugin,
)
from emotopy.registry.offers import Offer, Problem
from emotopy.registry.options import SEED
from emotopy.registry.presets import Preset
from emotopy.roles import ROLES, Host


@attrs.frozen
class Context:
    """What the host passes to a stage when it is created.

    This includes the seed, the `Host`, the other stages of the pathway by role, its windows, and the positions of
    regions.
    """

    seed: int = 0
    host: Host = attrs.field(factory=Host)
    stages: Mapping[str, Any] = attrs.field(factory=dict)
    windowing: Windowing = attrs.field(factory=Windowing)
    places: Places = attrs.field(factory=Places)


class Registry:
    """Stages by role and name.

    `Registry.load()` loads the installed plugins; `Registry([module, ...])` contains only the given plugins, which is
    useful in tests.

    Parameters
    ----------
    plugins : iterable, default ()
        Modules or objects with hooks.
    owner : str, default "local"
        Distribution to which the plugins are attributed.
    fence : bool, default False
        Whether changes that plugins make to the process are undone (`emotopy.registry.fence`), both on loading and when
        their stages are created or called. Use it only if emotopy owns the process, as on the command line, because
        changes by other threads would be undone as well.

    Attributes
    ----------
    problems : list of Problem
        Errors by plugin.
    blocked : list of str
        Plugins that were blocked.
    remarks : list of str
        Changes that plugins made to the process while they were loaded.
    owner, plugins
        Arguments with which the registry was created.
    loaded_with : mapping or None
        Arguments of `load`, with which another process can create the same registry; None if `load` wasn't used.

    Examples
    --------
    >>> registry = Registry.load(plugins=False)
    >>> registry.make("reducer", "pca", n_components=2).n_components
    2
    >>> sorted(offer.name for offer in registry.offers("intensity_scorer"))
    ['goemotions', 'lexical', 'nrc']
    """

    def __init__(self, plugins: Iterable[Any] = (), *, owner: str = "local", fence: bool = False) -> None:
        self.fence = fence
        self.owner, self.plugins = owner, tuple(plugins)
        self.loaded_with: Mapping[str, Any] | None = None
        self._pluggy = pluggy.PluginManager(hookspecs.hookspec.project_name)
        self._pluggy.add_hookspecs(hookspecs)
        self._offers: list[Offer] = []
        self._presets: list[Preset] = []
        self._report_sections: dict[str, ReportSection] = {}
        self.problems: list[Problem] = []
        self.blocked: list[str] = []
        self.remarks: list[str] = []
        for i, plugin in enumerate(self.plugins):
            self._register(PluginSource(owner, "", getattr(plugin, "__name__", f"plugin{i}"), partial(_itself, plugin)))

    @classmethod
    def load(
        cls,
        *,
        plugins: bool = True,
        block: Iterable[str] | None = None,
        strict: bool | None = None,
        fence: bool = False,
    ) -> Registry:
        """Load every installed plugin in sorted order; a broken plugin becomes a `Problem`.

        Parameters
        ----------
        plugins : bool, default True
            Whether to load other plugins than the built-in ones.
        block : iterable of str, optional
            Owners, or `owner:entry-point`, to leave out. Default: the comma-separated list in `EMOTOPY_PLUGINS_BLOCK`.
            Built-in plugins can't be blocked.
        strict : bool, optional
            Raise PluginError on the first problem. Default: whether `EMOTOPY_PLUGINS_STRICT` is 1, true or yes.
        fence : bool, default False
            Whether changes that plugins make to the process are undone, as on the command line.

        Returns
        -------
        Registry
            The registry of installed stages.

        Raises
        ------
        PluginError
            A plugin can't be loaded, and `strict` is on.
        """
        block = None if block is None else tuple(block)
        unwanted = Blocklist.of(block, everybody=not plugins)
        strict = is_strict() if strict is None else strict
        registry = cls(fence=fence)
        registry.loaded_with = {"plugins": plugins, "block": block, "strict": strict}
        for source in installed_plugins():
            if unwanted.holds(source):
                registry.blocked.append(source.full_name)
                continue
            registry._register(source)
            if strict and registry.problems:
                problem = registry.problems[0]
                raise PluginError(f"strict loading: {problem}\n{problem.traceback}", owner=problem.owner)
        return registry

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise NotPicklable.of("Registry", "load it where it is needed: Registry.load()")

    def offers(self, role: str | None = None) -> list[Offer]:
        """Return the offers of one role, or of all roles.

        Parameters
        ----------
        role : str, optional
            Role. Default: all roles.

        Returns
        -------
        list of Offer
            Sorted by role, name and owner.

        Raises
        ------
        UnknownName
            There is no such role.
        """
        if role is not None:
            _check_role(role, role)
        order = list(ROLES)
        chosen = [offer for offer in self._offers if role in (None, offer.role)]
        return sorted(chosen, key=lambda offer: (order.index(offer.role), offer.name, offer.owner))

    @property
    def presets(self) -> list[Preset]:
        """The presets that plugins offer, sorted by name and owner; those that ship are in `emotopy.config`."""
        return sorted(self._presets, key=lambda preset: (preset.name, preset.owner))

    @property
    def report_sections(self) -> ReportSections:
        """The sections of the report that plugins offer, by their full names."""
        return ReportSections(self._report_sections)

    def offer(self, role: str, name: str, path: str | None = None) -> Offer:
        """Return the offer with a given name.

        Parameters
        ----------
        role : str
            The role.
        name : str
            A short name, or ``owner:name``.
        path : str, optional
            Key in the configuration with which messages start. Default: the role.

        Returns
        -------
        Offer
            The offer.

        Raises
        ------
        UnknownName
            No plugin offers the name; the error lists the choices.
        DuplicateName
            Several plugins offer the name; the error lists the owners.
        """
        path = path or role
        _check_role(role, path)
        mine = self.offers(role)
        owner, colon, short = name.rpartition(":")
        full = f"{canonicalize_name(owner)}:{short}" if colon else name
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
            raise DuplicateName(
                f"{path}: {name!r} is offered by {' and '.join(owners)}; say {remedy}",
                name=name,
                owners=[offer.owner for offer in found],
                path=path,
            )
        names = [offer.full_name if colon else offer.name for offer in mine]
        hidden = "".join(f" Not loaded: {problem}." for problem in self.problems)
        reason = f"{path}: no {role} is called {name!r}"
        raise unknown_name(reason, name, names, "There are", more=f".{hidden}", kind=role, path=path)

    def module_of(self, offer: Offer) -> str | None:
        """Return the name of the module that made the offer.

        Parameters
        ----------
        offer : Offer
            The offer.

        Returns
        -------
        str or None
            Name of the module; None if the plugin is an object instead of a module.
        """
        plugin = self._pluggy.get_plugin(f"{offer.owner}:{offer.plugin}")
        return plugin.__name__ if isinstance(plugin, ModuleType) else None

    def make(self, role: str, name: str, context: Context | None = None, /, **options: Any) -> Any:
        """Create a stage by name with the given options; parameters that the host fills are taken from `context`.

        Parameters
        ----------
        role : str
            The role.
        name : str
            A short name, or ``owner:name``.
        context : Context, optional
            Seed, host, other stages, and windows.
        **options : object
            Options of the stage.

        Returns
        -------
        object
            A stage that implements the protocol of the role.

        Raises
        ------
        UnknownName, DuplicateName, ConfigError
            The name or an option is unknown, ambiguous or invalid, or another stage that the stage needs is missing.
        MissingExtra
            A required library isn't installed.
        PluginError
            The factory fails, or returns an object that isn't a stage of this role.
        """
        offer = self.offer(role, name)
        context = context or Context()
        parameters = offer.signature
        arguments = parameters.check(options, role, f"{role} {offer.name}")
        for parameter, wanted in parameters.stages.items():
            chosen = arguments.get(parameter)
            if chosen is None and wanted in context.stages:
                arguments[parameter] = context.stages[wanted]
            elif chosen is not None:
                arguments[parameter] = self.resolve(wanted, chosen, context, f"{role}.{parameter}")
        for parameter in parameters.required_stages:
            if arguments.get(parameter) is None:
                wanted = parameters.stages[parameter]
                raise ConfigError(
                    f"{role}.{parameter}: needs a stage; give the name of a {wanted}, or an object",
                    path=f"{role}.{parameter}",
                    wanted=wanted,
                )
        arguments |= dict.fromkeys(parameters.hosts, context.host)
        arguments |= dict.fromkeys(parameters.windowings, context.windowing)
        arguments |= dict.fromkeys(parameters.report_sections, self.report_sections)
        arguments |= dict.fromkeys(parameters.places, context.places)
        if SEED in parameters.options and arguments.get(SEED) is None:
            arguments[SEED] = context.seed
        return call_factory(offer, arguments)

    def resolve(self, role: str, choice: Any, context: Context, path: str) -> Any:
        """Create a stage from any form of choice.

        Parameters
        ----------
        role : str
            The role.
        choice : str, mapping or object
            A name, a table with `use` and options, or an object, which is used unchanged.
        context : Context
            Seed, host, other stages, and windows.
        path : str
            The key in the configuration, with which messages start.

        Returns
        -------
        object
            A stage that implements the protocol of the role.
        """
        if isinstance(choice, str):
            return self.make(role, self.offer(role, choice, path).full_name, context)
        if isinstance(choice, Mapping):
            options = dict(choice)
            name = options.pop("use", None)
            if not isinstance(name, str):
                raise unfit_value(path, "a name, or a table with `use`", choice, repr(dict(choice)))
            return self.make(role, name, context, **options)
        return check_protocol(choice, role, f"{path}: the object given is", error=partial(ConfigError, path=path))

    def status(self, offer: Offer) -> str:
        """Return whether an offer can be used.

        Parameters
        ----------
        offer : Offer
            The offer.

        Returns
        -------
        str
            ``ok``, the full name to use in a name clash, or what must be installed.
        """
        if sum((other.role, other.name) == (offer.role, offer.name) for other in self._offers) > 1:
            return f"clash: say {offer.full_name}"
        if offer.missing:
            return f'needs extra: pip install "{offer.owner}[{offer.extra}]"'
        return "ok"

    def _register(self, source: PluginSource) -> None:
        """Load and register one plugin, wholly or not at all."""
        try:
            who = f"{source.owner} ({source.name})"
            with fenced(who, self.remarks.append, loading=True) if self.fence else nullcontext():
                offers, presets, sections = load_plugin(source, self._pluggy)
        except (Exception, SystemExit) as error:  # noqa: BLE001 (a plugin may raise anything)
            reason = f"{type(error).__name__}: {' '.join(str(error).split())}"  # one line, whatever it came in
            self.problems.append(Problem(source.owner, source.version, source.name, reason, traceback.format_exc()))
        else:
            self._offers.extend(offers)
            self._presets.extend(presets)
            self._report_sections |= sections


def call_factory(offer: Offer, arguments: Mapping[str, Any]) -> Any:
    """Call an offer's factory.

    Raises MissingExtra where a library is missing, PluginError where the factory fails or makes something that isn't a
    stage of this role; errors of emotopy's own, which speak to the user, pass.
    """
    try:
        stage = offer.factory(**arguments)
    except EmotopyError:
        raise
    except (Exception, SystemExit) as error:
        if is_hosts(error):  # of a function that the host gave
            raise
        if isinstance(error, ImportError):
            raise _import_failure(offer, error) from error
        raise _failure(offer, error) from error
    failure = partial(PluginError, owner=offer.owner, stage=str(offer))
    return check_protocol(stage, offer.role, f"{offer} made", error=failure)


def check_protocol(stage: Any, role: str, subject: str, *, error: Callable[[str], EmotopyError] = PluginError) -> Any:
    """Return `stage` where it keeps the role's protocol; raise `error`, saying which methods lack, where not."""
    protocol = ROLES[role]
    if isinstance(stage, type):
        raise error(f"{subject} the class {stage.__name__}, wanted an instance: {stage.__name__}()")
    try:
        kept = isinstance(stage, protocol)
    except EmotopyError:
        raise
    except (Exception, SystemExit) as fault:  # up to Python 3.11 this reads the object's properties
        raise error(f"{subject} a {type(stage).__name__}, which raises an error when inspected: {fault!r}") from fault
    if not kept:
        members = [name for name in vars(protocol) if not name.startswith("_")]
        lacking = [name for name in members if not hasattr(stage, name)]
        raise error(f"{subject} a {type(stage).__name__}, which isn't a valid {role}: it lacks {listed(lacking)}")
    return stage


def _failure(offer: Offer, error: BaseException) -> PluginError:
    message = f"{offer} couldn't be created: {type(error).__name__}: {error}"
    return PluginError(message, owner=offer.owner, stage=str(offer))


def _import_failure(offer: Offer, error: ImportError) -> EmotopyError:
    """Return the error for what can't be imported: the plugin's own fault if it is a part of the plugin itself."""
    home = str(getattr(offer.factory, "__module__", "")).partition(".")[0]
    if error.name and str(error.name).partition(".")[0] == home:
        return _failure(offer, error)
    what = error.name or str(error)
    remedy = f'pip install "{offer.owner}[{offer.extra}]"' if offer.extra else f"pip install {what.partition('.')[0]}"
    return MissingExtra(f"{offer} needs {what!r}, which can't be imported ({error}); do: {remedy}")


def _itself(plugin: Any) -> Any:
    return plugin


def _check_role(role: str, path: str) -> None:
    """Raise UnknownName for what is no role."""
    if role not in ROLES:
        raise unknown_name(f"{role!r} is not a role", role, ROLES, "Roles", kind="role", path=path)
