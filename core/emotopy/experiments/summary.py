"""The few numbers that an experiment comes to, for the screen and the head of its page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.experiments.published import ALPHA, MEASURES
from emotopy.pathways.comparison.result import Comparison

if TYPE_CHECKING:
    import pandas as pd

    from emotopy.experiments.experiment import Experiment


PUBLISHED = "published"


@attrs.frozen
class Verdict:
    """What a procedure finds for a pair of groups, and what it finds where there is nothing.

    `procedure` is `published`, or the measure of ours. `found` of `n_tests` nodes or regions differ: p < 0.05 as
    published, p_family < 0.05 as ours. `false_rate` is the share with an uncorrected p < 0.05 in random splits (NaN
    without any); `splits_with_any` counts the splits with any p_family < 0.05 (None: published, which has none).
    """

    procedure: str
    found: int
    n_tests: int
    false_rate: float
    splits_with_any: int | None


@attrs.frozen
class PairSummary:
    """What the procedures find for groups `a` and `b`, over `n_splits` random splits of their units."""

    a: str
    b: str
    n_splits: int
    verdicts: tuple[Verdict, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it: a false rate without any split is None."""
        plain = attrs.asdict(self)
        for verdict in plain["verdicts"]:
            verdict["false_rate"] = None if math.isnan(verdict["false_rate"]) else verdict["false_rate"]
        return {**plain, "verdicts": list(plain["verdicts"])}


def summarise(result: Experiment) -> list[PairSummary]:
    """Return a summary for each pair of groups."""
    found = []
    for comparison in (part for part in result.parts.values() if isinstance(part, Comparison)):
        a, b = comparison.groups
        nodes, splits = (
            table[(table["group_a"] == a) & (table["group_b"] == b)] for table in (result.side_by_side, result.splits)
        )
        n = len(splits)

        def rate(column: str, of: str, splits: pd.DataFrame = splits) -> float:
            return float(splits[column].sum() / splits[of].sum()) if len(splits) else np.nan

        verdicts = [
            Verdict(
                PUBLISHED,
                int(nodes["published_significant"].sum()),
                len(nodes),
                rate("published_significant", "n_nodes"),
                None,
            )
        ]
        for measure in MEASURES:
            own = comparison.table[comparison.table["measure"] == measure]
            verdicts.append(
                Verdict(
                    measure,
                    int((own["p_family"] < ALPHA).sum()),
                    len(own),
                    rate(f"{measure}_below_005", "n_regions"),
                    int((splits[f"{measure}_family"] > 0).sum()),
                )
            )
        found.append(PairSummary(a, b, n, tuple(verdicts)))
    return found
