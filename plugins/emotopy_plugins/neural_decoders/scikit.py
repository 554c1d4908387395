"""Neural decoders of scikit-learn: `ridge`, `lasso`, `linear-svr`, `svr-rbf`, `random-forest`.

The models that studies of this kind compare. They are refitted for every fold, features standardised in its training
rows, with the parameters as given: for a penalty chosen within the folds, take `kernel-ridge`.
"""

from __future__ import annotations

from collections.abc import Mapping

from emotopy.errors import ConfigError
from emotopy.hookspecs import hookimpl
from emotopy.roles import Factory, NeuralDecoder


@hookimpl
def register_neural_decoders() -> Mapping[str, Factory[NeuralDecoder]]:
    return {
        "ridge": ridge,
        "lasso": lasso,
        "linear-svr": linear_svr,
        "svr-rbf": svr_rbf,
        "random-forest": random_forest,
    }


def ridge(alpha: float = 1.0) -> NeuralDecoder:
    """Ridge regression (scikit-learn's Ridge) on standardised features.

    `alpha` is the penalty on the squared coefficients. Raises ConfigError for a negative one.
    """
    _at_least("alpha", alpha, 0)
    from emotopy_plugins.neural_decoders.scikit_regressors import ridge_regressor

    made: NeuralDecoder = ridge_regressor(alpha)
    return made


def lasso(alpha: float = 0.1, max_iter: int = 10_000) -> NeuralDecoder:
    """Lasso (scikit-learn's Lasso) on standardised features and targets, one model per target.

    `alpha` is the penalty on the absolute coefficients, for targets of standard deviation 1: above 1 every coefficient
    is 0. `max_iter` bounds the sweeps of coordinate descent. Raises ConfigError for values out of range.
    """
    _at_least("alpha", alpha, 0)
    _at_least("max_iter", max_iter, 1)
    from emotopy_plugins.neural_decoders.scikit_regressors import lasso_regressor

    made: NeuralDecoder = lasso_regressor(alpha, max_iter)
    return made


def linear_svr(
    C: float = 1.0, epsilon: float = 0.1, max_iter: int = 10_000, random_state: int | None = None
) -> NeuralDecoder:
    """Linear support vector regression (scikit-learn's LinearSVR), one model per target.

    On standardised features and targets. `C` is the inverse of the penalty, `epsilon` the error that costs nothing, in
    standard deviations of the target. Raises ConfigError for values out of range.
    """
    _above_zero("C", C)
    _at_least("epsilon", epsilon, 0)
    _at_least("max_iter", max_iter, 1)
    from emotopy_plugins.neural_decoders.scikit_regressors import linear_svr_regressor

    made: NeuralDecoder = linear_svr_regressor(C, epsilon, max_iter, random_state)
    return made


def svr_rbf(C: float = 1.0, epsilon: float = 0.1, gamma: float | None = None) -> NeuralDecoder:
    """Support vector regression with a Gaussian kernel (scikit-learn's SVR), one model per target.

    On standardised features and targets. `gamma` left out is 1 / number of edges (scikit-learn's `scale`). `C` and
    `epsilon` as for `linear-svr`. Raises ConfigError for values out of range.
    """
    _above_zero("C", C)
    _at_least("epsilon", epsilon, 0)
    if gamma is not None:
        _above_zero("gamma", gamma)
    from emotopy_plugins.neural_decoders.scikit_regressors import svr_rbf_regressor

    made: NeuralDecoder = svr_rbf_regressor(C, epsilon, gamma)
    return made


def random_forest(
    n_estimators: int = 100,
    max_depth: int | None = None,
    min_samples_leaf: int = 1,
    max_features: float = 1.0,
    random_state: int | None = None,
) -> NeuralDecoder:
    """Random forest (scikit-learn's RandomForestRegressor), one for all targets.

    `max_features` is the share of edges that a split looks at. Raises ConfigError for values out of range.
    """
    _at_least("n_estimators", n_estimators, 1)
    _at_least("min_samples_leaf", min_samples_leaf, 1)
    if max_depth is not None:
        _at_least("max_depth", max_depth, 1)
    if not 0 < max_features <= 1:
        raise ConfigError(f"neural_decoder.max_features: wanted a share above 0, up to 1, got {max_features:g}")
    from emotopy_plugins.neural_decoders.scikit_regressors import forest_regressor

    made: NeuralDecoder = forest_regressor(n_estimators, max_depth, min_samples_leaf, max_features, random_state)
    return made


def _at_least(option: str, value: float, least: float) -> None:
    if not value >= least:
        raise ConfigError(f"neural_decoder.{option}: wanted {least:g} or more, got {value:g}")


def _above_zero(option: str, value: float) -> None:
    if not value > 0:
        raise ConfigError(f"neural_decoder.{option}: wanted a number above 0, got {value:g}")
