"""Neural decoders of scikit-learn: `ridge`, `lasso`, `linear-svr`, `svr-rbf`, `random-forest`.

The models that studies of this kind compare, made multi-output. They are refitted for every fold, features (and
targets, where that matters) standardised in its training rows, with the parameters as given: for a penalty chosen
within the folds, take `kernel-ridge`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal, cast

import numpy as np
from annotated_types import Ge, Gt, Interval, Le

from emotopy.hookspecs import hookimpl
from emotopy.roles import Factory, NeuralDecoder


@hookimpl
def register_neural_decoders() -> Mapping[str, Factory[NeuralDecoder]]:
    """Offer them all."""
    return {
        "least-squares": least_squares,
        "ridge": ridge,
        "lasso": lasso,
        "linear-svr": linear_svr,
        "svr-rbf": svr_rbf,
        "random-forest": random_forest,
    }


MOST_KERNEL_BYTES = 2 * 1024**3
"""A larger matrix of kernel values isn't held; libsvm then computes them one by one, many times over."""


def least_squares() -> NeuralDecoder:
    """Ordinary least squares (scikit-learn's LinearRegression) on standardised features, minimum-norm solution.

    With more edges than rows, it fits the training rows exactly.
    """
    from sklearn.linear_model import LinearRegression

    return _on_standardised_features(LinearRegression())


def ridge(alpha: Annotated[float, Ge(0)] = 1.0) -> NeuralDecoder:
    """Ridge regression (scikit-learn's Ridge) on standardised features.

    `alpha` is the penalty on the squared coefficients.
    """
    from sklearn.linear_model import Ridge

    return _on_standardised_features(Ridge(alpha))


def lasso(
    alpha: Annotated[float, Ge(0)] = 0.1,
    max_iter: Annotated[int, Ge(1), Le(10_000_000)] = 10_000,
    standardise_targets: bool = True,
) -> NeuralDecoder:
    """Lasso (scikit-learn's Lasso) on standardised features and targets, one model per target.

    `alpha` is the penalty on the absolute coefficients, for targets of standard deviation 1: above 1 every coefficient
    is 0. `max_iter` bounds the sweeps of coordinate descent. With `standardise_targets` false, targets aren't
    standardised, and `alpha` is in their unit.
    """
    from sklearn.linear_model import Lasso

    # a seed changes nothing here, but without one it draws from NumPy's global generator
    return _on_targets(Lasso(alpha, max_iter=max_iter, random_state=0), standardised=standardise_targets)


def linear_svr(
    C: Annotated[float, Gt(0)] = 1.0,
    epsilon: Annotated[float, Ge(0)] = 0.1,
    max_iter: Annotated[int, Ge(1)] = 10_000,
    random_state: int | None = None,
    solver: Literal["liblinear", "libsvm"] = "liblinear",
    standardise_targets: bool = True,
) -> NeuralDecoder:
    """Linear support vector regression, one model per target.

    Features and targets are standardised. `C` is the inverse of the penalty, and `epsilon` the error without cost, in
    standard deviations of the target, or in its own unit with `standardise_targets` false. `solver` "liblinear" is
    scikit-learn's LinearSVR, which also penalises the intercept and uses random numbers; "libsvm" is its SVR with a
    linear kernel, which does neither and ignores `max_iter` and `random_state`.
    """
    from sklearn.multioutput import MultiOutputRegressor
    from sklearn.svm import LinearSVR

    if solver == "libsvm":
        return _on_targets(_kernel_svr()("linear", C=C, epsilon=epsilon), standardised=standardise_targets)
    one = LinearSVR(C=C, epsilon=epsilon, max_iter=max_iter, random_state=random_state)
    return _on_targets(MultiOutputRegressor(one), standardised=standardise_targets)


def svr_rbf(
    C: Annotated[float, Gt(0)] = 1.0,
    epsilon: Annotated[float, Ge(0)] = 0.1,
    gamma: Annotated[float, Gt(0)] | None = None,
    standardise_targets: bool = True,
) -> NeuralDecoder:
    """Support vector regression with a Gaussian kernel (scikit-learn's SVR), one model per target.

    Features and targets are standardised. The default of `gamma` is 1 / number of edges (scikit-learn's `scale`). `C`,
    `epsilon` and `standardise_targets` are as for `linear-svr`. The kernel is computed once for all targets.
    """
    return _on_targets(_kernel_svr()("rbf", C=C, epsilon=epsilon, gamma=gamma), standardised=standardise_targets)


@cache
def _kernel_svr() -> Any:
    """Return the class of SVRs that share a kernel; made here, as scikit-learn is heavy to import."""
    from sklearn.base import BaseEstimator, RegressorMixin
    from sklearn.metrics.pairwise import linear_kernel, rbf_kernel
    from sklearn.svm import SVR

    class QuietSVR(SVR):
        """SVR that leaves NumPy's global generator alone: it would draw a seed there, for classification only."""

        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
            self.random_state = 0
            return super().fit(X, y, sample_weight)

    class KernelSVR(RegressorMixin, BaseEstimator):
        """An SVR per target on kernel values that are computed once: libsvm would compute them for each, many times."""

        def __init__(self, kernel: str, C: float, epsilon: float, gamma: float | None = None) -> None:
            self.kernel, self.C, self.epsilon, self.gamma = kernel, C, epsilon, gamma

        def fit(self, X: Any, y: Any) -> Any:
            y = np.reshape(y, (len(X), -1))
            variance = float(np.var(X, dtype=np.float64))
            scale = 1 / (X.shape[1] * variance) if variance else 1.0
            self.gamma_ = scale if self.gamma is None else self.gamma
            self.precomputed_ = 8 * len(X) ** 2 <= MOST_KERNEL_BYTES
            self.training_ = X
            given = self._values(X) if self.precomputed_ else X
            kernel = "precomputed" if self.precomputed_ else self.kernel
            self.models_ = [
                QuietSVR(kernel=kernel, C=self.C, epsilon=self.epsilon, gamma=self.gamma_).fit(given, column)
                for column in y.T
            ]
            return self

        def predict(self, X: Any) -> Any:
            given = self._values(X) if self.precomputed_ else X
            return np.stack([model.predict(given) for model in self.models_], axis=1)

        def _values(self, X: Any) -> Any:
            if self.kernel == "linear":
                return np.asarray(linear_kernel(X, self.training_), dtype=np.float64)
            return np.asarray(rbf_kernel(X, self.training_, gamma=self.gamma_), dtype=np.float64)

    return KernelSVR


def random_forest(
    n_estimators: Annotated[int, Ge(1), Le(100_000)] = 100,
    max_depth: Annotated[int, Ge(1)] | None = None,
    min_samples_split: Annotated[int, Ge(2)] = 2,
    min_samples_leaf: Annotated[int, Ge(1)] = 1,
    max_features: Annotated[float, Interval(gt=0, le=1)] | Literal["sqrt"] = 1.0,
    random_state: int | None = None,
) -> NeuralDecoder:
    """Random forest (scikit-learn's RandomForestRegressor), one forest for all targets.

    `max_features` is the share of edges considered at each split; "sqrt" uses the square root of their number.
    """
    from sklearn.ensemble import RandomForestRegressor

    class QuietForest(RandomForestRegressor):
        """Random forest that takes a single target as a column, too, without a warning."""

        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
            y = np.asarray(y)
            return super().fit(X, y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y, sample_weight)

    forest = QuietForest(
        n_estimators,
        max_depth=max_depth,
        min_samples_split=min_samples_split,
        min_samples_leaf=min_samples_leaf,
        max_features=max_features,
        random_state=random_state,
    )
    return cast("NeuralDecoder", forest)


def _on_standardised_features(regressor: Any) -> NeuralDecoder:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return cast("NeuralDecoder", make_pipeline(StandardScaler(), regressor))


def _on_targets(regressor: Any, *, standardised: bool) -> NeuralDecoder:
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.preprocessing import StandardScaler

    regressor = _on_standardised_features(regressor)
    if not standardised:
        return cast("NeuralDecoder", regressor)
    return cast("NeuralDecoder", TransformedTargetRegressor(regressor, transformer=StandardScaler()))
