"""What OpenAI charges: a small table that ages, which is why an option goes before it."""

from __future__ import annotations

import csv
from importlib import resources


def usd_per_million_input_tokens(model: str) -> float | None:
    """Return OpenAI's list price for a million tokens sent to `model`, in US dollars; None for an unknown model."""
    table = resources.files("emotopy_plugins.shared").joinpath("data", "openai_prices.csv").read_text(encoding="utf-8")
    prices = {row["model"]: float(row["usd_per_million_input_tokens"]) for row in csv.DictReader(table.splitlines())}
    return prices.get(model)


def usd_per_million_chat_tokens(model: str) -> tuple[float | None, float | None]:
    """Return OpenAI's list prices for a million tokens sent to and written by a chat model; None where unknown."""
    folder = resources.files("emotopy_plugins.shared").joinpath("data")
    table = folder.joinpath("openai_chat_prices.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(table.splitlines()):
        if row["model"] == model:
            return float(row["usd_per_million_input_tokens"]), float(row["usd_per_million_output_tokens"])
    return None, None
