"""Change points: planted ones are found where they lie, noise has none; tests/benchmarks/change_points.py has rates."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import norm

from emotopy.errors import InputError, ShapeError
from emotopy.inference.autocorrelated_noise import Noise, surrogates
from emotopy.inference.change_points import MOST_MOMENTS, change_points


def find(series, **options):
    return change_points(series, rng=np.random.default_rng(1), **{"n_surrogates": 59, **options})


def planted(rng, n, changes, k=6, size=1.5, noise=None):
    """A series whose mean jumps to a new place at each change."""
    series = surrogates(rng, 1, rng.standard_normal((n, k)), noise or Noise())[0]
    for at in changes:
        series[at:] += size * rng.choice([-1, 1], k)
    return series


@pytest.mark.parametrize("changes", [(40,), (30, 70), (25, 50, 90)], ids=str)
def test_planted_changes_are_found_where_they_lie(rng, changes):
    """As many as were planted, each within two texts, each with a small p."""
    found = find(planted(rng, 120, changes))
    assert len(found.places) == len(changes)
    assert np.abs(found.places - changes).max() <= 2
    assert (found.p <= 0.05).all()
    assert (found.gains > found.penalty).all()


def test_one_change_is_where_an_exhaustive_search_puts_it(rng):
    """ruptures' optimum is the split of least squares, in normal scores, that trying every place gives."""
    series = planted(rng, 60, (33,), k=3, size=3.0)
    scaled = norm.ppf((np.argsort(np.argsort(series, axis=0), axis=0) + 0.5) / 60)
    costs = {
        at: ((scaled[:at] - scaled[:at].mean(axis=0)) ** 2).sum()
        + ((scaled[at:] - scaled[at:].mean(axis=0)) ** 2).sum()
        for at in range(5, 56)
    }
    assert find(series).places.tolist() == [min(costs, key=costs.__getitem__)]


def test_noise_that_lasts_is_no_change():
    """In 40 series without changes whose neighbours correlate by 0.6, at most 5 get one (nominal 2)."""
    false = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        series = surrogates(rng, 1, rng.standard_normal((60, 4)), Noise(1.0, 0.6))[0]
        false += len(find(series, n_surrogates=39).places) > 0
    assert false <= 5


def test_a_textbook_penalty_finds_changes_in_the_same_noise():
    """The penalty of the Bayesian information criterion cuts most of those series: why it isn't used."""
    from ruptures import KernelCPD

    cut = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        series = surrogates(rng, 1, rng.standard_normal((60, 4)), Noise(1.0, 0.6))[0]
        series = (series - series.mean(axis=0)) / series.std(axis=0)
        cut += len(KernelCPD(kernel="linear", min_size=5).fit(series).predict(pen=4 * np.log(60))) > 1
    assert cut > 20


def test_only_the_ranks_of_columns_count(rng):
    """Scale, level and rising curves change nothing; a column that never moves is left out."""
    series = planted(rng, 80, (50,), k=4)
    moved = np.column_stack([series * [1, 1000, 0.001, 7] + [5, -3, 0, 1e3], np.full(80, 2.5)])
    moved[:, 0] = np.exp(moved[:, 0])
    one, other = find(series), find(moved)
    assert one.places.tolist() == other.places.tolist()
    np.testing.assert_allclose(one.gains, other.gains)
    np.testing.assert_allclose(one.p, other.p)


def test_extreme_texts_are_no_change():
    """Texts far out in a few columns, wherever they lie, are as rare a change as any: at most 5 in 40 series."""
    false = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        series = rng.standard_t(1.5, (60, 4))
        false += len(find(series, n_surrogates=39).places) > 0
    assert false <= 5


def test_the_same_seed_gives_the_same_answer(rng):
    """All that is random comes from the generator."""
    series = planted(rng, 90, (45,), size=0.6)
    one, other = find(series), find(series)
    assert one.penalty == other.penalty
    np.testing.assert_array_equal(one.p, other.p)


def test_a_long_series_is_averaged_and_changes_are_rows_of_it(rng):
    """Of 1,501 texts the change lies within two of the moments that were put together."""
    found = find(planted(rng, 1501, (900,)))
    assert len(found.places) == 1
    assert abs(int(found.places[0]) - 900) <= 2 * (1501 / MOST_MOMENTS + 1)


def test_changes_keep_their_distance(rng):
    """No stretch is shorter than five moments, whatever an outlier does."""
    series = rng.standard_normal((60, 3))
    series[30:32] += 40
    places = [0, *find(series).places.tolist(), 60]
    assert min(b - a for a, b in itertools.pairwise(places)) >= 5


def test_a_constant_series_has_no_change():
    """Nothing moves, nothing is found, nothing is divided by zero."""
    with np.errstate(all="raise"):
        found = find(np.full((30, 4), 0.1))
    assert found.places.tolist() == []
    assert found.p.tolist() == []


@pytest.mark.parametrize(
    ("series", "error"),
    [
        (np.zeros(30), ShapeError),
        (np.full((30, 2), np.nan), ShapeError),
        (np.zeros((19, 2)), InputError),
    ],
    ids=["one axis", "NaN", "too short"],
)
def test_unusable_series_are_refused(series, error):
    """The message says what was wanted."""
    with pytest.raises(error, match="wanted"):
        find(series)


def test_too_few_surrogates_for_the_level_are_refused(rng):
    """Nine simulated series can't show one in twenty."""
    with pytest.raises(InputError, match="use more"):
        find(rng.standard_normal((30, 2)), n_surrogates=9)
