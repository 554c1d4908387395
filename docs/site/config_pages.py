"""Pages of the configuration, from its records, and of the stages that ship, from their factories."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
from markdown import cell, code, docstring, table

from emotopy.config import SECTIONS, all_presets, hints_of, scalar_fields
from emotopy.config.config import Config
from emotopy.config.serialise import to_plain, to_toml
from emotopy.registry import Offer, Registry
from emotopy.registry.options import SEED
from emotopy.registry.type_messages import as_toml, type_name
from emotopy.roles import ROLES, STAGES


def write(folder: Path) -> None:
    """Write the page of the configuration and a page of stages per role."""
    registry = Registry.load(plugins=False)
    (folder / "configuration.md").write_text(configuration(registry), "utf-8")
    stages = folder / "stages"
    stages.mkdir()
    for role in ROLES:
        offers = registry.offers(role)
        text = f"# Stages: {role}\n\n{docstring(ROLES[role])}\n\n" + "".join(map(_stage, offers))
        (stages / f"{role}.md").write_text(
            f"{text}What a stage of this role promises, and how to write one: [{role}](../../roles/{role}.md).\n",
            "utf-8",
        )
    rows = [
        [f"[{role}](stages/{role}.md)", ", ".join(code(offer.name) for offer in registry.offers(role))]
        for role in ROLES
    ]
    listed = "\n".join(f"stages/{role}" for role in ROLES)
    (folder / "stages.md").write_text(
        "# Stages by role\n\nWhat ships, with every option and its default. `emotopy plugins` lists what is installed, "
        f"stages of other packages too.\n\n{table(['role', 'stages'], rows)}"
        f"```{{toctree}}\n:hidden:\n\n{listed}\n```\n",
        "utf-8",
    )


def configuration(registry: Registry) -> str:
    """Return the page of the configuration: keys, sections, presets."""
    scalars = [
        [code(field.name), code(type_name(annotation)), code(as_toml(_default_of(field)))]
        for field, annotation in scalar_fields()
    ]
    stages = [
        [code(role), ", ".join(f"[`{offer.name}`](stages/{role}.md)" for offer in registry.offers(role))]
        for role in STAGES
    ]
    text = (
        "# Configuration\n\nA configuration is a TOML or JSON file (`--config FILE`), assignments on the command line "
        "(`--set KEY=VALUE`), or a dict (`config={...}` in Python). They are laid over the preset in this order, the "
        "last one wins. `emotopy config init` writes a file to start from, `emotopy config check` checks one, and "
        "`emotopy config schema` prints the JSON Schema for an editor. What a wrong one is told: "
        "[wrong configurations](../config-errors.md).\n\n## Keys of a run\n\n"
        f"{docstring(Config)}\n\n{table(['key', 'type', 'default'], scalars)}"
        '## Stages\n\nA stage is a name (`clusterer = "kmeans"`) or a table with options '
        '(`clusterer = { use = "kmeans", n_clusters = 5 }`; `--set clusterer.n_clusters=5`). `reporter` may be a '
        f"list.\n\n{table(['key', 'stages that ship'], stages)}"
    )
    for key, section in SECTIONS.items():
        defaults = {field.name: _default_of(field) for field in attrs.fields(section)}
        rows = [
            [code(f"{key}.{name}"), code(type_name(annotation)), code(as_toml(to_plain(defaults[name])))]
            for name, annotation in hints_of(section).items()
        ]
        text += f"## Section `{key}`\n\n{docstring(section)}\n\n{table(['key', 'type', 'default'], rows)}"
    text += "## Presets\n\n"
    for preset in all_presets(registry):
        text += f"### `{preset.name}`\n\n```toml\n{to_toml(preset.layer).strip()}\n```\n\n"
    return text


def _default_of(field: attrs.Attribute[Any]) -> Any:
    """Return a field's default; None where it has none."""
    if isinstance(field.default, attrs.Factory):  # type: ignore[arg-type]
        return field.default.factory()
    return None if field.default is attrs.NOTHING else field.default


def _stage(offer: Offer) -> str:
    """Return the section of a stage."""
    text = f"## `{offer.name}`\n\n{docstring(offer.factory)}\n\n"
    if offer.role == "dataset":
        card = offer.card
        rows = [
            ["title", card.title],
            ["cite", card.cite],
            ["licence", card.licence],
            ["language", card.language or "no texts"],
            ["confidential", "yes" if card.confidential else "no"],
        ]
        text += table(["of the data set", ""], [[name, cell(str(value))] for name, value in rows])
    options = [part for one in offer.signature.options.values() for part in one.parts]
    rows = [[code(option.name), code(option.type_name), _option_default(option)] for option in options]
    rows += [[code(name), f"a stage: {role}", "the pathway's"] for name, role in offer.signature.stages.items()]
    return text + (table(["option", "type", "default"], rows) or "No options.\n\n")


def _option_default(option: Any) -> str:
    if option.required:
        return "required"
    return "the run's seed" if option.name == SEED and option.default is None else code(as_toml(option.default))
