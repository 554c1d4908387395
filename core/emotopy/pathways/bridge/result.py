"""The result of the bridge: text weights and brain weights of a story's emotions, and how much they agree."""

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
    """Text weights and brain weights of a story's emotions, and how much they agree; `emotopy.bridge` makes it.

    Parameters
    ----------
    table : DataFrame
        ``emotion, weights, n_regions, r, null_mean, null_95, p, p_family``: a row per emotion, `all` (their mean r)
        first, under `weights` ``absolute`` (the text's weights against the brain's mean ``|pattern|``: the comparison
        that is meant) and then ``signed`` (against the brain's mean pattern). p is one-sided, for agreement; p_family
        is corrected over emotions and empty for `all`.
    text_weights : RegionWeights
        Correlation over segments of rating and profile, −1 to 1. Regions whose profile never changes have none; they
        are left out on both sides, and a note names them.
    brain_weights, brain_signed : RegionWeights
        Mean ``|pattern|`` and mean pattern of each region's edges, in the unit of the decoding.
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
        """The emotions that both sides have, in the order of the brain's."""
        return self.text_weights.emotions

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions, in the order of the text's atlas."""
        return self.text_weights.regions


def _long(weights: RegionWeights, **more: RegionWeights) -> pd.DataFrame:
    """Return a row per emotion and region, a column per kind of weight."""
    import pandas as pd

    n_emotions, n_regions = weights.values.shape
    return pd.DataFrame(
        {
            "emotion": np.repeat(np.asarray(weights.emotions, dtype=object), n_regions),
            "region": np.tile(np.asarray(weights.regions, dtype=object), n_emotions),
            **{name: one.values.ravel() for name, one in {"weight": weights, **more}.items()},
        }
    )
