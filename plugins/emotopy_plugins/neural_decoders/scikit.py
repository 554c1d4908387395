"""Neural decoders of scikit-learn: `ridge`, `lasso`, `linear-svr`, `svr-rbf`, `random-forest`.

The models that studies of this kind compare, made multi-output. They are refitted for every fold, features (and
targets, where that matters) standardised in its training rows, with the parameters as given: for a penalty chosen
within the folds, take `kernel-ridge`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, cast

import numpy as np
from annotated_types import Ge, Gt, Interval, Le

from emotopy.hookspecs import hookimpl
from emotopy.roles import Factory, NeuralDecoder


@hookimpl
def register_neural_decoders() -> Mapping[str, Factory[NeuralDecoder]]:
    """Offer them all."""
    return {
        "ridge": ridge,
        "lasso": lasso,
        "linear-svr": linear_svr,
        "svr-rbf": svr_rbf,
        "random-forest": random_forest,
    }


def ridge(alpha: Annotated[float, Ge(0)] = 1.0) -> NeuralDecoder:
    """Ridge regression (scikit-learn's Ridge) on standardised features.

    `alpha` is the penalty on the squared coefficients.
    """
    from sklearn.linear_model import Ridge

    return _on_standardised_features(Ridge(alpha))


def lasso(
    alpha: Annotated[float, Ge(0)] = 0.1, max_iter: Annotated[int, Ge(1), Le(10_000_000)] = 10_000
) -> NeuralDecoder:
    """Lasso (scikit-learn's Lasso) on standardised features and targets, one model per target.

    `alpha` is the penalty on the absolute coefficients, for targets of standard deviation 1: above 1 every coefficient
    is 0. `max_iter` bounds the sweeps of coordinate descent.
    """
    from sklearn.linear_model import Lasso

    # a seed changes nothing here, but without one it draws from NumPy's global generator
    return _on_standardised_targets(Lasso(alpha, max_iter=max_iter, random_state=0))


def linear_svr(
    C: Annotated[float, Gt(0)] = 1.0,
    epsilon: Annotated[float, Ge(0)] = 0.1,
    max_iter: Annotated[int, Ge(1)] = 10_000,
    random_state: int | None = None,
) -> NeuralDecoder:
    """Linear support vector regression (scikit-learn's LinearSVR), one model per target.

    On standardised features and targets. `C` is the inverse of the penalty, `epsilon` the error that costs nothing, in
    standard deviations of the target.
    """
    from sklearn.multioutput import MultiOutputRegressor
    from sklearn.svm import LinearSVR

    one = LinearSVR(C=C, epsilon=epsilon, max_iter=max_iter, random_state=random_state)
    return _on_standardised_targets(MultiOutputRegressor(one))


def svr_rbf(
    C: Annotated[float, Gt(0)] = 1.0,
    epsilon: Annotated[float, Ge(0)] = 0.1,
    gamma: Annotated[float, Gt(0)] | None = None,
) -> NeuralDecoder:
    """Support vector regression with a Gaussian kernel (scikit-learn's SVR), one model per target.

    On standardised features and targets. `gamma` left out is 1 / number of edges (scikit-learn's `scale`). `C` and
    `epsilon` as for `linear-svr`.
    """
    from sklearn.multioutput import MultiOutputRegressor
    from sklearn.svm import SVR

    class QuietSVR(SVR):
        """SVR that leaves NumPy's global generator alone: it would draw a seed there, for classification only."""

        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
            self.random_state = 0
            return super().fit(X, y, sample_weight)

    one = QuietSVR(C=C, epsilon=epsilon, gamma="scale" if gamma is None else gamma)
    return _on_standardised_targets(MultiOutputRegressor(one))


def random_forest(
    n_estimators: Annotated[int, Ge(1), Le(100_000)] = 100,
    max_depth: Annotated[int, Ge(1)] | None = None,
    min_samples_leaf: Annotated[int, Ge(1)] = 1,
    max_features: Annotated[float, Interval(gt=0, le=1)] = 1.0,
    random_state: int | None = None,
) -> NeuralDecoder:
    """Random forest (scikit-learn's RandomForestRegressor), one for all targets.

    `max_features` is the share of edges that a split looks at.
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
        min_samples_leaf=min_samples_leaf,
        max_features=max_features,
        random_state=random_state,
    )
    return cast("NeuralDecoder", forest)


def _on_standardised_features(regressor: Any) -> NeuralDecoder:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return cast("NeuralDecoder", make_pipeline(StandardScaler(), regressor))


def _on_standardised_targets(regressor: Any) -> NeuralDecoder:
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.preprocessing import StandardScaler

    regressor = _on_standardised_features(regressor)
    return cast("NeuralDecoder", TransformedTargetRegressor(regressor, transformer=StandardScaler()))
