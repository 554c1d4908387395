#!/bin/sh
# hdbscan 0.8.44, `HDBSCAN.fit_predict`.
#
# Behaviour: the same points in another order of rows give other clusters: not other numbers for them, but other groups and
# another number of groups. There is nothing random in it, and no two points are equal.
#
# Why it surprises: the algorithm is described as deterministic and has no seed. But mutual reachability distances tie
# (two points within each other's core distance share it with their neighbours), and how ties are broken follows the rows.
# A table that was merely sorted by another column gives another result.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check hdbscan==0.8.44 scikit-learn==1.7.2 numpy==2.3.5 scipy==1.16.3
cd "$folder"
venv/bin/python - <<'END'
import warnings
from importlib.metadata import version

import numpy as np

warnings.simplefilter("ignore")
import hdbscan
from sklearn.metrics import adjusted_rand_score

print("hdbscan", version("hdbscan"))
points = np.random.default_rng(8).standard_normal((300, 2))
assert len(np.unique(points, axis=0)) == 300


def clusters(order):
    found = np.empty(len(points), dtype=int)
    found[order] = hdbscan.HDBSCAN(min_cluster_size=5).fit_predict(points[order])
    return found


as_given = clusters(np.arange(len(points)))
assert (as_given == clusters(np.arange(len(points)))).all(), "it is random"
agreements, numbers = [], [as_given.max() + 1]
for seed in range(10):
    other = clusters(np.random.default_rng(seed).permutation(len(points)))
    agreements.append(adjusted_rand_score(as_given, other))
    numbers.append(other.max() + 1)
print("300 normal points, rows as given and in ten other orders")
print("number of clusters:", [int(number) for number in numbers])
print("agreement with the order as given (adjusted Rand, 1 = the same groups):", np.round(agreements, 2).tolist())
assert min(agreements) < 0.5, "the order of rows makes no large difference any more"
END
