"""`emotopy compare`: groups of mapped texts against each other."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from emotopy.cli.console import (
    Quiet,
    console_host,
    format_table,
    load_registry,
    reserve,
    write_results,
)
from emotopy.cli.design import print_comparison_design
from emotopy.cli.escapes import escape_controls
from emotopy.cli.figures import FiguresDir, check_figures

if TYPE_CHECKING:
    import pandas as pd

    from emotopy.pathways.comparison.result import Comparison

MOST_REGIONS = 8
"""The summary on the screen names no more of a measure; comparison.csv holds all."""
MOST_PAIRS = 10
LONGEST_NAME = 40


def compare(
    context: typer.Context,
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Results folder of `emotopy map`.")],
    groups: Annotated[
        list[str],
        typer.Argument(
            metavar="A B [C ...]",
            help="Two or more groups to compare, pair by pair; differences are A minus B.",
        ),
    ],
    *,
    covariate: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COL",
            help="Covariate to hold constant: a column kept by `map --keep`, or log_words. Can be repeated.",
        ),
    ] = None,
    paired_by: Annotated[
        str | None,
        typer.Option(
            metavar="COL",
            help="Column that holds the pair of each unit (kept by `map --keep`), or `unit` where the same units are "
            "in both groups.",
        ),
    ] = None,
    unit: Annotated[
        str | None,
        typer.Option(
            metavar="COL",
            help="Column of persons or documents, kept by `map --keep`. Default: the unit column of the map.",
        ),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(
            metavar="COL", help="Column of groups, kept by `map --keep`. Default: the group column of the map."
        ),
    ] = None,
    measure: Annotated[
        Literal["all", "relative", "intensity", "share"],
        typer.Option(help="Measure to compare. Assigned shares are shown but not tested."),
    ] = "all",
    level: Annotated[
        Literal["region", "node"] | None,
        typer.Option(help="Whether result rows are regions or atlas nodes. Default: as mapped."),
    ] = None,
    language: Annotated[
        Literal["same", "any"],
        typer.Option(help="`any` compares groups even if their texts are in different languages."),
    ] = "same",
    seed: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Seed of the permutations. Default: the seed of the map.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DIR2", help="Folder for the results, created by the command. Default: DIR-compare-A-B."
        ),
    ] = None,
    figures: FiguresDir = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Check the input, print the design, and stop. Nothing is computed or written."),
    ] = False,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Replace the results in DIR2, and start even if the work may need more memory or disk space "
            "than available.",
        ),
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Compare groups of mapped texts region by region: effect sizes, confidence intervals and permutation tests.

    Tests permute units (persons or documents), not texts. Of three or more groups, every pair is compared.
    """
    from emotopy.pathways.comparison.design_summary import check_comparison
    from emotopy.pathways.comparison.pathway import compare as compare_mapped
    from emotopy.pathways.comparison.spec import ComparisonSpec
    from emotopy.pathways.text.read_results import read_mapped
    from emotopy.running.writing import REPORTERS
    from emotopy.storage.results import is_private

    out = out or default_out(directory, groups)
    host = console_host(context, quiet=quiet, force=force, out=out)
    if force and out.resolve() == directory.resolve():
        raise typer.BadParameter(
            "the comparison would replace the results that it reads; give another folder", param_hint="'--out'"
        )
    reserve(context, out, force=force, inputs=[directory], host=host)
    check_figures(figures, out, force=force)
    registry = load_registry(context)
    with host.progress(f"reading {directory.name}", None):
        mapped = read_mapped(directory, REPORTERS)
    spec = ComparisonSpec(
        tuple(groups),
        group=group or "group",
        unit=unit,
        covariates=tuple(covariate or ()),
        paired_by=paired_by,
        measure=measure,
        level=level,
        language=language,
        seed=seed,
    )
    if dry_run:
        summary = check_comparison(mapped, spec)
        for note in summary.notes:
            host.notify(note)
        print_comparison_design(summary)
        return
    comparison = compare_mapped(mapped, spec, host)
    for note in comparison.notes:
        if not note.startswith("Power"):
            host.notify(note)
    options = {"force": force, "private": is_private(directory)}
    write_results(comparison, out, registry, host, figures=figures, **options)
    print_summary(comparison)
    print(f"\nResults are in {out}")


def default_out(directory: Path, groups: list[str]) -> Path:
    """Return the folder beside `directory` whose name says what is compared, in characters that every system takes.

    >>> default_out(Path("results"), ["major depression", "../healthy"]).name
    'results-compare-major_depression-_healthy'
    """
    words = [re.sub(r"[^\w]+", "_", name)[:LONGEST_NAME] for name in groups[:4]]
    if len(groups) > len(words):
        words.append(f"and_{len(groups) - len(words)}_more")
    directory = directory if directory.name not in ("", "..") else directory.resolve()
    return directory.with_name("-".join([directory.name, "compare", *words]))


def print_summary(comparison: Comparison) -> None:
    """Print per measure the regions that differ beyond chance, and what these units could have found."""
    table = comparison.table
    place = "node" if comparison.level == "node" else "region"
    counts = ", ".join(f"{name} {n:,}" for name, n in comparison.n_units.items())
    print(format_table([["pairs" if comparison.is_paired else "units", counts]]))
    rows = [["measure", "groups", "differ (family-wise p < 0.05)"]]
    if comparison.omnibus is not None:
        rows += _differing(comparison.omnibus, "all at once", place)
    for a, b in comparison.pairs[:MOST_PAIRS]:
        mine = table[(table["group_a"] == a) & (table["group_b"] == b) & (table["measure"] != "share")]
        rows += _differing(mine, f"{a} - {b}", place)
    print(format_table(rows))
    if len(comparison.pairs) > MOST_PAIRS:
        print(f"... and {len(comparison.pairs) - MOST_PAIRS:,} more pairs in comparison.csv")
    for note in comparison.notes:
        if note.startswith("Power"):
            print(escape_controls(note))


def _differing(table: pd.DataFrame, groups: str, place: str) -> list[list[str]]:
    """Return a row per measure that names what differs, the smallest p first."""
    rows = []
    for measure, part in table.groupby("measure", sort=False):
        found = part[part["p_family"] < 0.05].sort_values("p_family", kind="stable")
        rows.append([str(measure), groups, _effects(found.to_dict("records"), place)])
    return rows


def _effects(found: list[dict[Any, Any]], place: str) -> str:
    from emotopy.records import label

    if not found:
        return "none"
    shown = []
    for row in found[:MOST_REGIONS]:
        g, low, high = (float(row.get(key, math.nan)) for key in ("g", "g_low", "g_high"))
        effect = "" if math.isnan(g) else f" g {g:+.2f} [{low:+.2f}, {high:+.2f}]"
        shown.append(f"{label(str(row[place]))}{effect} p {row['p_family']:.4f}")
    return "; ".join(shown) + (f"; and {len(found) - MOST_REGIONS} more" if len(found) > MOST_REGIONS else "")
