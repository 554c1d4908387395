"""Reducer `pca`: principal components of any corpus, down to a single text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import attrs
import numpy as np
from annotated_types import Ge

from emotopy.hookspecs import hookimpl
from emotopy.records.axes import FloatArray
from emotopy.roles import Factory, Host, Reducer
from emotopy.storage.container_specs import Array
from emotopy.storage.saved_state import check_floats
from emotopy.storage.state_fields import Fields
from emotopy_plugins.shared.validation import check_fitted, n_distinct, validate_rows


@attrs.define(eq=False, slots=False)
class PcaReducer:
    """Principal components (scikit-learn's PCA), which new texts can be placed on.

    `standardise` first gives every dimension mean 0 and standard deviation 1; `whiten` gives every component standard
    deviation 1. A corpus with too few different texts gets fewer components, and the user is told.

    k different rows span k − 1 directions around their mean; components beyond would hold rounding errors, which
    whitening would blow up to full size. Texts that are all equal get one component, zero for all.
    """

    n_components: Annotated[int, Ge(1)] = 5
    standardise: bool = False
    whiten: bool = False
    random_state: int | None = attrs.field(default=None, repr=False)
    host: Host = attrs.field(factory=Host, repr=False)
    _steps: Any = attrs.field(default=None, init=False, repr=False)

    def fit_transform(self, X: FloatArray) -> FloatArray:
        """Learn the components from X (n_texts, n_dims); return its coordinates (n_texts, n_components or fewer)."""
        from sklearn.decomposition import PCA
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        rows = validate_rows(X, "reducer pca")
        different = n_distinct(rows, at_most=self.n_components + 1)
        kept = max(1, min(self.n_components, rows.shape[1], different - 1))
        if kept < self.n_components:
            limit = f"{rows.shape[1]} dimensions" if kept == rows.shape[1] else f"{different} different texts"
            self.host.notify(
                f"reducer pca: only {kept} of {self.n_components} components, because there are only {limit}"
            )
        pca = PCA(kept, whiten=self.whiten and different > 1, random_state=self.random_state)
        self._steps = make_pipeline(StandardScaler(), pca) if self.standardise else make_pipeline(pca)
        if different == 1:
            with np.errstate(invalid="ignore"):  # the component's share of a variance of zero is 0/0
                self._steps.fit(rows[:1])  # the mean of copies would be off by a rounding error
            return self.transform(rows)
        points = np.asarray(self._steps.fit_transform(rows))
        # In one order in memory, which `restore` keeps: in another, products with the same numbers round otherwise.
        pca.components_ = np.asfortranarray(pca.components_)
        return points

    def transform(self, X: FloatArray) -> FloatArray:
        """Return the coordinates of new rows X (n_texts, n_dims) on the components learnt."""
        check_fitted(self._steps, "reducer pca")
        return np.asarray(self._steps.transform(validate_rows(X, "reducer pca")))

    def state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return what places new rows: mean and components; where they are used, variances, mean and scale before."""
        *standard, pca = (step for _, step in self._steps.steps)
        arrays = {"mean": pca.mean_, "components": pca.components_}
        if pca.whiten:
            arrays["variances"] = pca.explained_variance_
        if standard:
            arrays |= {"own_mean": standard[0].mean_, "own_scale": standard[0].scale_}
        return arrays, {"standardise": bool(standard), "whiten": bool(pca.whiten)}

    def restore(self, arrays: Mapping[str, Array], values: Mapping[str, Any]) -> None:
        """Take up a fit: scikit-learn's own objects with the attributes that it gave them."""
        from sklearn.decomposition import PCA
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        fields = Fields(values)
        standardise, whiten = fields.flag("standardise"), fields.flag("whiten")
        axes = {"mean": ("dims",), "components": ("components", "dims")}
        axes |= {"variances": ("components",)} if whiten else {}
        check_floats(arrays, axes | ({"own_mean": ("dims",), "own_scale": ("dims",)} if standardise else {}))
        pca = PCA(len(arrays["components"]), whiten=whiten, random_state=self.random_state)
        pca.mean_, pca.components_ = arrays["mean"], np.asfortranarray(arrays["components"])
        # without whitening nothing is divided by it, but scikit-learn 1.6 looks at it all the same
        pca.explained_variance_ = arrays["variances"] if whiten else np.ones(len(arrays["components"]))
        pca.n_components_, pca.n_features_in_ = arrays["components"].shape
        if not standardise:
            self._steps = make_pipeline(pca)
            return
        scaler = StandardScaler()
        scaler.mean_, scaler.scale_, scaler.n_features_in_ = arrays["own_mean"], arrays["own_scale"], pca.n_features_in_
        scaler.var_ = np.square(scaler.scale_)
        self._steps = make_pipeline(scaler, pca)


@hookimpl
def register_reducers() -> Mapping[str, Factory[Reducer]]:
    """Offer `pca`."""
    return {"pca": PcaReducer}
