"""What `--dry-run` prints: the design that a run would have."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from emotopy.cli.console import format_table

if TYPE_CHECKING:
    from emotopy.pathways.brain.design_summary import StudySummary
    from emotopy.pathways.comparison.design_summary import ComparisonSummary
    from emotopy.pathways.comparison.text_design import GroupDesign
    from emotopy.pathways.text.design_summary import DesignSummary
    from emotopy.roles import Estimate
    from emotopy.running.estimates import Need

MOST_GROUPS = 30
"""No more groups are printed."""
MOST_LANGUAGES = 12


def print_design(design: DesignSummary) -> None:
    """Print the design of texts: groups × units × texts, lengths, times, languages, cost."""
    print(format_table(_group_rows(design.groups)))
    rows = [
        ["rows", f"{design.n_rows:,}"],
        ["with text", f"{design.n_texts:,}"],
        ["distinct texts", f"{design.n_distinct:,}"],
    ]
    if design.times is not None:
        kind = {"number": "numbers", "date": "dates", "clock": "clock times"}[design.times.kind]
        rows.append(
            ["times", f"{design.times.first} to {design.times.last}, read as {kind}, {design.times.n_texts:,} rows"]
        )
    if design.languages is not None:
        ranked = sorted(design.languages.items(), key=lambda one: (-one[1], one[0]))
        shown = [f"{name} {n:,}" for name, n in ranked[:MOST_LANGUAGES]]
        rows.append(["languages", ", ".join([*shown, *(["..."] if len(ranked) > len(shown) else [])])])
    for name, n_varying in design.kept.items():
        varies = "" if n_varying is None else f", varies within {n_varying:,} units"
        rows.append([f"kept {name}", f"a column{varies}"])
    rows += [[role, name] for role, name in design.stages.items()]
    rows += _need_rows(design.need)
    for name, estimate in design.estimates.items():
        rows += _cost_rows(name, estimate)
    if not design.estimates:
        rows.append(["cost", "none, because no stage sends texts to a paid service"])
    print("\n" + format_table(rows))


def print_comparison_design(design: ComparisonSummary) -> None:
    """Print the design of a comparison: groups × units × texts, lengths, covariates, what is left out."""
    print(format_table(_group_rows(design.groups)))
    rows = [["compared", f"{'pairs' if design.is_paired else 'units' if design.has_units else 'texts'}"]]
    rows += [[f"in {name}", f"{n:,}"] for name, n in design.n_units.items()]
    rows.append(["regions" if design.level == "region" else "nodes", f"{design.n_regions:,}"])
    rows.append(["measures", ", ".join(design.measures)])
    rows.append(["permutations", f"up to {design.n_permutations:,}"])
    rows += [["covariate", name] for name in design.covariates]
    rows.append(["left out", f"{design.n_excluded:,}"])
    rows += _need_rows(design.need)
    print("\n" + format_table(rows))


def print_study(study: StudySummary) -> None:
    """Print the design of a decoding: subjects × volumes × regions, windows, blocks, emotions, feature sets."""
    if study.n_censored:
        n_censored = sum(study.n_censored.values())
        most, worst = max((n, name) for name, n in study.n_censored.items())
        censored = f"{n_censored:,} in {len(study.n_censored):,} subjects, most in {worst}: {most:,}"
    else:
        censored = "none"
    each = "each" if len(study.stories) < 2 else "of all stories"
    rows = [
        ["subjects", f"{len(study.subjects):,}"],
        *_story_rows(study),
        ["volumes", f"{study.n_volumes:,} {each}, TR {study.tr_s:g} s"],
        ["censored volumes", censored],
        ["regions", f"{study.n_regions:,}"],
        [study.unit, f"{study.n_windows:,} each, of {study.width_s:g} s" + _every(study)],
        [f"usable {study.unit}", f"{study.n_rows:,} over all subjects"],
        ["independent windows", f"about {study.n_independent:,}"],
        ["split", study.split + _blocks(study)],
        ["emotions", f"{len(study.emotions):,}: {', '.join(study.emotions)}"],
        ["feature sets", ", ".join(study.feature_sets)],
        ["surrogates", f"{study.n_surrogates:,} of {study.null}"],
    ]
    rows += [[role, name] for role, name in study.stages.items()]
    rows += _need_rows(study.need)
    print(format_table(rows))


def _story_rows(study: StudySummary) -> list[list[str]]:
    rows = []
    for one in study.stories:
        scans = f"{len(one.subjects):,} subjects, {one.n_volumes:,} volumes, starting at {one.start_s:g} s of the story"
        decoded = f"{one.n_windows:,} {study.unit} each, of which {one.n_rows:,} over all subjects are usable"
        rows.append([f"story {one.name}", f"{scans}, {decoded}"])
    return rows


def _blocks(study: StudySummary) -> str:
    """Return the number of blocks, where it says what is left out together."""
    return "" if study.split in ("chronological", "random") else f", {study.n_blocks:,} blocks"


def _every(study: StudySummary) -> str:
    return "" if study.step_s is None else f" every {study.step_s:g} s"


def _group_rows(groups: Sequence[GroupDesign]) -> list[list[str]]:
    rows = [["group", "units", "texts", "texts per unit", "words per text"]]
    for one in groups[:MOST_GROUPS]:
        words = "-" if math.isnan(one.words) else f"{one.words:g} ({one.words_least:,} to {one.words_most:,})"
        units, each = ("-", "-") if one.n_units is None else (f"{one.n_units:,}", f"{one.texts_per_unit:g}")
        rows.append([one.name, units, f"{one.n_texts:,}", each, words])
    if len(groups) > MOST_GROUPS:
        rows.append([f"... and {len(groups) - MOST_GROUPS:,} more", "", "", "", ""])
    return rows


def _need_rows(need: Need) -> list[list[str]]:
    """Return what a run would take, beside what there is."""
    from emotopy.running.estimates import available_memory_bytes, size_in_words
    from emotopy.running.progress import duration

    have = available_memory_bytes()
    there = "" if have is None else f" of {size_in_words(have)}"
    return [
        ["expected time", f"about {duration(need.seconds)}{need.without}"],
        ["expected memory", f"about {size_in_words(need.memory_bytes)}{there}{need.without}"],
        ["expected results", f"about {size_in_words(need.disk_bytes)}"],
    ]


def _cost_rows(name: str, estimate: Estimate) -> list[list[str]]:
    cost = "unknown, because no price is known" if estimate.cost_usd is None else f"at most {estimate.cost_usd:.4f} USD"
    if estimate.cost_usd is not None and 0 < estimate.cost_usd < 0.0001:
        cost = "less than 0.0001 USD"
    return [
        ["sent by", name],
        ["already in the cache", f"{estimate.n_cached:,}"],
        ["estimated tokens", f"at most {estimate.n_tokens:,}"],
        ["requests", f"{estimate.n_requests:,}"],
        ["cost", cost],
    ]
