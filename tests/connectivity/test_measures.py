"""The connectivity measures: what each gives per window or volume, and how each wants its series cleaned."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.covariance import LedoitWolf

from emotopy.errors import ConfigError, InputError
from emotopy.records.brain import Windowing
from emotopy.registry import Registry
from emotopy.roles import Connectivity, Host
from emotopy_plugins.connectivity import amplitude
from emotopy_plugins.connectivity.amplitude import Amplitude
from emotopy_plugins.connectivity.sliding_window import SlidingWindow
from emotopy_plugins.connectivity.static import Static
from emotopy_plugins.shared.signal_cleaning import clean

pytestmark = pytest.mark.fast_path

TR_S = 2.0
N_VOLUMES, N_REGIONS = 67, 4
RECTANGLES = Windowing(width_s=30.0, step_s=8.0, taper="rectangular")
TAPERED = Windowing(width_s=30.0, step_s=8.0, sigma_s=5.0)
EDGES = np.triu_indices(N_REGIONS, 1)


@pytest.fixture
def series(rng):
    """Four regions that share some of their noise, at a scanner's baseline."""
    return 900 + rng.standard_normal((N_VOLUMES, N_REGIONS)) + rng.standard_normal((N_VOLUMES, 1))


def as_r(covariance):
    scale = np.sqrt(np.diag(covariance))
    return (covariance / np.outer(scale, scale))[EDGES]


@pytest.mark.parametrize("name", ["sliding-window", "amplitude", "static"])
def test_measures_come_in_through_entry_points(name, series):
    """Each is offered under its name and gives rows of features with its defaults."""
    measure = Registry.load().make("connectivity", name)
    assert isinstance(measure, Connectivity)
    features = measure.features(measure.clean(series, TR_S), TR_S)
    assert features.ndim == 2
    assert np.isfinite(features).all()


def test_sliding_window_is_fisher_z_of_corrcoef(series):
    """A row per window, a column per edge, arctanh r; r itself where `fisher` is off."""
    wanted = np.array([np.corrcoef(series[span].T)[EDGES] for span in RECTANGLES.spans(TR_S, N_VOLUMES)])
    z, r = (SlidingWindow(RECTANGLES, fisher=fisher).features(series, TR_S) for fisher in (True, False))
    assert z.shape == (14, 6)
    np.testing.assert_allclose(r, wanted, atol=1e-6, rtol=0)
    np.testing.assert_allclose(z, np.arctanh(wanted), rtol=1e-4, atol=1e-5)


def test_ledoit_wolf_equals_scikit_learn_on_rectangles(series):
    """Shrunken correlations are those of sklearn's LedoitWolf on each window's volumes."""
    measure = SlidingWindow(RECTANGLES, estimator="ledoit-wolf", fisher=False)
    wanted = [as_r(LedoitWolf().fit(series[span]).covariance_) for span in RECTANGLES.spans(TR_S, N_VOLUMES)]
    np.testing.assert_allclose(measure.features(series, TR_S), wanted, atol=1e-6, rtol=0)


def test_ledoit_wolf_shrinks_the_weighted_covariance(series):
    """Under a taper what is shrunken is the weighted covariance: to a mix of it and the mean variance."""
    measure = SlidingWindow(TAPERED, estimator="ledoit-wolf", fisher=False)
    found = measure.features(series, TR_S)
    for row, span in zip(found, TAPERED.spans(TR_S, N_VOLUMES), strict=True):
        covariance = np.cov(series[span], rowvar=False, aweights=TAPERED.weights(TR_S), ddof=0)
        target = np.eye(N_REGIONS) * np.trace(covariance) / N_REGIONS
        shares = np.linspace(0, 1, 2001)
        off = [np.abs(as_r((1 - share) * covariance + share * target) - row).max() for share in shares]
        assert min(off) < 1e-3
        assert shares[np.argmin(off)] > 0


@pytest.mark.parametrize("estimator", ["pearson", "ledoit-wolf"])
def test_constant_regions_are_an_error_with_either_estimator(series, estimator):
    """A region that is flat in a window is named, not given a correlation of 0."""
    series[12:27, 2] = 900
    with pytest.raises(InputError, match="column 2 is constant within window 3"):
        SlidingWindow(RECTANGLES, estimator=estimator).features(series, TR_S)


@pytest.mark.parametrize("estimator", ["pearson", "ledoit-wolf"])
def test_windows_of_censored_volumes_are_nan(series, estimator):
    """Rows of NaN are censored volumes: windows that lose over a fifth are NaN, others use what is left."""
    series[20:24] = np.nan
    series[50] = np.nan
    measure = SlidingWindow(RECTANGLES, estimator=estimator, fisher=False)
    found = measure.features(series, TR_S)
    starts = RECTANGLES.starts(TR_S, N_VOLUMES)
    lost = (starts <= 20) & (starts + 15 >= 24)
    assert 0 < lost.sum() < len(starts)
    np.testing.assert_array_equal(np.isnan(found).all(axis=1), lost)
    last = int(np.flatnonzero((starts <= 50) & (starts + 15 > 50))[0])
    window = series[starts[last] : starts[last] + 15]
    window = window[np.isfinite(window[:, 0])]
    wanted = np.corrcoef(window.T)[EDGES] if estimator == "pearson" else as_r(LedoitWolf().fit(window).covariance_)
    np.testing.assert_allclose(found[last], wanted, atol=1e-6, rtol=0)


@pytest.mark.parametrize("measure", [SlidingWindow(), SlidingWindow(estimator="ledoit-wolf"), Static()])
def test_one_region_has_no_pairs(series, measure):
    """The error says so; no features are none of the measure's faults."""
    with pytest.raises(InputError):
        measure.features(series[:, :1], 2.0)


def test_a_volume_with_some_nan_is_an_error(series):
    """One region's NaN is no censored volume; volume and column are named."""
    series[20, 1] = np.nan
    with pytest.raises(InputError, match="volume 20, column 1"):
        SlidingWindow(RECTANGLES).features(series, TR_S)


def test_amplitude_is_the_weighted_mean_of_each_window(series):
    """Windowed amplitude: the taper's mean of each region, as a loop gives it."""
    found = Amplitude(TAPERED).features(series, TR_S)
    weights = TAPERED.weights(TR_S)
    wanted = np.empty((14, N_REGIONS))
    for i, span in enumerate(TAPERED.spans(TR_S, N_VOLUMES)):
        for region in range(N_REGIONS):
            wanted[i, region] = sum(w * x for w, x in zip(weights, series[span, region], strict=True))
    np.testing.assert_allclose(found, wanted)


def test_lags_put_neighbouring_volumes_side_by_side(series):
    """Volume t: the levels at t − 1, t, t + 1; at the run's ends what is missing is NaN."""
    found = Amplitude(mode="lags", n_lags=1).features(series, TR_S)
    assert found.shape == (N_VOLUMES, 3 * N_REGIONS)
    for t in range(1, N_VOLUMES - 1):
        np.testing.assert_array_equal(found[t], np.concatenate([series[t - 1], series[t], series[t + 1]]))
    assert np.isnan(found[0, :N_REGIONS]).all()
    assert np.isnan(found[-1, -N_REGIONS:]).all()
    np.testing.assert_array_equal(Amplitude(mode="lags", n_lags=0).features(series, TR_S), series)


def test_lags_need_volumes_and_a_number(series):
    """Fewer volumes than lags reach, and negative lags, are errors."""
    with pytest.raises(InputError, match="more than 6 volumes"):
        Amplitude(mode="lags", n_lags=3).features(series[:6], TR_S)
    with pytest.raises(ConfigError) as caught:
        Registry([amplitude]).make("connectivity", "amplitude", mode="lags", n_lags=-1)
    assert (caught.value.path, caught.value.got) == ("connectivity.n_lags", -1)


def test_static_is_the_correlation_of_the_whole_run(series):
    """One row: Fisher z of np.corrcoef over all volumes that are kept."""
    series[[3, 30]] = np.nan
    found = Static().features(series, TR_S)
    wanted = np.arctanh(np.corrcoef(series[np.isfinite(series[:, 0])].T)[EDGES])
    assert found.shape == (1, 6)
    np.testing.assert_allclose(found[0], wanted, rtol=1e-5, atol=1e-6)


def test_each_measure_high_passes_in_its_own_way(series):
    """Connectivity at 1 / width, amplitude and static at 1/128 Hz; an option overrides either."""
    cases = [
        (SlidingWindow(RECTANGLES), 1 / 30),
        (SlidingWindow(RECTANGLES, high_pass_hz=0.02), 0.02),
        (Amplitude(RECTANGLES), 1 / 128),
        (Amplitude(mode="lags"), 1 / 128),
        (Amplitude(RECTANGLES, high_pass_hz=None), None),
        (Static(), 1 / 128),
    ]
    for measure, cutoff_hz in cases:
        np.testing.assert_array_equal(measure.clean(series, TR_S), clean(series, TR_S, high_pass_hz=cutoff_hz))


def test_a_window_shorter_than_the_high_pass_allows_is_a_warning(series):
    """The 1/f rule: a 30 s window under 1/128 Hz is told, with both numbers; at 1/30 Hz, or higher, nothing is."""
    said: list[str] = []
    host = Host(notify=said.append)
    for fine in (None, 1 / 30, 0.05):
        SlidingWindow(RECTANGLES, high_pass_hz=fine, host=host).clean(series, TR_S)
    assert said == []
    SlidingWindow(RECTANGLES, high_pass_hz=1 / 128, host=host).clean(series, TR_S)
    assert len(said) == 1
    assert "Windows of 30 s" in said[0]
    assert "up to 128 s" in said[0]
    SlidingWindow(RECTANGLES, high_pass_hz=0, host=host).clean(series, TR_S)
    assert "slower than any window" in said[1]


@pytest.mark.real_data
def test_windows_of_real_series_equal_corrcoef(shared_data):
    """On a listener's raw series (baselines up to 200): every window and edge to 1e-6, before and after cleaning."""
    raw = np.loadtxt(shared_data / "alice-brennan2016" / "timecourses" / "s18-timecourses.txt")
    windowing = Windowing(width_s=44.0, step_s=8.0, taper="rectangular")
    measure = SlidingWindow(windowing, fisher=False)
    first = np.triu_indices(6, 1)
    for series in (raw, raw.astype(np.float32), measure.clean(raw, TR_S)):
        wanted = [np.corrcoef(series[span].astype(float).T)[first] for span in windowing.spans(TR_S, len(series))]
        found = measure.features(series, TR_S)
        assert found.shape == (86, 15)
        np.testing.assert_allclose(found, wanted, atol=1e-6, rtol=0)
