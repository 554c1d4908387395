"""Where a decoder takes its predictions from: patterns of the first feature set, beside those under surrogates."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from emotopy.inference.crossval import CrossValidator
from emotopy.inference.explanation import EdgePatterns, edge_patterns, mean_patterns
from emotopy.inference.splits import Plan
from emotopy.records.axes import FloatArray
from emotopy.roles import Explains

MOST_OPERATIONS = 2e12
"""A surrogate's pattern costs rows × (edges + folds × rows) for each emotion; above this many multiplications in all,
fewer surrogates are explained."""
FEWEST_SURROGATES = 19
"""Fewer can't give p = 0.05; then none are made."""

AT_ONCE = 50
"""Surrogates whose patterns are made together; bounds memory."""


@attrs.frozen(eq=False)
class Patterns:
    """Patterns of the decoder, and `surrogates` (n_surrogates, n_emotions, n_edges) of the same for some surrogates."""

    observed: EdgePatterns
    surrogates: FloatArray


def patterns_of(
    validator: CrossValidator,
    features: Sequence[FloatArray],
    plan: Plan,
    values: FloatArray,
    surrogates: FloatArray,
    emotions: Sequence[str],
    regions: Sequence[str],
) -> Patterns | None:
    """Return the patterns, or None where the decoder has none to give or the features aren't edges.

    `features` per subject, `values` (n_moments, n_emotions), `surrogates` (n_surrogates, n_moments, n_emotions).
    """
    n_edges = len(regions) * (len(regions) - 1) // 2
    if not isinstance(validator, Explains) or features[0].shape[1] != n_edges or len(regions) < 3:
        return None
    n_rows = len(plan.block)
    cost = n_rows * (n_edges + len(plan.folds()) * n_rows) * values.shape[1]
    n_explained = min(len(surrogates), int(MOST_OPERATIONS / cost))
    if n_explained < FEWEST_SURROGATES:
        n_explained = 0

    fitted = validator.fitted(values, validator.predict(values).chosen)
    observed = edge_patterns(features, fitted, emotions=emotions, regions=regions)
    n_emotions, null = len(emotions), []
    for start in range(0, n_explained, AT_ONCE):
        some = surrogates[start : min(start + AT_ONCE, n_explained)]
        columns = some.transpose(1, 0, 2).reshape(len(values), -1)
        fitted = validator.fitted(columns, validator.predict(columns).chosen)
        found = mean_patterns(features, fitted, n_emotions=columns.shape[1])
        null.append(found.reshape(len(some), n_emotions, n_edges))
    return Patterns(observed, np.concatenate(null) if null else np.empty((0, n_emotions, n_edges)))
