"""Neural decoder `kernel-ridge`: ridge in a kernel's space, one penalty per emotion, cross-validated exactly.

Defaults: the linear kernel, since it can be explained, and 15 penalties from 0.01 to 100,000 times the features'
variance per row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Literal

import attrs
import numpy as np
from annotated_types import Gt, MinLen

from emotopy.errors import ConfigError, InputError, ShapeError
from emotopy.hookspecs import hookimpl
from emotopy.inference.crossval import CrossValidator
from emotopy.inference.splits import Plan, SampleIndex, Split
from emotopy.once import once_property
from emotopy.records.axes import FloatArray, IntArray
from emotopy.reference import defined_by
from emotopy.roles import Explains, Factory, Host, NeuralDecoder
from emotopy_plugins.neural_decoders.exact_cv import ExactCrossValidator
from emotopy_plugins.neural_decoders.kernels import (
    centred_trace,
    cross_distances,
    gaussian,
    gram,
    largest_eigenvalue,
    median_gamma,
    squared_distances,
)
from emotopy_plugins.neural_decoders.moments_cv import MomentsCrossValidator
from emotopy_plugins.neural_decoders.nested_folds import NestedFolds
from emotopy_plugins.neural_decoders.primal_cv import PrimalCrossValidator
from emotopy_plugins.neural_decoders.ridge_solvers import (
    Projected,
    Spectrum,
    check_penalties,
    dual_spectrum,
    primal_spectrum,
    residuals,
)
from emotopy_plugins.neural_decoders.solver_choice import ShortestCrossValidator, Way
from emotopy_plugins.shared.validation import check_fitted

PENALTIES = tuple(10 ** (-2 + exponent / 2) for exponent in range(15))
"""logspace(−2, 5, 15)."""

ROWS_AT_ONCE = 256
"""Rows of features that are centred together; bounds memory."""

Kernel = Literal["linear", "rbf"]


@hookimpl
def register_neural_decoders() -> Mapping[str, Factory[NeuralDecoder]]:
    """Offer `kernel-ridge`."""
    return {"kernel-ridge": kernel_ridge}


def kernel_ridge(
    kernel: Kernel = "linear",
    gamma: Annotated[float, Gt(0)] | None = None,
    penalties: Annotated[Sequence[Annotated[float, Gt(0)]], MinLen(1)] = PENALTIES,
    scale: Annotated[float, Gt(0)] | None = None,
    host: Host | None = None,
) -> KernelRidgeRegressor:
    """Kernel ridge with an unpenalised intercept; penalties are chosen per emotion by an inner split of the outer kind.

    `kernel` is `linear` or `rbf`, exp(−gamma · squared distance). `gamma` left out is 1 / median of the squared
    distances of the training windows: a thing learnt across subjects, so the model is then refitted for every fold,
    which takes far longer than a gamma that is given. `penalties` are multiplied by `scale`; left out, it is the
    variance per row of the features (trace of the centred kernel / number of rows). 1 makes them absolute, as those of
    scikit-learn's Ridge are. One penalty alone is not chosen among. Raises ConfigError for a gamma that the linear
    kernel has no use for.
    """
    tried = sorted({float(penalty) for penalty in penalties})
    if gamma is not None and kernel == "linear":
        raise ConfigError(
            f"neural_decoder.gamma: wanted kernel = 'rbf' with a gamma, got {gamma:g} and kernel = {kernel!r}",
            path="neural_decoder.gamma",
            got=gamma,
        )
    if kernel == "rbf" and gamma is None:
        (host or Host()).notify(
            "neural_decoder kernel-ridge: gamma is 1 / median squared distance of the training "
            "windows; because it is estimated across subjects, the model is refitted for every fold "
            "(set gamma to a number to avoid this)"
        )
        return KernelRidgeRegressor(kernel, gamma=None, penalties=tuple(tried), scale=scale)
    return ExactKernelRidge(kernel, gamma=gamma, penalties=tuple(tried), scale=scale)


@attrs.define(eq=False, slots=False, repr=False)
class KernelRidgeRegressor:
    """Kernel ridge regression, several targets at once, each with its own penalty.

    Parameters
    ----------
    kernel
        ``linear`` or ``rbf``, exp(−gamma · squared distance).
    gamma
        For ``rbf``; None: 1 / median squared distance of the training rows.
    penalties
        Tried ones, relative to `scale`; one alone is taken as it is.
    scale
        What penalties are relative to; None: trace of the centred kernel / number of rows, of the rows at hand.

    Attributes
    ----------
    penalties_, chosen_
        Absolute penalties tried (n_penalties,), and the number of the one chosen per target (n_targets,).
    gamma_
        The gamma in use; 0 for the linear kernel.
    coef_, intercept_
        Linear kernel: (n_edges, n_targets) and (n_targets,).
    """

    kernel: Kernel = "linear"
    gamma: float | None = attrs.field(default=None, kw_only=True)
    penalties: Sequence[float] = attrs.field(default=(1.0,), kw_only=True)
    scale: float | None = attrs.field(default=None, kw_only=True)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.kernel!r}, gamma={self.gamma}, {len(self.penalties)} penalties)"

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002 (scikit-learn's signature)
        """Return the parameters, as scikit-learn's `clone` wants them."""
        return {"kernel": self.kernel, "gamma": self.gamma, "penalties": self.penalties, "scale": self.scale}

    def set_params(self, **params: Any) -> KernelRidgeRegressor:
        """Set parameters by name; raise ValueError for an unknown one, as scikit-learn does."""
        for name, value in params.items():
            if name not in self.get_params():
                raise ValueError(f"{type(self).__name__} has no parameter {name!r}")
            setattr(self, name, value)
        return self

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import InputTags, RegressorTags, Tags, TargetTags

        return Tags(
            estimator_type="regressor",
            target_tags=TargetTags(required=True, multi_output=True),
            regressor_tags=RegressorTags(),
            input_tags=InputTags(),
        )

    def fit(self, X: FloatArray, Y: FloatArray) -> KernelRidgeRegressor:
        """Learn Y (n_rows, n_targets) from X (n_rows, n_edges).

        Penalties are chosen by five blocks of consecutive rows, since nothing is known of subjects; `fit_plan` knows.
        """
        order = np.arange(len(X), dtype=np.float64)
        nobody = np.zeros(len(X), dtype=np.int64)
        layout = SampleIndex(nobody, nobody, order, order, width_s=1.0)
        plan = Split("block", n_blocks=min(5, len(X)), apart_s=0.0).plan(layout)
        return self.fit_plan(X, Y, plan)

    def fit_plan(self, X: FloatArray, Y: FloatArray, plan: Plan) -> KernelRidgeRegressor:
        """Learn Y (n_rows, n_targets) from X (n_rows, n_edges); penalties are chosen by the plan's folds.

        The penalty of a target is the one with the least mean squared error, averaged over folds.

        Raises ShapeError where X, Y and the plan differ in rows.
        """
        targets = np.asarray(Y, dtype=np.float64)
        self._one_column = targets.ndim == 1
        targets = targets.reshape(len(targets), -1)
        if not len(X) == len(targets) == len(plan.block):
            raise ShapeError(f"fit: X has {len(X)} rows, Y {len(targets)} and the plan {len(plan.block)}")
        rows = self._rows(X)
        self.penalties_ = rows.penalties(np.sort(np.asarray(self.penalties, dtype=np.float64)), self.scale)
        self.chosen_ = np.zeros(targets.shape[1], dtype=np.int64)
        if len(self.penalties_) > 1:
            curve = _error_curve(rows, plan, self.penalties_, targets)
            self.chosen_ = curve.mean(axis=0).argmin(axis=0)
        self._learn(np.asarray(X), targets, _fitted_weights(rows, self.penalties_[self.chosen_], targets))
        return self

    def predict(self, X: FloatArray) -> FloatArray:
        """Return predictions (n_rows, n_targets), or (n_rows,) after a fit to one column."""
        check_fitted(getattr(self, "intercept_", None), "neural_decoder kernel-ridge")
        if self.kernel == "linear":
            predicted = np.asarray(X, dtype=np.float64) @ self.coef_ + self.intercept_
        else:
            # weights sum to zero, so only the kernel's row means need taking out
            cross = gaussian(cross_distances(np.asarray(X, dtype=np.float64), self._seen), self.gamma_)
            predicted = cross @ self._weights + self.intercept_
        return np.asarray(predicted[:, 0] if self._one_column else predicted)

    @property
    def is_linear(self) -> bool:
        """Whether the kernel is linear."""
        return self.kernel == "linear"

    def linear_form(self) -> tuple[FloatArray, FloatArray]:
        """Return coefficients (n_edges, n_targets) and intercept (n_targets,) of the last fit; linear kernel alone."""
        check_fitted(getattr(self, "coef_", None), "neural_decoder kernel-ridge")
        return self.coef_, self.intercept_

    def score(self, X: FloatArray, Y: FloatArray) -> float:
        """Return R², averaged over targets, as scikit-learn's regressors do."""
        from sklearn.metrics import r2_score

        return float(r2_score(Y, self.predict(X)))

    def _rows(self, X: FloatArray | Sequence[FloatArray]) -> Rows:
        self.gamma_ = 0.0
        if self.kernel == "linear":
            return linear_rows(X)
        distances = squared_distances(gram(X))
        self.gamma_ = median_gamma(distances) if self.gamma is None else self.gamma
        return KernelRows(gaussian(distances, self.gamma_))

    def _learn(self, X: FloatArray, targets: FloatArray, weights: FloatArray) -> None:
        if self.kernel == "linear":
            middle = X.mean(axis=0, dtype=np.float64)
            parts = (slice(start, start + ROWS_AT_ONCE) for start in range(0, len(X), ROWS_AT_ONCE))
            self.coef_ = np.zeros((X.shape[1], weights.shape[1]))
            for part in parts:  # in float64, for which all rows at once may be too many
                self.coef_ += (X[part] - middle).T @ weights[part]
            self.intercept_ = targets.mean(axis=0) - middle @ self.coef_
            return
        self._seen, self._weights = np.asarray(X, dtype=np.float64), weights
        inside = gaussian(cross_distances(self._seen, self._seen), self.gamma_)
        self.intercept_ = targets.mean(axis=0) - inside.mean(axis=0) @ weights


class ExactKernelRidge(KernelRidgeRegressor):
    """Kernel ridge whose kernel learns nothing across rows, so that cross-validation is exact without refitting."""

    def cross_validator(
        self, features: FloatArray | Sequence[FloatArray], plan: Plan, moment: IntArray
    ) -> CrossValidator:
        """Return the validator; see `emotopy.roles.ExactCrossValidation`.

        Where subjects are left out it goes by features or by rows, for the story's moments or for the targets at hand,
        whichever takes fewer operations (`solver_choice`); the numbers are the same.

        The grid of penalties is laid once, relative to the features' variance over all rows (a number that knows no
        target). Raises ShapeError where features and plan differ in rows, InputError for an ``rbf`` without gamma.
        """
        if self.kernel == "rbf" and self.gamma is None:
            raise InputError("kernel ridge: the median gamma is estimated across rows; set gamma to a number, or refit")
        n_rows = len(features) if isinstance(features, np.ndarray) else sum(len(block) for block in features)
        if n_rows != len(plan.block):
            raise ShapeError(f"features: wanted {len(plan.block)} rows, as the plan has them, got {n_rows}")
        rows = self._rows(features)
        penalties = rows.penalties(np.sort(np.asarray(self.penalties, dtype=np.float64)), self.scale)
        return _cross_validator(rows, plan, moment, penalties)


# Where kernel ridge takes its spectra from: a kernel matrix, or features where these are few ------------------------


class KernelRows:
    """All rows of an analysis, from which training sets are drawn, known by their kernel (n_rows, n_rows)."""

    def __init__(self, kernel: FloatArray) -> None:
        self.kernel = kernel

    @property
    def n_features(self) -> int:
        """Of any kernel as many as rows: nothing is saved."""
        return len(self.kernel)

    def decompose(self, train: IntArray, test: IntArray | None = None) -> Spectrum:
        """Return the spectrum of some rows, with others to predict."""
        return dual_spectrum(self.kernel, train, test)

    def penalties(self, relative: FloatArray, scale: float | None) -> FloatArray:
        """Return absolute penalties: see `_absolute`."""
        n_rows, trace = len(self.kernel), centred_trace(self.kernel)
        return _absolute(relative, scale, trace, n_rows, lambda: largest_eigenvalue(self.kernel))


class LinearRows:
    """Rows under the linear kernel with fewer edges than rows: decomposed by edges where that is less work."""

    def __init__(self, features: FloatArray) -> None:
        features = np.asarray(features, dtype=np.float64)
        self.features = features - features.mean(axis=0)

    @property
    def n_features(self) -> int:
        """Number of edges."""
        return self.features.shape[1]

    @once_property
    def kernel(self) -> FloatArray:
        """Inner products of all rows, (n_rows, n_rows)."""
        return np.asarray(self.features @ self.features.T)

    def decompose(self, train: IntArray, test: IntArray | None = None) -> Spectrum:
        """Return the spectrum of some rows, with others to predict."""
        if self.features.shape[1] < len(train):
            return primal_spectrum(self.features, train, test)
        return dual_spectrum(self.kernel, train, test)

    def penalties(self, relative: FloatArray, scale: float | None) -> FloatArray:
        """Return absolute penalties: see `_absolute`."""
        scatter = self.features.T @ self.features
        n_rows, trace = len(self.features), float(scatter.trace())
        return _absolute(relative, scale, trace, n_rows, lambda: float(np.linalg.eigvalsh(scatter)[-1]))


Rows = KernelRows | LinearRows


def linear_rows(features: FloatArray | Sequence[FloatArray]) -> Rows:
    """Return rows under the linear kernel, by edges where they are fewer than rows."""
    blocks = [features] if isinstance(features, np.ndarray) else list(features)
    if blocks[0].shape[1] < sum(len(block) for block in blocks):
        return LinearRows(np.concatenate(blocks))
    return KernelRows(gram(blocks))


@defined_by("emotopy_plugins.neural_decoders.refitting.cross_validator")
def _cross_validator(rows: Rows, plan: Plan, moment: IntArray, penalties: FloatArray) -> CrossValidator:
    """Return the validator whose way is the shortest; `penalties` are absolute and ascending."""
    folds = NestedFolds(plan, moment, penalties)
    if not all(group.by_subject for group in folds.groups):
        return ExactCrossValidator(rows.decompose, plan, moment, penalties)
    by_rows = partial(ExactCrossValidator, rows.decompose, plan, moment, penalties)
    makers: dict[Way, Callable[[], Explains]] = {"rows-columns": partial(by_rows, collapse=False)}
    if folds.shares_moments:
        makers["rows-moments"] = partial(by_rows, collapse=True)
    if isinstance(rows, LinearRows):
        makers["features-columns"] = partial(PrimalCrossValidator, rows.features, plan, moment, penalties)
        if folds.shares_moments:
            makers["features-moments"] = partial(MomentsCrossValidator, rows.features, plan, moment, penalties)
    return ShortestCrossValidator(makers, folds, rows.n_features)


@defined_by("emotopy_plugins.neural_decoders.refitting.error_curve")
def _error_curve(rows: Rows, plan: Plan, penalties: FloatArray, targets: FloatArray) -> FloatArray:
    """Return each penalty's mean squared error in each fold, (n_folds, n_penalties, n_targets)."""
    return ExactCrossValidator(rows.decompose, plan, np.arange(len(targets)), penalties).curve(targets)


@defined_by("emotopy_plugins.neural_decoders.refitting.fitted_weights")
def _fitted_weights(rows: Rows, penalties: FloatArray, targets: FloatArray) -> FloatArray:
    """Return α = (y − H y) / λ of the models of all rows, (n_rows, n_targets), with a penalty per target."""
    spectrum = rows.decompose(np.arange(len(targets)))
    weights = np.empty_like(targets)
    for penalty in np.unique(penalties):
        columns = penalties == penalty
        weights[:, columns] = residuals(spectrum, penalty, Projected.on(spectrum, targets[:, columns])) / penalty
    return weights


def _absolute(
    relative: FloatArray, scale: float | None, trace: float, n_rows: int, largest: Callable[[], float]
) -> FloatArray:
    """Return absolute penalties: relative × scale, or × trace of the centred kernel / number of rows.

    Raises ConfigError for one that rounding outweighs.
    """
    variance = trace / n_rows if trace > 0 else 1.0  # features that are all equal predict the mean at any penalty
    absolute = relative * (variance if scale is None else scale)
    check_penalties(absolute, trace, n_rows, largest)
    return absolute
