"""The result of the bridge: text weights and brain weights of the emotions of a story, and their agreement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.records import RegionWeights
from emotopy.running.writing import WritableResult

if TYPE_CHECKING:
    import pandas as pd


@attrs.frozen(eq=False, repr=False)
class Bridge(WritableResult):
    """Text weights and brain weights of the emotions of a story, and their agreement; returned by `emotopy.bridge`.

    Parameters
    ----------
    table : DataFrame
        ``emotion, weights, n_regions, r, null_mean, null_95, p, p_family``: one row per emotion, after a row `all` with
        their mean r. `weights` is ``absolute`` for the correlation of text weights with the mean ``|pattern|`` of the
        brain, which is the main comparison, and ``signed`` for the correlation with the mean pattern. p is one-sided,
        for agreement; p_family is corrected over emotions and empty for `all`.
    text_weights : RegionWeights
        Correlation between rating and profile over segments, −1 to 1. Regions with a constant profile have no weight;
        they are left out on both sides, and a note names them.
    brain_weights, brain_signed : RegionWeights
        Mean ``|pattern|`` and mean pattern over the edges of each region, in the unit of the decoding.
    provenance, notes, no_texts, reporters
        As in `emotopy.TextResult`.

    Examples
    --------
    >>> import emotopy
    >>> result = emotopy.bridge("text-results/", "brain-results/")  # doctest: +SKIP
    >>> result.tables["bridge"]  # doctest: +SKIP
    """

    table: pd.DataFrame
    text_weights: RegionWeights
    brain_weights: RegionWeights
    brain_signed: RegionWeights
    provenance: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    no_texts: bool = False
    reporters: tuple[Any, ...] = attrs.field(default=(), repr=False)

    def __repr__(self) -> str:
        return f"Bridge(emotions: {', '.join(self.emotions)}; {len(self.regions)} regions)"

    @property
    def kind(self) -> str:
        """``bridge``."""
        return "bridge"

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """``bridge``; ``text_weights`` (emotion, region, weight); ``brain_weights`` (the same, and signed_weight)."""
        brain = _long(self.brain_weights, signed_weight=self.brain_signed)
        return {"bridge": self.table, "text_weights": _long(self.text_weights), "brain_weights": brain}

    @property
    def emotions(self) -> tuple[str, ...]:
        """The emotions of both sides, in the order of the decoding."""
        return self.text_weights.emotions

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions, in the order of the atlas of the text side."""
        return self.text_weights.regions


def _long(weights: RegionWeights, **more: RegionWeights) -> pd.DataFrame:
    """Return a table with one row per emotion and region and one column per kind of weight."""
    import pandas as pd

    n_emotions, n_regions = weights.values.shape
    return pd.DataFrame(
        {
            "emotion": np.repeat(np.asarray(weights.emotions, dtype=object), n_regions),
            "region": np.tile(np.asarray(weights.regions, dtype=object), n_emotions),
            **{name: one.values.ravel() for name, one in {"weight": weights, **more}.items()},
        }
    )
