"""The view of a result: what it says, its table in short, its notes, and how to get further."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from markupsafe import Markup

from emotopy.notebook.answers import (
    bridge_answer,
    comparison_answer,
    decoding_answer,
    first_features,
    place_column,
    published_answer,
    texts_answer,
)
from emotopy.notebook.view import (
    bullets,
    clean,
    details,
    guarded,
    joined,
    named,
    notes_list,
    number,
    probability,
    table,
    tinted,
)
from emotopy.records.regions import label_of_value

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from emotopy.records.result import Result

MOST_GROUPS, MOST_REGIONS, MOST_ROWS = 8, 20, 12
"""Columns and rows of a view; it says how many more there are."""
FIGURE = {"texts": "heatmap", "comparison": "forest", "decoding": "scores", "bridge": "heatmap"}
"""The figure that a view proposes, by the kind of result."""
BAR_WIDTH = 120


@attrs.frozen(eq=False)
class AtHand:
    """What a view takes from a result without making or reading a table for it.

    Attributes
    ----------
    facts : mapping of str to str
        Sizes in words: ``{"texts": "1,000"}``.
    tables : mapping of str to DataFrame
        The small tables that there are.
    sizes : mapping of str to (int or None)
        Every table by name with its number of rows, None where it isn't known yet.
    """

    facts: Mapping[str, str]
    tables: Mapping[str, pd.DataFrame]
    sizes: Mapping[str, int | None]


def result_html(result: Result, at_hand: Callable[[], AtHand], *, has_page: bool = False) -> str:
    """Return the HTML that a notebook shows of a result.

    Parameters
    ----------
    result : Result
        Of any kind; kinds that aren't known here get their tables' names and sizes, and their notes.
    at_hand : callable
        Called without arguments; returns the `AtHand` of the result.
    has_page : bool, default False
        Whether ``result.report`` can write a page.

    Returns
    -------
    str
        HTML with a style of its own, escaped. It holds no input text. Where making it fails, what `repr` says.
    """
    return guarded(result, lambda: _result(result, at_hand(), has_page=has_page))


def annotation_html(annotation: Any) -> str:
    """Return the HTML of an annotation: how many segments and emotions, its notes, nothing of what was said."""

    def view() -> Markup:
        ratings = annotation.ratings
        facts = {"segments": f"{len(annotation.segments):,}", "emotions": f"{len(ratings.emotions):,}"}
        if annotation.n_repeats > 1:
            facts["repeats"] = f"{annotation.n_repeats:,}"
        values = np.asarray(ratings.values, dtype=float)
        rows = [
            [named(name), *(number(one) for one in _spread(values[:, i]))]
            for i, name in enumerate(ratings.emotions[:MOST_ROWS])
        ]
        return joined(
            [
                title("annotation", facts),
                table(["emotion", "mean", "lowest", "highest"], rows),
                _cut(len(ratings.emotions), MOST_ROWS, "emotions", 'tables["ratings"]'),
                notes_list(annotation.notes),
                Markup("<p>Tables: <code>ratings</code>, <code>segments</code>.</p>"),
            ],
            "",
        )

    return guarded(annotation, view)


def _spread(values: Any) -> tuple[float, float, float]:
    known = values[np.isfinite(values)]
    return (known.mean(), known.min(), known.max()) if len(known) else (np.nan, np.nan, np.nan)


def title(kind: str, facts: Mapping[str, str]) -> Markup:
    """Return the first line of a view: the kind, and sizes."""
    sizes = joined((Markup("{} {}").format(value, named(name)) for name, value in facts.items()), " · ")
    return Markup('<p class="emotopy-title"><b>{}</b>{}{}</p>').format(named(kind), " · " if facts else "", sizes)


def _result(result: Result, found: AtHand, *, has_page: bool) -> Markup:
    pieces = [title(result.kind, {**found.facts, **_facts(result.kind, found.tables)})]
    answer = _answer(result, found.tables)
    if answer:
        pieces.append(Markup('<p class="emotopy-answer">{}</p>').format(answer))
    shown = _SHOWN.get(result.kind)
    if shown is not None:
        pieces.append(shown(found.tables))
    pieces += [notes_list(result.notes), _tables(found.sizes), _further(result, found, has_page=has_page)]
    return joined(pieces, "")


def _facts(kind: str, tables: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return sizes that tables tell."""
    if kind == "comparison":
        compared = tables["comparison"]
        sizes: dict[str, float] = {}
        for side in ("a", "b"):
            for name, n in zip(compared[f"group_{side}"], compared[f"n_{side}"], strict=True):
                sizes.setdefault(str(name), float(n))
        first = dict(list(sizes.items())[:MOST_GROUPS])
        more = {"more groups": f"{len(sizes) - len(first)}"} if len(sizes) > len(first) else {}
        return {**{f"in {name}": f"{n:,.0f}" for name, n in first.items()}, **more}
    if kind in ("decoding", "bridge"):
        emotions = set(tables["scores" if kind == "decoding" else "bridge"]["emotion"]) - {"all"}
        found = {"emotions": f"{len(emotions):,}"}
        if kind == "decoding":
            found["subjects"] = number(first_features(tables["scores"])["n_subjects"].max(), 0)
        return found
    return {}


def _answer(result: Result, tables: Mapping[str, pd.DataFrame]) -> Markup:
    if result.kind == "texts":
        return texts_answer(tables["regions"])
    if result.kind == "comparison":
        return comparison_answer(tables["comparison"], tables.get("omnibus"))
    if result.kind == "decoding":
        return decoding_answer(tables["scores"])
    if result.kind == "bridge":
        return bridge_answer(tables["bridge"])
    if result.kind == "experiment":
        parts = [part for part in getattr(result, "parts", {}).values() if part.kind == "comparison"]
        found = [part.tables for part in parts[:MOST_GROUPS]]
        ours = [comparison_answer(one["comparison"], one.get("omnibus")) for one in found]
        return joined([published_answer(tables["side_by_side"]), *ours], " ")
    return Markup("")


def _region_map(tables: Mapping[str, pd.DataFrame]) -> Markup:
    """Return `relative` of regions × groups as a table on tinted ground."""
    regions = tables["regions"]
    place = place_column(regions)
    groups = [str(name) for name in dict.fromkeys(regions["group"])]
    places = [str(name) for name in dict.fromkeys(regions[place])]
    columns = groups[:MOST_GROUPS]
    values = {
        group: regions[regions["group"] == group].set_index(place)["relative"].reindex(places).to_numpy(dtype=float)
        for group in columns
    }
    grid = np.column_stack([values[group] for group in columns]) if columns else np.zeros((len(places), 0))
    highest = np.where(np.isfinite(grid), np.abs(grid), 0.0).max(axis=1, initial=0.0)
    rows = sorted(np.argsort(-highest, kind="stable")[:MOST_REGIONS])
    largest = float(highest.max(initial=0.0))
    body = [[named(label_of_value(places[i])), *(tinted(float(value), largest) for value in grid[i])] for i in rows]
    caption = Markup("<p><code>relative</code> by {} and group{}</p>").format(
        place, f", the {MOST_REGIONS} furthest from 0 of {len(places)}" if len(places) > MOST_REGIONS else ""
    )
    more = _cut(len(groups), MOST_GROUPS, "groups", 'tables["regions"]')
    return caption + table([place, *map(named, columns)], body) + more


def _effects(tables: Mapping[str, pd.DataFrame]) -> Markup:
    """Return the rows of a comparison with the smallest p-values, with effect sizes and their intervals."""
    compared = tables["comparison"]
    place = place_column(compared)
    size = compared["g"].abs().fillna(0.0)
    order = compared.assign(_size=-size).sort_values(["p_family", "_size"], kind="stable").index[:MOST_ROWS]
    rows = compared.loc[order]
    ends = rows[["g", "g_low", "g_high"]].to_numpy(dtype=float)
    largest = float(np.abs(ends[np.isfinite(ends)]).max(initial=0.0)) or 1.0
    many = len(set(zip(compared["group_a"], compared["group_b"], strict=True))) > 1
    body = []
    for (_, row), (g, low, high) in zip(rows.iterrows(), ends, strict=True):
        pair = [Markup("{} – {}").format(named(row["group_a"]), named(row["group_b"]))] if many else []
        interval = f"{number(low, signed=True)} to {number(high, signed=True)}"
        body.append([named(label_of_value(str(row[place]))), *pair, row["measure"], number(g, signed=True), interval,
                     _interval(g, low, high, largest), probability(row["p_family"])])  # fmt: skip
    head = [place, *(["pair"] if many else []), "measure", Markup("<i>g</i>"), "interval", ""]
    head.append(Markup("<i>p</i><sub>family</sub>"))
    return table(head, body, 3 if many else 2) + _cut(
        len(compared), MOST_ROWS, "rows, smallest p first", 'tables["comparison"]'
    )


def _interval(value: float, low: float, high: float, largest: float) -> Markup:
    """Return a small picture of a value with its interval around 0."""
    if not np.isfinite(value):
        return Markup("")

    def at(x: float) -> float:
        return round((1 + max(-1.0, min(1.0, x / largest))) * BAR_WIDTH / 2, 1)

    whisker = Markup("")
    if np.isfinite(low) and np.isfinite(high):
        whisker = Markup('<path d="M{} 7H{}" stroke="rgb({})" stroke-width="2.5"/>').format(
            at(low), at(high), "214,117,42" if value > 0 else "63,131,187"
        )
    middle = BAR_WIDTH / 2
    return Markup(
        '<svg width="{0}" height="14" viewBox="0 0 {0} 14" aria-hidden="true">'
        '<path d="M{1} 0V14" stroke="currentColor" stroke-opacity=".5"/>{2}'
        '<circle cx="{3}" cy="7" r="3.2" fill="currentColor"/></svg>'
    ).format(BAR_WIDTH, middle, whisker, at(value))


def _scores(tables: Mapping[str, pd.DataFrame]) -> Markup:
    """Return the scores of the first feature set beside their null."""
    scores = tables["scores"]
    rows = first_features(scores)
    r = rows["r"].to_numpy(dtype=float)
    largest = float(np.abs(r[np.isfinite(r)]).max(initial=0.0))
    body = [
        [named(row["emotion"]), tinted(float(row["r"]), largest), number(row["null_mean"], signed=True),
         number(row["null_95"], signed=True), probability(row["p"]), probability(row["p_family"])]
        for _, row in rows.head(MOST_ROWS).iterrows()
    ]  # fmt: skip
    head = ["emotion", *map(Markup, ("<i>r</i>", "mean of null", "95 % of null", "<i>p</i>"))]
    head.append(Markup("<i>p</i><sub>family</sub>"))
    features = list(dict.fromkeys(scores["features"]))
    rivals = Markup("<p>Features: {}{}.</p>").format(
        named(features[0]) if features else "none",
        Markup("; beside it {}").format(joined(map(named, features[1:]))) if len(features) > 1 else "",
    )
    return rivals + table(head, body) + _cut(len(rows), MOST_ROWS, "emotions", 'tables["scores"]')


def _agreement(tables: Mapping[str, pd.DataFrame]) -> Markup:
    """Return the agreement of absolute weights, emotion by emotion."""
    rows = tables["bridge"]
    rows = rows[rows["weights"] == "absolute"]
    r = rows["r"].to_numpy(dtype=float)
    largest = float(np.abs(r[np.isfinite(r)]).max(initial=0.0))
    body = [
        [named(row["emotion"]), number(row["n_regions"], 0), tinted(float(row["r"]), largest),
         number(row["null_95"], signed=True), probability(row["p"]), probability(row["p_family"])]
        for _, row in rows.head(MOST_ROWS).iterrows()
    ]  # fmt: skip
    head = ["emotion", "regions", *map(Markup, ("<i>r</i>", "95 % of null", "<i>p</i>", "<i>p</i><sub>family</sub>"))]
    return table(head, body) + _cut(len(rows), MOST_ROWS, "emotions", 'tables["bridge"]')


_SHOWN: Mapping[str, Callable[[Mapping[str, pd.DataFrame]], Markup]] = {
    "texts": _region_map,
    "comparison": _effects,
    "decoding": _scores,
    "bridge": _agreement,
}


def _cut(n: int, most: int, what: str, where: str) -> Markup:
    """Say that a table is cut, and where the whole is."""
    if n <= most:
        return Markup("")
    return Markup("<p>{} of {:,} {}; all in <code>result.{}</code></p>").format(most, n, what, where)


def _tables(sizes: Mapping[str, int | None]) -> Markup:
    if not sizes:
        return Markup("")
    rows = (
        Markup("<code>{}</code>{}").format(clean(name), "" if n_rows is None else f" {n_rows:,} rows")
        for name, n_rows in sizes.items()
    )
    return Markup("<p>Tables, as in <code>result.tables[&quot;{}&quot;]</code>: {}</p>").format(
        clean(next(iter(sizes))), joined(rows)
    )


def _further(result: Result, found: AtHand, *, has_page: bool) -> Markup:
    calls: list[str] = []
    if result.kind == "texts" and _n_groups(found.tables) > 1:
        calls.append("result.compare(a, b)")
    if result.kind in FIGURE:
        calls.append(f"result.plot.{FIGURE[result.kind]}()")
    if has_page:
        calls.append('result.report("report.html")')
    if hasattr(result, "write"):
        calls.append('result.write("results/")')
    parts: Sequence[str] = tuple(getattr(result, "parts", {}))
    inner = details(
        f"Parts ({len(parts)})", bullets(Markup("<code>result.parts[{}]</code>").format(repr(name)) for name in parts)
    )
    line = joined((Markup("<code>{}</code>").format(call) for call in calls), " ")
    return (inner if parts else Markup("")) + (Markup("<p>Next: {}</p>").format(line) if calls else Markup(""))


def _n_groups(tables: Mapping[str, pd.DataFrame]) -> int:
    return tables["regions"]["group"].nunique() - 1 if "regions" in tables else 0
