"""Importance of blocks of columns for decoders that have no pattern."""

from __future__ import annotations

import numpy as np
import pytest

from emotopy.errors import InputError
from emotopy.inference.block_importance import block_importance, edges_of_regions
from emotopy.inference.scores import score_blocks

REGIONS = ("amygdala", "insula", "caudate", "putamen", "hippocampus")  # 10 edges
NETWORKS = dict(zip(REGIONS, ["limbic", "salience", "basal", "basal", "limbic"], strict=True))


@pytest.fixture
def study(rng):
    """Four subjects with two blocks of 12 windows; two emotions that depend on edges 0 and 9 in a non-linear way."""
    subject, block = np.repeat(np.arange(4), 24), np.tile(np.repeat([0, 1], 12), 4)
    features = rng.standard_normal((96, 10)).astype(np.float32)
    predict = lambda X: np.stack([np.tanh(X[:, 0]) ** 3, np.abs(X[:, 9])], axis=1)
    return predict, features, predict(features), subject, block


def test_blocks_are_the_edges_that_touch_a_region():
    """A region's block is the edges that name it, a network's those with an end in it."""
    first, second = np.triu_indices(5, k=1)
    found = edges_of_regions(REGIONS)
    assert tuple(found) == REGIONS
    for i, name in enumerate(REGIONS):
        assert found[name].tolist() == [e for e in range(10) if i in (first[e], second[e])]
    networks = edges_of_regions(REGIONS, NETWORKS)
    assert set(networks) == {"limbic", "salience", "basal"}
    assert set(networks["limbic"]) == set(found["amygdala"]) | set(found["hippocampus"])
    with pytest.raises(InputError, match="insula"):
        edges_of_regions(REGIONS, {"amygdala": "limbic"})


def test_only_regions_that_are_used_matter(study, rng):
    """What is read is lost with either of its ends, the rest loses nothing, and features stay as they were."""
    predict, features, targets, subject, block = study
    before = features.copy()
    found = block_importance(
        predict, features, targets, subject=subject, block=block, columns=edges_of_regions(REGIONS), rng=rng
    )
    np.testing.assert_array_equal(features, before)
    np.testing.assert_allclose(found.score, 1)
    used = np.array([[1, 1, 0, 0, 0], [0, 0, 0, 1, 1]], dtype=bool).T  # edge 0: regions 0 and 1; edge 9: 3 and 4
    np.testing.assert_allclose(found.loss[~used], 0, atol=1e-12)
    assert (found.loss[used] > 0.7).all()
    assert (found.loss_sd[used] > 0).all()


def test_rows_change_places_within_subjects(study, rng):
    """A column that only tells subjects apart loses nothing."""
    _, features, targets, subject, block = study
    features[:, 3] = subject
    seen = []

    def predict(X):
        seen.append(X[:, 3].copy())
        return targets + X[:, [3]]

    found = block_importance(
        predict, features, targets, subject=subject, block=block, columns={"who": np.array([3])}, n_repeats=2, rng=rng
    )
    for column in seen:
        np.testing.assert_array_equal(column, subject)
    np.testing.assert_allclose(found.loss, 0, atol=1e-12)


def test_columns_of_a_block_stay_together(study, rng):
    """Edges of a block are permuted by the same order, so that what they have in common stays among them."""
    _, features, targets, subject, block = study
    features[:, 5] = features[:, 2] * 2
    differs = []

    def predict(X):
        np.testing.assert_array_equal(X[:, 5], X[:, 2] * 2)
        differs.append((X[:, 2] != features[:, 2]).any())
        return targets + X[:, [2]]

    block_importance(
        predict, features, targets, subject=subject, block=block, columns={"b": np.array([2, 5])}, n_repeats=3, rng=rng
    )
    assert differs == [False, True, True, True]


def test_loss_is_against_the_score_as_it_was(study):
    """The score is that of `score_blocks`, and the same generator gives the same losses."""
    predict, features, targets, subject, block = study
    noisy = targets + np.random.default_rng(0).standard_normal(targets.shape)
    options = {"subject": subject, "block": block, "columns": edges_of_regions(REGIONS, NETWORKS), "n_repeats": 4}
    one, same = (block_importance(predict, features, noisy, rng=np.random.default_rng(5), **options) for _ in range(2))
    np.testing.assert_array_equal(one.loss, same.loss)
    np.testing.assert_allclose(one.score, score_blocks(predict(features), noisy, subject, block).mean)
    assert one.blocks == ("limbic", "salience", "basal")
    assert one.loss.shape == (3, 2)
