"""Groups that differ in nothing: the same units divided at random, and what each procedure makes of them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from emotopy.experiments.definition import Splits
from emotopy.experiments.published import PublishedFit
from emotopy.experiments.question import PairOfGroups
from emotopy.pathways.comparison.pathway import compare
from emotopy.pathways.text.tables import unit_codes
from emotopy.pathways.text.text_table import MappedTexts
from emotopy.records import BoolArray, IntArray

if TYPE_CHECKING:
    import pandas as pd

ALPHA = 0.05
MEASURES = ("relative", "intensity")
"""What of ours is tested."""
COLUMNS = (
    *("group_a", "group_b", "split", "n_nodes", "published_significant"),
    *("n_regions", "relative_below_005", "relative_family", "intensity_below_005", "intensity_family"),
)


def random_splits(
    pair: PairOfGroups,
    mapped: MappedTexts,
    published: PublishedFit,
    options: Splits,
    seed: int,
    advance: Callable[[int], None],
) -> pd.DataFrame:
    """Divide a pair's units at random into groups of the same sizes, and run both procedures on each division.

    Columns: `n_nodes` and `published_significant` (nodes with p < 0.05 after both halves were fitted anew, as
    published), `n_regions`, and of these for each of our measures `_below_005` (with p < 0.05, uncorrected) and
    `_family` (with p_family < 0.05). Where answers are paired, who gave which is swapped at random.
    """
    import pandas as pd

    rows, found = published.rows, []
    chosen = np.array([i for i, row in enumerate(rows) if pair.labels[row] is not None])
    is_first = np.array([pair.labels[rows[i]] == pair.a for i in chosen])
    codes = _codes(pair, mapped, published, chosen)
    for number, first in enumerate(_divisions(codes, is_first, pair, options.n, seed)):
        rng = np.random.default_rng([seed, number, _name(pair)])
        theirs = published.test_anew(chosen, first, rng, seed=seed)
        labels: list[str | None] = [None] * len(mapped)
        for place, is_a in zip(rows[chosen].tolist(), first.tolist(), strict=True):
            labels[place] = pair.a if is_a else pair.b
        ours = compare(mapped, pair.question(seed + number, labels, options.n_permutations)).table
        own = [ours[ours["measure"] == measure] for measure in MEASURES]
        found.append(
            (
                *(pair.a, pair.b, number + 1, len(theirs.p), int((theirs.p < ALPHA).sum()), len(own[0])),
                *(int((part[name] < ALPHA).sum()) for part in own for name in ("p", "p_family")),
            )
        )
        advance(1)
    return pd.DataFrame(found, columns=list(COLUMNS))


def _codes(pair: PairOfGroups, mapped: MappedTexts, published: PublishedFit, chosen: IntArray) -> IntArray:
    """Return the number of each chosen text's unit (of its pair, where there are pairs), whatever the rows' order."""
    corpus = published.fitted.result.corpus
    if pair.paired_by is None:
        return unit_codes(corpus, published.rows[chosen])
    names: Any = np.array(mapped.labels(pair.paired_by, "paired_by"), dtype=object)[published.rows[chosen]]
    return np.unique(names.astype(str), return_inverse=True)[1]


def _divisions(codes: IntArray, is_first: BoolArray, pair: PairOfGroups, n: int, seed: int) -> Iterator[BoolArray]:
    """Yield for each division which texts (n_chosen,) are in the first group."""
    units = np.unique(codes)
    n_first = len(np.unique(codes[is_first]))
    for number in range(n):
        rng = np.random.default_rng([seed, number, _name(pair), 1])
        if pair.paired_by is not None:
            swapped = rng.random(len(units)) < 0.5
            yield is_first ^ swapped[np.searchsorted(units, codes)]
        else:
            yield np.isin(codes, rng.choice(units, n_first, replace=False))


def _name(pair: PairOfGroups) -> int:
    return zlib.crc32(f"{pair.a}\0{pair.b}".encode("utf-8", "surrogatepass"))
