"""The page of a comparison of groups: the values of its template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from emotopy.records import Level, Result, label
from emotopy_plugins.reporters.charts import Axis, forest_axis, forest_plot
from emotopy_plugins.reporters.formatting import count, interval, listing, plain, probability, signed
from emotopy_plugins.reporters.old_page import Limits, Page, common_context, lookup
from emotopy_plugins.reporters.region_values import BRAINSTEM

if TYPE_CHECKING:
    import pandas as pd

ALPHA = 0.05
MOST_PAIRS = 6
"""Most pairs of groups that get a table of their own."""
MOST_EXCLUDED = 200
MOST_NAMED = 6
MEASURES = {
    "relative": "profile, in standard deviations of the reference texts",
    "intensity": "intensity, in the scorer’s own unit",
    "share": "assigned share, not tested",
}
Pair = tuple[str, str]


@attrs.frozen(eq=False)
class Compared:
    """What the page reads of a comparison: its tables, and the design from its provenance.

    `has_units` is False where every text is its own unit.
    """

    table: pd.DataFrame
    omnibus: pd.DataFrame | None
    excluded: pd.DataFrame | None
    is_paired: bool
    has_units: bool

    @classmethod
    def of(cls, result: Result) -> Compared:
        """Read a result of kind ``comparison``."""
        tables, provenance = result.tables, result.provenance
        is_paired = lookup(provenance, "config", "paired_by") is not None
        has_units = bool(provenance.get("has_units", True))
        return cls(tables["comparison"], tables.get("omnibus"), tables.get("excluded"), is_paired, has_units)

    @property
    def level(self) -> Level:
        """Whether rows are regions or nodes."""
        return "node" if "node" in self.table.columns else "region"

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The pairs of groups, in the order of the table."""
        return tuple(dict.fromkeys(zip(self.table["group_a"], self.table["group_b"], strict=True)))

    def rows_of(self, pair: Pair) -> pd.DataFrame:
        """Return the rows of a pair of groups."""
        return self.table[(self.table["group_a"] == pair[0]) & (self.table["group_b"] == pair[1])]

    @property
    def n_units(self) -> dict[str, int]:
        """How many units (pairs, in a paired design) each group has, in the order asked for."""
        found: dict[str, int] = {}
        for a, b in self.pairs:
            first = self.rows_of((a, b)).iloc[0]
            found |= {name: int(first[column]) for name, column in ((a, "n_a"), (b, "n_b")) if name not in found}
        return found


def comparison_page(result: Result, title: str | None, limits: Limits) -> Page:  # noqa: ARG001 (as all page makers)
    """Return the page of a result of kind ``comparison``."""
    return Page("comparison.html.jinja", template_context(result, title), ("comparison.css",))


def template_context(result: Result, title: str | None) -> dict[str, Any]:
    """Return the template's values."""
    compared = Compared.of(result)
    axis = forest_axis(compared.table)
    shown = _shown_pairs(compared)
    excluded = compared.excluded
    return {
        "title": title or "Groups of texts, compared by brain region",
        "summary": _summary(compared),
        "facts": _facts(compared, result.provenance),
        "level_word": compared.level,
        "unit_word": "pair" if compared.is_paired else "unit" if compared.has_units else "text",
        "is_paired": compared.is_paired,
        "omnibus": _omnibus(compared),
        "overview": _overview(compared) if len(compared.pairs) > 1 else [],
        "findings": _findings(compared),
        "pairs": [_pair(compared, pair, axis) for pair in shown],
        "n_pairs": len(compared.pairs),
        "ticks": axis.ticks,
        "excluded": [] if excluded is None else excluded.head(MOST_EXCLUDED).to_dict("records"),
        "hidden_excluded": excluded is not None and len(excluded) > MOST_EXCLUDED,
        "n_excluded": f"{0 if excluded is None else len(excluded):,}",
        **common_context(result),
    }


def _summary(compared: Compared) -> str:
    sizes = [f"{name} ({count(n, 'pair' if compared.is_paired else 'unit')})" for name, n in compared.n_units.items()]
    shown = sizes if len(sizes) <= MOST_NAMED else [*sizes[:MOST_NAMED], f"{len(sizes) - MOST_NAMED} more groups"]
    n_places = int(compared.table[compared.level].nunique())
    return f"{listing(shown)} in {count(n_places, compared.level)}."


def _facts(compared: Compared, provenance: Mapping[str, Any]) -> list[tuple[str, str]]:
    asked: Mapping[str, Any] = provenance.get("config", {})
    by = "the unit" if asked.get("paired_by") == "unit" else f"column {asked.get('paired_by')}"
    facts = [("Groups", ", ".join(compared.n_units))]
    if compared.is_paired:
        facts.append(("Pairs", f"{next(iter(compared.n_units.values())):,}, matched by {by}"))
    else:
        sizes = ", ".join(f"{n:,}" for n in compared.n_units.values())
        facts.append(("Units", sizes if compared.has_units else f"{sizes}; none given, every text counts as its own"))
    facts.append(("Held constant", ", ".join(asked.get("covariates", ())) or "nothing"))
    facts.append(("Values per", compared.level))
    facts.append(("Permutations", _permutations(provenance)))
    if "seed" in provenance:
        facts.append(("Seed", str(provenance["seed"])))
    reference = provenance.get("mapped", {}).get("reference")
    return [*facts, ("Reference", str(reference))] if reference else facts


def _permutations(provenance: Mapping[str, Any]) -> str:
    tests = provenance.get("tests", [])
    numbers = sorted({int(test["n_permutations"]) for test in tests})
    if not numbers:
        return "none"
    drawn = f"{numbers[0]:,}" if len(numbers) == 1 else f"{numbers[0]:,} to {numbers[-1]:,}"
    return f"{drawn}, all there are" if all(test["exact"] for test in tests) else drawn


def _shown_pairs(compared: Compared) -> list[Pair]:
    """Return the pairs with the smallest family-wise p, in the order of the table."""
    smallest = {pair: compared.rows_of(pair)["p_family"].fillna(1.0).min() for pair in compared.pairs}
    chosen = set(sorted(compared.pairs, key=smallest.__getitem__)[:MOST_PAIRS])
    return [pair for pair in compared.pairs if pair in chosen]


def _findings(compared: Compared) -> list[str]:
    """Return a sentence per measure on which regions differ, where there is one pair."""
    if len(compared.pairs) > 1:
        return []
    found = []
    for measure, part in compared.rows_of(compared.pairs[0]).groupby("measure", sort=False):
        if measure == "share":
            continue
        hits = part[part["p_family"] < ALPHA].sort_values("p_family", kind="stable")
        names = [label(str(name)) for name in hits[compared.level]]
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        found.append(
            f"{str(measure).capitalize()}: "
            + (f"{', '.join(names[:MOST_NAMED])}{more} differ" if len(names) > 1 else f"{names[0]} differs" if names
               else f"no {compared.level} differs")
            + " beyond chance (p family below 0.05)."
        )  # fmt: skip
    return found


def _overview(compared: Compared) -> list[dict[str, Any]]:
    rows = []
    for pair in compared.pairs:
        for measure, part in compared.rows_of(pair).groupby("measure", sort=False):
            tested = part[part["p_family"].notna()]
            if not len(tested):
                continue
            best = tested.sort_values("p_family", kind="stable").iloc[0]
            rows.append(
                {
                    "a": pair[0],
                    "b": pair[1],
                    "measure": str(measure),
                    "n": f"{int((tested['p_family'] < ALPHA).sum())} of {len(part)}",
                    "place": label(str(best[compared.level])),
                    "g": signed(float(best["g"])),
                    "p_family": probability(float(best["p_family"])),
                }
            )
    return rows


def _place(compared: Compared, row: Mapping[Any, Any]) -> dict[str, Any]:
    beyond = bool(float(row["p_family"]) < ALPHA)
    return {
        "label": label(str(row[compared.level])),
        "brainstem": row["region"] in BRAINSTEM,
        "beyond": beyond,
        **{name: probability(float(row[name])) for name in ("p", "p_family", "q")},
    }


def _omnibus(compared: Compared) -> list[dict[str, Any]]:
    if compared.omnibus is None:
        return []
    return [
        {
            "measure": MEASURES.get(str(measure), str(measure)),
            "rows": [{**_place(compared, row), "f": plain(float(row["f"]))} for row in part.to_dict("records")],
        }
        for measure, part in compared.omnibus.groupby("measure", sort=False)
    ]


def _pair(compared: Compared, pair: Pair, axis: Axis) -> dict[str, Any]:
    blocks = []
    for measure, part in compared.rows_of(pair).groupby("measure", sort=False):
        digits = 3 if measure in ("intensity", "share") else 2
        rows = []
        for row in part.to_dict("records"):
            place = _place(compared, row)
            g, low, high = (float(row[name]) for name in ("g", "g_low", "g_high"))
            rows.append(
                {
                    **place,
                    "forest": forest_plot(axis, g, low, high, beyond=place["beyond"]),
                    "g": signed(g),
                    "interval": interval(low, high, write=signed),
                    **{name: plain(float(row[name]), digits) for name in ("mean_a", "mean_b")},
                    "difference": signed(float(row["difference"]), digits),
                }
            )
        blocks.append({"measure": MEASURES.get(str(measure), str(measure)), "rows": rows})
    a, b = (compared.n_units[name] for name in pair)
    sizes = count(a, "pair") if compared.is_paired else f"{count(a, 'unit')} against {count(b, 'unit')}"
    return {"a": pair[0], "b": pair[1], "sizes": f"{sizes}.", "blocks": blocks}
