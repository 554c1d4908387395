"""The sample that stages are fitted to where a corpus is large: chosen by what the texts say.

Neither the order of the rows nor a seed has a say in it, so the same texts give the same fit.
"""

from __future__ import annotations

import numpy as np

from emotopy.pathways.text.partial_sums import Hashes, hashes_of
from emotopy.records import Corpus, IntArray

FEWEST_OF_GROUP = 200
"""Distinct texts of every group that are in the sample, if it has as many and groups aren't too many for that."""


def sample_rows(corpus: Corpus, n_texts: int) -> IntArray | None:
    """Return the rows of a sample of about `n_texts` distinct texts; None where the corpus has no more than these.

    A text is in the sample if its hash is among the `n_texts` lowest of all, or among the lowest of its group: 200, or
    fewer where there are many groups, so that no more than a quarter comes on top. Each distinct text stands once.

    Parameters
    ----------
    corpus
        The rows.
    n_texts
        About how many.

    Returns
    -------
    (n_sample,) row numbers, in the order of the texts' hashes.
    """
    rows = corpus.scored
    if len(rows) <= n_texts:
        return None
    hashes = hashes_of(corpus.text[row] for row in rows.tolist())
    number = {name: i for i, name in enumerate((*corpus.groups, None))}
    groups = np.array([number[corpus.group[row]] for row in rows.tolist()], dtype=np.int64)
    chosen = chosen_hashes(hashes, groups, n_texts)
    if chosen is None:
        return None
    distinct, first = np.unique(hashes, return_index=True)
    return np.asarray(rows[first[np.searchsorted(distinct, chosen)]])


def copies_of(corpus: Corpus, sample: IntArray) -> IntArray:
    """Return in how many rows of the corpus the text of each row of a sample stands, (n_sample,)."""
    wanted = {corpus.text[row]: i for i, row in enumerate(sample.tolist())}
    found = np.array([wanted.get(text, -1) for text in corpus.text], dtype=np.int64)
    return np.bincount(found[found >= 0], minlength=len(sample))


def chosen_hashes(hashes: Hashes, groups: IntArray, n_texts: int) -> Hashes | None:
    """Return the hashes of the texts in the sample, ascending; None where there are no more than `n_texts` distinct.

    Parameters
    ----------
    hashes, groups : (n_rows,)
        Hash of each row's text, and number of its group.
    n_texts
        About how many.
    """
    distinct = np.unique(hashes)
    if len(distinct) <= n_texts:
        return None
    order = np.lexsort((hashes, groups))
    group, value = groups[order], hashes[order]
    is_new = np.concatenate([[True], (np.diff(group) != 0) | (np.diff(value) != 0)])
    group, value = group[is_new], value[is_new]
    starts = np.flatnonzero(np.concatenate([[True], np.diff(group) != 0]))
    sizes = np.diff(np.append(starts, len(group)))
    rank = np.arange(len(group)) - np.repeat(starts, sizes)
    fewest = max(1, min(FEWEST_OF_GROUP, n_texts // (4 * len(starts))))
    return np.unique(np.concatenate([distinct[:n_texts], value[rank < fewest]]))
