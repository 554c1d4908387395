"""Loads plugins: finds them by their entry points and registers them one by one, each wholly or not at all.

Traps that this avoids: one failing entry point aborts pluggy's own loader for all, a reused entry-point name is
skipped silently, a plugin that pluggy refused stays registered, a misspelt or unmarked hook goes unnoticed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import metadata
from typing import Any

import attrs
import pluggy

from emotopy import hookspecs
from emotopy.errors import PluginError, listed, nearest
from emotopy.records.report import ReportSection
from emotopy.registry.offers import Offer
from emotopy.registry.presets import Preset, read_preset

ENTRY_POINT_GROUP = "emotopy"
BUILT_IN = "emotopy"
"""The owner of the built-ins, which nothing blocks."""
API = "1"
"""The hooks and roles as they are. A plugin may state which it was written for, `emotopy_api = "1"`."""

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@attrs.frozen(eq=False)
class PluginSource:
    """A plugin that can be loaded: whose it is, what its entry point is called, and how to get it."""

    owner: str
    version: str
    name: str
    load: Callable[[], Any]

    @property
    def full_name(self) -> str:
        """Owner and entry point."""
        return f"{self.owner}:{self.name}"


def installed_plugins() -> list[PluginSource]:
    """Return the plugins that are installed, sorted by owner and name; nothing is imported yet."""
    known: dict[int, tuple[str, str]] = {}
    sources = []
    for point in _entry_points():
        dist = point.dist
        if dist is None:
            continue
        if id(dist) not in known:  # a distribution reads its metadata anew each time that it is asked
            about = dist.metadata
            known[id(dist)] = canonicalize_name(str(about["Name"])), str(about["Version"])
        owner, version = known[id(dist)]
        sources.append(PluginSource(owner, version, point.name, point.load))
    return sorted(sources, key=lambda source: (source.owner, source.name))


def _entry_points() -> Iterable[metadata.EntryPoint]:
    """Return our entry points; a distribution whose file of them can't be read costs nobody else theirs."""
    try:
        return metadata.entry_points(group=ENTRY_POINT_GROUP)
    except Exception:  # noqa: BLE001 (of any distribution on the path, ours or not)
        return list(_readable_entry_points())


def _readable_entry_points() -> Iterator[metadata.EntryPoint]:
    seen: set[str] = set()
    for dist in metadata.distributions():
        try:
            name, points = canonicalize_name(dist.name), list(dist.entry_points.select(group=ENTRY_POINT_GROUP))
        except Exception as error:  # noqa: BLE001
            if f"[{ENTRY_POINT_GROUP}]" in (dist.read_text("entry_points.txt") or ""):
                yield _unreadable(dist, error)
            continue
        if name not in seen:
            yield from points
        seen.add(name)


class _Unreadable(metadata.EntryPoint):
    """Stands for entry points that can't be read: loading it says why."""

    def load(self) -> Any:
        raise PluginError(self.value)


def _unreadable(dist: metadata.Distribution, error: Exception) -> metadata.EntryPoint:
    reason = f"its entry_points.txt can't be read ({type(error).__name__}: {error}); wanted lines of NAME = MODULE"
    point = _Unreadable(name="entry_points.txt", value=reason, group=ENTRY_POINT_GROUP)
    vars(point).update(dist=dist)
    return point


@attrs.frozen
class Blocklist:
    """Owners, and entry points of owners, that are left out on request; the built-ins can't be."""

    words: frozenset[tuple[str, str]]
    everybody: bool = False

    @classmethod
    def of(cls, words: Iterable[str] | None, *, everybody: bool = False) -> Blocklist:
        """Read words `owner` and `owner:entry-point`; None means those of EMOTOPY_PLUGINS_BLOCK, comma-separated."""
        if words is None:
            words = os.environ.get("EMOTOPY_PLUGINS_BLOCK", "").split(",")
        pairs = (word.strip().partition(":") for word in words if word.strip())
        return cls(frozenset((canonicalize_name(owner), name) for owner, _, name in pairs), everybody)

    def holds(self, source: PluginSource) -> bool:
        """Whether a plugin is blocked."""
        if source.owner == BUILT_IN:
            return False
        return self.everybody or bool(self.words & {(source.owner, ""), (source.owner, source.name)})


def is_strict() -> bool:
    """Whether EMOTOPY_PLUGINS_STRICT says that any problem is an error."""
    return os.environ.get("EMOTOPY_PLUGINS_STRICT", "").strip().lower() in ("1", "true", "yes")


def load_plugin(
    source: PluginSource, manager: pluggy.PluginManager
) -> tuple[list[Offer], list[Preset], dict[str, ReportSection]]:
    """Load one plugin, register it and collect its offers, presets and sections of the report.

    Raises whatever is wrong with it, and then keeps nothing.
    """
    plugin = source.load()
    try:
        _check_api(plugin)
        if manager.register(plugin, name=source.full_name) is None:
            raise PluginError("pluggy refused the registration")  # noqa: TRY301
        _check_hooks(plugin, manager)
        return (
            _collect_offers(plugin, source, manager),
            _collect_presets(plugin, source, manager),
            _collect_sections(plugin, source, manager),
        )
    except BaseException:
        # Up to pluggy 1.6 a refused plugin stays registered; after a clash of names another one is.
        if manager.get_plugin(source.full_name) is plugin:
            manager.unregister(name=source.full_name)
        raise


def _check_api(plugin: Any) -> None:
    stated = getattr(plugin, "emotopy_api", API)
    if str(stated) == API:
        return
    newer = str(stated).isdigit() and int(str(stated)) > int(API)
    remedy = "upgrade emotopy, or install an older version of the plugin" if newer else "upgrade the plugin"
    raise PluginError(
        f"written for emotopy_api {str(stated)!r}, while emotopy {metadata.version('emotopy')} has {API!r}; {remedy}"
    )


def _check_hooks(plugin: Any, manager: pluggy.PluginManager) -> None:
    """Raise PluginError for a hook that doesn't exist, and for a plugin without any."""
    known = [*hookspecs.HOOKS.values(), *hookspecs.WITHOUT_ROLE]
    callers = manager.get_hookcallers(plugin) or []
    for caller in callers:
        optional = all(one.optionalhook for one in caller.get_hookimpls() if one.plugin is plugin)
        if not caller.has_spec() and not optional:
            raise PluginError(f"there is no hook {caller.name!r}.{nearest(caller.name, known)} Hooks: {listed(known)}")
    if not callers:
        unmarked = [hook for hook in known if hasattr(plugin, hook)]
        remedy = f"mark {listed(unmarked)} with it" if unmarked else f"wanted one of {listed(known)}"
        raise PluginError(f"no function is marked with @emotopy.hookimpl; {remedy}")


def _collect_offers(plugin: Any, source: PluginSource, manager: pluggy.PluginManager) -> list[Offer]:
    """Call the hooks of this plugin alone, one by one, so that the owner of each offer is known."""
    offers = []
    others = [other for other in manager.get_plugins() if other is not plugin]
    implemented = {caller.name for caller in manager.get_hookcallers(plugin) or ()}
    for role, hook in hookspecs.HOOKS.items():
        if hook not in implemented:
            continue
        caller = manager.subset_hook_caller(hook, remove_plugins=others)
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
                offer = Offer(role, offered, source.owner, source.version, source.name, factory)
                offer.signature.check_declaration(str(offer))
                if role == "dataset":
                    _ = offer.card  # refused here, not when it is listed
                offers.append(offer)
    return offers


def _collect_presets(plugin: Any, source: PluginSource, manager: pluggy.PluginManager) -> list[Preset]:
    """Call the hook of presets of this plugin alone, and read what it offers."""
    hook = hookspecs.PRESETS
    if hook not in {caller.name for caller in manager.get_hookcallers(plugin) or ()}:
        return []
    caller = manager.subset_hook_caller(
        hook, remove_plugins=[one for one in manager.get_plugins() if one is not plugin]
    )
    presets = []
    for answer in caller() or [None]:  # pluggy drops a None
        if not isinstance(answer, Mapping):
            raise PluginError(f"{hook} must return a mapping of name to preset, got {type(answer).__name__}")
        for name, given in answer.items():
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                raise PluginError(f"{hook}: a name is lower case with hyphens, got {name!r}")
            layer = read_preset(given, f"preset {source.owner}:{name}")
            presets.append(Preset(name, source.owner, source.version, source.name, layer))
    return presets


def _collect_sections(plugin: Any, source: PluginSource, manager: pluggy.PluginManager) -> dict[str, ReportSection]:
    """Call the hook of sections of the report of this plugin alone; return them by their full names."""
    hook = hookspecs.REPORT_SECTIONS
    if hook not in {caller.name for caller in manager.get_hookcallers(plugin) or ()}:
        return {}
    caller = manager.subset_hook_caller(
        hook, remove_plugins=[one for one in manager.get_plugins() if one is not plugin]
    )
    found: dict[str, ReportSection] = {}
    for answer in caller() or [None]:  # pluggy drops a None
        if not isinstance(answer, Iterable) or isinstance(answer, (str, Mapping)):
            raise PluginError(f"{hook} must return a list of ReportSection, got {type(answer).__name__}")
        for section in answer:
            if not isinstance(section, ReportSection):
                raise PluginError(f"{hook} must return a list of ReportSection, got a {type(section).__name__} in it")
            if not isinstance(section.name, str) or not _NAME.fullmatch(section.name):
                raise PluginError(f"{hook}: a name is lower case with hyphens, got {section.name!r}")
            if not callable(section.render):
                raise PluginError(f"{hook}: render of {section.name!r} isn't callable, got {section.render!r}")
            name = f"{source.owner}:{section.name}"
            if name in found:
                raise PluginError(f"{hook}: two sections are called {section.name!r}")
            found[name] = section
    return found


def canonicalize_name(name: str) -> str:
    """Normalise a distribution name as the packaging standard does.

    >>> canonicalize_name("My_Plug.In")
    'my-plug-in'
    """
    return re.sub(r"[-_.]+", "-", name).lower()
