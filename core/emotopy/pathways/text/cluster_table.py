"""Clusters that explain themselves: size, words that set them apart, exemplars, mean emotions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.records import Clusters, Corpus, FloatArray, IntArray, Intensities, RegionMapping

if TYPE_CHECKING:
    import pandas as pd

    from emotopy.pathways.text.fit import Fit

N_WORDS, N_EXEMPLARS = 10, 3
MOST_CHARACTERS = 500
"""An exemplar is cut here; the table is for reading."""
WORD = r"(?u)\b[^\W\d_][\w'’]{1,39}\b"
"""A word starts with a letter and has two to forty characters; what is longer is no word, but would fill the page."""
FEWEST_TEXTS = 5
"""Without input texts in the output, a word is shown only where this many texts of the cluster use it."""


def cluster_table(
    texts: Sequence[str],
    embeddings: FloatArray,
    clusters: Clusters,
    intensities: Intensities,
    mapping: RegionMapping,
    *,
    no_texts: bool = False,
) -> pd.DataFrame:
    """Describe every cluster; rows of all arguments are the same texts.

    Columns: ``cluster, n_texts, share, top_words, exemplar_1, exemplar_2, exemplar_3, top_region, emotion_<name>``.
    `share` is of all texts, so what is missing to one is in no cluster. With `no_texts` there are no exemplars, and
    top words are those that at least five texts of the cluster use. An empty table where there is no cluster.
    """
    import pandas as pd

    exemplars = [f"exemplar_{i + 1}" for i in range(0 if no_texts else N_EXEMPLARS)]
    emotions = [f"emotion_{name}" for name in intensities.emotions]
    columns = ["cluster", "n_texts", "share", "top_words", *exemplars, "top_region", *emotions]
    numbers = np.unique(clusters.labels[clusters.labels >= 0])
    words = top_words(texts, clusters.labels, numbers, fewest_texts=FEWEST_TEXTS if no_texts else 1)
    rows: list[list[Any]] = []
    for number, best in zip(numbers, words, strict=True):
        members = np.flatnonzero(clusters.labels == number)
        shown = [] if no_texts else exemplars_of(texts, embeddings, members)
        shown += [""] * (len(exemplars) - len(shown))
        top = mapping.targets[int(np.argmax(mapping.profile[members].mean(axis=0)))]
        means = intensities.by_emotion[members].mean(axis=0)
        rows.append([int(number), len(members), len(members) / len(texts), ", ".join(best), *shown, top, *means])
    return pd.DataFrame(rows, columns=columns)


def describe_clusters(
    corpus: Corpus,
    rows: IntArray,
    fits: dict[str, Fit],
    vectors: FloatArray,
    place: IntArray,
    intensities: Intensities,
    mapping: RegionMapping,
    *,
    no_texts: bool,
) -> pd.DataFrame:
    """Describe the clusters of every fit; a column `group` says which fit (`all` for the joint one)."""
    import pandas as pd

    tables = []
    for name, fit in fits.items():
        m = fit.members
        table = cluster_table(
            [corpus.text[r] for r in rows[m]],
            vectors[place[m]],
            fit.clusters,
            Intensities(
                intensities.emotions, intensities.values[m], intensities.by_emotion[m], intensities.coverage[m]
            ),
            attrs.evolve(
                mapping, assignment=mapping.assignment[m], profile=mapping.profile[m], evidence=mapping.evidence[m]
            ),
            no_texts=no_texts,
        )
        table.insert(0, "group", name)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def top_words(
    texts: Sequence[str], labels: Any, numbers: Any, *, n_words: int = N_WORDS, fewest_texts: int = 1
) -> list[list[str]]:
    """Return for each cluster number the words of the highest c-TF-IDF, best first.

    A cluster counts as one document: weight = share of the word among the cluster's words × log(1 + A / f), where f is
    the word's count over all clusters and A the mean number of words per cluster (Grootendorst 2022, arXiv 2203.05794,
    eq. 2). English function words are left out. Ties go by the alphabet.
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
    place = np.searchsorted(numbers, labels[members])
    shape = (len(numbers), len(members))
    belongs = sparse.csr_array((np.ones(len(members)), (place, np.arange(len(members)))), shape=shape)
    by_cluster = (belongs @ counts).toarray()
    in_texts = (belongs @ (counts > 0)).toarray()
    per_word, per_cluster = by_cluster.sum(axis=0), by_cluster.sum(axis=1, keepdims=True)
    weights = by_cluster / np.maximum(per_cluster, 1) * np.log1p(per_cluster.mean() / per_word)
    weights[in_texts < fewest_texts] = 0
    vocabulary = vectorizer.get_feature_names_out()  # in alphabetical order, which a stable sort keeps
    ranked = np.argsort(-weights, axis=1, kind="stable")[:, :n_words]
    return [[str(vocabulary[j]) for j in row if weights[k, j] > 0] for k, row in enumerate(ranked)]


def exemplars_of(texts: Sequence[str], embeddings: FloatArray, members: Any, n: int = N_EXEMPLARS) -> list[str]:
    """Return the n distinct texts most like (cosine) the mean embedding of the members; ties go by the alphabet."""
    vectors = embeddings[members].astype(np.float64)
    lengths = np.linalg.norm(vectors, axis=1)
    likeness = vectors @ vectors.mean(axis=0) / np.where(lengths > 0, lengths, 1)
    best = sorted(zip((-likeness).round(6), (texts[i] for i in members), strict=True))
    distinct = dict.fromkeys(text for _, text in best)
    return [text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…" for text in list(distinct)[:n]]
