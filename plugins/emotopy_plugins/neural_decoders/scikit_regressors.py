"""scikit-learn's regressors made multi-output, with scaling learnt in the training rows."""

from __future__ import annotations

from typing import Any

import numpy as np


def ridge_regressor(alpha: float) -> Any:
    """Ridge: several targets by itself."""
    from sklearn.linear_model import Ridge

    return _on_standardised_features(Ridge(alpha))


def lasso_regressor(alpha: float, max_iter: int) -> Any:
    """Lasso per target; its seed changes nothing here, but without one it draws from NumPy's global generator."""
    from sklearn.linear_model import Lasso

    return _on_standardised_targets(Lasso(alpha, max_iter=max_iter, random_state=0))


def linear_svr_regressor(C: float, epsilon: float, max_iter: int, random_state: int | None) -> Any:
    """Linear SVR per target."""
    from sklearn.multioutput import MultiOutputRegressor
    from sklearn.svm import LinearSVR

    one = LinearSVR(C=C, epsilon=epsilon, max_iter=max_iter, random_state=random_state)
    return _on_standardised_targets(MultiOutputRegressor(one))


def svr_rbf_regressor(C: float, epsilon: float, gamma: float | None) -> Any:
    """Gaussian SVR per target."""
    from sklearn.multioutput import MultiOutputRegressor
    from sklearn.svm import SVR

    class QuietSVR(SVR):
        """SVR that leaves NumPy's global generator alone: it would draw a seed there, for classification only."""

        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
            self.random_state = 0
            return super().fit(X, y, sample_weight)

    one = QuietSVR(C=C, epsilon=epsilon, gamma="scale" if gamma is None else gamma)
    return _on_standardised_targets(MultiOutputRegressor(one))


def forest_regressor(
    n_estimators: int, max_depth: int | None, min_samples_leaf: int, max_features: float, random_state: int | None
) -> Any:
    """Random forest: several targets by itself, and no scale."""
    from sklearn.ensemble import RandomForestRegressor

    class QuietForest(RandomForestRegressor):
        """Random forest that takes a single target as a column, too, without a warning."""

        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
            y = np.asarray(y)
            return super().fit(X, y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y, sample_weight)

    return QuietForest(
        n_estimators,
        max_depth=max_depth,
        min_samples_leaf=min_samples_leaf,
        max_features=max_features,
        random_state=random_state,
    )


def _on_standardised_features(regressor: Any) -> Any:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), regressor)


def _on_standardised_targets(regressor: Any) -> Any:
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.preprocessing import StandardScaler

    return TransformedTargetRegressor(_on_standardised_features(regressor), transformer=StandardScaler())
