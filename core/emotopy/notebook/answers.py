"""What a result says in a sentence or two, made from its tables; never more than these hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup

from emotopy.notebook.view import joined, named, number, probability
from emotopy.records.regions import label_of_value

if TYPE_CHECKING:
    import pandas as pd

ALPHA = 0.05
MOST_NAMES = 4
"""Names in a sentence."""
ALL = "all"
"""The group of all texts, and the row of all emotions."""
P_FAMILY = Markup("<i>p</i><sub>family</sub> &lt; 0.05")


def texts_answer(regions: pd.DataFrame) -> Markup:
    """Return which regions the texts lie highest in, and each of a few groups."""
    place = place_column(regions)
    groups = [str(name) for name in dict.fromkeys(regions["group"])]
    shown = groups if len(groups) <= MOST_NAMES else [ALL]
    sentences = []
    for group in shown:
        of_group = regions[regions["group"] == group]
        values = of_group["relative"].to_numpy(dtype=float)
        if not np.isfinite(values).any():
            continue
        order = np.argsort(-np.where(np.isfinite(values), values, -np.inf), kind="stable")[:2]
        highest = joined(
            Markup("{} ({})").format(
                named(label_of_value(str(of_group[place].iloc[i]))), number(values[i], signed=True)
            )
            for i in order
            if np.isfinite(values[i])
        )
        subject = Markup("All texts") if group == ALL else Markup("Group {}").format(named(group))
        sentences.append(Markup("{}: highest in {}.").format(subject, highest))
    if not sentences:
        return Markup("No region has a value.")
    return joined([*sentences, Markup("Descriptive: <code>compare</code> tests differences between groups.")], " ")


def comparison_answer(table: pd.DataFrame, omnibus: pd.DataFrame | None = None) -> Markup:
    """Return how many regions differ after correction, by measure, and which.

    With `omnibus`, of all groups at once, single pairs are read in those measures alone in which it finds something.
    """
    place = place_column(table)
    sentences = []
    has_test = table["p_family"].notna().groupby(table["measure"], sort=False).any()
    # Shares get no test; where nothing at all could be tested, every measure says so.
    for measure in has_test.index[has_test | (not has_test.any())]:
        rows = table[table["measure"] == measure]
        tested = rows[rows["p_family"].notna()]
        pairs = list(dict.fromkeys(zip(rows["group_a"], rows["group_b"], strict=True)))
        between = (
            Markup("between {} and {}").format(*map(named, pairs[0])) if len(pairs) == 1 else f"in {len(pairs)} pairs"
        )
        what = Markup("<code>{}</code>").format(measure)
        if tested.empty:
            sentences.append(Markup("{}: no test was possible {}.").format(what, between))
            continue
        at_once = None if omnibus is None else omnibus.loc[omnibus["measure"] == measure, "p_family"].dropna()
        if at_once is not None and len(at_once) and at_once.min() >= ALPHA:
            sentences.append(
                Markup(
                    "{}: none of {} differs among all groups after correction ({}), so pairs aren't interpreted."
                ).format(what, f"{len(at_once):,} {'regions' if place == 'region' else 'nodes'}", P_FAMILY)
            )
            continue
        found = tested[tested["p_family"] < ALPHA].sort_values("p_family", kind="stable")
        count = f"{len(tested):,} {'regions' if place == 'region' else 'nodes'}" if len(pairs) == 1 else (
            f"{len(tested):,} tests"
        )  # fmt: skip
        if found.empty:
            out_of_reach = float(tested["p_min"].min()) >= ALPHA if "p_min" in tested else False
            limit = ", which so few units can't fall below" * out_of_reach
            sentences.append(
                Markup("{}: none of {} differs {} after correction ({}{}).").format(
                    what, count, between, P_FAMILY, limit
                )
            )
            continue
        named_rows = [_difference(row, place, many=len(pairs) > 1) for _, row in found.head(MOST_NAMES).iterrows()]
        sentences.append(
            Markup("{}: {} of {} differ {} ({}): {}{}.").format(
                what, len(found), count, between, P_FAMILY, joined(named_rows), _more(len(found))
            )
        )
    return joined(sentences, " ") if sentences else Markup("Nothing was compared.")


def _difference(row: Any, place: str, *, many: bool) -> Markup:
    pair = Markup(", {} – {}").format(named(row["group_a"]), named(row["group_b"])) if many else ""
    return Markup("{} (<i>g</i> {}{})").format(
        named(label_of_value(str(row[place]))), number(row["g"], signed=True), pair
    )


def decoding_answer(scores: pd.DataFrame) -> Markup:
    """Return which emotions the first feature set decodes better than its null, and how many it doesn't."""
    rows = first_features(scores)
    tested = rows[rows["p_family"].notna()]
    if tested.empty:
        return Markup("{} emotions were decoded; no score could be tested.").format(len(rows))
    found = tested[tested["p_family"] < ALPHA].sort_values("p_family", kind="stable")
    if found.empty:
        return Markup("None of {} emotions was decoded better than its null after correction ({}).").format(
            len(tested), P_FAMILY
        )
    names = joined(
        Markup("{} (<i>r</i> {})").format(named(row["emotion"]), number(row["r"], signed=True))
        for _, row in found.head(MOST_NAMES).iterrows()
    )
    return Markup("{} of {} emotions were decoded better than their null ({}): {}{}.").format(
        len(found), len(tested), P_FAMILY, names, _more(len(found))
    )


def bridge_answer(table: pd.DataFrame) -> Markup:
    """Return whether the weights of text and brain agree over all emotions, and for how many of them."""
    rows = table[table["weights"] == "absolute"]
    whole, single = rows[rows["emotion"] == ALL], rows[rows["emotion"] != ALL]
    sentences = []
    if len(whole) and whole["p"].notna().all():
        r, p = whole.iloc[0]["r"], whole.iloc[0]["p"]
        verdict = "agree more than with surrogate maps" if p < ALPHA else "don't agree more than with surrogate maps"
        sentences.append(
            Markup("Over all emotions, text and brain weights {} (<i>r</i> {}, <i>p</i> {}).").format(
                verdict, number(r, signed=True), probability(p)
            )
        )
    tested = single[single["p_family"].notna()]
    found = tested[tested["p_family"] < ALPHA]
    names = joined(named(name) for name in found["emotion"].head(MOST_NAMES))
    listed = Markup(": {}{}").format(names, _more(len(found))) if len(found) else ""
    if len(tested):
        sentences.append(
            Markup("{} of {} emotions agree after correction ({}){}.").format(
                len(found) or "None", len(tested), P_FAMILY, listed
            )
        )
    return joined(sentences, " ") if sentences else Markup("Agreement couldn't be tested.")


def published_answer(side_by_side: pd.DataFrame) -> Markup:
    """Return how many nodes the published procedure finds, by pair of groups."""
    sentences = []
    pairs = side_by_side.groupby(["group_a", "group_b"], sort=False)["published_significant"]
    for (a, b), found in list(pairs)[:MOST_NAMES]:
        sentences.append(
            Markup("{} and {}, as published: {} of {} nodes differ, uncorrected.").format(
                named(a), named(b), int(found.sum()), len(found)
            )
        )
    return joined(sentences, " ")


def place_column(table: pd.DataFrame) -> str:
    """Return the column that names the place of a row."""
    return "node" if "node" in table.columns else "region"


def first_features(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of the first feature set, which the others are rivals of."""
    return scores[scores["features"] == scores["features"].iloc[0]] if len(scores) else scores


def _more(n: int) -> str:
    return f" and {n - MOST_NAMES} more" if n > MOST_NAMES else ""
