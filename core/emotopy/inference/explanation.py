"""What a decoder reads: patterns over edges, and what they say of regions and networks.

A weight of a linear decoder says how to *extract* an emotion, not where it is: a channel that only cancels noise has a
weight too. The forward pattern of Haufe et al. 2014 (NeuroImage 87:96) says how the features *vary with* what the
decoder extracts, and that can be read. Even so a single edge is one of hundreds that share two regions' noise, and its
sign comes out by chance in half of the cases: claims are made about regions and networks, beside their surrogates,
never about single edges. Edges stand in the order of `emotopy.inference.windows.edges`. `inference.graphs` reads the
patterns as graphs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import attrs
import numpy as np

from emotopy.errors import InputError, ShapeError
from emotopy.host import checkpoint
from emotopy.inference.correlation import ROUNDING
from emotopy.inference.null_comparison import NULL_COLUMNS, compare_with_null
from emotopy.inference.splits import Fold
from emotopy.inference.windows import edges
from emotopy.records.axes import FloatArray, axes, names_of
from emotopy.records.regions import RegionWeights

if TYPE_CHECKING:
    import pandas as pd

BLOCK_BYTES = 64 * 1024**2
"""Edges are worked off in blocks whose features take about this much."""
Weight = Literal["absolute", "signed"]


@attrs.frozen(eq=False)
class EdgePatterns:
    """How each edge varies with each decoded emotion, averaged over folds.

    Attributes
    ----------
    values
        (n_emotions, n_edges), in units of the features per unit of the prediction.
    sign_consistency
        (n_emotions, n_edges): share of the folds in which the edge has the sign of `values`. Folds share most of their
        rows, so that 1 is common; it is no significance.
    """

    emotions: tuple[str, ...] = attrs.field(converter=names_of)
    regions: tuple[str, ...] = attrs.field(converter=names_of)
    values: FloatArray = attrs.field(validator=axes("emotions", "edges"))
    sign_consistency: FloatArray = attrs.field(validator=axes("emotions", "edges"))

    def __attrs_post_init__(self) -> None:
        n_regions, n_edges = len(self.regions), self.values.shape[1]
        if n_edges != n_regions * (n_regions - 1) // 2:
            raise ShapeError(
                f"values: wanted {n_regions * (n_regions - 1) // 2} edges for {n_regions} regions, got {n_edges}; "
                "patterns of other features (amplitude) have no edges"
            )


def edge_patterns(
    features: FloatArray | Sequence[FloatArray],
    fitted: Iterable[tuple[Fold, FloatArray]],
    *,
    emotions: Sequence[str],
    regions: Sequence[str],
) -> EdgePatterns:
    """Return the forward patterns of a linear decoder, averaged over its folds by the variance of their predictions.

    A pattern is a slope on the prediction, and the flatter a fold's prediction is, the less its slope is known: where
    strong shrinkage leaves almost nothing of a prediction, the slope is as good as infinite. Weighted by var ŷ the mean
    over folds is their pooled slope, Σ cov(X, ŷ) / Σ var ŷ.

    Parameters
    ----------
    features
        (n_rows, n_edges), or one array per block of rows (a subject), in order; float32 stays float32, and no more
        than a block of edges is ever copied.
    fitted
        Each fold with what its model says of the rows *it was trained on*, (n_train, n_emotions).

    A pattern is Xᵀ(ŷ − mean ŷ) / (n · var ŷ) for each emotion alone: the other emotions' predictions are not held
    constant.

    A fold that predicts a constant for an emotion extracts nothing and has no say in its average, nor in its sign
    consistency; an emotion for which no fold extracts anything has pattern 0 and consistency 0.

    Raises ShapeError where the axes don't fit, InputError where there is no fold, for a fold without training rows,
    and for features that aren't finite.
    """
    parts = _parts(features)
    n_emotions = len(emotions)
    readouts = list(_readouts(fitted, sum(map(len, parts)), n_emotions, parts[0].dtype))
    _check_folds(len(readouts))
    variance = np.stack([one for _, one in readouts])  # (n_folds, n_emotions)
    says = variance > 0
    n_says = np.maximum(says.sum(axis=0), 1)
    weight = variance / _or_one(variance.sum(axis=0))
    values, consistency = (np.zeros((n_emotions, parts[0].shape[1])) for _ in range(2))
    for chosen, found in _projected(parts, np.hstack([readout for readout, _ in readouts])):
        folds = found.reshape(-1, *says.shape)  # (n_chosen, n_folds, n_emotions)
        mean = (folds * weight).sum(axis=1)
        values[:, chosen] = mean.T
        consistency[:, chosen] = (((np.sign(folds) == np.sign(mean)[:, None]) & says).sum(axis=1) / n_says).T
    return EdgePatterns(tuple(emotions), tuple(regions), values, consistency)


def mean_patterns(
    features: FloatArray | Sequence[FloatArray],
    fitted: Iterable[tuple[Fold, FloatArray]],
    *,
    n_emotions: int,
) -> FloatArray:
    """Return the values of `edge_patterns` alone, (n_emotions, n_edges): for surrogates, n_folds times faster.

    A pattern is linear in what the features are multiplied by, so that folds are averaged before the features come in.
    """
    parts = _parts(features)
    total = np.zeros((sum(map(len, parts)), n_emotions))
    weight, n_folds = np.zeros(n_emotions), 0
    for readout, variance in _readouts(fitted, len(total), n_emotions, np.dtype(np.float64)):
        checkpoint()
        total += readout * variance
        weight += variance
        n_folds += 1
    _check_folds(n_folds)
    return patterns_of_readouts(parts, total / _or_one(weight))


def patterns_of_readouts(features: FloatArray | Sequence[FloatArray], readouts: FloatArray) -> FloatArray:
    """Return featuresᵀ · readouts, (n_emotions, n_edges), of readouts (n_rows, n_emotions) over all folds.

    float32 features are multiplied in float32. Raises ShapeError for other rows, InputError for features that aren't
    finite.
    """
    parts = _parts(features)
    if len(readouts) != sum(map(len, parts)):
        raise ShapeError(f"readouts: wanted {sum(map(len, parts))} rows, as the features have, got {len(readouts)}")
    flat = readouts.astype(parts[0].dtype)
    return np.vstack([found for _, found in _projected(parts, flat)]).T


def mean_patterns_of_coefficients(
    features: FloatArray | Sequence[FloatArray],
    models: Iterable[tuple[Fold, FloatArray]],
    *,
    n_emotions: int,
) -> FloatArray:
    """Return `mean_patterns` of few features from the folds' coefficients; nothing in it counts rows times emotions.

    `models` are each fold and its model's coefficients (1 + n_edges, n_emotions), as `emotopy.roles.HasCoefficients`
    gives them. With C the covariance of the training rows, cov(X, ŷ) = C b and var ŷ = bᵀ C b.
    """
    rows = np.concatenate([np.asarray(part, dtype=np.float64) for part in _parts(features)])
    rows -= rows.mean(axis=0)
    if not np.isfinite(rows).all():
        raise InputError("features: wanted finite numbers, got NaN or infinity; leave censored windows out")
    total, weight, n_folds = np.zeros((rows.shape[1], n_emotions)), np.zeros(n_emotions), 0
    for fold, coefficients in models:
        checkpoint()
        if fold.train.shape != (len(rows),) or coefficients.shape != (1 + rows.shape[1], n_emotions):
            raise ShapeError(
                f"coefficients: wanted folds over {len(rows)} rows and coefficients {(1 + rows.shape[1], n_emotions)}, "
                f"got a fold over {len(fold.train)} rows and {coefficients.shape}"
            )
        inner = rows[fold.train]
        if not len(inner):
            raise InputError(f"coefficients: the fold that tests block {fold.block} has no training rows")
        middle = inner.mean(axis=0)
        inner -= middle
        covariance = (inner.T @ inner / len(inner)) @ coefficients[1:]
        variance = np.einsum("ij,ij->j", coefficients[1:], covariance)
        constant = variance <= (ROUNDING * (coefficients[0] + middle @ coefficients[1:])) ** 2
        total += np.where(constant, 0.0, covariance)
        weight += np.where(constant, 0.0, variance)
        n_folds += 1
    _check_folds(n_folds)
    return np.asarray((total / _or_one(weight)).T)


def _parts(features: FloatArray | Sequence[FloatArray]) -> list[FloatArray]:
    return [features] if isinstance(features, np.ndarray) else list(features)


def _check_folds(n_folds: int) -> None:
    if not n_folds:
        raise InputError("patterns: wanted the fitted values of one fold or more, got none")


def _projected(parts: Sequence[FloatArray], readouts: FloatArray) -> Iterator[tuple[slice, FloatArray]]:
    """Yield blocks of edges with featuresᵀ · readouts, (n_chosen, n_columns) float64."""
    n_rows, n_columns = readouts.shape
    pieces = np.split(readouts, np.cumsum([len(part) for part in parts])[:-1])
    step = max(1, BLOCK_BYTES // (max(n_rows, n_columns) * readouts.itemsize))
    for start in range(0, parts[0].shape[1], step):
        checkpoint()
        chosen = slice(start, start + step)
        found = np.asarray(
            sum(part[:, chosen].T @ piece for part, piece in zip(parts, pieces, strict=True)), dtype=np.float64
        )
        if not np.isfinite(found).all():
            raise InputError("features: wanted finite numbers, got NaN or infinity; leave censored windows out")
        yield chosen, found


def _readouts(
    fitted: Iterable[tuple[Fold, FloatArray]], n_rows: int, n_emotions: int, dtype: np.dtype[Any]
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Yield what the features are multiplied by to give a fold's patterns, and the variance of its predictions.

    (n_rows, n_emotions), 0 outside training; (n_emotions,), 0 where the prediction is constant.
    """
    for fold, values in fitted:
        checkpoint()
        if fold.train.shape != (n_rows,) or values.shape != (int(fold.train.sum()), n_emotions):
            raise ShapeError(
                f"fitted: wanted folds over {n_rows} rows of features and values (n_train, {n_emotions}), got a fold "
                f"over {len(fold.train)} rows, {int(fold.train.sum())} of them in training, and values {values.shape}"
            )
        if not len(values):
            raise InputError(f"fitted: the fold that tests block {fold.block} has no training rows")
        away = values - values.mean(axis=0)
        constant = (away**2).mean(axis=0) <= (ROUNDING * np.abs(values).max(axis=0)) ** 2
        away[:, constant] = 0.0
        spread = np.where(constant, 1.0, np.sqrt((away**2).mean(axis=0)))
        away /= spread
        readout = np.zeros((n_rows, n_emotions), dtype=dtype)
        readout[fold.train] = away / (spread * len(away))
        yield readout, np.where(constant, 0.0, spread**2)


def _or_one(total: FloatArray) -> FloatArray:
    """Make a sum of weights safe to divide by: where there is none, nothing is divided."""
    return np.where(total > 0, total, 1.0)


def region_weights(patterns: EdgePatterns, kind: Weight = "absolute") -> RegionWeights:
    """Return each region's mean pattern over its n_regions − 1 edges.

    ``absolute`` averages |pattern|: how much the region's coupling varies with the emotion, either way. ``signed``
    averages the pattern itself: whether the region couples more (+) or less (−) with the rest as the emotion rises.
    """
    values = np.abs(patterns.values) if kind == "absolute" else patterns.values
    return RegionWeights(patterns.emotions, patterns.regions, _region_means(values, len(patterns.regions)))


def edges_table(patterns: EdgePatterns) -> pd.DataFrame:
    """Return `edges.csv`: emotion, region_a, region_b, pattern, sign_consistency; a row per emotion and edge."""
    import pandas as pd

    names = np.asarray(patterns.regions, dtype=object)
    first, second = edges(len(names))
    n_emotions, n_edges = patterns.values.shape
    return pd.DataFrame(
        {
            "emotion": np.repeat(np.asarray(patterns.emotions, dtype=object), n_edges),
            "region_a": np.tile(names[first], n_emotions),
            "region_b": np.tile(names[second], n_emotions),
            "pattern": patterns.values.ravel(),
            "sign_consistency": patterns.sign_consistency.ravel(),
        }
    )


def weights_table(patterns: EdgePatterns, surrogates: Iterable[FloatArray] = ()) -> pd.DataFrame:
    """Return `weights.csv`: emotion, region, weight, signed_weight, null_mean, null_95, p, p_family.

    `weight` is the mean |pattern| of the region's edges, `signed_weight` the mean pattern. `surrogates` are patterns
    (n_emotions, n_edges) that the whole analysis gives for surrogate ratings (`mean_patterns`); without them the last
    columns are NaN.
    A pattern's size depends on the decoder's shrinkage, so that observed and surrogate weights are compared relative
    to the mean over regions; `null_mean` and `null_95` are in units of `weight`. One-sided; `p_family` holds for
    all regions of the emotion.
    """
    import pandas as pd

    weight, signed = region_weights(patterns).values, region_weights(patterns, "signed").values
    n_emotions, n_regions = weight.shape
    null = [_region_means(np.abs(np.asarray(one, dtype=np.float64)), n_regions) for one in surrogates]
    return pd.DataFrame(
        {
            "emotion": np.repeat(np.asarray(patterns.emotions, dtype=object), n_regions),
            "region": np.tile(np.asarray(patterns.regions, dtype=object), n_emotions),
            "weight": weight.ravel(),
            "signed_weight": signed.ravel(),
            **{name: column.ravel() for name, column in compare_relative(weight, null).items()},
        }
    )


def compare_relative(weights: FloatArray, null: Sequence[FloatArray]) -> dict[str, FloatArray]:
    """Compare weights (n_emotions, n_places) with surrogate ones, both relative to their mean over places.

    Return the columns null_mean and null_95 (in units of the weights), p, and p_family (over places), each
    (n_emotions, n_places); NaN without surrogates, and for an emotion whose weights are all 0.
    """
    found = {name: np.full(weights.shape, np.nan) for name in NULL_COLUMNS}
    for i, own in enumerate(weights if null else ()):
        if (mean := own.mean()) == 0:
            continue
        compared = compare_with_null(own / mean, np.stack([one[i] / (one[i].mean() or np.nan) for one in null]))
        for name, column in compared.columns.items():
            found[name][i] = column * mean if name.startswith("null") else column
    return found


def network_table(patterns: EdgePatterns, networks: Mapping[str, str]) -> pd.DataFrame:
    """Return emotion, network_a, network_b, n_edges, total, weight, signed_weight: a row per pair of networks.

    `networks` gives each region's network. `total` sums |pattern| over the edges that join the two networks (within
    one where they are the same), `weight` is its mean, `signed_weight` the mean pattern. Pairs without an edge are
    left out. Raises InputError for a region without a network.
    """
    import pandas as pd

    if lost := [region for region in patterns.regions if region not in networks]:
        raise InputError(f"networks: wanted one for every region, got none for {', '.join(lost[:5])}")
    names = sorted({networks[region] for region in patterns.regions})
    place = np.array([names.index(networks[region]) for region in patterns.regions])
    first, second = edges(len(place))
    low, high = np.minimum(place[first], place[second]), np.maximum(place[first], place[second])
    pairs, pair = np.unique(low * len(names) + high, return_inverse=True)
    n_edges = np.bincount(pair)
    parts = []
    for emotion, values in zip(patterns.emotions, patterns.values, strict=True):
        total = np.bincount(pair, np.abs(values))
        parts.append(
            pd.DataFrame(
                {
                    "emotion": emotion,
                    "network_a": [names[i // len(names)] for i in pairs],
                    "network_b": [names[i % len(names)] for i in pairs],
                    "n_edges": n_edges,
                    "total": total,
                    "weight": total / n_edges,
                    "signed_weight": np.bincount(pair, values) / n_edges,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _region_means(values: FloatArray, n_regions: int) -> FloatArray:
    """Mean over each region's edges, (n_emotions, n_regions), of values (n_emotions, n_edges)."""
    first, second = edges(n_regions)
    if values.ndim != 2 or values.shape[1] != len(first):
        raise ShapeError(f"patterns: wanted (n_emotions, {len(first)}) for {n_regions} regions, got {values.shape}")
    sums = [np.bincount(first, row, n_regions) + np.bincount(second, row, n_regions) for row in values]
    return np.stack(sums) / (n_regions - 1)
