"""The tables of the text pathway: regions by group, texts, clusters. `emotopy.result_files` declares their columns."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.inference.intervals import ratio_intervals
from emotopy.inference.unit_means import sum_by_unit
from emotopy.pathways.text.segment_values import SegmentRows, SegmentValues
from emotopy.pathways.text.withheld_words import N_WITHHELD, count_withheld
from emotopy.readers.corpora import ALL
from emotopy.records import BoolArray, FloatArray, IntArray, Mapped
from emotopy.records.mapped import as_strings

if TYPE_CHECKING:
    import pandas as pd

BY_REGION = "intensity_"
"""What the names of columns start with that hold a text's intensity in a region."""
N_SEGMENTS = "n_segments"
MAP = ("map_x", "map_y")
"""Columns with a text's place on the map of texts."""
KEPT = "kept_"
"""What the names of columns start with that were kept from the input."""
N_WORDS, N_EXEMPLARS = 10, 3
EXEMPLAR_ID = "exemplar_id_"
"""What the names of columns start with that name the texts which exemplars are of."""
MOST_CHARACTERS = 500
"""An exemplar is cut here; the table is for reading."""
WORD = r"(?u)\b[^\W\d_][\w'’]{1,39}\b"
"""A word starts with a letter and has two to forty characters; what is longer is no word, but would fill the page."""
SHORTENED, NOT = re.compile(r"(.*)['’](?:m|re|ve|ll|d|s)", re.DOTALL), ("n't", "n’t")
"""A word that ends in a shortened one: "I'm", "it's", "can't"."""
FEWEST_UNITS = 5
"""Without input texts in the output, a word is shown only where this many units of the cluster use it."""


def regions_table(mapped: Mapped) -> pd.DataFrame:
    """Summarise texts per group and region, all texts first as group `all`.

    `relative` is the mean standardised profile, `evidence` the mean evidence, `share` the mean assignment, `intensity`
    the mean intensity weighted by the assignment; means count words, or texts alike (`unit_weights`). Intervals are
    bootstraps over units. Where every assignment is one-hot, `n_texts` counts the texts of the cell, and an empty cell
    has share 0 and intensity NaN.
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
        n, weights = len(members), mapped.weights[members, None]
        assignment, profile = mapping.assignment[members] * weights, mapping.profile[members] * weights
        has_intensity = mapped.has_intensity[members, None]
        weighted = mapped.weighted_intensity[members] * weights * has_intensity
        numerator = sum_by_unit(np.hstack([profile, weighted]), units[members])
        amounts = [np.broadcast_to(weights, profile.shape), assignment * has_intensity]
        denominator = sum_by_unit(np.hstack(amounts), units[members])
        rng = np.random.default_rng([mapped.seed, zlib.crc32(group.encode("utf-8", "surrogatepass"))])
        low, high = ratio_intervals(
            numerator, denominator, n=mapped.n_resamples, confidence=mapped.confidence_level, rng=rng
        )
        k = len(targets)
        total, total_weight = assignment.sum(axis=0), float(weights.sum())
        with np.errstate(invalid="ignore", divide="ignore"):
            amount = (assignment * has_intensity).sum(axis=0)
            intensity = weighted.sum(axis=0) / np.where(amount > 0, amount, np.nan)
            relative = profile.sum(axis=0) / (total_weight or np.nan)
            evidence = (mapping.evidence[members] * weights).sum(axis=0) / (total_weight or np.nan)
        parts.append(
            pd.DataFrame(
                {
                    "group": group,
                    "region": [owners.get(target, target) for target in targets],
                    **({"node": targets} if mapped.level == "node" else {}),
                    "n_texts": (mapping.assignment[members] > 0).sum(axis=0) if one_hot else n,
                    "relative": relative,
                    "relative_low": low[:k],
                    "relative_high": high[:k],
                    "evidence": evidence,
                    "share": total / (total_weight or 1.0),
                    "reference_share": mapping.reference_share,
                    "intensity": intensity,
                    "intensity_low": low[k:],
                    "intensity_high": high[k:],
                }
            )
        )
    return parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)


def relative_means(mapped: Mapped) -> pd.DataFrame:
    """Return ``group, region[, node], relative`` as `regions_table` has them, without intervals: no resampling."""
    import pandas as pd

    targets, weights = mapped.targets, mapped.weights
    owners = mapped.region_of if mapped.level == "node" else {}
    codes: dict[str | None, int] = {name: i for i, name in enumerate(mapped.corpus.groups)}
    members = np.array([codes.get(name, -1) for name in mapped.text_groups], dtype=np.intp)
    names, means = (ALL, *codes), np.full((len(codes) + 1, len(targets)), np.nan)
    for row, chosen in enumerate([np.ones(mapped.n_texts, bool), *(members == i for i in range(len(codes)))]):
        if chosen.any():
            means[row] = weights[chosen] @ mapped.mapping.profile[chosen] / weights[chosen].sum()
    n_groups = len(names)
    return pd.DataFrame(
        {
            "group": np.repeat(np.array(names, dtype=object), len(targets)),
            "region": [owners.get(target, target) for target in targets] * n_groups,
            **({"node": list(targets) * n_groups} if mapped.level == "node" else {}),
            "relative": means.ravel(),
        }
    )


def texts_table(mapped: Mapped) -> pd.DataFrame:
    """Return a row per input row, in input order; rows that aren't scored have a status and nothing of the mapping.

    Kept columns of the input come last, floats or strings as the corpus has them.
    """
    import pandas as pd

    scored, mapping, intensities, known = mapped.scored, mapped.mapping, mapped.intensities, mapped.has_intensity
    top = np.full(mapped.n_rows, None, object)
    top[scored] = np.array(mapped.targets, dtype=object)[np.argmax(mapping.profile, axis=1)]
    labels = np.full(len(scored), -1) if mapped.clusters is None else mapped.clusters.labels
    first = {
        "id": mapped.corpus.id,
        "row": np.arange(mapped.n_rows),
        **{name: _string_column(mapped.column(name)) for name in ("group", "unit", "time")},
        "status": np.array(mapped.status, dtype=object),
        "cluster": _integer_column(mapped.n_rows, scored[labels >= 0], labels[labels >= 0]),
        "top_region": _string_column(top),
    }
    of_scorer = np.column_stack([intensities.values, intensities.coverage, intensities.by_emotion])
    of_texts = mapped.by_row(
        np.hstack([np.where(known[:, None], of_scorer, np.nan), mapping.assignment, mapping.profile])
    )
    names = ["intensity", "coverage", *(f"emotion_{name}" for name in intensities.emotions)]
    names += [f"{prefix}_{name}" for prefix in ("region", "profile") for name in mapped.targets]
    counts = {
        name: _integer_column(mapped.n_rows, scored, values)
        for name, values in (("n_words", mapped.n_words), (N_SEGMENTS, mapped.n_segments))
    }
    by_region_and_map = mapped.by_row(np.hstack([mapped.region_intensity, mapped.map_xy]))
    last: dict[str, Any] = {"language": _string_column(mapped.language)}
    for name in mapped.kept:
        kept = mapped.values(name, "keep")
        floats = all(isinstance(value, float) for value in kept)
        last[f"{KEPT}{name}"] = np.array(kept, dtype=np.float64) if floats else _string_column(kept)
    # Columns of one kind as one array: of a hundred columns given one by one, pandas takes a millisecond.
    frames = [
        pd.DataFrame(first),
        pd.DataFrame(np.asfortranarray(of_texts), columns=names),
        pd.DataFrame(counts),
        pd.DataFrame(
            np.asfortranarray(by_region_and_map), columns=[*(f"{BY_REGION}{name}" for name in mapped.targets), *MAP]
        ),
        pd.DataFrame(last),
    ]
    return pd.concat(frames, axis=1)


def segments_table(rows: SegmentRows) -> pd.DataFrame:
    """Return a row per segment of the texts that hold words, in input order.

    Columns: ``id, row, segment, position, group, unit[, text], cluster, top_region, intensity, coverage,
    emotion_<name>, region_<name>, profile_<name>, n_words, map_x, map_y``. `row` is that of the input, `segment` the
    number within the text, from 0; there is no `text` where the result keeps texts out.
    """
    mapped = rows.mapped
    table = texts_table(mapped)
    table["row"] = rows.row
    left_out = ["status", "time", "language", N_SEGMENTS, *(f"{BY_REGION}{name}" for name in mapped.targets)]
    table = table.drop(columns=left_out)
    table.insert(2, "segment", rows.number)
    table.insert(3, "position", np.array(mapped.corpus.time, dtype=np.float64))
    if any(mapped.corpus.text):
        table.insert(6, "text", _string_column(mapped.corpus.text))
    return table


def clusters_table(
    mapped: Mapped, segments: SegmentValues, members: Mapping[str, IntArray], *, no_texts: bool = False
) -> pd.DataFrame:
    """Describe the clusters of every fit.

    Parameters
    ----------
    mapped
        The texts.
    segments
        Their segments, which clusters are made of.
    members
        Places of the segments of each fit, by the name that its column `group` gives: `all` for the joint fit.
    no_texts
        As for `describe_clusters`.
    """
    import pandas as pd

    units, labels_of_text = mapped.unit_codes(), np.full(mapped.n_texts, -1)
    if mapped.clusters is not None:
        labels_of_text = mapped.clusters.labels
    tables = []
    for name, own in members.items():
        of_text = np.unique(segments.cut.text[own])
        table = describe_clusters(
            segments if len(own) == len(segments.cut) else segments.take(own),
            unit_codes=units[segments.cut.text[own]],
            has_intensity=mapped.has_intensity[segments.cut.text[own]],
            text_labels=labels_of_text[of_text],
            ids=[mapped.corpus.id[row] for row in mapped.scored[segments.cut.text[own]]],
            no_texts=no_texts,
        )
        table.insert(0, "group", name)
        tables.append(table)
    return tables[0] if len(tables) == 1 else pd.concat(tables, ignore_index=True)


@attrs.frozen(eq=False, repr=False)
class ClusterMaterial:
    """What `clusters_table` needs, for a table that is made when it is read."""

    mapped: Mapped
    segments: SegmentValues
    members: Mapping[str, IntArray]

    def table(self) -> pd.DataFrame:
        """Make the table."""
        return clusters_table(self.mapped, self.segments, self.members)


def describe_clusters(
    segments: SegmentValues,
    *,
    unit_codes: IntArray,
    text_labels: IntArray,
    has_intensity: BoolArray | None = None,
    ids: Sequence[str] | None = None,
    no_texts: bool = False,
) -> pd.DataFrame:
    """Describe every cluster.

    Columns: ``cluster, n_texts, share, top_words, exemplar_1, exemplar_2, exemplar_3[, exemplar_id_1, exemplar_id_2,
    exemplar_id_3], top_region, emotion_<name>, n_segments``. `n_texts` counts the texts most of whose words are in the
    cluster, `share` is theirs of all texts; what is missing to 1 is in no cluster. Words, exemplars, region and
    emotions are those of the cluster's segments. With `no_texts` there are no exemplars, and top words are those that
    at least five units (persons or documents) of the cluster use; `n_words_left_out` counts the others among the ten.
    The table is empty where there is no cluster.

    Parameters
    ----------
    segments
        Segments, with their vectors and clusters.
    unit_codes : (n_segments,)
        Number of each segment's unit.
    text_labels : (n_texts,)
        The cluster of each text.
    has_intensity : (n_segments,)
        Which segments the intensity scorer can read; emotions are means over these, NaN where there are none.
    ids : (n_segments,)
        Id of the text that each segment is of, for the columns that name the texts of the exemplars.
    no_texts
        Show nothing that fewer than five units wrote.
    """
    import pandas as pd

    texts, intensities, mapping = segments.cut.segments, segments.intensities, segments.mapping
    labels = np.full(len(segments.cut), -1) if segments.clusters is None else segments.clusters.labels
    n_exemplars = 0 if no_texts else N_EXEMPLARS
    exemplars = exemplar_columns(n_exemplars, with_ids=ids is not None)
    emotions = [f"emotion_{name}" for name in intensities.emotions]
    columns = ["cluster", "n_texts", "share", "top_words", *exemplars, "top_region", *emotions, N_SEGMENTS]
    numbers = np.unique(labels[labels >= 0])
    fewest_units = FEWEST_UNITS if no_texts else 1
    words = top_words(texts, labels, numbers, unit_codes=unit_codes, fewest_units=fewest_units)
    weights = segments.cut.weights
    rows: list[list[Any]] = []
    n_withheld = count_withheld(words, top_words(texts, labels, numbers)) if no_texts else [0] * len(words)
    for number, best in zip(numbers, words, strict=True):
        members = np.flatnonzero(labels == number)
        places = [] if no_texts else exemplar_places(texts, segments.vectors, members, ids=ids)
        missing = [""] * (n_exemplars - len(places))
        shown = [*(shortened(texts[place]) for place in places), *missing]
        shown += [] if ids is None else [*(ids[place] for place in places), *missing]
        own = weights[members] / weights[members].sum()
        felt = members if has_intensity is None else members[has_intensity[members]]
        total = weights[felt].sum() or np.nan
        means = weights[felt] @ intensities.by_emotion[felt] / total
        top = mapping.targets[int(np.argmax(own @ mapping.profile[members]))]
        n_texts = int((text_labels == number).sum())
        counts = [int(number), n_texts, n_texts / len(text_labels)]
        rows.append([*counts, ", ".join(best), *shown, top, *means, len(members)])
    table = pd.DataFrame(rows, columns=columns)
    if no_texts:
        table.insert(columns.index("top_words") + 1, N_WITHHELD, np.array(n_withheld, dtype=np.int64))
    return table


def exemplar_columns(n: int, *, with_ids: bool) -> list[str]:
    """Return the names of the columns of exemplars, and of the ids of their texts."""
    kinds = ("exemplar_", EXEMPLAR_ID) if with_ids else ("exemplar_",)
    return [f"{kind}{i + 1}" for kind in kinds for i in range(n)]


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

    if len(numbers) == 0:
        return []
    members = np.flatnonzero(labels >= 0)
    vocabulary, counts = word_counts([texts[int(i)] for i in members])
    if not vocabulary:  # nothing but function words, digits or emoji
        return [[] for _ in numbers]
    row = np.searchsorted(numbers, labels[members])
    shape = (len(numbers), len(members))
    belongs = sparse.csr_array((np.ones(len(members)), (row, np.arange(len(members)))), shape=shape)
    by_cluster = (belongs @ counts).toarray()
    per_word, per_cluster = by_cluster.sum(axis=0), by_cluster.sum(axis=1, keepdims=True)
    weights = by_cluster / np.maximum(per_cluster, 1) * np.log1p(per_cluster.mean() / per_word)
    if fewest_units > 1:
        weights[_units_per_word(counts, row, members if unit_codes is None else unit_codes[members]) < fewest_units] = 0
    ranked = np.argsort(-weights, axis=1, kind="stable")[:, :n_words]  # the alphabet decides ties
    return [[vocabulary[j] for j in best if weights[k, j] > 0] for k, best in enumerate(ranked)]


def is_function_word(word: str) -> bool:
    """Whether a word, in lower case, says nothing of what a text is about: of scikit-learn's list, or a shortened form.

    >>> [word for word in ("can't", "it’s", "didn't", "father's", "me", "sing") if is_function_word(word)]
    ["can't", 'it’s', "didn't", 'me']
    """
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    if word in ENGLISH_STOP_WORDS:
        return True
    short = SHORTENED.fullmatch(word)
    return word.endswith(NOT) or (short is not None and short[1] in {*ENGLISH_STOP_WORDS, "let"})


def word_counts(texts: Sequence[str]) -> tuple[list[str], Any]:
    """Return the words of texts but for English function words, sorted, and their counts, sparse (n_texts, n_words).

    What scikit-learn's `CountVectorizer` gives; it checks its settings, and a list of function words, at each call.
    """
    from scipy import sparse

    find = re.compile(WORD).findall
    words = [find(text.lower()) for text in texts]
    vocabulary = sorted(word for word in {word for of_text in words for word in of_text} if not is_function_word(word))
    number = {word: i for i, word in enumerate(vocabulary)}
    words = [[word for word in of_text if word in number] for of_text in words]
    ends = np.cumsum([0, *map(len, words)])
    places = np.fromiter((number[word] for of_text in words for word in of_text), dtype=np.int64, count=int(ends[-1]))
    counts = sparse.csr_array((np.ones(len(places)), places, ends), shape=(len(texts), len(vocabulary)))
    counts.sum_duplicates()
    return vocabulary, counts


def _units_per_word(counts: Any, cluster: IntArray, unit_codes: IntArray) -> IntArray:
    """Return how many units of each cluster use each word, (n_clusters, n_words), of counts (n_texts, n_words)."""
    from scipy import sparse

    pairs, place = np.unique(np.column_stack([cluster, unit_codes]), axis=0, return_inverse=True)
    texts = np.arange(len(cluster))
    by_unit = sparse.csr_array((np.ones(len(texts)), (place.ravel(), texts)), shape=(len(pairs), len(texts))) @ counts
    n_clusters = int(cluster.max()) + 1
    of_cluster = sparse.csr_array((np.ones(len(pairs)), (pairs[:, 0], np.arange(len(pairs)))), (n_clusters, len(pairs)))
    return np.asarray((of_cluster @ (by_unit > 0)).toarray(), dtype=np.int64)


def exemplar_places(
    texts: Sequence[str],
    embeddings: FloatArray,
    members: Any,
    n: int = N_EXEMPLARS,
    *,
    ids: Sequence[str] | None = None,
) -> list[int]:
    """Return the places of the n distinct texts most like (cosine) the mean embedding of the members.

    Ties go by the alphabet; of equal texts it is the one of the lowest id, by `ids` (n_texts,), else the first.
    """
    vectors = embeddings[members].astype(np.float64)
    lengths = np.linalg.norm(vectors, axis=1)
    cosine = vectors @ vectors.mean(axis=0) / np.where(lengths > 0, lengths, 1)
    places = [int(i) for i in members]
    names = [""] * len(places) if ids is None else [ids[i] for i in places]
    best = sorted(zip((-cosine).round(6), (texts[i] for i in places), names, places, strict=True))
    distinct: dict[str, int] = {}
    for _, text, _, place in best:
        distinct.setdefault(text, place)
    return list(distinct.values())[:n]


def exemplars_of(texts: Sequence[str], embeddings: FloatArray, members: Any, n: int = N_EXEMPLARS) -> list[str]:
    """Return the texts at `exemplar_places`, shortened where they are too long for a table."""
    return [shortened(texts[place]) for place in exemplar_places(texts, embeddings, members, n)]


def shortened(text: str) -> str:
    """Cut an exemplar that is too long to be read in a table."""
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"


def _string_column(values: Iterable[Any]) -> Any:
    """Return what `pd.array(..., dtype="string")` gives, which looks at each value anew."""
    import pandas as pd

    strings = as_strings(tuple(values))
    if pd.StringDtype().storage != "pyarrow":
        return pd.array(strings, dtype="string")
    import pyarrow as pa

    return pd.arrays.ArrowStringArray(pa.array(strings, pa.large_string()))


def _integer_column(n_rows: int, rows: IntArray, values: IntArray) -> Any:
    """Return a column of integers that may be missing, with these values in these rows."""
    import pandas as pd

    column, missing = np.ones(n_rows, dtype=np.int64), np.ones(n_rows, dtype=bool)
    column[rows], missing[rows] = values, False
    return pd.arrays.IntegerArray(column, missing)
