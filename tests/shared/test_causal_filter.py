"""The causal high-pass: scipy's filter run once, from a standing start, in any number of pieces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from emotopy.errors import ConfigError
from emotopy_plugins.shared.causal_filter import ORDER, CausalHighPass

TR_S = 2.0
N_VOLUMES, N_REGIONS = 97, 3
CUTOFF_HZ = 1 / 44


@pytest.fixture
def series(rng):
    """White noise at a scanner's baseline."""
    return 900 + rng.standard_normal((N_VOLUMES, N_REGIONS))


def by_scipy(series):
    """Written out: the state that a constant first volume would have left."""
    sections = signal.butter(ORDER, CUTOFF_HZ, "highpass", fs=1 / TR_S, output="sos")
    start = signal.sosfilt_zi(sections)[:, :, None] * series[0]
    return signal.sosfilt(sections, series, axis=0, zi=start)[0]


def test_it_is_scipys_filter_from_the_first_volumes_state(series):
    """Equal but for what scipy loses to the baseline."""
    np.testing.assert_allclose(CausalHighPass(CUTOFF_HZ, TR_S).apply(series), by_scipy(series), atol=1e-9)


def test_it_begins_at_zero_and_without_a_ramp(series):
    """The first volume is zero; a baseline of any size changes nothing."""
    found = CausalHighPass(CUTOFF_HZ, TR_S).apply(series)
    assert not found[0].any()
    np.testing.assert_allclose(CausalHighPass(CUTOFF_HZ, TR_S).apply(series + 2.0**20), found, atol=1e-8)
    constant = np.full((N_VOLUMES, 1), 1234.5)
    assert not CausalHighPass(CUTOFF_HZ, TR_S).apply(constant).any()


@given(data=st.data())
def test_pieces_give_what_the_whole_gives(data):
    """To the last bit, with volumes missing anywhere."""
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    series = 900 + rng.standard_normal((40, N_REGIONS))
    series[data.draw(st.lists(st.integers(0, 39), max_size=40))] = np.nan
    cuts = sorted(data.draw(st.lists(st.integers(0, 40), max_size=6)))
    whole = CausalHighPass(CUTOFF_HZ, TR_S).apply(series)
    high_pass = CausalHighPass(CUTOFF_HZ, TR_S)
    pieces = [high_pass.apply(piece) for piece in np.split(series, cuts)]
    np.testing.assert_array_equal(np.concatenate(pieces), whole)
    np.testing.assert_array_equal(np.isnan(whole), np.isnan(series))


def test_what_comes_later_changes_nothing(series):
    """The filter of the first half is the first half of the filter."""
    other = series.copy()
    other[50:] *= -3
    first, second = (CausalHighPass(CUTOFF_HZ, TR_S).apply(one) for one in (series, other))
    np.testing.assert_array_equal(first[:50], second[:50])
    assert (first[50:] != second[50:]).all()


def test_a_missing_volume_is_taken_for_the_one_before(series):
    """The filter sees the last volume again; the volume itself stays missing."""
    held, missing = series.copy(), series.copy()
    held[30:33], missing[30:33] = series[29], np.nan
    wanted = CausalHighPass(CUTOFF_HZ, TR_S).apply(held)
    wanted[30:33] = np.nan
    np.testing.assert_array_equal(CausalHighPass(CUTOFF_HZ, TR_S).apply(missing), wanted)


def test_missing_volumes_at_the_beginning_are_no_beginning(series):
    """The first volume that is there is the first."""
    late = np.vstack([np.full((4, N_REGIONS), np.nan), series])
    np.testing.assert_array_equal(
        CausalHighPass(CUTOFF_HZ, TR_S).apply(late)[4:], CausalHighPass(CUTOFF_HZ, TR_S).apply(series)
    )


@pytest.mark.parametrize("cutoff_hz", [None, 0])
def test_no_cutoff_filters_nothing(series, cutoff_hz):
    """But for the first volume, which is taken away."""
    np.testing.assert_array_equal(CausalHighPass(cutoff_hz, TR_S).apply(series), series - series[0])


def test_a_cutoff_that_leaves_nothing_is_refused():
    """Half the sampling rate."""
    with pytest.raises(ConfigError):
        CausalHighPass(0.25, TR_S)


def test_the_beginning_is_forgotten_within_two_periods(rng):
    """A filter that has run for long and one that just began agree to 2 % after one period, to 0.1 % after two."""
    series = np.cumsum(rng.standard_normal((1000, 50)), axis=0)
    warm = CausalHighPass(CUTOFF_HZ, TR_S).apply(series)[600:]
    cold = CausalHighPass(CUTOFF_HZ, TR_S).apply(series[600:])
    off = np.sqrt(((warm - cold) ** 2).mean(axis=1)) / warm.std()
    period = round(1 / (CUTOFF_HZ * TR_S))
    assert off[0] > 0.5
    assert off[period:].max() < 0.02
    assert off[2 * period :].max() < 0.001


def test_nothing_is_left_of_a_linear_drift_in_the_end():
    """Without detrending, which would need the whole run."""
    drift = np.linspace(0, 50, 500)[:, None]
    assert np.abs(CausalHighPass(CUTOFF_HZ, TR_S).apply(drift)[100:]).max() < 1e-3
