"""The JSON Schema of a configuration, for editors and platforms that embed emotopy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from emotopy.config import SECTIONS, hints_of, presets, scalar_fields
from emotopy.options import json_schema
from emotopy.plain import plain_value
from emotopy.registry import Offer, Registry
from emotopy.roles import ROLES


def schema(registry: Registry) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a configuration, generated from the options of what is installed."""
    properties: dict[str, Any] = {
        "preset": {"enum": presets()},
        **{
            field.name: json_schema(annotation) | dict(field.metadata)
            for field, annotation in scalar_fields()
            if field.name != "preset"
        },
    }
    for role in ROLES:
        offers = [(offer, _names(offer, registry)) for offer in registry.offers(role)]
        named = {"enum": sorted(name for _, names in offers for name in names)}
        stage = {"anyOf": [named, *(_offer_schema(offer, names) for offer, names in offers)]}
        alone = _options_alone([offer for offer, _ in offers])
        if role == "reporter":
            several = {"type": "array", "items": stage}
            beside = {key: value for key, value in alone.items() if key != "not"} | {"required": ["use"]}
            beside["properties"] = {**alone["properties"], "use": several}
            properties[role] = {"anyOf": [*stage["anyOf"], several, alone, beside]}
        else:
            properties[role] = {"anyOf": [*stage["anyOf"], alone]}
    for name, section in SECTIONS.items():
        fields = {f.name: json_schema(hints_of(section)[f.name]) | dict(f.metadata) for f in attrs.fields(section)}
        properties[name] = {"type": "object", "properties": fields, "additionalProperties": False}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "emotopy configuration",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def _names(offer: Offer, registry: Registry) -> list[str]:
    """Names that mean this offer: the full one, and the short one where nobody else has it."""
    same = [other for other in registry.offers(offer.role) if other.name == offer.name]
    return [offer.full_name] if len(same) > 1 else [offer.name, offer.full_name]


def _offer_schema(offer: Offer, names: Sequence[str]) -> dict[str, Any]:
    options = {
        name: json_schema(option.annotation) | ({} if option.required else {"default": plain_value(option.default)})
        for name, option in offer.signature.options.items()
    }
    nested = {name: {"type": ["string", "object", "null"]} for name in offer.signature.stages}
    return {
        "type": "object",
        "properties": {**options, **nested, "use": {"enum": list(names)}},
        "required": ["use", *(name for name, option in offer.signature.options.items() if option.required)],
        "additionalProperties": offer.signature.is_open,
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
        "additionalProperties": any(offer.signature.is_open for offer in offers),
        "not": {"required": ["use"]},
    }
