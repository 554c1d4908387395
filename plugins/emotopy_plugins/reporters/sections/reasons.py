"""Why a text has its region: the words of exemplars, marked by what each contributes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from emotopy.records import PageLimits, RegionResult, ShowsTexts
from emotopy_plugins.reporters.formatting import N_STEPS, Scale, signed
from emotopy_plugins.reporters.region_values import RegionNames

if TYPE_CHECKING:
    import pandas as pd

MOST_TEXTS = 24
"""Texts that are shown, the first exemplars of the largest clusters first."""
MOST_LETTERS = 2000
"""Longer texts are cut here."""
WIDEST = 0.98
"""The scale of colours ends at this quantile of contributions: a few words weigh many times what others do."""
N_STRONGEST = 3
"""Words that are named for each further region."""
EXEMPLAR, EXEMPLAR_ID = "exemplar_", "exemplar_id_"

Spans = list[tuple[int, int]]


def reasons_reading(result: RegionResult, limits: PageLimits) -> dict[str, Any] | None:
    """Return the values of the section; None where the result has no reasons, or none of texts that can be shown."""
    table = result.tables.get("reasons")
    if table is None or not len(table) or result.no_texts:
        return None
    column = "node" if "node" in table else "region"
    names = RegionNames.of(result)
    size = table["contribution"].abs().to_numpy(dtype=np.float64)
    scale = Scale.around([float(np.quantile(size, WIDEST))])
    cards = []
    by_text = dict(list(table.groupby("id", sort=False)))
    for text_id, text, is_whole in _shown_texts(result, by_text):
        rows = by_text[text_id]
        card = _card(text, rows, column, names, scale, is_whole=is_whole)
        if card is not None:
            cards.append({"id": str(text_id), **card})
        if len(cards) == min(MOST_TEXTS, limits.clusters):
            break
    if not cards:
        return None
    steps = [(step, signed(scale.middle(step))) for step in range(-N_STEPS, N_STEPS + 1)]
    given = isinstance(result, ShowsTexts)
    return {"title": "Why: words and regions", "cards": cards, "steps": steps, "given": given}


def _shown_texts(result: RegionResult, by_text: Mapping[Any, pd.DataFrame]) -> list[tuple[Any, str, bool]]:
    """Return id, text and whether it is whole of the texts to show, in order.

    Texts that the result was given are whole. Otherwise the exemplars of clusters, which are sentences of texts, stand
    for them.
    """
    clusters = result.tables["clusters"]
    if len(clusters):
        clusters = clusters.sort_values(["n_texts", "cluster"], ascending=[False, True], kind="stable")
    numbers = [name.removeprefix(EXEMPLAR_ID) for name in clusters.columns if str(name).startswith(EXEMPLAR_ID)]
    found = {}
    for number in numbers:
        for text_id, sentence in zip(clusters[f"{EXEMPLAR_ID}{number}"], clusters[f"{EXEMPLAR}{number}"], strict=True):
            if text_id in by_text and isinstance(sentence, str) and sentence:
                found.setdefault(text_id, (text_id, sentence, False))
    if isinstance(result, ShowsTexts):
        whole = result.shown_texts
        ids = [*found, *(one for one in by_text if one not in found)]
        return [(one, whole[str(one)], True) for one in ids if str(one) in whole]
    return list(found.values())


def _card(
    text: str, rows: pd.DataFrame, column: str, names: RegionNames, scale: Scale, *, is_whole: bool
) -> dict[str, Any] | None:
    """Return a text cut into marked words; None where its words can't be found in it."""
    regions = list(dict.fromkeys(rows[column]))
    of_region = {region: rows[rows[column] == region].sort_values("position") for region in regions}
    first = of_region[regions[0]]
    spans = [(int(a), int(b)) for a, b in zip(first["start"], first["end"], strict=True)]
    if is_whole:
        place, base, n = 0, 0, sum(end <= len(text) for _, end in spans)
    else:
        aligned = align(text, spans)
        if aligned is None:
            return None
        place, base, n = aligned
    shown = [(start - base, end - base) for start, end in spans[place : place + n]]
    shown = [pair for pair in shown if pair[1] <= MOST_LETTERS]
    every = first["contribution"].to_numpy(dtype=np.float64)
    values = every[place : place + len(shown)]
    return {
        "region": names.label(str(regions[0])),
        "parts": _parts(text[:MOST_LETTERS], shown, values, scale),
        "is_cut": len(text) > MOST_LETTERS,
        "is_elsewhere": len(every) > len(values) and every.max() > max(0.0, values.max(initial=-np.inf)),
        "others": [
            (names.label(str(region)), _strongest(text, shown, of_region[region], place)) for region in regions[1:]
        ],
    }


def align(sentence: str, spans: Spans) -> tuple[int, int, int] | None:
    """Return which word of a text begins a sentence of it, how far the sentence is shifted, and its number of words.

    `spans` are the words of the text, first letter and the one after the last. None where the sentence fits nowhere, or
    in several places.
    """
    begin = next((i for i, letter in enumerate(sentence) if letter.isalnum()), None)
    if begin is None:
        return None
    found = []
    for k, (start, _) in enumerate(spans):
        base = start - begin
        n = 0
        while k + n < len(spans) and spans[k + n][1] - base <= len(sentence):
            n += 1
        if n and _fits(sentence, [(a - base, b - base) for a, b in spans[k : k + n]]):
            found.append((k, base, n))
    return found[0] if len(found) == 1 else None


def _fits(sentence: str, spans: Spans) -> bool:
    """Whether every letter of the sentence lies in a word, and words begin and end at letters, apart from others."""
    covered = 0
    for start, end in spans:
        if not (sentence[start].isalnum() and sentence[end - 1].isalnum()):
            return False
        if end < len(sentence) and sentence[end].isalnum():
            return False
        covered += sum(letter.isalnum() for letter in sentence[start:end])
    return covered == sum(letter.isalnum() for letter in sentence)


def _parts(text: str, spans: Spans, values: Sequence[float], scale: Scale) -> list[dict[str, Any]]:
    """Return the text in parts: words with their step of colour and contribution, and what stands between them."""
    parts: list[dict[str, Any]] = []
    at = 0
    for (start, end), value in zip(spans, values, strict=True):
        if start > at:
            parts.append({"text": text[at:start], "step": None, "title": ""})
        step = scale.step(float(value)) or 0
        parts.append({"text": text[start:end], "step": step, "title": signed(float(value))})
        at = end
    if at < len(text):
        parts.append({"text": text[at:], "step": None, "title": ""})
    return parts


def _strongest(text: str, spans: Spans, rows: pd.DataFrame, place: int) -> str:
    """Return the words that contribute most to a further region, with their values."""
    values = rows["contribution"].to_numpy(dtype=np.float64)[place : place + len(spans)]
    order = [int(i) for i in np.argsort(-values, kind="stable") if values[i] > 0][:N_STRONGEST]
    return ", ".join(f"{text[spans[i][0] : spans[i][1]]} {signed(float(values[i]))}" for i in order)
