"""Windowed connectivity as a scikit-learn transformer with one row per volume."""

from __future__ import annotations

import numbers
import warnings
from contextlib import suppress
from typing import Any, ClassVar, Self

import attrs
import numpy as np
import numpy.typing as npt
from sklearn.base import TransformerMixin
from sklearn.utils.validation import (
    check_array,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from emotopy.errors import ConfigError, EmotopyError, InputError, PluginError
from emotopy.inference.windows import edges
from emotopy.pathways.brain.pathway import BrainPathway
from emotopy.records.axes import FloatArray, IntArray
from emotopy.records.brain import Windowing
from emotopy.roles import CleansSignal, Host
from emotopy.running.stages import Stage
from emotopy.sklearn.stage_parameters import StageParameters, plain


class WindowedConnectivity(TransformerMixin, StageParameters):
    """Correlate every pair of regions in sliding windows, with the nearest window for each volume.

    Input and output rows are volumes, so that a series can be transformed inside cross-validation. Windows and values
    equal those of `emotopy.decode`; `window_volumes` returns the rows of the window centres. All other rows repeat the
    nearest window, the earlier one if two are equally near.

    Windows of one run overlap, so its rows must not be split between training and test: cross-validate over whole runs
    (`GroupKFold`, `LeaveOneGroupOut`), never over rows.

    Parameters
    ----------
    tr_s : float
        Repetition time in seconds. It is required: `fit` raises an error for None.
    width_s : float, default=44.0
        Width of a window in seconds.
    step_s : float, default=8.0
        Time between window starts in seconds; with the repetition time or less, each volume has its own window.
    taper : {"gaussian", "rectangular"}, default="gaussian"
        Shape of a window: a rectangle convolved with a Gaussian, or a rectangle.
    sigma_s : float, default=6.0
        Standard deviation of that Gaussian in seconds.
    measure : str, dict or object, default="sliding-window"
        Connectivity measure: a name, a table of a name and options, ``{"use": "sliding-window", "fisher": False}``, or
        an object with ``features(series, tr_s)``. `emotopy plugins` lists the names, `emotopy plugins show NAME` the
        options, which are set as ``measure__fisher``. The signal is first cleaned as the measure requires: by default
        it is detrended and high-pass filtered at 1 / width.

    Attributes
    ----------
    n_features_in_ : int
        Number of regions.
    feature_names_in_ : array of shape (`n_features_in_`,)
        Names of the regions, if X was a DataFrame.
    n_features_out_ : int
        Number of features; for correlations, n_regions · (n_regions − 1) / 2.

    Examples
    --------
    >>> X = np.random.default_rng(0).standard_normal((200, 4))
    >>> WindowedConnectivity(tr_s=2.0).fit_transform(X).shape
    (200, 6)
    """

    TABLES: ClassVar[tuple[str, ...]] = ("measure",)

    def __init__(
        self,
        tr_s: float | None = None,
        *,
        width_s: float = 44.0,
        step_s: float = 8.0,
        taper: str = "gaussian",
        sigma_s: float = 6.0,
        measure: Any = "sliding-window",
    ) -> None:
        self.tr_s = tr_s
        self.width_s = width_s
        self.step_s = step_s
        self.taper = taper
        self.sigma_s = sigma_s
        self.measure = measure

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002 (scikit-learn's signature)
        """Check parameters and regions; nothing is estimated from the values.

        Parameters
        ----------
        X : array-like of shape (n_volumes, n_regions)
            Region time series.
        y : None
            Ignored.

        Returns
        -------
        self

        Raises
        ------
        ConfigError
            A parameter is invalid, or the measure doesn't return one row per window.
        ValueError
            X is invalid.
        """
        X = self._validated(X, reset=True)
        measure = self._measure()
        rng = np.random.default_rng(0)
        n_volumes = measure.windowing.width(measure.tr_s) + measure.windowing.step(measure.tr_s)
        self.n_features_out_ = measure.rows(rng.standard_normal((n_volumes, X.shape[1]))).shape[1]
        self._has_edges = False
        with suppress(EmotopyError):  # a measure that wants more regions than two, where only names depend on it
            # one feature for two regions: it measures pairs (three regions have three levels and three pairs)
            self._has_edges = measure.rows(rng.standard_normal((n_volumes, 2))).shape[1] == 1
        return self

    def transform(self, X: Any, runs: Any = None, confounds: Any = None) -> FloatArray:
        """Return the features of each volume's window.

        Parameters
        ----------
        X : array-like of shape (n_volumes, n_regions)
            Region time series of one run or of several concatenated runs. A censored volume is a row of NaN.
        runs : array-like of shape (n_volumes,), default=None
            Name or number of the run of each volume; windows never cross runs. None: all volumes are one run. In a
            pipeline, request it with ``set_transform_request(runs=True)``.
        confounds : array-like of shape (n_volumes, n_confounds), default=None
            Confounds to regress out of each run; request it in the same way.

        Returns
        -------
        array of shape (n_volumes, `n_features_out_`)
            float32 values. Rows are NaN if more than 20 % of the volumes in their window are missing.

        Raises
        ------
        ConfigError
            A window is longer than a run.
        InputError
            A region is constant, the volumes of a run aren't contiguous, or only some regions of a volume are NaN.
        ValueError
            X, runs or confounds are invalid.
        """
        check_is_fitted(self)
        X = self._validated(X, reset=False)
        if confounds is not None:
            confounds = check_array(confounds, input_name="confounds", dtype=np.float64)
        if runs is not None:
            runs = column_or_1d(check_array(runs, ensure_2d=False, dtype=None, input_name="runs"))
        check_consistent_length(X, runs, confounds)
        measure = self._measure()
        found = np.empty((len(X), self.n_features_out_), dtype=np.float32)
        for name, rows in _runs(runs, len(X)):
            try:
                found[rows] = measure.transform(X[rows], None if confounds is None else confounds[rows])
            except (ConfigError, InputError) as error:
                if runs is not None:
                    error.args = (f"run {name}: {error}",)
                raise
        return found

    def fit_transform(self, X: Any, y: Any = None, runs: Any = None, confounds: Any = None) -> FloatArray:
        """Return ``fit(X, y).transform(X, runs, confounds)``.

        Parameters
        ----------
        X, y, runs, confounds
            As for `fit` and `transform`.

        Returns
        -------
        array of shape (n_volumes, `n_features_out_`)
        """
        return self.fit(X, y).transform(X, runs=runs, confounds=confounds)

    def window_volumes(self, n_volumes: int) -> IntArray:
        """Return, for each window of a run, the row of the volume at its centre.

        For a single run, `transform(X)[window_volumes(len(X))]` equals the features that `emotopy.decode` computes.

        Parameters
        ----------
        n_volumes : int
            Length of the run.

        Returns
        -------
        array of shape (n_windows,)

        Raises
        ------
        ConfigError
            A parameter is invalid, or the window is longer than the run.
        """
        measure = self._measure()
        windowing, tr_s = measure.windowing, measure.tr_s
        return np.asarray(windowing.starts(tr_s, n_volumes) + windowing.width(tr_s) // 2)

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[Any]:
        """Return the names of the features.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the regions. None: the names seen in `fit`, or else ``x0``, ``x1``, ...

        Returns
        -------
        array of shape (`n_features_out_`,)
            ``amygdala--insula`` for a pair of regions; the region names for a measure with one feature per region;
            otherwise ``windowedconnectivity0``, ...
        """
        check_is_fitted(self)
        seen = getattr(self, "feature_names_in_", None)
        given = seen if input_features is None else np.asarray(input_features, dtype=object)
        names = np.array([f"x{i}" for i in range(self.n_features_in_)]) if given is None else given
        if len(names) != self.n_features_in_ or (seen is not None and not np.array_equal(names, seen)):
            raise ValueError("input_features: wanted the names of the regions that fit saw, in their order")
        if self._has_edges and self.n_features_out_ == len(edges(len(names))[0]):
            found = [f"{names[one]}--{names[other]}" for one, other in zip(*edges(len(names)), strict=True)]
        elif self.n_features_out_ == len(names):
            found = list(names)
        else:
            found = [f"{type(self).__name__.lower()}{i}" for i in range(self.n_features_out_)]
        return np.array(found, dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        # NaN is taken as a whole row alone, a censored volume; `allow_nan` would promise that any cell may be missing
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    def _validated(self, X: Any, *, reset: bool) -> FloatArray:
        found: FloatArray = validate_data(
            self,
            X,
            reset=reset,
            dtype=np.float64,
            ensure_all_finite=False,
            ensure_min_samples=2,
            ensure_min_features=2 if reset else 1,
        )
        is_censored = np.isnan(found).all(axis=1)
        if is_censored.any() and not is_censored.all():
            check_array(found[~is_censored], input_name="X")
        elif is_censored.any() or not np.isfinite(found).all():
            check_array(found, input_name="X")
        return found

    def _measure(self) -> _Measure:
        """Return the measure, its parameters checked."""
        tr_s: Any = self.tr_s
        if not isinstance(tr_s, numbers.Real) or not 0 < float(tr_s) < np.inf:
            raise ConfigError(
                f"tr_s: wanted the repetition time in seconds, got {tr_s!r}",
                path="tr_s",
                wanted="seconds",
                got=tr_s,
            )
        names = ("width_s", "step_s", "taper", "sigma_s")
        config = {"windowing": {name: plain(getattr(self, name)) for name in names}}
        if self.measure is not None:
            config["connectivity"] = plain(self.measure)
        pathway = BrainPathway.from_config(config, host=Host(notify=_warn))
        return _Measure(pathway.stage("connectivity"), pathway.config.windowing, float(tr_s))


@attrs.frozen(eq=False)
class _Measure:
    """A measure of connectivity that was made, with its windows."""

    stage: Stage
    windowing: Windowing
    tr_s: float

    def transform(self, series: FloatArray, confounds: FloatArray | None) -> FloatArray:
        """Return the features of each volume's window, (n_volumes, n_features), of one run (n_volumes, n_regions)."""
        if isinstance(self.stage.object, CleansSignal):
            if len(series) < self.windowing.width(self.tr_s):
                self.windowing.starts(self.tr_s, len(series))  # says so, before a filter does
            series = np.asarray(self.stage.call("clean", series, self.tr_s, confounds))
        elif confounds is not None:
            raise ConfigError(
                f"confounds: {self.stage.name} doesn't clean the signal, so confounds can't be passed "
                "to it; regress them out before",
                path="confounds",
                wanted="none",
            )
        found = self.rows(series)
        return found if self.is_by_volume else found[self._nearest(len(series))]

    def rows(self, series: FloatArray) -> FloatArray:
        """Return what the measure gives for a cleaned series, checked, (n_windows or n_volumes, n_features)."""
        own = getattr(self.stage.object, "windowing", None)
        if isinstance(own, Windowing) and own != self.windowing:
            raise ConfigError(
                f"measure: {self.stage.name} has windows of {own.width_s:g} s every {own.step_s:g} s, wanted those of "
                f"width_s, step_s, taper and sigma_s, {self.windowing.width_s:g} s every {self.windowing.step_s:g} s",
                path="measure",
            )
        n_rows = len(series) if self.is_by_volume else len(self.windowing.starts(self.tr_s, len(series)))
        found = np.asarray(self.stage.call("features", series, self.tr_s))
        if found.ndim == 2 and len(found) == 1 < n_rows:
            raise ConfigError(
                f"measure: wanted a measure in windows, such as sliding-window, got {self.stage.name}, which gives one "
                "row per run",
                path="measure",
                wanted="a measure in windows",
                got=self.stage.name,
            )
        if found.ndim != 2 or len(found) != n_rows or not found.shape[1]:
            raise PluginError(
                f"{self.stage}: features() must return shape ({n_rows}, 1 or more), got {found.shape}",
                owner=self.stage.owner,
                stage=str(self.stage),
            )
        return found

    @property
    def is_by_volume(self) -> bool:
        """Whether the measure gives a row per volume by itself: one with lags in place of windows."""
        return getattr(self.stage.object, "n_lags", None) is not None

    def _nearest(self, n_volumes: int) -> IntArray:
        """Return the number of the window whose centre is nearest to each volume's middle, (n_volumes,)."""
        centres = self.windowing.starts(self.tr_s, n_volumes) + self.windowing.width(self.tr_s) / 2
        middles = np.arange(n_volumes) + 0.5
        borders = (centres[1:] + centres[:-1]) / 2
        return np.searchsorted(borders, middles, side="left")  # a volume on the border goes with the earlier window


def _runs(runs: npt.NDArray[Any] | None, n_volumes: int) -> list[tuple[Any, slice]]:
    """Return each run's name and its rows. Raises InputError for a run whose volumes are apart."""
    if runs is None:
        return [("", slice(0, n_volumes))]
    starts = np.flatnonzero(np.append(True, runs[1:] != runs[:-1]))
    found: dict[Any, slice] = {}
    for start, end in zip(starts, [*starts[1:], n_volumes], strict=True):
        name = runs[start]
        if name in found:
            raise InputError(
                f"runs: wanted the volumes of a run in contiguous rows, got run {name} again at row {start + 1}",
                row=int(start) + 1,
                wanted="the volumes of a run in contiguous rows",
                got=str(name),
                advice="sort rows by run and time; in cross-validation leave out whole runs",
            )
        found[name] = slice(int(start), int(end))
    return list(found.items())


def _warn(message: str) -> None:
    """Warn the user of what the measure has to say."""
    warnings.warn(message, UserWarning, stacklevel=2)
