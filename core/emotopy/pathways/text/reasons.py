"""Why a text has its regions: what each of its words contributes, by leaving the words out one by one.

It is done for few texts, the exemplars of clusters and examples of regions, where embedder and region mapper can afford
it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import attrs
import numpy as np

from emotopy.pathways.text.fit import Fit
from emotopy.pathways.text.tables import EXEMPLAR_ID
from emotopy.readers.segmentation import (
    SHORTEST,
    Segment,
    Segmentation,
    segment_places,
    segment_texts,
    without_word,
    word_places,
)
from emotopy.records import Corpus, FloatArray, IntArray, Mapped
from emotopy.roles import ExplainsWords, MappingInputs, MapsEmbeddings
from emotopy.running.output_checks import validate_matrix

if TYPE_CHECKING:
    import pandas as pd

MOST_TEXTS = 200
"""Texts that are explained at most."""
MOST_WORDS = 20_000
"""Their words at most; a word takes some 30 µs. A text that would exceed it is passed over."""
N_PER_REGION = 2
"""Texts of the highest profile in each region that are explained beside exemplars."""
N_REGIONS = 3
"""Regions of a text whose words are listed: those of its highest profile."""


def can_explain(fit: Fit) -> bool:
    """Whether words can be left out at little cost: the embedder says so, and the mapper looks at embeddings alone."""
    mapper = fit.mapper.object
    return (
        isinstance(fit.embedder.object, ExplainsWords) and isinstance(mapper, MapsEmbeddings) and mapper.embeddings_only
    )


def exemplar_rows(clusters: pd.DataFrame, corpus: Corpus) -> list[int]:
    """Return the rows of the corpus that the exemplars of clusters stand in, those of large clusters first.

    First the first exemplar of every cluster, then the second ones, and so on; each row once.
    """
    columns = [name for name in clusters.columns if str(name).startswith(EXEMPLAR_ID)]
    largest = clusters.sort_values("n_texts", ascending=False, kind="stable") if columns else clusters
    ids = dict.fromkeys(str(one) for name in columns for one in largest[name] if one)
    row_of: dict[str, int] = {}
    for row, name in enumerate(corpus.id):
        if name in ids:
            row_of.setdefault(name, row)
    return [row_of[name] for name in ids if name in row_of]


@attrs.frozen(eq=False)
class Explained:
    """Texts that are explained: their rows in the corpus, their segments, and where words stand.

    Attributes
    ----------
    rows : (n_texts,)
        Ascending.
    cut : Segmentation
        Their segments.
    words : (n_segments,) lists
        Where the words of each segment stand in it.
    starts : (n_segments,)
        At which character of its text each segment starts.
    """

    rows: Sequence[int]
    cut: Segmentation
    words: Sequence[Sequence[tuple[int, int]]]
    starts: IntArray

    @classmethod
    def of(cls, corpus: Corpus, rows: Sequence[int], how: Segment, languages: Sequence[str | None]) -> Explained | None:
        """Choose texts among the rows, (n_rows,), in their order, as far as `MOST_TEXTS` and `MOST_WORDS` go.

        None where no text is left that has a word.
        """
        segments_of: dict[int, Sequence[str]] = {}
        left = MOST_WORDS
        for row, language in zip(rows, languages, strict=True):
            text = corpus.text[row]
            if len(segments_of) < MOST_TEXTS and 0 < len(word_places(text)) <= left:
                segments_of[row] = segment_texts([text], how, [language]).segments
                left -= len(word_places(text))
        places = {row: segment_places(corpus.text[row], segments) for row, segments in segments_of.items()}
        chosen = sorted(row for row, found in places.items() if found is not None)
        if not chosen:
            return None
        segments = [segment for row in chosen for segment in segments_of[row]]
        words = [word_places(segment) for segment in segments]
        return cls(
            rows=chosen,
            cut=Segmentation(
                segments,
                np.repeat(np.arange(len(chosen)), [len(segments_of[row]) for row in chosen]),
                np.array([len(own) for own in words], dtype=np.int64),
            ),
            words=words,
            starts=np.array([place for row in chosen for place in places[row] or ()], dtype=np.int64),
        )

    @property
    def shortened(self) -> list[str]:
        """The segments without each of their words, (n_words_in_all,)."""
        pairs = zip(self.cut.segments, self.words, strict=True)
        return [without_word(segment, *word) for segment, own in pairs for word in own]


def reasons_table(fit: Fit, corpus: Corpus, explained: Explained) -> pd.DataFrame:
    """Return what each word contributes to the three regions of a text's highest profile.

    Columns: ``id, position, start, end, region (or node), contribution``; rows by text in the order of the corpus, by
    region from the highest, by position.

    Parameters
    ----------
    fit
        The fitted stages, of which `can_explain` holds.
    corpus
        The texts' rows.
    explained
        The texts.
    """
    import pandas as pd

    cut, embedder = explained.cut, fit.embedder
    n_words = int(cut.n_words.sum())
    whole = embedder.call("embed", list(cut.segments))
    without = embedder.call("embed_without", list(cut.segments), explained.words)
    inputs = MappingInputs(
        texts=[*cut.segments, *explained.shortened],
        embeddings=np.concatenate(
            [
                validate_matrix(whole, len(cut), embedder, "embed", fit.n_dims),
                validate_matrix(without, n_words, embedder, "embed_without", fit.n_dims),
            ]
        ).astype(np.float32),
        points=None,
        clusters=None,
        atlas=fit.atlas.object,
        embedder=embedder.object,
        level=fit.level,
        segment=fit.segment,
    )
    profile = fit.map_inputs(inputs).profile
    profile, shortened = profile[: len(cut)], profile[len(cut) :]
    contribution = contributions(cut, profile, shortened)
    best = np.argsort(-cut.mean(profile), axis=1, kind="stable")[:, :N_REGIONS]
    text_of_word = np.repeat(cut.text, cut.n_words)
    first = np.searchsorted(text_of_word, np.arange(cut.n_texts + 1))
    order, column = [], []
    for text, regions in enumerate(best):
        own = np.arange(first[text], first[text + 1])
        order.append(np.tile(own, len(regions)))
        column.append(np.repeat(regions, len(own)))
    word, region = np.concatenate(order), np.concatenate(column)
    places = np.array([place for own in explained.words for place in own], dtype=np.int64)
    places += np.repeat(explained.starts, cut.n_words)[:, None]
    targets = np.array(inputs.targets, dtype=object)
    ids = np.array([corpus.id[row] for row in explained.rows], dtype=object)
    return pd.DataFrame(
        {
            "id": ids[text_of_word[word]],
            "position": word - first[text_of_word[word]],
            "start": places[word, 0],
            "end": places[word, 1],
            fit.level: targets[region],
            "contribution": contribution[word, region],
        }
    )


def contributions(cut: Segmentation, profile: FloatArray, shortened: FloatArray) -> FloatArray:
    """Return the profile of each text minus that of the text without each of its words, (n_words_in_all, n_regions).

    A text's profile is the mean over its segments, weighted by words; without a word, the word's segment has another
    profile and one word less. A text of one word is compared with 0, the mean of the reference.

    Parameters
    ----------
    cut
        The segments, (n_segments,), which have `cut.n_words` words each.
    profile : (n_segments, n_regions)
        Of the segments.
    shortened : (n_words_in_all, n_regions)
        Of the segments without each of their words.
    """
    segment = np.repeat(np.arange(len(cut)), cut.n_words)
    text = cut.text[segment]
    n_words = cut.n_words.astype(np.float64)
    total = np.add.reduceat(profile * n_words[:, None], cut.starts, axis=0)
    n_of_text = cut.words_of_text.astype(np.float64)
    others = total[text] - profile[segment] * n_words[segment, None]
    left = n_of_text[text, None] - 1
    rest = others + shortened * (n_words[segment, None] - 1)
    without = np.divide(rest, left, out=np.zeros_like(rest), where=left > 0)
    return np.asarray((total / n_of_text[:, None])[text] - without)


def region_examples(corpus: Corpus, rows: IntArray, profile: FloatArray, n_words: IntArray) -> list[int]:
    """Return the rows of two different texts of the highest profile in each region, those of the first region first.

    Ties go by the alphabet of texts, then ids.

    Parameters
    ----------
    corpus
        All texts.
    rows : (n_texts,)
        Rows of the texts to choose from.
    profile : (n_texts, n_regions)
        Their profiles.
    n_words : (n_texts,)
        Their words; a text of fewer than four is no example.
    """
    long_enough = np.flatnonzero(n_words >= SHORTEST)
    found: list[int] = []
    most = 4 * N_PER_REGION  # some may be copies of others
    for column in profile[long_enough].T:
        limit = np.sort(column)[-most:].min(initial=np.inf)
        best = rows[long_enough[column >= limit]].tolist()
        ranked = sorted(zip(-column[column >= limit], ((corpus.text[i], corpus.id[i], i) for i in best), strict=True))
        distinct: dict[str, int] = {}
        for _, (text, _, row) in ranked:
            distinct.setdefault(text, row)
        found += list(distinct.values())[:N_PER_REGION]
    return list(dict.fromkeys(found))


def explain(
    fit: Fit,
    corpus: Corpus,
    clusters: pd.DataFrame,
    languages: Callable[[Sequence[int]], Sequence[str | None]],
    examples: Callable[[], Sequence[int]],
) -> pd.DataFrame | None:
    """Return the table of reasons of the exemplars of clusters, and of further examples.

    Parameters
    ----------
    fit
        The fitted stages.
    corpus
        All texts.
    clusters
        The table of clusters, with the ids of exemplars.
    languages
        Returns the language of each of some rows.
    examples
        Returns rows that are explained after those of exemplars.

    Returns
    -------
    DataFrame or None
        None where embedder or mapper can't tell at little cost, and where no text has a word.
    """
    if not can_explain(fit):
        return None
    rows = list(dict.fromkeys([*exemplar_rows(clusters, corpus), *examples()]))
    explained = Explained.of(corpus, rows, fit.segment, languages(rows)) if rows else None
    return None if explained is None else reasons_table(fit, corpus, explained)


def explain_fits(
    fits: Mapping[str, Fit], mapped: Mapped, clusters: pd.DataFrame, cut: Segmentation
) -> pd.DataFrame | None:
    """Return the table of reasons of the texts of every fit, as `explain` does.

    Parameters
    ----------
    fits
        By the name that the column `group` of the table of clusters gives.
    mapped
        The texts.
    clusters
        Their table of clusters.
    cut
        Their segments, (n_segments,), which the fits' members are.
    """
    import pandas as pd

    tables = []
    for name, fit in fits.items():
        own = np.unique(cut.text[fit.members])
        found = explain(
            fit,
            mapped.corpus,
            clusters[clusters["group"] == name],
            lambda rows: [mapped.language[row] for row in rows],
            partial(
                region_examples, mapped.corpus, mapped.scored[own], mapped.mapping.profile[own], mapped.n_words[own]
            ),
        )
        tables += [] if found is None else [found]
    return pd.concat(tables, ignore_index=True) if len(tables) > 1 else tables[0] if tables else None
