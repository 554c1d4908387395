#!/bin/sh
# scikit-learn 1.9.1: PCA of float32, its numbers stored and put back.
#
# Behaviour: `PCA.fit` leaves `components_` in column-major order. The same numbers in row-major order, which is how most
# formats give an array back, transform the same float32 rows to coordinates that differ in the last digits; a row
# transformed alone differs from the same row transformed among others, too.
#
# Why it surprises: the fitted numbers are equal to the last bit, and so are the rows, yet a model that was saved and
# loaded places texts elsewhere than the one it was saved from: enough to break equality of bytes, or of cluster labels
# at a border. Keeping the memory order of `components_` makes them equal.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check scikit-learn==1.9.1 numpy==2.3.5 scipy==1.16.3
cd "$folder"
OPENBLAS_NUM_THREADS=1 venv/bin/python - <<'END'
import copy

import numpy as np
import sklearn
from sklearn.decomposition import PCA

print("scikit-learn", sklearn.__version__, "numpy", np.__version__)
X = np.random.default_rng(0).normal(size=(90, 256)).astype(np.float32)
fitted = PCA(5, random_state=0).fit(X)
print("components_ in column-major order:", fitted.components_.flags.f_contiguous and not fitted.components_.flags.c_contiguous)

stored = copy.deepcopy(fitted)
stored.components_ = np.ascontiguousarray(fitted.components_)
kept = copy.deepcopy(fitted)
kept.components_ = np.asfortranarray(stored.components_)
rows = X[:4]
apart = float(np.abs(fitted.transform(rows) - stored.transform(rows)).max())
same = float(np.abs(fitted.transform(rows) - kept.transform(rows)).max())
alone = max(float(np.abs(fitted.transform(X)[i] - fitted.transform(X[i : i + 1])[0]).max()) for i in range(90))
print("components equal:", bool((stored.components_ == fitted.components_).all()))
print(f"coordinates, row-major against fitted: {apart:.1e}; column-major again: {same:.1e}")
print(f"a row alone against the row among 90: {alone:.1e}")
if apart == 0 or same != 0 or alone == 0:
    raise SystemExit("memory order and neighbours make no difference any more, or more than that does")
END
