#!/bin/sh
# nilearn 0.14.1, `nilearn.mass_univariate.permuted_ols`.
#
# Behaviour: p is the share of permutations whose t is not *smaller* than the observed t, compared as floating-point
# numbers. A permutation that gives the observed grouping again (or exchanges the groups) gives the same t but for
# rounding, and whether it counts is decided by the last bit.
#
# Why it surprises: with few units such permutations are many. Of three persons against three there are 20 groupings, two
# of them with the observed |t|, so that no two-sided permutation p can be below 2/20 = 0.1. `permuted_ols` reports p
# below 0.05 for some data: a significant result that the design can't give.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check nilearn==0.14.1 numpy==2.3.5 scipy==1.16.3
cd "$folder"
venv/bin/python - <<'END'
import warnings

import numpy as np

warnings.simplefilter("ignore")
import nilearn
from nilearn.mass_univariate import permuted_ols
from scipy.stats import permutation_test

print("nilearn", nilearn.__version__, "- three persons against three, 10,000 permutations, 20 data sets")
group = np.repeat([1.0, 0.0], 3)[:, None]
found, exact = [], []
for seed in range(20):
    values = np.random.default_rng(seed).standard_normal((6, 1)).round(2) + 8 * group
    p = 10.0 ** -permuted_ols(group, values, n_perm=10_000, random_state=0)["logp_max_t"]
    found.append(round(float(p.squeeze()), 3))
    sides = values[:3, 0], values[3:, 0]
    difference = lambda a, b, axis: np.abs(a.mean(axis=axis) - b.mean(axis=axis))
    # with groups far apart t is largest where the difference of means is
    exact.append(round(float(permutation_test(sides, difference, vectorized=True, alternative="greater").pvalue), 3))
print("p of permuted_ols:             ", sorted(found))
print("p over all 20 groupings (scipy):", sorted(set(exact)))
print(f"{sum(p < 0.05 for p in found)} of 20 below 0.05, {sum(p < 0.09 for p in found)} below the smallest possible, 0.1")
assert set(exact) == {0.1}
assert min(found) < 0.05, "ties count as they should now"
END
