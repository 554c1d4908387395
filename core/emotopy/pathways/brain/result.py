"""The result of the brain pathway: scores with their null, predictions, and the regions that contribute to them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from emotopy.config import Config
from emotopy.errors import InputError, UnknownName, listed, nearest
from emotopy.pathways.brain.decoder import Decoder
from emotopy.pathways.brain.refit import RefitPathway
from emotopy.pathways.brain.study import Study
from emotopy.records import RegionWeights
from emotopy.registry import Registry
from emotopy.roles import Host
from emotopy.running.host_calls import host_call
from emotopy.running.writing import WritableResult
from emotopy.storage.arrow import ArrowTables

if TYPE_CHECKING:
    import pandas as pd


@attrs.frozen(eq=False)
class Explanation(ArrowTables):
    """The regions and connections that the decoder of an emotion uses.

    Parameters
    ----------
    emotion : str
        The emotion.
    regions : DataFrame
        ``region, weight, signed_weight, null_mean, null_95, p, p_family``.
    edges : DataFrame
        ``region_a, region_b, pattern, sign_consistency``.
    graph : DataFrame
        ``graph, metric, value, null_mean, null_95, p``.

    Examples
    --------
    >>> import emotopy
    >>> from emotopy.simulate import simulate_bold
    >>> made = simulate_bold("coupling", n_subjects=3, n_volumes=300, n_regions=5, n_carriers=3)
    >>> decoding = emotopy.decode(made.series, made.ratings, config={"null": {"n": 9}, "split": "subject"})
    >>> explanation = decoding.explain("fear")
    >>> explanation.regions.columns[:2].tolist(), len(explanation.regions)
    (['region', 'weight'], 5)
    """

    emotion: str
    regions: pd.DataFrame
    edges: pd.DataFrame
    graph: pd.DataFrame

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """``regions``, ``edges``, ``graph``."""
        return {"regions": self.regions, "edges": self.edges, "graph": self.graph}


@attrs.frozen(eq=False, repr=False)
class Origin:
    """The study and configuration of a decoding, which `refit` needs.

    Scans aren't part of a result: copies share them, and pickles and results directories contain none.
    """

    study: Study
    config: Config

    def __reduce__(self) -> tuple[Any, ...]:
        return _no_origin, ()

    def __deepcopy__(self, memo: dict[int, Any]) -> Origin:
        return self


def _no_origin() -> None:
    return None


@attrs.frozen(eq=False, repr=False)
class Decoding(WritableResult):
    """Decoded emotions of one or several stories.

    Parameters
    ----------
    scores : DataFrame
        ``emotion, features, r, null_mean, null_95, r2, mse, p, p_family, n_subjects``: one row per emotion and feature
        set. r is Pearson's correlation within blocks, averaged over blocks and subjects. Null columns come from the
        same analysis of surrogate ratings. p_family is corrected over emotions.
    subjects : DataFrame
        ``emotion, features, subject, r, r2, mse``. These scores are descriptive: listeners of one story aren't
        independent samples.
    paired : DataFrame
        ``emotion, features_a, features_b, difference, null_mean, null_95, p, p_family``: the difference of mean scores,
        and the same difference under the same surrogates.
    predictions : DataFrame
        ``subject, onset_s, centre_s, block, emotion, features, rating, prediction``; with several stories, ``story``
        follows ``subject``, and ``run`` follows if a story was scanned in several runs. Times are relative to the start
        of the run.
    edges, graph : DataFrame
        The explanation: patterns per edge, and graph metrics with their null; empty if the decoder provides none.
    weights : RegionWeights or None
        How strongly each emotion loads on each region.
    weights_table : DataFrame
        The same weights with their null: ``emotion, region, weight, signed_weight, null_mean, null_95, p, p_family``.
    sensitivity : DataFrame
        ``emotion, features, p_sensitivity, sensitivity_null``: the p-value of each score under the second null, and the
        name of that null (`null.sensitivity`).
    provenance, notes, no_texts
        As for `emotopy.TextResult`.
    networks : DataFrame or None
        ``emotion, network_a, network_b, n_edges, weight, signed_weight, null_mean, null_95, p, p_family``: the mean
        ``|pattern|`` and mean pattern of the edges between two networks or within one; empty or None unless the atlas
        assigns every region to a network.
    stories : DataFrame or None
        ``emotion, features, story, r, null_mean, null_95, p, p_family, n_subjects``: the score within each of several
        stories, and the number of subjects scored there. p_family is corrected over emotions and stories. None for one
        story.
    reporters : tuple, optional
        Reporters that write the result.
    origin : Origin, optional
        Study and configuration for `refit`; None for a decoding that was read from a folder or a pickle.

    Examples
    --------
    >>> import emotopy
    >>> from emotopy.simulate import simulate_bold
    >>> made = simulate_bold("coupling", n_subjects=3, n_volumes=300, n_regions=5, n_carriers=3)
    >>> decoding = emotopy.decode(made.series, made.ratings, config={"null": {"n": 9}, "split": "subject"})
    >>> decoding.scores.columns[:3].tolist()
    ['emotion', 'features', 'r']
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
    origin: Origin | None = None

    def __repr__(self) -> str:
        features = dict.fromkeys(self.scores["features"])
        return f"Decoding(emotions: {', '.join(self.emotions)}; features: {', '.join(features)})"

    @property
    def kind(self) -> str:
        """``decoding``."""
        return "decoding"

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Every table by the stem of its file name; ``networks`` and ``stories`` only where they exist."""
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

        Parameters
        ----------
        emotion : str
            One of `emotions`.

        Returns
        -------
        Explanation
            Regions, edges and graph metrics of the emotion.

        Raises
        ------
        UnknownName
            The emotion wasn't decoded.
        InputError
            The decoder provides no explanation.
        """
        if emotion not in self.emotions:
            raise UnknownName(
                f"explain: no emotion {emotion!r}.{nearest(emotion, self.emotions)} There are: {listed(self.emotions)}"
            )
        if self.weights is None:
            raise InputError("explain: this decoder provides no explanation; decode with a linear kernel-ridge")
        tables = (table[table["emotion"] == emotion].drop(columns="emotion").reset_index(drop=True)
                for table in (self.weights_table, self.edges, self.graph))  # fmt: skip
        return Explanation(emotion, *tables)

    @host_call
    def refit(
        self,
        *,
        causal: bool = False,
        registry: Registry | None = None,
        cache: str | Path | None = None,
        host: Host | None = None,
    ) -> Decoder:
        """Fit the decoder to all subjects and windows, for use on new scans.

        The decoder uses the first feature set and the configuration of this decoding; the penalty of each emotion is
        chosen by cross-validation with the folds of its split. How well such a decoder predicts new people is estimated
        by the cross-validated `scores`.

        Parameters
        ----------
        causal : bool, default False
            Filter only forwards, so that a window depends on no later volume and the decoder can run during a scan
            (`Decoder.stream`, `emotopy track`). The causal pipeline is cross-validated with the same surrogates. The
            decoder contains both scores; their difference is the loss due to causal filtering.
        registry : Registry, optional
            Registry of stages. Default: all installed plugins.
        cache : str or Path, optional
            Folder that caches finished stages. Default: no cache.
        host : Host, optional
            Host for messages, progress, cancellation and deadline.

        Returns
        -------
        Decoder
            The decoder, which predicts emotions from new scans.

        Raises
        ------
        InputError
            The decoding was read from a folder or a pickle, which contain no scans.
        ConfigError
            The decoder isn't a linear kernel-ridge; or, with `causal`, the measure isn't sliding-window or there are
            confounds.
        """
        if self.origin is None:
            raise InputError(
                "refit: wanted a decoding from this process, got one that was read from a folder or a "
                "pickle, which contain no scans; decode again, then refit"
            )
        config, study = self.origin.config, self.origin.study
        pathway = RefitPathway.from_config(config, registry=registry, cache=cache, host=host)
        return pathway.refit(study, self.scores, dict(self.provenance), causal=causal)
