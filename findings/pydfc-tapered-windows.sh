#!/bin/sh
# pydfc 1.0.8, `SLIDING_WINDOW` with `tapered_window=True`; and its step between windows.
#
# Behaviour: the signal is multiplied by the taper as it is, with its mean still in, and then correlated. Two regions that
# have nothing to do with each other rise and fall together with the taper: at a mean of ten standard deviations they
# correlate by about 0.7, at the baseline of a scanner by 1. Without the taper the values are those of numpy.corrcoef.
# The step is int((1 - n_overlap) * W): windows of 10 volumes that overlap by 0.8 start every volume instead of every second,
# since (1 - 0.8) * 10 is 1.9999999999999996.
#
# Why it surprises: a correlation doesn't depend on the mean, and weighting volumes shouldn't change that. BOLD series have
# a mean unless somebody takes it out; nothing warns. An overlap that is a round number gives another number of windows.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pydfc==1.0.8 numpy==2.4.6 scipy==1.17.1 \
    scikit-learn==1.7.2 pandas==3.1.1
cd "$folder"
venv/bin/python - <<'END'
import warnings
from importlib.metadata import version

import numpy as np

warnings.simplefilter("ignore")
from pydfc.dfc_methods import SLIDING_WINDOW

print("pydfc", version("pydfc"))
measure = SLIDING_WINDOW(sw_method="pear_corr")
signals = np.random.default_rng(0).standard_normal((30, 362))
upper = np.triu_indices(30, 1)
print("30 independent regions, windows of 22 volumes: mean r")
found = {}
for baseline in (0, 1, 10, 1000):
    for tapered in (False, True):
        matrices, _ = measure.dFC(signals + baseline, W=22, n_overlap=0.5, tapered_window=tapered)
        found[baseline, tapered] = matrices[:, *upper].mean()
    print(f"  mean of {baseline:4} standard deviations: rectangular {found[baseline, False]:5.2f}, "
          f"tapered {found[baseline, True]:5.2f}")
_, centres = measure.dFC(signals[:2], W=10, n_overlap=0.8)
print("windows of 10 volumes that overlap by 0.8 start every", centres[1] - centres[0], "volume(s)")
assert abs(found[1000, False]) < 0.05
assert found[1000, True] > 0.95, "the mean is taken out now"
assert centres[1] - centres[0] == 1, "the step is rounded now"
END
