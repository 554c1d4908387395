"""Kernel ridge regression for scikit-learn, with penalties chosen by exact cross-validation without refitting."""

from __future__ import annotations

from functools import cache
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin
from sklearn.model_selection import GroupKFold, check_cv
from sklearn.utils.validation import (
    check_array,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from emotopy.errors import ConfigError
from emotopy.inference.splits import Plan, SampleIndex, Split
from emotopy.records.axes import FloatArray, IntArray
from emotopy.registry import Registry
from emotopy.roles import ExactCrossValidation

DECODER = "emotopy:kernel-ridge"
MOST_ALONE = 10_000
"""More rows than this aren't left out one by one: a mask over all rows is held for each."""
OWN_NAMES = {"neural_decoder.penalties": "alphas", "neural_decoder.scale": "alpha_scale", "neural_decoder.": ""}
"""What the decoder's messages call our parameters."""


class ExactKernelRidge(MultiOutputMixin, RegressorMixin, BaseEstimator):
    """Kernel ridge regression with one penalty per target, chosen by exact cross-validation.

    The intercept isn't penalised. The algorithm is that of the neural decoder `kernel-ridge`: one eigendecomposition is
    used for all penalties, targets and left-out groups, and gives the same errors as refitting (docs/science-brain.md).
    The penalty with the smallest mean squared error, averaged over folds as in
    `GridSearchCV(scoring="neg_mean_squared_error")`, is chosen.

    Parameters
    ----------
    kernel : {"linear", "rbf"}, default="linear"
        ``rbf`` is exp(−gamma · squared distance).
    gamma : float or None, default=None
        Only for ``rbf``. None: 1 / median squared distance between the rows of `fit`, which doesn't depend on targets.
    alphas : float, sequence of float or None, default=None
        Penalties to choose from, in units of `alpha_scale`; a single penalty is used without selection. None: 15 values
        from 0.01 to 100,000.
    alpha_scale : "variance" or float, default="variance"
        Factor by which `alphas` are multiplied. ``variance``: trace of the centred kernel / number of rows, so that the
        scale of the features has no effect. 1.0: no scaling, as in scikit-learn's `Ridge` and `RidgeCV`.
    cv : None, int or cross-validation splitter, default=None
        Folds for choosing penalties. None: leave out each of the `groups` of `fit`, or each row without groups. An int:
        this number of blocks of consecutive rows, or of sets of groups. A splitter that tests every row once and trains
        on all others, such as `GroupKFold`.
    store_cv_predictions : bool, default=False
        Store `cv_predictions_`. This needs memory for n_folds² predictions per target and fold.

    Attributes
    ----------
    alpha_ : float, or array of shape (n_targets,)
        Penalty of each target, including the factor `alpha_scale`.
    alphas_ : array of shape (n_alphas,)
        All candidate penalties, ascending, including the factor `alpha_scale`.
    coef_ : array of shape (n_features,) or (n_targets, n_features)
        Only for the linear kernel.
    intercept_ : float, or array of shape (n_targets,)
        Only for the linear kernel.
    gamma_ : float
        The gamma used; only for ``rbf``.
    cv_predictions_ : array of shape (n_samples,) or (n_samples, n_targets)
        Nested cross-validation: each fold is predicted by models that were fitted, and whose penalties were chosen,
        without it. Only with `store_cv_predictions`.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : array of shape (`n_features_in_`,)
        Names of the features, if X was a DataFrame.

    Examples
    --------
    >>> X = np.random.default_rng(0).standard_normal((40, 7))
    >>> model = ExactKernelRidge().fit(X, X[:, :2], groups=np.repeat(range(8), 5))
    >>> model.predict(X).shape, model.alpha_.shape
    ((40, 2), (2,))
    """

    def __init__(
        self,
        kernel: str = "linear",
        *,
        gamma: float | None = None,
        alphas: Any = None,
        alpha_scale: Any = "variance",
        cv: Any = None,
        store_cv_predictions: bool = False,
    ) -> None:
        self.kernel = kernel
        self.gamma = gamma
        self.alphas = alphas
        self.alpha_scale = alpha_scale
        self.cv = cv
        self.store_cv_predictions = store_cv_predictions

    def fit(self, X: Any, y: Any, groups: Any = None) -> Self:
        """Choose the penalties and fit to all rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features, finite and dense.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        groups : array-like of shape (n_samples,), default=None
            Groups of rows that are left out together, such as subjects. In a pipeline, request it with
            ``set_fit_request(groups=True)``.

        Returns
        -------
        self

        Raises
        ------
        ConfigError
            A parameter is invalid.
        ValueError
            X, y or groups are invalid, or the splitter `cv` doesn't test every row once.
        """
        X, y = validate_data(
            self, X, y, multi_output=True, y_numeric=True, dtype=[np.float64, np.float32], ensure_min_samples=2
        )
        y = np.asarray(y, dtype=np.float64)
        for name in ("coef_", "intercept_", "gamma_", "cv_predictions_"):  # of an earlier fit with other parameters
            if name in vars(self):
                delattr(self, name)
        try:
            decoder = self._decoder()
            fold = self._folds(X, y, groups)
            self._check_nested(decoder, fold)
            n_components = min(X.shape) if self.kernel == "linear" else len(X)
            plan = _plan(fold, by_fold=_is_shorter_by_fold(fold, n_components, len(decoder.penalties)))
            decoder.fit_plan(X, y, plan)
            if self.store_cv_predictions:
                self.cv_predictions_ = self._cv_predictions(decoder, X, y, plan)
        except ConfigError as error:
            raise _in_own_words(error) from error
        self.decoder_ = decoder
        self.alphas_ = decoder.penalties_
        self.alpha_ = decoder.penalties_[decoder.chosen_]
        if self.kernel == "linear":
            self.coef_, self.intercept_ = decoder.coef_.T, decoder.intercept_
        else:
            self.gamma_ = decoder.gamma_
        if y.ndim == 1:
            self.alpha_ = float(self.alpha_[0])
            if self.kernel == "linear":
                self.coef_, self.intercept_ = self.coef_[0], float(self.intercept_[0])
        return self

    def predict(self, X: Any) -> FloatArray:
        """Predict the targets.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.

        Returns
        -------
        array of shape (n_samples,) or (n_samples, n_targets)
            Predictions with the shape of the `y` of `fit`.
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=[np.float64, np.float32])
        return np.asarray(self.decoder_.predict(X))

    def _decoder(self) -> Any:
        """Return the decoder that does the work, made by the registry, with nothing learnt."""
        options: dict[str, Any] = {"kernel": self.kernel, "gamma": self.gamma}
        if self.alphas is not None:
            options["penalties"] = [float(alpha) for alpha in np.ravel(self.alphas)]
        if not (isinstance(self.alpha_scale, str) and self.alpha_scale == "variance"):
            options["scale"] = self.alpha_scale
        options = {name: value.item() if isinstance(value, np.generic) else value for name, value in options.items()}
        return _built_ins().make("neural_decoder", DECODER, **options)

    def _folds(self, X: FloatArray, y: FloatArray, groups: Any) -> IntArray:
        """Return the number of the fold that tests each row, (n_samples,)."""
        if groups is not None:
            groups = column_or_1d(check_array(groups, ensure_2d=False, dtype=None, input_name="groups"))
            check_consistent_length(X, groups)
        if self.cv is None:
            return self._left_out_alone(len(X), groups)
        splitter = check_cv(self.cv)
        if groups is not None and isinstance(self.cv, (int, np.integer)):
            splitter = GroupKFold(int(self.cv))
        fold, n_tested = np.zeros(len(X), dtype=np.int64), np.zeros(len(X), dtype=np.int64)
        is_complement = True
        for number, (train, test) in enumerate(splitter.split(X, y, groups)):
            fold[test] = number
            n_tested[test] += 1
            is_complement &= np.array_equal(np.sort(train), np.setdiff1d(np.arange(len(X)), test))
        if not is_complement or not (n_tested == 1).all():
            raise ValueError(
                f"cv: wanted folds that test every row once and train on all others, got {splitter!r}, "
                "whose folds don't; use KFold, GroupKFold or LeaveOneGroupOut, or search over alphas "
                "with GridSearchCV"
            )
        return fold

    def _left_out_alone(self, n_rows: int, groups: npt.NDArray[Any] | None) -> IntArray:
        if groups is not None:
            try:
                names, fold = np.unique(groups, return_inverse=True)
            except TypeError as error:  # they have no order
                kinds = sorted({type(name).__name__ for name in groups})
                raise ValueError(f"groups: wanted names or numbers, got {' and '.join(kinds)} among them") from error
            if len(names) < 2:
                raise ValueError(f"groups: wanted 2 or more of them, to leave each out, got {len(names)}")
            return np.asarray(fold.reshape(-1))
        if n_rows > MOST_ALONE and (self.alphas is None or np.size(self.alphas) > 1):
            raise ConfigError(
                f"cv: wanted a number of folds, or groups, for more than {MOST_ALONE:,} rows, got None "
                f"and {n_rows:,} rows; set cv=10",
                path="cv",
                wanted="a number of folds, or groups",
            )
        return np.arange(n_rows)

    def _check_nested(self, decoder: Any, fold: IntArray) -> None:
        """Check that without each fold there are two left, to choose a penalty by."""
        n_folds = len(np.unique(fold))
        if self.store_cv_predictions and n_folds < 3 and len(decoder.penalties) > 1:
            raise ConfigError(
                "store_cv_predictions: wanted 3 folds or more, so that those that train can choose a penalty by "
                f"leaving each other out, got {n_folds}; give more groups or folds, or one penalty",
                path="store_cv_predictions",
                wanted="3 folds or more",
                got=n_folds,
            )

    def _cv_predictions(self, decoder: Any, X: FloatArray, y: FloatArray, plan: Plan) -> FloatArray:
        if self.kernel == "rbf" and self.gamma is None:
            raise ConfigError(
                "gamma: wanted a number with store_cv_predictions, got None: a median over all rows "
                "includes the rows that are left out",
                path="gamma",
                wanted="a number",
            )
        assert isinstance(decoder, ExactCrossValidation)
        validator = decoder.cross_validator(X, plan, np.arange(len(X)))
        found = validator.predict(y.reshape(len(y), -1)).predictions
        return found.reshape(y.shape)


@cache
def _built_ins() -> Registry:
    """Return what ships with emotopy: the decoder is one of its own, whatever else is installed."""
    return Registry.load(plugins=False)


def _plan(fold: IntArray, *, by_fold: bool) -> Plan:
    """Return the plan that leaves out each fold, (n_samples,), for a decoder that knows subjects and blocks of a story.

    With `by_fold` folds are its blocks, factorised one by one, else subjects, left out of one factorisation. The
    numbers are the same.
    """
    nothing = np.zeros(len(fold), dtype=np.int64)
    if not by_fold:
        order = np.arange(len(fold), dtype=np.float64)
        return Split("subject").plan(SampleIndex(fold, nothing, order, order, width_s=1.0))
    start = fold.astype(np.float64)
    index = SampleIndex(nothing, nothing, start, start + 0.5, width_s=1.0)
    return Split("block", n_blocks=int(fold.max()) + 1, apart_s=0.0).plan(index)


def _is_shorter_by_fold(fold: IntArray, n_components: int, n_penalties: int) -> bool:
    """Return whether factorising for each fold takes fewer operations than leaving each out of one factorisation.

    Parameters
    ----------
    fold : (n_samples,)
        Number of the fold that tests each row.
    n_components
        Size of what is decomposed: features, or rows.
    n_penalties
        How many penalties are tried; each solves a system as large as a fold, for each fold.
    """
    sizes = np.bincount(fold).astype(np.float64)
    factorised = len(fold) * float(n_components) ** 2 + 10 * float(n_components) ** 3
    left_out = n_penalties * float((sizes**2 * (n_components + sizes)).sum())
    return len(sizes) * factorised < factorised + left_out


def _in_own_words(error: ConfigError) -> ConfigError:
    """Return the decoder's error with the names that the parameters have here."""
    message = str(error)
    for name, own in OWN_NAMES.items():
        message, error.path = message.replace(name, own), error.path.replace(name, own)
    error.args = (message,)
    return error
