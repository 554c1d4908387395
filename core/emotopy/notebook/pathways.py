"""The view of a pathway: its stages in order, what differs from the default, and the text that sets it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
from markupsafe import Markup

from emotopy.config import build
from emotopy.config.layers import SCALARS, SECTIONS
from emotopy.config.serialise import SECRET, to_plain, to_toml
from emotopy.notebook.results import title
from emotopy.notebook.view import bullets, clean, details, guarded, joined, named, notes_list
from emotopy.registry.options import SEED

if TYPE_CHECKING:
    from emotopy.config import Config, StageChoice
    from emotopy.registry import Registry

NOT_SET = object()
"""The default of an option that has none."""
UNSHOWN = ("preset",)
"""Keys of a configuration that stand in the title of a view."""
OF_TEXTS, OF_SCANS = ("interval", "compare"), ("windowing", "targets", "split", "null", "compare")
"""Sections that a pathway over texts, over scans, reads."""
LONGEST_VALUE = 200


@attrs.frozen
class Setting:
    """A key of a configuration with its value, and whether that differs from the default."""

    path: str
    value: Any
    is_changed: bool

    @property
    def is_secret(self) -> bool:
        """Whether the value is a secret, of which nothing is shown."""
        return bool(self.value == {SECRET: True})

    @property
    def assignment(self) -> str:
        """The key with its value, as ``--set`` takes them."""
        value = self.value
        if isinstance(value, str) and to_toml({"x": value})[5:-2] == value and value.isidentifier():
            return f"{self.path}={value}"  # a bare word; anything else is TOML
        return f"{self.path}={to_toml({'x': value})[4:-1]}"


@attrs.frozen
class StageBox:
    """A stage of a pathway: its role, its name, its options."""

    role: str
    name: str
    is_changed: bool
    settings: tuple[Setting, ...]


def pathway_html(
    name: str,
    config: Config,
    registry: Registry,
    roles: Sequence[str],
    *,
    facts: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
    calls: Sequence[str] = (),
    subject: Any = None,
) -> str:
    """Return the HTML that a notebook shows of a pathway.

    Parameters
    ----------
    name : str
        What the view is called: ``text pathway``.
    config : Config
        The configuration, checked against the registry.
    registry : Registry
        Where the stages come from; their options' defaults are read from it, nothing is made.
    roles : sequence of str
        The stages, in the order in which data pass them.
    facts : mapping of str to str, optional
        Sizes, for the first line.
    notes : sequence of str, default ()
        Notes that a reader of the results needs.
    calls : sequence of str, default ()
        What to do next, as Python.
    subject : object, optional
        What `repr` is shown of where the view fails; the configuration by default.

    Returns
    -------
    str
        HTML with a style of its own, escaped; without secrets, and with the names alone of absolute paths.
    """

    def view() -> Markup:
        boxes = [_box(role, config, registry) for role in roles if role in config.stages]
        settings = _settings(config, OF_SCANS if "connectivity" in roles else OF_TEXTS)
        changed = [one for one in settings if one.is_changed]
        rest = [one for one in settings if not one.is_changed]
        pieces = [
            title(name, {**(facts or {}), "preset": clean(config.preset)}),
            Markup('<ol class="emotopy-stages">{}</ol>').format(joined(map(_stage_html, boxes), "")),
        ]
        if changed:
            pieces.append(Markup("<p>Settings that differ from the default: {}</p>").format(_assignments(changed)))
        python = _as_python(boxes, changed)
        if python:
            pieces.append(details("All changed settings, in Python", Markup("<p><code>{}</code></p>").format(python)))
        if rest:
            pieces.append(details(f"Settings at their default ({len(rest)})", bullets(map(_plain, rest))))
        pieces.append(notes_list(notes))
        if calls:
            line = joined((Markup("<code>{}</code>").format(call) for call in calls), " ")
            pieces.append(Markup("<p>Next: {}</p>").format(line))
        return joined(pieces, "")

    return guarded(config if subject is None else subject, view)


def _box(role: str, config: Config, registry: Registry) -> StageBox:
    """Return a stage with its options: those that were given, and the defaults of the others."""
    choice = config.stages[role]
    usual = build().stages.get(role)
    if choice.is_object:
        described = to_plain(choice.to_dict(portable=True)["object"], portable=True)
        shown = [Setting(str(key), value, False) for key, value in described["parameters"].items()]
        return StageBox(role, str(described["class"]), True, tuple(shown))
    same = usual is not None and _short(usual.use) == _short(choice.use)
    presets: Mapping[str, Any] = usual.to_options(portable=True) if usual is not None and same else {}
    defaults = {**_defaults(role, choice, registry), **presets}
    given = choice.to_options(portable=True)
    settings = [
        Setting(f"{role}.{key}", value, defaults.get(key, NOT_SET) != value)
        for key, value in {**defaults, **given}.items()
        if value is not NOT_SET
    ]
    return StageBox(role, str(choice.use), not same, tuple(settings))


def _short(name: Any) -> str:
    return str(name).rpartition(":")[2]


def _defaults(role: str, choice: StageChoice, registry: Registry) -> dict[str, Any]:
    """Return the defaults of a stage's options, as TOML holds them; those that the run fills in are left out."""
    options = registry.offer(role, choice.use, role).signature.options
    found: dict[str, Any] = {}
    for key, option in options.items():
        if not option.required and key != SEED:
            found[key] = to_plain({key: option.default}, portable=True)[key]
    return found


def _settings(config: Config, sections: Sequence[str]) -> list[Setting]:
    """Return the values of a configuration that belong to no stage, a section's one by one."""
    mine, usual = (one.to_dict(portable=True) for one in (config, build()))
    found = [
        Setting(key, mine[key], mine[key] != usual.get(key)) for key in SCALARS if key in mine and key not in UNSHOWN
    ]
    for section in sections:
        if section in SECTIONS:
            below = usual.get(section, {})
            found += [
                Setting(f"{section}.{key}", value, value != below.get(key, NOT_SET))
                for key, value in mine[section].items()
            ]
    return found


def _stage_html(box: StageBox) -> Markup:
    changed = [one for one in box.settings if one.is_changed]
    rest = [one for one in box.settings if not one.is_changed]
    pieces = [Markup('<span class="emotopy-role">{}</span><b>{}</b>').format(box.role, named(box.name))]
    if box.is_changed:
        pieces.append(Markup(' <span class="emotopy-role">not the default</span>'))
        if not _is_class(box):
            changed = [Setting(box.role, box.name, True), *changed]
    pieces += [Markup('<span class="emotopy-set">{}</span>').format(_assignment(one)) for one in changed]
    if rest:
        summary = f"{len(rest)} parameters" if _is_class(box) else f"{len(rest)} at their default"
        pieces.append(details(summary, bullets(map(_plain, rest))))
    style = " emotopy-changed" if box.is_changed or changed else ""
    return Markup('<li class="emotopy-stage{}">{}</li>').format(style, joined(pieces, ""))


def _as_python(boxes: Sequence[StageBox], changed: Sequence[Setting]) -> str:
    """Return what differs as the argument `config` of a call; empty where a secret or an object is among it."""
    layer: dict[str, Any] = {}
    settings = [one for box in boxes for one in box.settings if one.is_changed]
    if any(one.is_secret for one in settings) or any(box.is_changed and _is_class(box) for box in boxes):
        return ""
    for box in boxes:
        if box.is_changed:
            layer[box.role] = {"use": box.name}
    for one in [*settings, *changed]:
        section, _, key = one.path.partition(".")
        if key:
            layer.setdefault(section, {})[key] = one.value
        else:
            layer[section] = one.value
    short = {key: value["use"] if isinstance(value, dict) and [*value] == ["use"] else value
             for key, value in layer.items()}  # fmt: skip
    return f"config={clean(repr(short), 10 * LONGEST_VALUE)}" if short else ""


def _is_class(box: StageBox) -> bool:
    """Whether a stage was given as an object, of which the class is shown."""
    return "." in box.name


def _assignment(setting: Setting) -> Markup:
    if setting.is_secret:
        return Markup("{} is set (secret)").format(setting.path)
    return Markup("<code>--set {}</code>").format(_quoted(clean(setting.assignment, LONGEST_VALUE)))


def _assignments(settings: Sequence[Setting]) -> Markup:
    return joined(map(_assignment, settings), " ")


def _plain(setting: Setting) -> Markup:
    if setting.is_secret:
        return _assignment(setting)
    return Markup("{}").format(clean(setting.assignment, LONGEST_VALUE))


def _quoted(assignment: str) -> str:
    """Return an assignment as a shell takes it."""
    return shlex.quote(assignment)
