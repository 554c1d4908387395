#!/bin/sh
# scikit-learn 1.9.1, metadata routing and `GridSearchCV`.
#
# Behaviour: a pipeline with a step whose `transform` requests metadata (`set_transform_request(runs=True)`) can be fitted,
# scored and searched over with `runs`. `Pipeline.predict(X, runs=...)` works, and so does
# `search.best_estimator_.predict(X, runs=...)`. `search.predict(X, runs=...)` is a TypeError: the search's `predict`,
# `predict_proba`, `decision_function` and `transform` take X alone, while its `fit` and `score` route metadata.
#
# Why it surprises: the search stands for its best estimator everywhere else, and both methods around `predict` route. A
# pipeline that needs its runs to cut windows can't predict through the search that chose it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check scikit-learn==1.9.1 numpy==2.3.5
cd "$folder"
venv/bin/python - <<'END'
import numpy as np
import sklearn
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

sklearn.set_config(enable_metadata_routing=True)
print("scikit-learn", sklearn.__version__)


class CentredByRun(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        return self

    def transform(self, X, runs=None):
        X = np.array(X, dtype=float)
        for run in np.unique(runs):
            X[runs == run] -= X[runs == run].mean(axis=0)
        return X

    def fit_transform(self, X, y=None, runs=None):
        return self.fit(X, y).transform(X, runs)


rng = np.random.default_rng(0)
X, runs = rng.normal(size=(60, 3)), np.repeat([0, 1, 2], 20)
y = X @ [1.0, 2.0, 3.0]
step = CentredByRun().set_transform_request(runs=True)
pipeline = make_pipeline(step, Ridge())
search = GridSearchCV(pipeline, {"ridge__alpha": [0.1, 1.0]}).fit(X, y, runs=runs)
search.score(X, y, runs=runs)
print("search.fit and search.score: runs are routed")
pipeline.fit(X, y, runs=runs).predict(X, runs=runs)
search.best_estimator_.predict(X, runs=runs)
print("pipeline.predict and best_estimator_.predict: runs are routed")
try:
    search.predict(X, runs=runs)
except TypeError as error:
    print("search.predict: TypeError:", error)
else:
    raise SystemExit("search.predict routes runs now")
END
