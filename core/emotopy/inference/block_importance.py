"""Importance for decoders that have no pattern (RBF kernels, forests): what the score loses without a region."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import attrs
import numpy as np

from emotopy.inference.explanation import check_networks
from emotopy.inference.scores import score_blocks
from emotopy.inference.windows import edges
from emotopy.records.axes import FloatArray, IntArray


@attrs.frozen(eq=False)
class BlockImportance:
    """What the score loses when a block of columns is permuted; `loss`, `loss_sd` (n_blocks, n_emotions).

    `score` (n_emotions,) is the score with all columns as they are, `loss_sd` the deviation over repeats.
    """

    blocks: tuple[str, ...]
    score: FloatArray
    loss: FloatArray
    loss_sd: FloatArray


def edges_of_regions(regions: Sequence[str], networks: Mapping[str, str] | None = None) -> dict[str, IntArray]:
    """Return, per region (or per network), the columns of all edges that touch it.

    Raises InputError for a region without a network.
    """
    if networks is not None:
        check_networks(networks, regions)
    groups = np.array([networks[region] if networks else region for region in regions], dtype=object)
    first, second = edges(len(regions))
    return {
        str(name): np.flatnonzero((groups[first] == name) | (groups[second] == name)) for name in dict.fromkeys(groups)
    }


def block_importance(
    predict: Callable[[FloatArray], FloatArray],
    features: FloatArray,
    targets: FloatArray,
    *,
    subject: IntArray,
    block: IntArray,
    columns: Mapping[str, IntArray],
    n_repeats: int = 20,
    rng: np.random.Generator,
) -> BlockImportance:
    """Permute all edges of a region (or network) together and see what the score loses.

    Parameters
    ----------
    predict
        Gives (n_rows, n_targets) for features (n_rows, n_edges): for honest importances, each row by a model that was
        not trained on it.
    features, targets
        (n_rows, n_edges) and (n_rows, n_targets).
    subject, block
        (n_rows,), for the score: Pearson r within every subject's every block. Rows change places within a subject,
        so that what tells subjects apart stays.
    columns
        Name of a block → its columns, as `edges_of_regions` gives them. Edges are not permuted one by one: each has
        neighbours that tell the same, so that none would seem to matter.

    Source: Breiman 2001, Machine Learning 45:5, by blocks. An edge that touches two regions counts for both.
    """
    work = np.array(features)

    def score() -> FloatArray:
        return score_blocks(np.asarray(predict(work), dtype=np.float64), targets, subject, block).mean

    whole = score()
    lost = np.empty((len(columns), n_repeats, len(whole)))
    members = [np.flatnonzero(subject == one) for one in np.unique(subject)]
    for i, chosen in enumerate(columns.values()):
        kept = work[:, chosen]
        for repeat in range(n_repeats):
            order = np.arange(len(work))
            for rows in members:
                order[rows] = rng.permutation(rows)
            work[:, chosen] = kept[order]
            lost[i, repeat] = whole - score()
        work[:, chosen] = kept
    return BlockImportance(tuple(columns), whole, lost.mean(axis=1), lost.std(axis=1, ddof=1 if n_repeats > 1 else 0))
