"""Scores within blocks, against numpy, scipy and scikit-learn one cell at a time."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import mean_squared_error as sklearn_mse
from sklearn.metrics import r2_score

from emotopy.errors import InputError, ShapeError
from emotopy.inference.scores import mean_squared_error, r_squared, score_blocks

N_TARGETS, N_SURROGATES = 3, 4


@pytest.fixture
def cells(rng):
    """Three subjects with two blocks of 9 to 14 windows, rows mixed."""
    sizes = [9, 14, 10, 11, 12, 13]
    subject = np.repeat([0, 0, 1, 1, 5, 5], sizes)
    block = np.repeat([0, 1, 0, 1, 0, 1], sizes)
    order = rng.permutation(len(subject))
    return subject[order], block[order]


def loop(predictions, targets, subject, block):
    """One np.corrcoef after the other, (n_cells, n_targets)."""
    return np.array(
        [
            [np.corrcoef(predictions[rows, k], targets[rows, k])[0, 1] for k in range(predictions.shape[1])]
            for one in np.unique(subject)
            for b in np.unique(block)
            for rows in [(subject == one) & (block == b)]
        ]
    )


def test_r_is_corrcoef_within_every_block(rng, cells):
    """Cells in the order of subjects, then blocks; the mean is plain."""
    predictions, targets = rng.standard_normal((2, len(cells[0]), N_TARGETS))
    found = score_blocks(predictions, targets, *cells)
    wanted = loop(predictions, targets, *cells)
    np.testing.assert_allclose(found.r, wanted, atol=1e-12)
    np.testing.assert_allclose(found.mean, wanted.mean(axis=0))
    np.testing.assert_allclose(found.by_subject, wanted.reshape(3, 2, N_TARGETS).mean(axis=1))
    assert found.subjects.tolist() == [0, 1, 5]
    assert found.n_windows.tolist() == [9, 14, 10, 11, 12, 13]
    assert found.n_short == 0
    assert found.n_constant.tolist() == [0, 0, 0]


def test_surrogates_are_scored_like_targets_of_their_own(rng, cells):
    """A third axis changes no number."""
    predictions, targets = rng.standard_normal((2, len(cells[0]), N_TARGETS, N_SURROGATES))
    found = score_blocks(predictions, targets, *cells)
    for k in range(N_SURROGATES):
        alone = score_blocks(predictions[..., k], targets[..., k], *cells)
        np.testing.assert_allclose(found.r[..., k], alone.r, atol=1e-14)
        np.testing.assert_allclose(found.mean[:, k], alone.mean, atol=1e-14)
    assert found.by_subject.shape == (3, N_TARGETS, N_SURROGATES)


def test_an_offset_per_block_changes_nothing(rng, cells):
    """Only what happens within blocks is scored."""
    predictions, targets = rng.standard_normal((2, len(cells[0]), N_TARGETS))
    moved = predictions + 100.0 * cells[1][:, None]
    np.testing.assert_allclose(score_blocks(moved, targets, *cells).r, score_blocks(predictions, targets, *cells).r)


def test_constant_predictions_are_dropped_and_counted(rng, cells):
    """Also one that is constant but for rounding; the mean is that of the other cells."""
    predictions, targets = rng.standard_normal((2, len(cells[0]), N_TARGETS))
    predictions[:, 0] = 3.3
    predictions[:, 1] = 3.3 * (1 + 1e-15 * rng.integers(0, 3, len(predictions)))
    found = score_blocks(predictions, targets, *cells)
    assert np.isnan(found.r).all(axis=0).tolist() == [True, True, False]
    assert found.n_constant.tolist() == [6, 6, 0]
    assert np.isnan(found.mean).tolist() == [True, True, False]
    predictions[:, 0] = rng.standard_normal(len(predictions))
    first = (cells[0] == 0) & (cells[1] == 0)
    predictions[first, 0] = 3.3
    found = score_blocks(predictions, targets, *cells)
    assert found.n_constant.tolist() == [1, 6, 0]
    assert found.mean[0] == found.r[1:, 0].mean()


def test_small_predictions_are_not_constant(rng, cells):
    """A prediction shrunk by 1e-6 towards its mean scores as before."""
    predictions, targets = rng.standard_normal((2, len(cells[0]), N_TARGETS))
    found = score_blocks(5 + 1e-6 * predictions, targets, *cells)
    np.testing.assert_allclose(found.r, score_blocks(predictions, targets, *cells).r, atol=1e-7)


def test_short_blocks_are_dropped_and_counted(rng, cells):
    """A block of seven windows has no score, one of eight has."""
    subject, block = cells
    keep = np.ones(len(subject), dtype=bool)
    keep[np.flatnonzero((subject == 0) & (block == 0))[:2]] = False
    keep[np.flatnonzero((subject == 1) & (block == 0))[:2]] = False
    predictions, targets = rng.standard_normal((2, len(subject), N_TARGETS))
    found = score_blocks(predictions[keep], targets[keep], subject[keep], block[keep])
    assert np.isnan(found.r).all(axis=1).tolist() == [True, False, False, False, False, False]
    assert found.n_short == 1
    np.testing.assert_allclose(found.mean, found.r[1:].mean(axis=0))


def test_constant_targets_are_dropped_and_counted(rng, cells):
    """Per target; the others keep their score."""
    subject, block = cells
    predictions, targets = rng.standard_normal((2, len(subject), N_TARGETS))
    targets[(subject == 5) & (block == 1), 2] = 0.25
    found = score_blocks(predictions, targets, *cells)
    assert np.isnan(found.r[5]).tolist() == [False, False, True]
    assert found.n_constant.tolist() == [0, 0, 1]
    np.testing.assert_allclose(found.mean[2], found.r[:5, 2].mean())


def test_no_block_left_gives_nan(rng):
    """A score over nothing is not zero."""
    predictions, targets = rng.standard_normal((2, 7, N_TARGETS))
    found = score_blocks(predictions, targets, np.zeros(7, int), np.zeros(7, int))
    assert np.isnan(found.mean).all()
    assert np.isnan(found.by_subject).all()


def test_untested_rows_are_left_out(rng, cells):
    """NaN predictions mark rows that no fold tests; their targets may be unknown."""
    predictions, targets = rng.standard_normal((2, len(cells[0]), N_TARGETS))
    seen = cells[1] == 1
    predictions[~seen], targets[~seen] = np.nan, np.nan
    found = score_blocks(predictions, targets, *cells)
    np.testing.assert_allclose(found.r, loop(predictions, targets, *cells)[1::2])
    np.testing.assert_allclose(mean_squared_error(predictions, targets), ((predictions - targets)[seen] ** 2).mean(0))


def test_r_squared_and_mse_are_scikit_learns(rng):
    """Per target, over all rows."""
    predictions, targets = rng.standard_normal((2, 31, N_TARGETS))
    wanted = r2_score(targets, predictions, multioutput="raw_values")
    np.testing.assert_allclose(r_squared(predictions, targets), wanted)
    wanted = sklearn_mse(targets, predictions, multioutput="raw_values")
    np.testing.assert_allclose(mean_squared_error(predictions, targets), wanted)


def test_r_squared_of_a_constant_target_is_nan(rng):
    """There is no spread to explain."""
    predictions = rng.standard_normal((31, N_TARGETS))
    targets = rng.standard_normal((31, N_TARGETS))
    targets[:, 1] = 0.1
    assert np.isnan(r_squared(predictions, targets)).tolist() == [False, True, False]


def test_what_cannot_be_scored_is_an_error(rng, cells):
    """Other shapes, no prediction at all, unknown targets."""
    predictions, targets = rng.standard_normal((2, len(cells[0]), N_TARGETS))
    with pytest.raises(ShapeError, match="one shape"):
        score_blocks(predictions, targets[:, 1:], *cells)
    with pytest.raises(InputError, match="no row"):
        score_blocks(predictions * np.nan, targets, *cells)
    targets[3] = np.nan
    with pytest.raises(InputError, match="unknown"):
        r_squared(predictions, targets)
