"""The result of the brain pathway: scores beside their null, predictions, and where in the brain they come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from emotopy.errors import InputError, UnknownName, listed, nearest
from emotopy.records import RegionWeights
from emotopy.running.writing import WritableResult

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


@attrs.frozen(eq=False, repr=False)
class Decoding(WritableResult):
    """Decoded emotions of a story, or of several.

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
        ``subject, onset_s, centre_s, block, emotion, features, rating, prediction``; with several stories ``story``
        behind the subject, and ``run`` where one was scanned in several runs. Times count from the run's beginning.
    edges, graph : DataFrame
        The explanation: patterns per edge, graph metrics beside their null; empty where the decoder gives none.
    weights : RegionWeights or None
        How strongly each emotion loads on each region; `weights_table` is the same beside its null:
        ``emotion, region, weight, signed_weight, null_mean, null_95, p, p_family``.
    networks : DataFrame or None
        ``emotion, network_a, network_b, n_edges, weight, signed_weight, null_mean, null_95, p, p_family``: the mean
        |pattern| and mean pattern of the edges that join two networks (or lie in one); empty, or None, unless the
        atlas puts every region into a network.
    stories : DataFrame or None
        ``emotion, features, story, r, null_mean, null_95, p, p_family, n_subjects``: the score within each of several
        stories, n_subjects of them scored there; p_family is corrected over emotions and stories. None for one story.
    sensitivity : DataFrame
        ``emotion, features, p_sensitivity, sensitivity_null``: the p-value of each score under the null that isn't the
        main one, and the name of that null (`null.sensitivity`).
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
    sensitivity: pd.DataFrame
    provenance: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    no_texts: bool = False
    networks: pd.DataFrame | None = None
    stories: pd.DataFrame | None = None
    reporters: tuple[Any, ...] = attrs.field(default=(), repr=False)

    def __repr__(self) -> str:
        features = dict.fromkeys(self.scores["features"])
        return f"Decoding(emotions: {', '.join(self.emotions)}; features: {', '.join(features)})"

    @property
    def kind(self) -> str:
        """``decoding``."""
        return "decoding"

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Every table by the stem of its file; ``networks`` and ``stories`` only where there are such."""
        names = ("scores", "subjects", "paired", "sensitivity", "predictions", "edges", "graph")
        found = {**{name: getattr(self, name) for name in names}, "weights": self.weights_table}
        if self.stories is not None:
            found["stories"] = self.stories
        return found | ({} if self.networks is None or self.networks.empty else {"networks": self.networks})

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
        tables = (table[table["emotion"] == emotion].drop(columns="emotion").reset_index(drop=True)
                for table in (self.weights_table, self.edges, self.graph))  # fmt: skip
        return Explanation(emotion, *tables)
