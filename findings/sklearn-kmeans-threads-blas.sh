#!/bin/sh
# scikit-learn 1.9.1 with threadpoolctl 3.6.0: k-means in several threads of one process.
#
# Behaviour: `KMeans.fit` limits BLAS to one thread while it works, for the whole process, and puts back what it found.
# Where fits in several Python threads overlap, the second one finds the limit of the first and puts that back at its end.
# After all fits are over, BLAS stays at one thread, for the life of the process. (How often depends on the machine; the
# script fits until it happens, at most 400 times.)
#
# Why it surprises: nothing was asked to change a setting of the process, all fits are over, and matrix products
# everywhere else in the program are slower from then on, without a word.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    scikit-learn==1.9.1 threadpoolctl==3.6.0 numpy==2.3.5 scipy==1.16.3
cd "$folder"
OPENBLAS_NUM_THREADS=4 OMP_NUM_THREADS=4 venv/bin/python - <<'END'
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import sklearn
import threadpoolctl
from sklearn.cluster import KMeans

print("scikit-learn", sklearn.__version__, "threadpoolctl", threadpoolctl.__version__)
X = np.random.default_rng(0).normal(size=(2000, 10))


def blas_threads():
    return sorted({one["num_threads"] for one in threadpoolctl.threadpool_info() if one["user_api"] == "blas"})


def fit(seed):
    KMeans(5, n_init=1, random_state=seed).fit(X)


fit(0)
print("BLAS threads after a fit alone:", blas_threads())
first = blas_threads()
for turn in range(50):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(fit, range(8)))
    if blas_threads() != first:
        break
print(f"after {8 * (turn + 1)} fits in 8 threads, all over:", blas_threads())
if first == [1] or blas_threads() != [1]:
    raise SystemExit("BLAS has its threads back")
END
