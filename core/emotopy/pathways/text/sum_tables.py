"""Tables and notes of a large corpus, made from its sums: what `tables` makes of mapped texts in memory."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from emotopy.inference.intervals import ratio_intervals
from emotopy.inference.unit_means import sum_by_unit
from emotopy.pathways.comparison.text_design import GroupDesign, notes_on_designs
from emotopy.pathways.text.cluster_sums import ClusterSums, Exemplars, Words, cosines
from emotopy.pathways.text.partial_sums import PartialSums
from emotopy.pathways.text.tables import FEWEST_UNITS, N_EXEMPLARS, N_SEGMENTS, N_WORDS, exemplar_columns, shortened
from emotopy.pathways.text.withheld_words import N_WITHHELD, count_withheld
from emotopy.records import ALL_TEXTS, FloatArray, IntArray, Level

if TYPE_CHECKING:
    import pandas as pd


def regions_from_sums(
    sums: PartialSums,
    *,
    level: Level,
    region_of: Mapping[str, str],
    reference_share: FloatArray,
    n_resamples: int,
    confidence_level: float,
    seed: int,
) -> pd.DataFrame:
    """Return the table of regions, as `emotopy.pathways.text.tables.regions_table` makes it.

    Parameters
    ----------
    sums
        Of the whole corpus.
    level, region_of
        Whether columns are regions or nodes, and the region of each node.
    reference_share : (n_regions,)
        Mean assignment over the reference.
    n_resamples, confidence_level, seed
        How intervals are made.
    """
    import pandas as pd

    k = len(sums.targets)
    owners = region_of if level == "node" else {}
    parts = []
    for group in (ALL_TEXTS, *sums.named_groups):
        cells, own = _of_group(sums, group)
        per_unit = sums.cell_sums[cells]
        if group == ALL_TEXTS:
            per_unit = sum_by_unit(per_unit, sums.unit)
        weights, profile, weighted, amounts = np.split(per_unit, [1, 1 + k, 1 + 2 * k], axis=1)
        rng = np.random.default_rng([seed, zlib.crc32(group.encode("utf-8", "surrogatepass"))])
        low, high = ratio_intervals(
            np.hstack([profile, weighted]),
            np.hstack([np.broadcast_to(weights, profile.shape), amounts]),
            n=n_resamples,
            confidence=confidence_level,
            rng=rng,
        )
        total, evidence = np.split(sums.group_sums[own].sum(axis=0), 2)
        total_weight, amount = float(weights.sum()), amounts.sum(axis=0)
        n = int(sums.cell_texts[cells].sum())
        with np.errstate(invalid="ignore", divide="ignore"):
            columns = {
                "group": group,
                "region": [owners.get(target, target) for target in sums.targets],
                **({"node": sums.targets} if level == "node" else {}),
                "n_texts": sums.n_in_region[own].sum(axis=0) if sums.is_one_hot else n,
                "relative": profile.sum(axis=0) / (total_weight or np.nan),
                "relative_low": low[:k],
                "relative_high": high[:k],
                "evidence": evidence / (total_weight or np.nan),
                "share": total / (total_weight or 1.0),
                "reference_share": reference_share,
                "intensity": weighted.sum(axis=0) / np.where(amount > 0, amount, np.nan),
                "intensity_low": low[k:],
                "intensity_high": high[k:],
            }
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def clusters_from_sums(sums: PartialSums, *, no_texts: bool) -> pd.DataFrame:
    """Return the table of clusters, as `emotopy.pathways.text.tables.clusters_table` makes it.

    Exemplars are chosen among the candidates that were kept of each cluster, by the mean embedding of all its segments.
    """
    import pandas as pd

    found = sums.clusters
    n_exemplars = 0 if no_texts else N_EXEMPLARS
    exemplars = exemplar_columns(n_exemplars, with_ids=True)
    emotions = [f"emotion_{name}" for name in found.names]
    columns = ["cluster", "n_texts", "share", "top_words", *exemplars, "top_region", *emotions, N_SEGMENTS]
    numbers = np.flatnonzero(found.n_segments)
    words = _top_words(found.words, numbers, fewest_units=FEWEST_UNITS if no_texts else 1)
    n_withheld = count_withheld(words, _top_words(found.words, numbers)) if no_texts else [0] * len(words)
    rows: list[list[Any]] = []
    for number, best in zip(numbers.tolist(), words, strict=True):
        chosen = [] if found.exemplars is None or no_texts else _exemplars(found, found.exemplars, number)
        missing = [""] * (n_exemplars - len(chosen))
        shown = [*(shortened(text) for text, _ in chosen), *missing, *(name for _, name in chosen), *missing]
        means = found.emotions[number] / (found.felt_weight[number] or np.nan)
        n_texts = int(found.n_texts[number])
        top = sums.targets[int(np.argmax(found.profile[number]))]
        counts = [number, n_texts, n_texts / sums.n_texts]
        rows.append([*counts, ", ".join(best), *shown, top, *means, int(found.n_segments[number])])
    table = pd.DataFrame(rows, columns=columns)
    if no_texts:
        table.insert(columns.index("top_words") + 1, N_WITHHELD, np.array(n_withheld, dtype=np.int64))
    table.insert(0, "group", ALL_TEXTS)
    return table


def designs_from_sums(sums: PartialSums) -> tuple[GroupDesign, ...]:
    """Describe all texts as group `all`, then each group's."""
    has_units = any(key[0] == 0 for key in sums.units)
    found = []
    for group in (ALL_TEXTS, *sums.named_groups):
        cells, own = _of_group(sums, group)
        sizes = sums.cell_texts[cells]
        if group == ALL_TEXTS:
            sizes = np.bincount(sums.unit, sums.cell_texts, minlength=len(sums.units)).astype(np.int64)
        chosen = sums.lengths[np.isin(sums.lengths[:, 0], own)]
        n_words = np.repeat(chosen[:, 1], chosen[:, 2])
        found.append(GroupDesign.of_counts(group, sizes, n_words, has_units=has_units))
    return tuple(found)


def design_notes_from_sums(sums: PartialSums) -> list[str]:
    """Return what a reader of the intervals has to know, as `text_design.design_notes` does."""
    named = np.array([key[0] == 0 for key in sums.units], dtype=bool)
    unit_of = [key[1] if key[0] == 0 else None for key in sums.units]
    groups = [sums.groups[i] for i in sums.group]
    pairs = set(zip(groups, (unit_of[i] for i in sums.unit), strict=True))
    has_own_units = bool(sums.n_texts > 1 and named.all() and len(sums.units) == sums.n_texts)
    return notes_on_designs(
        designs_from_sums(sums),
        pairs,
        has_own_units=has_own_units,
        n_without_unit=int(np.count_nonzero(~named)),
        n_empty=sums.n_rows - sums.n_with_text,
        n_rows=sums.n_rows,
    )


def _of_group(sums: PartialSums, group: str) -> tuple[Any, IntArray]:
    """Return the cells of a group, and the group's number; of `all` everything."""
    if group == ALL_TEXTS:
        return slice(None), np.arange(len(sums.groups))
    number = sums.groups.index(group)
    first, last = np.searchsorted(sums.group, [number, number + 1])
    return slice(first, last), np.array([number])


def _top_words(found: Words, numbers: IntArray, *, fewest_units: int = 1) -> list[list[str]]:
    """Return the words of each cluster by c-TF-IDF, as `emotopy.pathways.text.tables.top_words` ranks them."""
    if not len(found.words):
        return [[] for _ in numbers]
    per_word = np.bincount(found.word, found.count, minlength=len(found.words))
    mean = found.total[numbers].mean()
    weights = found.count / np.maximum(found.total[found.cluster], 1) * np.log1p(mean / per_word[found.word])
    if fewest_units > 1:
        assert found.units is not None
        uses = found.units[:, :2].astype(np.int64)
        n_clusters = len(found.total)
        used = np.bincount(uses[:, 0] * n_clusters + uses[:, 1], minlength=len(found.words) * n_clusters)
        weights[used[found.word * n_clusters + found.cluster] < fewest_units] = 0
    best = []
    for number in numbers:
        own = np.flatnonzero((found.cluster == number) & (weights > 0))
        ranked = own[np.lexsort((found.word[own], -weights[own]))][:N_WORDS]
        best.append([found.words[i] for i in found.word[ranked].tolist()])
    return best


def _exemplars(sums: ClusterSums, candidates: Exemplars, number: int) -> list[tuple[str, str]]:
    """Return text and id of the candidates most like the mean embedding of a cluster's segments.

    Ties go by the alphabet.
    """
    own = np.flatnonzero(candidates.cluster == number)
    nearness = cosines(candidates.vectors[own], sums.vectors[number] / sums.n_segments[number]).round(6)
    pairs = ((candidates.text[i], candidates.id[i]) for i in own.tolist())
    ranked = sorted(zip((-nearness).tolist(), pairs, strict=True))
    return [pair for _, pair in ranked[:N_EXEMPLARS]]
