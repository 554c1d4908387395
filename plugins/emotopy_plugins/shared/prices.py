"""What OpenAI charges: a small table that ages, which is why an option goes before it."""

from __future__ import annotations

import csv
from importlib import resources


def usd_per_million_input_tokens(model: str) -> float | None:
    """Return OpenAI's list price for a million tokens sent to `model`, in US dollars; None for an unknown model."""
    return _prices("openai_prices.csv", model, "input")[0]


def usd_per_million_chat_tokens(model: str) -> tuple[float | None, float | None]:
    """Return OpenAI's list prices for a million tokens sent to and written by a chat model; None where unknown."""
    into, out = _prices("openai_chat_prices.csv", model, "input", "output")
    return into, out


def _prices(table: str, model: str, *kinds: str) -> list[float | None]:
    text = resources.files("emotopy_plugins.shared").joinpath("data", table).read_text(encoding="utf-8")
    row = {row["model"]: row for row in csv.DictReader(text.splitlines())}.get(model)
    return [None if row is None else float(row[f"usd_per_million_{kind}_tokens"]) for kind in kinds]
