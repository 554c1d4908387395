"""The tables of the text pathway: regions by group, texts, clusters. docs/axes-and-units.md defines their columns."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.inference.intervals import ratio_intervals
from emotopy.inference.unit_means import sum_by_unit
from emotopy.pathways.text.withheld_words import N_WITHHELD, count_withheld
from emotopy.readers.corpora import ALL
from emotopy.records import Clusters, FloatArray, IntArray, Intensities, Mapped, RegionMapping
from emotopy.records.mapped import as_strings

if TYPE_CHECKING:
    import pandas as pd

KEPT = "kept_"
"""What the names of columns start with that were kept from the input."""
N_WORDS, N_EXEMPLARS = 10, 3
MOST_CHARACTERS = 500
"""An exemplar is cut here; the table is for reading."""
WORD = r"(?u)\b[^\W\d_][\w'’]{1,39}\b"
"""A word starts with a letter and has two to forty characters; what is longer is no word, but would fill the page."""
FEWEST_UNITS = 5
"""Without input texts in the output, a word is shown only where this many units of the cluster use it."""


def regions_table(mapped: Mapped) -> pd.DataFrame:
    """Summarise texts per group and region, all texts first as group `all`.

    `relative` is the mean standardised profile, `evidence` the mean evidence, `share` the mean assignment, `intensity`
    the mean intensity weighted by the assignment. Intervals are bootstraps over units. Where every assignment is
    one-hot, `n_texts` counts the texts of the cell, and an empty cell has share 0 and intensity NaN.
    """
    import pandas as pd

    mapping, targets = mapped.mapping, mapped.targets
    one_hot = bool(((mapping.assignment == 0) | (mapping.assignment == 1)).all())
    owners = mapped.region_of if mapped.level == "node" else {}
    groups = np.array(mapped.text_groups, dtype=object)
    units = mapped.unit_codes()
    parts = []
    for group in (ALL, *mapped.corpus.groups):
        members = np.arange(mapped.n_texts) if group == ALL else np.flatnonzero(groups == group)
        assignment, profile = mapping.assignment[members], mapping.profile[members]
        weighted = assignment * mapped.intensities.values[members, None]
        numerator = sum_by_unit(np.hstack([profile, weighted]), units[members])
        denominator = sum_by_unit(np.hstack([np.ones_like(profile), assignment]), units[members])
        rng = np.random.default_rng([mapped.seed, zlib.crc32(group.encode("utf-8", "surrogatepass"))])
        low, high = ratio_intervals(
            numerator, denominator, n=mapped.n_resamples, confidence=mapped.confidence_level, rng=rng
        )
        k = len(targets)
        total, n = assignment.sum(axis=0), len(members)
        with np.errstate(invalid="ignore", divide="ignore"):
            intensity = weighted.sum(axis=0) / np.where(total > 0, total, np.nan)
            relative = profile.sum(axis=0) / (n or np.nan)
            evidence = mapping.evidence[members].sum(axis=0) / (n or np.nan)
        parts.append(
            pd.DataFrame(
                {
                    "group": group,
                    "region": [owners.get(target, target) for target in targets],
                    **({"node": targets} if mapped.level == "node" else {}),
                    "n_texts": total.astype(np.int64) if one_hot else n,
                    "relative": relative,
                    "relative_low": low[:k],
                    "relative_high": high[:k],
                    "evidence": evidence,
                    "share": total / max(n, 1),
                    "reference_share": mapping.reference_share,
                    "intensity": intensity,
                    "intensity_low": low[k:],
                    "intensity_high": high[k:],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def texts_table(mapped: Mapped) -> pd.DataFrame:
    """Return a row per input row, in input order; rows without text have status `empty` and nothing of the mapping.

    Kept columns of the input come last, floats or strings as the corpus has them.
    """
    import pandas as pd

    scored, mapping, intensities = mapped.scored, mapped.mapping, mapped.intensities
    status, cluster, n_words, top = (np.full(mapped.n_rows, value, object) for value in ("empty", None, None, None))
    status[scored] = "scored"
    top[scored] = np.array(mapped.targets, dtype=object)[np.argmax(mapping.profile, axis=1)]
    n_words[scored] = mapped.n_words
    if mapped.clusters is not None:
        labels = mapped.clusters.labels
        cluster[scored[labels >= 0]] = labels[labels >= 0]
    columns: dict[str, Any] = {
        "id": mapped.corpus.id,
        "row": np.arange(mapped.n_rows),
        **{name: _string_column(mapped.column(name)) for name in ("group", "unit", "time")},
        "status": status,
        "cluster": pd.array(cluster, dtype="Int64"),
        "top_region": _string_column(top),
        "intensity": mapped.by_row(intensities.values),
        "coverage": mapped.by_row(intensities.coverage),
    }
    for prefix, names, values in (
        ("emotion", intensities.emotions, intensities.by_emotion),
        ("region", mapped.targets, mapping.assignment),
        ("profile", mapped.targets, mapping.profile),
    ):
        columns |= {f"{prefix}_{name}": mapped.by_row(values[:, i]) for i, name in enumerate(names)}
    columns["n_words"] = pd.array(n_words, dtype="Int64")
    for name in mapped.kept:
        kept = mapped.values(name, "keep")
        floats = all(isinstance(value, float) for value in kept)
        columns[f"{KEPT}{name}"] = np.array(kept, dtype=np.float64) if floats else _string_column(kept)
    return pd.DataFrame(columns)


def clusters_table(
    mapped: Mapped, vectors: FloatArray, members: Mapping[str, IntArray], *, no_texts: bool = False
) -> pd.DataFrame:
    """Describe the clusters of every fit.

    Parameters
    ----------
    mapped
        With its texts.
    vectors : (n_texts, n_dims)
        Embeddings.
    members
        Places of the texts of each fit, by the name that its column `group` gives: `all` for the joint fit.
    no_texts
        As for `describe_clusters`.
    """
    import pandas as pd

    labels = np.full(mapped.n_texts, -1) if mapped.clusters is None else mapped.clusters.labels
    texts = [mapped.corpus.text[row] for row in mapped.scored]
    scores, mapping = mapped.intensities, mapped.mapping
    tables = []
    for name, own in members.items():
        table = describe_clusters(
            [texts[i] for i in own],
            vectors[own],
            Clusters(labels[own]),
            Intensities(scores.emotions, scores.values[own], scores.by_emotion[own], scores.coverage[own]),
            attrs.evolve(
                mapping,
                assignment=mapping.assignment[own],
                profile=mapping.profile[own],
                evidence=mapping.evidence[own],
            ),
            unit_codes=mapped.unit_codes(own),
            no_texts=no_texts,
        )
        table.insert(0, "group", name)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def describe_clusters(
    texts: Sequence[str],
    embeddings: FloatArray,
    clusters: Clusters,
    intensities: Intensities,
    mapping: RegionMapping,
    *,
    unit_codes: IntArray | None = None,
    no_texts: bool = False,
) -> pd.DataFrame:
    """Describe every cluster; rows of all arguments are the same texts.

    Columns: ``cluster, n_texts, share, top_words, exemplar_1, exemplar_2, exemplar_3, top_region, emotion_<name>``.
    `share` is of all texts; what is missing to 1 is in no cluster. With `no_texts` there are no exemplars, and top
    words are those that at least five units (persons or documents) of the cluster use; `n_words_left_out` counts the
    others among the ten. Without `unit_codes` (n_texts,) every text is a unit. The table is empty where there is no
    cluster.
    """
    import pandas as pd

    exemplars = [f"exemplar_{i + 1}" for i in range(0 if no_texts else N_EXEMPLARS)]
    emotions = [f"emotion_{name}" for name in intensities.emotions]
    columns = ["cluster", "n_texts", "share", "top_words", *exemplars, "top_region", *emotions]
    numbers = np.unique(clusters.labels[clusters.labels >= 0])
    fewest_units = FEWEST_UNITS if no_texts else 1
    words = top_words(texts, clusters.labels, numbers, unit_codes=unit_codes, fewest_units=fewest_units)
    rows: list[list[Any]] = []
    n_withheld = count_withheld(words, top_words(texts, clusters.labels, numbers)) if no_texts else [0] * len(words)
    for number, best in zip(numbers, words, strict=True):
        members = np.flatnonzero(clusters.labels == number)
        shown = [] if no_texts else exemplars_of(texts, embeddings, members)
        shown += [""] * (len(exemplars) - len(shown))
        top = mapping.targets[int(np.argmax(mapping.profile[members].mean(axis=0)))]
        means = intensities.by_emotion[members].mean(axis=0)
        rows.append([int(number), len(members), len(members) / len(texts), ", ".join(best), *shown, top, *means])
    table = pd.DataFrame(rows, columns=columns)
    if no_texts:
        table.insert(columns.index("top_words") + 1, N_WITHHELD, np.array(n_withheld, dtype=np.int64))
    return table


def top_words(
    texts: Sequence[str],
    labels: Any,
    numbers: Any,
    *,
    n_words: int = N_WORDS,
    unit_codes: IntArray | None = None,
    fewest_units: int = 1,
) -> list[list[str]]:
    """Return for each cluster number the words of the highest c-TF-IDF, best first.

    A cluster counts as one document: weight = share of the word among the cluster's words × log(1 + A / f), where f is
    the word's count over all clusters and A the mean number of words per cluster (Grootendorst 2022, arXiv 2203.05794,
    eq. 2). English function words are left out, and words that fewer than `fewest_units` units of the cluster use, by
    `unit_codes` (n_texts,); without them every text is a unit. Ties go by the alphabet.
    """
    from scipy import sparse
    from sklearn.feature_extraction.text import CountVectorizer

    if len(numbers) == 0:
        return []
    members = np.flatnonzero(labels >= 0)
    vectorizer = CountVectorizer(stop_words="english", token_pattern=WORD)
    try:
        counts = vectorizer.fit_transform([texts[int(i)] for i in members])
    except ValueError:  # nothing but function words, digits or emoji
        return [[] for _ in numbers]
    row = np.searchsorted(numbers, labels[members])
    shape = (len(numbers), len(members))
    belongs = sparse.csr_array((np.ones(len(members)), (row, np.arange(len(members)))), shape=shape)
    by_cluster = (belongs @ counts).toarray()
    per_word, per_cluster = by_cluster.sum(axis=0), by_cluster.sum(axis=1, keepdims=True)
    weights = by_cluster / np.maximum(per_cluster, 1) * np.log1p(per_cluster.mean() / per_word)
    if fewest_units > 1:
        weights[_units_per_word(counts, row, members if unit_codes is None else unit_codes[members]) < fewest_units] = 0
    vocabulary = vectorizer.get_feature_names_out()  # in alphabetical order, which a stable sort keeps
    ranked = np.argsort(-weights, axis=1, kind="stable")[:, :n_words]
    return [[str(vocabulary[j]) for j in best if weights[k, j] > 0] for k, best in enumerate(ranked)]


def _units_per_word(counts: Any, cluster: IntArray, unit_codes: IntArray) -> IntArray:
    """Return how many units of each cluster use each word, (n_clusters, n_words), of counts (n_texts, n_words)."""
    from scipy import sparse

    pairs, place = np.unique(np.column_stack([cluster, unit_codes]), axis=0, return_inverse=True)
    texts = np.arange(len(cluster))
    by_unit = sparse.csr_array((np.ones(len(texts)), (place.ravel(), texts)), shape=(len(pairs), len(texts))) @ counts
    n_clusters = int(cluster.max()) + 1
    of_cluster = sparse.csr_array((np.ones(len(pairs)), (pairs[:, 0], np.arange(len(pairs)))), (n_clusters, len(pairs)))
    return np.asarray((of_cluster @ (by_unit > 0)).toarray(), dtype=np.int64)


def exemplars_of(texts: Sequence[str], embeddings: FloatArray, members: Any, n: int = N_EXEMPLARS) -> list[str]:
    """Return the n distinct texts most like (cosine) the mean embedding of the members; ties go by the alphabet."""
    vectors = embeddings[members].astype(np.float64)
    lengths = np.linalg.norm(vectors, axis=1)
    cosine = vectors @ vectors.mean(axis=0) / np.where(lengths > 0, lengths, 1)
    best = sorted(zip((-cosine).round(6), (texts[i] for i in members), strict=True))
    distinct = dict.fromkeys(text for _, text in best)
    return [text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…" for text in list(distinct)[:n]]


def _string_column(values: Iterable[Any]) -> Any:
    import pandas as pd

    return pd.array(as_strings(tuple(values)), dtype="string")
