"""What the brain pathway gives: scores beside their null, predictions, and where in the brain they come from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from emotopy.errors import InputError, UnknownName, listed, nearest
from emotopy.records import RegionWeights
from emotopy.roles import Reporter

if TYPE_CHECKING:
    import pandas as pd


@attrs.frozen(eq=False)
class Explanation:
    """Where an emotion's decoder takes its prediction from; claims hold for regions and networks, not single edges.

    `regions` has ``region, weight``; `edges` has ``region_a, region_b, pattern, sign_consistency``; `graph` has
    ``graph, metric, value, null_mean, null_95, p``.
    """

    emotion: str
    regions: pd.DataFrame
    edges: pd.DataFrame
    graph: pd.DataFrame


@attrs.frozen(eq=False)
class Decoding:
    """Decoded emotions of a story.

    Attributes
    ----------
    scores : DataFrame
        ``emotion, features, r, null_mean, null_95, r2, mse, p, p_family, n_subjects``: a row per emotion and feature
        set. r is Pearson's within blocks, averaged over blocks and subjects; null columns are of the same analysis
        under surrogate ratings; p_family is corrected over emotions.
    subjects : DataFrame
        ``emotion, features, subject, r, r2, mse``. Descriptive: listeners of one story aren't independent tests.
    paired : DataFrame
        ``emotion, features_a, features_b, difference, null_mean, null_95, p, p_family``: the difference of mean scores
        beside the same difference under the same surrogates.
    predictions : DataFrame
        ``subject, onset_s, centre_s, block, emotion, features, rating, prediction``.
    edges, graph : DataFrame
        The explanation: patterns per edge, graph metrics beside their null; empty where the decoder gives none.
    weights : RegionWeights or None
        How strongly each emotion loads on each region; `weights_table` is the same beside its null:
        ``emotion, region, weight, signed_weight, null_mean, null_95, p, p_family``.
    networks : DataFrame or None
        ``emotion, network_a, network_b, n_edges, weight, signed_weight, null_mean, null_95, p, p_family``: the mean
        |pattern| and mean pattern of the edges that join two networks (or lie in one); empty, or None, unless the
        atlas puts every region into a network.
    circular : DataFrame
        ``emotion, features, p``: the sensitivity check under the other null.
    provenance, notes, reporters
        As in `emotopy.pathways.text.result.TextResult`.
    """

    scores: pd.DataFrame
    subjects: pd.DataFrame
    paired: pd.DataFrame
    predictions: pd.DataFrame
    edges: pd.DataFrame
    graph: pd.DataFrame
    weights: RegionWeights | None
    weights_table: pd.DataFrame
    circular: pd.DataFrame
    provenance: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    no_texts: bool = False
    networks: pd.DataFrame | None = None
    reporters: tuple[tuple[str, Reporter], ...] = attrs.field(default=(), repr=False)

    @property
    def emotions(self) -> tuple[str, ...]:
        """The emotions, in the order of the ratings."""
        return tuple(dict.fromkeys(self.scores["emotion"]))

    def explain(self, emotion: str) -> Explanation:
        """Return the explanation of one emotion.

        Raises UnknownName for an emotion that wasn't decoded, InputError where the decoder gives no explanation.
        """
        if emotion not in self.emotions:
            raise UnknownName(
                f"explain: no emotion {emotion!r}.{nearest(emotion, self.emotions)} There are: {listed(self.emotions)}"
            )
        if self.weights is None:
            raise InputError("explain: this decoder gives no explanation; decode with a linear kernel-ridge")
        mine = (table[table["emotion"] == emotion].drop(columns="emotion").reset_index(drop=True)
                for table in (self.weights_table, self.edges, self.graph))  # fmt: skip
        return Explanation(emotion, *mine)

    def write(self, directory: str | Path, *, force: bool = False) -> Path:
        """Write the results directory, whole or not at all, through the chosen reporters; return its path.

        Raises OutputError where the directory exists (unless `force`), or can't be written.
        """
        from emotopy.storage.results import write_results

        return write_results(self, Path(directory), force=force)

    def report(self, path: str | Path) -> Path:
        """Write the HTML report alone to the file `path`; return it."""
        from emotopy.storage.results import write_report

        return write_report(self, Path(path))
