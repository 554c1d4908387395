"""The JSON Schema of a configuration, for editors and platforms that embed emotopy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from emotopy.config import SECTIONS, all_presets, hints_of, scalar_fields
from emotopy.config.serialise import to_plain
from emotopy.config.settings import Compare
from emotopy.registry import Offer, Registry
from emotopy.registry.options import json_schema
from emotopy.roles import STAGES


def schema(registry: Registry) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a configuration, generated from the options of what is installed."""
    properties: dict[str, Any] = {
        "preset": {"enum": _preset_names(registry)},
        **{field.name: json_schema(annotation) for field, annotation in scalar_fields() if field.name != "preset"},
    }
    stages: dict[str, Any] = {}
    for role in STAGES:
        offers = [(offer, _names(offer, registry)) for offer in registry.offers(role)]
        named = {"enum": sorted(name for _, names in offers for name in names)}
        stages[role] = {"anyOf": [named, *(_offer_schema(offer, names) for offer, names in offers)]}
        stage = {"$ref": f"#/$defs/{role}"}
        alone = _options_alone([offer for offer, _ in offers])
        if role == "reporter":
            several = {"type": "array", "items": stage}
            beside = {key: value for key, value in alone.items() if key != "not"} | {"required": ["use"]}
            beside["properties"] = {**alone["properties"], "use": several}
            properties[role] = {"anyOf": [stage, several, alone, beside]}
        else:
            properties[role] = {"anyOf": [stage, alone]}
    for key, section in SECTIONS.items():
        fields = {name: json_schema(annotation) for name, annotation in hints_of(section).items()}
        table = {"type": "object", "properties": fields, "additionalProperties": False}
        properties[key] = {"anyOf": [fields["kind"], table]} if "kind" in fields else table
    measures = sorted({*Compare().features, *stages["connectivity"]["anyOf"][0]["enum"]})
    properties["compare"]["properties"]["features"]["items"] = {"enum": measures}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "emotopy configuration",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "$defs": stages,
    }


def _preset_names(registry: Registry) -> list[str]:
    """Names that mean one preset: the full ones, and the short ones where nobody else has them."""
    known = all_presets(registry)
    short = Counter(preset.name for preset in known)
    return sorted({preset.full_name for preset in known} | {name for name, n in short.items() if n == 1})


def _names(offer: Offer, registry: Registry) -> list[str]:
    """Names that mean this offer: the full one, and the short one where nobody else has it."""
    same = [other for other in registry.offers(offer.role) if other.name == offer.name]
    return [offer.full_name] if len(same) > 1 else [offer.name, offer.full_name]


def _offer_schema(offer: Offer, names: Sequence[str]) -> dict[str, Any]:
    options = {
        name: json_schema(option.annotation, option.default)
        | ({} if option.required else {"default": to_plain(option.default)})
        for name, option in offer.signature.options.items()
    }
    nested = {
        name: {"anyOf": [{"$ref": f"#/$defs/{role}"}, {"type": "null"}]}
        for name, role in offer.signature.stages.items()
    }
    return {
        "type": "object",
        "properties": {**options, **nested, "use": {"enum": list(names)}},
        "required": ["use", *(name for name, option in offer.signature.options.items() if option.required)],
        "additionalProperties": False,
    }


def _options_alone(offers: Sequence[Offer]) -> dict[str, Any]:
    """Options without a stage, which add to what the preset chooses; the schema can't know which stage that is."""
    schemas: dict[str, list[Any]] = {}
    for offer in offers:
        for name, schema in _offer_schema(offer, [])["properties"].items():
            schemas.setdefault(name, []).append(schema)
    schemas.pop("use", None)
    return {
        "type": "object",
        "properties": {name: {"anyOf": choices} for name, choices in sorted(schemas.items())},
        "additionalProperties": False,
        "not": {"required": ["use"]},
    }
