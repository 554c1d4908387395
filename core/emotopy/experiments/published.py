"""The published procedure beside ours: its fit of each group on its own, its test of every node, and random splits.

Random splits divide the same units at random into groups that differ in nothing, and show what each procedure makes of
them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.errors import InputError, ShapeError
from emotopy.experiments.analysis import GroupPairing
from emotopy.experiments.definition import Splits
from emotopy.pathways.comparison.pathway import compare
from emotopy.pathways.comparison.result import Comparison
from emotopy.pathways.text.fit import Fit
from emotopy.pathways.text.fitted import FittedTextPathway
from emotopy.records import Mapped
from emotopy.records.axes import BoolArray, FloatArray, IntArray
from emotopy.roles import Host
from emotopy.running.stages import StageRunner
from emotopy.storage.cache import StageCache
from emotopy.storage.provenance import versions

if TYPE_CHECKING:
    import pandas as pd

EMPTY_CELL = 0.1
"""The intensity that stands for a node without any text of a group, as published."""


@attrs.frozen(eq=False)
class PublishedComparison:
    """First group against second per node, after oversampling; all arrays (n_nodes,).

    `n_a`, `n_b` count texts, copies included; `mean_a`, `mean_b` are 0.1 in empty cells; `p` is two-sided, uncorrected.
    """

    n_a: IntArray
    n_b: IntArray
    mean_a: FloatArray
    mean_b: FloatArray
    p: FloatArray


def oversampled_mann_whitney(
    intensities: FloatArray, nodes: IntArray, is_first: BoolArray, n_nodes: int, rng: np.random.Generator
) -> PublishedComparison:
    """Oversample the smaller group with replacement to the larger, then compare intensities node by node.

    Parameters
    ----------
    intensities, nodes, is_first
        Of texts (n_texts,): intensity, number of the node (0 to n_nodes − 1), and whether it is in the first group.
    n_nodes
        Number of nodes.
    rng
        Source of the copies.

    Raises ShapeError for axes or node numbers that don't fit, InputError for an empty group.
    """
    intensities, nodes, is_first = np.asarray(intensities), np.asarray(nodes), np.asarray(is_first, dtype=bool)
    if not intensities.shape == nodes.shape == is_first.shape == (len(intensities),):
        raise ShapeError(
            f"wanted intensities, nodes and is_first of shape (n_texts,), got {intensities.shape}, {nodes.shape} and "
            f"{is_first.shape}"
        )
    if len(nodes) and (nodes.min() < 0 or nodes.max() >= n_nodes):
        raise ShapeError(f"nodes: wanted numbers from 0 to {n_nodes - 1}, got {nodes.min()} to {nodes.max()}")
    rows = [np.flatnonzero(is_first), np.flatnonzero(~is_first)]
    if not len(rows[0]) or not len(rows[1]):
        raise InputError(f"wanted texts in both groups to compare, got {len(rows[0])} and {len(rows[1])}")
    most = max(len(own) for own in rows)
    rows = [own if len(own) == most else rng.choice(own, most) for own in rows]
    cells = [[intensities[own[nodes[own] == node]] for node in range(n_nodes)] for own in rows]
    filled = [[cell if len(cell) else np.array([EMPTY_CELL]) for cell in side] for side in cells]
    sizes = [np.array([len(cell) for cell in side]) for side in cells]
    means = [np.array([cell.mean() for cell in side]) for side in filled]
    p = np.array([_mann_whitney(a, b) for a, b in zip(*filled, strict=True)])
    return PublishedComparison(n_a=sizes[0], n_b=sizes[1], mean_a=means[0], mean_b=means[1], p=p)


def _mann_whitney(a: FloatArray, b: FloatArray) -> float:
    from scipy.stats import mannwhitneyu

    if np.ptp(np.concatenate([a, b])) == 0:
        return 1.0
    return float(mannwhitneyu(a, b, alternative="two-sided").pvalue)


ALPHA = 0.05
MEASURES = ("relative", "intensity")
"""What of ours is tested."""
SPLIT_COLUMNS = (
    *("group_a", "group_b", "split", "n_nodes", "published_significant"),
    *("n_regions", "relative_below_005", "relative_family", "intensity_below_005", "intensity_family"),
)


@attrs.frozen(eq=False)
class PublishedFit:
    """Texts mapped by node as published; `nodes` (n_texts,) is the node of each text."""

    fitted: FittedTextPathway
    nodes: IntArray

    @classmethod
    def of(cls, fitted: FittedTextPathway) -> PublishedFit:
        """Return what the published test needs of a fit at the level of nodes."""
        return cls(fitted, fitted.mapped.mapping.assignment.argmax(axis=1))

    @property
    def mapped(self) -> Mapped:
        """The mapped texts."""
        return self.fitted.mapped

    def test(self, labels: Sequence[str | None], a: str, b: str, rng: np.random.Generator) -> PublishedComparison:
        """Test the groups as they were fitted; `labels` has an entry per input row."""
        groups = np.array([labels[row] for row in self.mapped.scored], dtype=object)
        return self._tested(self._in_order((groups == a) | (groups == b)), groups == a, self.nodes, rng)

    def test_anew(
        self, chosen: IntArray, is_first: BoolArray, rng: np.random.Generator, *, seed: int
    ) -> PublishedComparison:
        """Fit two other groups, each on its own, and test them.

        Parameters
        ----------
        chosen : (n_chosen,)
            Places among the scored texts.
        is_first : (n_chosen,)
            Which of them are in the first group.
        rng
            Source of the texts that are drawn again.
        seed
            Of the two fits.
        """
        nodes = self.nodes.copy()
        for members in (chosen[is_first], chosen[~is_first]):
            nodes[members] = self._fitted_alone(members, seed)
        first, member = (np.zeros(self.mapped.n_texts, dtype=bool) for _ in range(2))
        first[chosen[is_first]] = True
        member[chosen] = True
        return self._tested(self._in_order(member), first, nodes, rng)

    def _fitted_alone(self, members: IntArray, seed: int) -> IntArray:
        """Return the nodes that a fit of these texts alone gives them, (n_members,)."""
        pathway = self.fitted.pathway
        config = attrs.evolve(pathway.config, seed=seed)
        # Quietly, and not through the cache, which many random groups would fill for nothing.
        silent = StageRunner(config, pathway.registry, StageCache(), versions(), Host())
        atlas, embedder = silent.make("atlas"), silent.make("embedder")
        mapping = Fit.learn(silent, atlas, embedder, self.fitted.embedded.take(members), members)[1]
        return np.asarray(mapping.assignment.argmax(axis=1))

    def _in_order(self, member: BoolArray) -> IntArray:
        """Return the texts that take part, in an order that the input's doesn't change."""
        mapped = self.mapped
        places = np.flatnonzero(member)
        keys = [(mapped.text_rank[i], mapped.corpus.unit[mapped.scored[i]] or "") for i in places]
        return places[sorted(range(len(places)), key=keys.__getitem__)]

    def _tested(
        self, places: IntArray, is_first: BoolArray, nodes: IntArray, rng: np.random.Generator
    ) -> PublishedComparison:
        values = self.mapped.intensities.values
        return oversampled_mann_whitney(
            values[places], nodes[places], is_first[places], n_nodes=len(self.mapped.targets), rng=rng
        )


def side_by_side(
    pair: GroupPairing,
    published: PublishedComparison,
    mapped: Mapped,
    ours: Comparison,
) -> pd.DataFrame:
    """Return a row per node: the published test of its intensities, and our comparison of its region.

    `mapped` is the record of the published fit, which names nodes and their regions. Columns: ``group_a, group_b, node,
    region, n_texts_a, n_texts_b, published_mean_a, published_mean_b, published_p, published_significant`` (p < 0.05, as
    published; the counts are of texts in the cell, copies of the smaller group included), then for ``relative`` and
    ``intensity`` each ``_g, _low, _high, _p_family``.
    """
    import pandas as pd

    table = pd.DataFrame(
        {
            "group_a": pair.a,
            "group_b": pair.b,
            "node": mapped.targets,
            "region": [mapped.region_of[node] for node in mapped.targets],
            "n_texts_a": published.n_a,
            "n_texts_b": published.n_b,
            "published_mean_a": published.mean_a,
            "published_mean_b": published.mean_b,
            "published_p": published.p,
            "published_significant": published.p < ALPHA,
        }
    )
    place = "node" if ours.level == "node" else "region"
    for measure in MEASURES:
        part = ours.table[ours.table["measure"] == measure].set_index(place)
        for name, column in (("g", "g"), ("low", "g_low"), ("high", "g_high"), ("p_family", "p_family")):
            table[f"{measure}_{name}"] = part[column].reindex(table[place]).to_numpy(dtype=np.float64)
    return table


def random_splits(
    pair: GroupPairing,
    mapped: Mapped,
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

    rows, found = published.mapped.scored, []
    chosen = np.array([i for i, row in enumerate(rows) if pair.labels[row] is not None])
    is_first = np.array([pair.labels[rows[i]] == pair.a for i in chosen])
    codes = _codes(pair, published.mapped, chosen)
    for number, first in enumerate(_divisions(codes, is_first, pair, options.n, seed)):
        rng = np.random.default_rng([seed, number, pair.number])
        theirs = published.test_anew(chosen, first, rng, seed=seed)
        labels: list[str | None] = [None] * mapped.n_rows
        for place, is_a in zip(rows[chosen].tolist(), first.tolist(), strict=True):
            labels[place] = pair.a if is_a else pair.b
        ours = compare(mapped, pair.spec(seed + number, labels, options.n_permutations)).table
        own = [ours[ours["measure"] == measure] for measure in MEASURES]
        found.append(
            (
                *(pair.a, pair.b, number + 1, len(theirs.p), int((theirs.p < ALPHA).sum()), len(own[0])),
                *(int((part[name] < ALPHA).sum()) for part in own for name in ("p", "p_family")),
            )
        )
        advance(1)
    return pd.DataFrame(found, columns=list(SPLIT_COLUMNS))


def _codes(pair: GroupPairing, mapped: Mapped, chosen: IntArray) -> IntArray:
    """Return the number of each chosen text's unit (of its pair, where there are pairs), whatever the rows' order."""
    if pair.paired_by is None:
        return mapped.unit_codes(chosen)
    names: Any = np.array(mapped.labels(pair.paired_by, "paired_by"), dtype=object)[mapped.scored[chosen]]
    return np.unique(names.astype(str), return_inverse=True)[1]


def _divisions(codes: IntArray, is_first: BoolArray, pair: GroupPairing, n: int, seed: int) -> Iterator[BoolArray]:
    """Yield for each division which texts (n_chosen,) are in the first group."""
    units = np.unique(codes)
    n_first = len(np.unique(codes[is_first]))
    for number in range(n):
        rng = np.random.default_rng([seed, number, pair.number, 1])
        if pair.paired_by is not None:
            swapped = rng.random(len(units)) < 0.5
            yield is_first ^ swapped[np.searchsorted(units, codes)]
        else:
            yield np.isin(codes, rng.choice(units, n_first, replace=False))
