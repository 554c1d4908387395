"""The two tables of the text pathway: regions by group, and texts. docs/axes-and-units.md defines their columns."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from emotopy.config.settings import Interval
from emotopy.inference.intervals import ratio_intervals
from emotopy.readers.corpora import ALL
from emotopy.records import Clusters, Corpus, FloatArray, IntArray, Intensities, Level, RegionAxis, RegionMapping

if TYPE_CHECKING:
    import pandas as pd

KEPT = "kept_"
"""What the names of columns start with that were kept from the input."""
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
"""A word as texts are measured by: a run of letters and digits, with apostrophes inside."""


def regions_table(
    corpus: Corpus,
    rows: IntArray,
    mapping: RegionMapping,
    intensities: Intensities,
    axis: RegionAxis,
    *,
    level: Level = "region",
    interval: Interval | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Summarise scored texts per group and region, all texts first as group `all`.

    `rows` (n_texts,) are the scored rows of `corpus`; `mapping` and `intensities` have one row for each. `relative` is
    the mean standardised profile, `evidence` the mean evidence, `share` the mean assignment, `intensity` the mean
    intensity weighted by the assignment. Intervals are bootstraps over units. Where every assignment is one-hot,
    `n_texts` counts the texts of the cell, and an empty cell has share 0 and intensity NaN.
    """
    import pandas as pd

    interval = interval or Interval()
    one_hot = bool(((mapping.assignment == 0) | (mapping.assignment == 1)).all())
    owners = axis.region_of if level == "node" else {}
    groups = np.array([corpus.group[row] for row in rows], dtype=object)
    units = unit_codes(corpus, rows)
    parts = []
    for group in (ALL, *corpus.groups):
        members = np.arange(len(rows)) if group == ALL else np.flatnonzero(groups == group)
        assignment, profile = mapping.assignment[members], mapping.profile[members]
        weighted = assignment * intensities.values[members, None]
        above = np.hstack([profile, weighted])
        below = np.hstack([np.ones_like(profile), assignment])
        above, below = (sum_by_unit(part, units[members]) for part in (above, below))
        rng = np.random.default_rng([seed, zlib.crc32(group.encode("utf-8", "surrogatepass"))])
        low, high = ratio_intervals(above, below, n=interval.n, coverage=interval.coverage, rng=rng)
        k = len(mapping.targets)
        total, n = assignment.sum(axis=0), len(members)
        with np.errstate(invalid="ignore", divide="ignore"):
            intensity = weighted.sum(axis=0) / np.where(total > 0, total, np.nan)
            mean = {
                name: value.sum(axis=0) / (n or np.nan)
                for name, value in (("relative", profile), ("evidence", mapping.evidence[members]))
            }
        parts.append(
            pd.DataFrame(
                {
                    "group": group,
                    "region": [owners.get(target, target) for target in mapping.targets],
                    **({"node": mapping.targets} if level == "node" else {}),
                    "n_texts": total.astype(np.int64) if one_hot else n,
                    "relative": mean["relative"],
                    "relative_low": low[:k],
                    "relative_high": high[:k],
                    "evidence": mean["evidence"],
                    "share": total / max(n, 1),
                    "reference_share": mapping.reference_share,
                    "intensity": intensity,
                    "intensity_low": low[k:],
                    "intensity_high": high[k:],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def texts_table(
    corpus: Corpus, rows: IntArray, mapping: RegionMapping, intensities: Intensities, clusters: Clusters | None
) -> pd.DataFrame:
    """Return a row per input row, in input order; rows without text have status `empty` and nothing of the mapping.

    Kept columns of the input come last, floats or strings as the corpus has them.
    """
    import pandas as pd

    n_rows = len(corpus)

    def spread(values: FloatArray) -> FloatArray:
        column = np.full(n_rows, np.nan, dtype=np.float32)
        column[rows] = values
        return column

    status = np.full(n_rows, "empty", dtype=object)
    status[rows] = "scored"
    top = np.full(n_rows, None, dtype=object)
    top[rows] = np.array(mapping.targets, dtype=object)[np.argmax(mapping.profile, axis=1)]
    cluster = np.full(n_rows, None, dtype=object)
    if clusters is not None:
        inside = clusters.labels >= 0
        cluster[rows[inside]] = clusters.labels[inside]
    columns: dict[str, Any] = {
        "id": corpus.id,
        "row": np.arange(n_rows),
        "group": _strings(corpus.group),
        "unit": _strings(corpus.unit),
        "time": _strings(corpus.time),
        "status": status,
        "cluster": pd.array(cluster, dtype="Int64"),
        "top_region": _strings(top),
        "intensity": spread(intensities.values),
        "coverage": spread(intensities.coverage),
    }
    for i, name in enumerate(intensities.emotions):
        columns[f"emotion_{name}"] = spread(intensities.by_emotion[:, i])
    for prefix, values in (("region", mapping.assignment), ("profile", mapping.profile)):
        for i, target in enumerate(mapping.targets):
            columns[f"{prefix}_{target}"] = spread(values[:, i])
    n_words = np.full(n_rows, None, dtype=object)
    n_words[rows] = [len(WORD.findall(corpus.text[row])) for row in rows]
    columns["n_words"] = pd.array(n_words, dtype="Int64")
    for name, kept in corpus.columns.items():
        floats = all(isinstance(value, float) for value in kept)
        columns[f"{KEPT}{name}"] = np.array(kept, dtype=np.float64) if floats else _strings(kept)
    return pd.DataFrame(columns)


def small_sample_notes(corpus: Corpus, rows: IntArray) -> list[str]:
    """Return what a reader of the intervals has to know: empty rows, no units given, or groups of few units."""
    notes, n_empty = [], len(corpus) - len(rows)
    if n_empty:
        notes.append(f"{n_empty} of {len(corpus)} rows hold no text; they have status empty and count nowhere.")
    if all(unit is None for unit in corpus.unit):
        notes.append(
            "No unit (person or document) was given, so intervals treat every text as its own; they are too "
            "narrow where several texts come from one person."
        )
        return notes
    for group in corpus.groups:
        units = {corpus.unit[r] for r in rows if corpus.group[r] == group}
        if len(units) < 10:
            notes.append(
                f"Group {group!r} has {len(units)} units; under 10 its intervals are rough, under 5 there are none."
            )
    return notes


def unit_codes(corpus: Corpus, rows: IntArray) -> IntArray:
    """Number the units of scored rows, (n_texts,), in an order that doesn't depend on the order of the rows.

    Named units come first, by name; a row without a unit is a unit of its own, by its text.
    """
    keys = [(0, corpus.unit[r], "") if corpus.unit[r] is not None else (1, "", corpus.text[r]) for r in rows]
    codes = np.empty(len(rows), dtype=np.int64)
    code, previous = -1, None
    for place in sorted(range(len(rows)), key=keys.__getitem__):
        if keys[place] != previous or keys[place][0] == 1:
            code += 1
        codes[place], previous = code, keys[place]
    return codes


def sum_by_unit(values: FloatArray, codes: IntArray) -> FloatArray:
    """Sum rows (n_texts, k) by unit, in ascending order of the codes that occur; returns (n_units, k)."""
    if len(values) == 0:
        return values
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    return np.add.reduceat(values[order], starts, axis=0)


def _strings(values: Iterable[Any]) -> Any:
    import pandas as pd

    return pd.array([None if value is None else str(value) for value in values], dtype="string")
