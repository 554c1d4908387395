"""Words of clusters that are left out where input texts stay out of all that is written, counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from emotopy.records import Corpus
from emotopy.running.stages import StageRunner

if TYPE_CHECKING:
    import pandas as pd

N_WITHHELD = "n_words_left_out"
"""The column of `clusters` that counts them; it is there with `no_texts` alone."""


def count_withheld(shown: Sequence[Sequence[str]], best: Sequence[Sequence[str]]) -> list[int]:
    """Return for each cluster how many of its best words aren't shown.

    >>> count_withheld([["night", "door"]], [["night", "zanzibar"]])
    [1]
    """
    return [len(set(all_words) - set(words)) for words, all_words in zip(shown, best, strict=True)]


def notify_withheld_words(runner: StageRunner, clusters: pd.DataFrame, corpus: Corpus) -> None:
    """Note how many words were left out of the table of clusters, and what the rule counts."""
    if N_WITHHELD not in clusters.columns:
        return
    n_words, n_clusters = int(clusters[N_WITHHELD].sum()), len(clusters)
    if n_words:
        has_units = any(unit is not None for unit in corpus.unit)
        unnamed = (
            ""
            if has_units
            else " No unit was given, so texts are counted; name the column of persons to count persons."
        )
        runner.notify(
            f"Input texts are left out, and so are {n_words:,} of the words that characterise the "
            f"{n_clusters:,} clusters, because fewer than five {'units' if has_units else 'texts'} of "
            f"the cluster use them.{unnamed}"
        )
