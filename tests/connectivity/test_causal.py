"""The causal measure: windows that know nothing of later volumes, and the same numbers volume by volume."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from emotopy.errors import ConfigError, InputError
from emotopy.records.brain import Windowing
from emotopy.roles import StreamsFeatures
from emotopy_plugins.connectivity.amplitude import Amplitude
from emotopy_plugins.connectivity.sliding_window import SlidingWindow
from emotopy_plugins.shared.causal_filter import ORDER

pytestmark = pytest.mark.fast_path

TR_S = 2.0
N_VOLUMES, N_REGIONS = 67, 4
EVERY_VOLUME = Windowing(width_s=30.0, step_s=TR_S, sigma_s=5.0)
MEASURE = SlidingWindow(EVERY_VOLUME, causal=True)


@pytest.fixture
def series(rng):
    """Four regions that share some of their noise, at a scanner's baseline."""
    return 900 + rng.standard_normal((N_VOLUMES, N_REGIONS)) + rng.standard_normal((N_VOLUMES, 1))


def in_batch(series, measure=MEASURE, tr_s=TR_S):
    return measure.features(measure.clean(series, tr_s), tr_s)


def streamed(series, measure=MEASURE, tr_s=TR_S):
    """A row per volume, NaN where there is no value."""
    stream = measure.stream(series.shape[1], tr_s)
    n_edges = series.shape[1] * (series.shape[1] - 1) // 2
    answers = [stream.update(volume) for volume in series]
    return np.array([np.full(n_edges, np.nan) if one is None else one for one in answers])


@settings(max_examples=60)
@given(data=st.data())
def test_the_stream_is_the_batch(data):
    """For any number of volumes and regions, missing volumes and TR; to 1e-6, in truth to the last bit."""
    rng = np.random.default_rng(data.draw(st.integers(0, 2**16)))
    n_regions, tr_s = data.draw(st.integers(2, 9)), data.draw(st.sampled_from([0.72, 1.0, 2.0, 3.1]))
    windowing = Windowing(30.0, tr_s, data.draw(st.sampled_from(["gaussian", "rectangular"])), 5.0)
    measure = SlidingWindow(windowing, causal=True, fisher=data.draw(st.booleans()))
    width = windowing.width(tr_s)
    n_volumes = data.draw(st.integers(width, 4 * width))
    series = rng.normal(10.0 ** data.draw(st.integers(0, 4)), 1, (n_volumes, n_regions)) + rng.normal(
        size=(n_volumes, 1)
    )
    missing = data.draw(st.lists(st.integers(0, n_volumes - 1), max_size=n_volumes // 3))
    series[missing] = np.nan
    found = streamed(series, measure, tr_s)
    assert np.isnan(found[: width - 1]).all()
    np.testing.assert_allclose(found[width - 1 :], in_batch(series, measure, tr_s), atol=1e-6, rtol=0)


def test_it_is_corrcoef_of_scipys_filter(series):
    """Written out: a Butterworth run once from the first volume's state, and each window's correlations."""
    windowing = attrs.evolve(EVERY_VOLUME, taper="rectangular")
    sections = signal.butter(ORDER, 1 / 30, "highpass", fs=1 / TR_S, output="sos")
    filtered = signal.sosfilt(sections, series - series[0], axis=0)
    first, second = np.triu_indices(N_REGIONS, 1)
    spans = windowing.spans(TR_S, N_VOLUMES)
    wanted = np.array([np.arctanh(np.corrcoef(filtered[span].T)[first, second]) for span in spans])
    measure = SlidingWindow(windowing, causal=True)
    np.testing.assert_allclose(in_batch(series, measure), wanted, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(streamed(series, measure)[14:], wanted, rtol=1e-4, atol=1e-5)


def test_later_volumes_change_no_window_before_them(series):
    """Those of the causal measure stay as they are, those of the zero-phase one don't."""
    other = series.copy()
    other[50:] = 900 + np.random.default_rng(1).standard_normal((17, N_REGIONS))
    n_before = 50 - EVERY_VOLUME.width(TR_S) + 1
    np.testing.assert_array_equal(in_batch(series)[:n_before], in_batch(other)[:n_before])
    usual = SlidingWindow(EVERY_VOLUME)
    assert (in_batch(series, usual)[:n_before] != in_batch(other, usual)[:n_before]).any()


def test_a_window_with_too_few_volumes_has_no_value(series):
    """The rule of 80 %, as in the batch: three of 15 may be missing, not four."""
    series[[30, 31, 32]] = np.nan
    assert np.isfinite(streamed(series)[14:]).all()
    series[33] = np.nan
    found = np.isnan(streamed(series)[:, 0])
    np.testing.assert_array_equal(np.flatnonzero(found[14:]) + 14, np.arange(33, 45))


def test_only_the_causal_measure_streams(series):
    """It says so; other measures don't know how."""
    assert isinstance(MEASURE, StreamsFeatures)
    assert not isinstance(Amplitude(), StreamsFeatures)
    with pytest.raises(ConfigError) as caught:
        SlidingWindow(EVERY_VOLUME).stream(N_REGIONS, TR_S)
    assert caught.value.path == "connectivity.causal"


@pytest.mark.parametrize("how", [in_batch, streamed])
def test_a_constant_region_is_named(series, how):
    """In the batch and in the stream."""
    series[:, 2] = 7.25
    with pytest.raises(InputError, match=r"column.* 2"):
        how(series)


@pytest.mark.parametrize("how", [in_batch, streamed])
def test_a_volume_that_is_missing_in_part_is_refused(series, how):
    """Only a whole volume may be missing."""
    series[20, 1] = np.nan
    with pytest.raises(InputError):
        how(series)


def test_confounds_and_shrinkage_need_the_whole_run(series):
    """Both are refused, with the key."""
    with pytest.raises(ConfigError) as caught:
        MEASURE.clean(series, TR_S, series[:, :1])
    assert caught.value.path == "connectivity.causal"
    with pytest.raises(ConfigError) as caught:
        SlidingWindow(EVERY_VOLUME, estimator="ledoit-wolf", causal=True)
    assert caught.value.path == "connectivity.estimator"


def test_regions_come_out_about_as_large(series):
    """Cleaned series have deviations near one, so that none outweighs the others; scaling rounds nothing."""
    cleaned = MEASURE.clean(series * [1, 1e3, 1e-3, 7], TR_S)
    assert (np.abs(np.log2(cleaned.std(axis=0))) < 0.51).all()
    np.testing.assert_array_equal(in_batch(series * [1, 1024, 1 / 8, 2]), in_batch(series))
